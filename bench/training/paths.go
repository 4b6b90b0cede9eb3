package training

import (
	"encoding/json"

	"kac/bench"
	"kac/internal/visible"
)

// record is how parameters are written: what is learned under keys of its own, and paths, which may be any bytes where
// JSON's texts are Unicode, as visible.Words, so that the same command finds its own parameters again.
type record struct {
	Task   string         `json:"task"` // a preset's name; "": Choice says it all
	Choice recordedChoice `json:"choice,omitzero"`
	Dim    int            `json:"dim"`
	plain
}

// plain are Parameters without MarshalJSON.
type plain Parameters

// recordedChoice is what a bench.ProblemChoice changes or spells out.
type recordedChoice struct {
	Activation        string    `json:"activation,omitempty"`
	Basis             string    `json:"basis,omitempty"`
	Law               string    `json:"law,omitempty"`
	SecondLayer       string    `json:"second_layer,omitempty"`
	Link              string    `json:"link,omitempty"`
	Rank              int       `json:"rank,omitempty"`
	Teachers          string    `json:"teachers,omitempty"`
	RandomTeachers    int       `json:"random_teachers,omitempty"`
	TeacherSeed       uint64    `json:"teacher_seed,omitempty"`
	Parities          string    `json:"parities,omitempty"`
	TeacherNetwork    string    `json:"teacher_network,omitempty"`
	TeacherActivation string    `json:"teacher_activation,omitempty"`
	Weights           []float64 `json:"teacher_weights,omitempty"`
	TeachersSum       string    `json:"teachers_sha256,omitempty"`
	TablesSum         string    `json:"tables_sha256,omitempty"`
}

// MarshalJSON writes the record of the parameters.
func (p Parameters) MarshalJSON() ([]byte, error) {
	c := p.ProblemChoice
	out := record{Task: c.Problem, Dim: c.Dim, plain: plain(p), Choice: recordedChoice{
		Activation: c.Activation, Basis: c.Basis, Law: c.Law, SecondLayer: c.SecondLayer, Link: c.Link, Rank: c.Rank,
		Teachers: visible.Word(c.Teachers), RandomTeachers: c.RandomTeachers, TeacherSeed: c.TeacherSeed, Parities: c.Parities,
		TeacherNetwork: visible.Word(c.TeacherNetwork), TeacherActivation: c.TeacherActivation, Weights: c.Weights, TeachersSum: c.TeachersSum, TablesSum: c.TablesSum,
	}}
	for _, path := range []*string{&out.Inputs, &out.Labels, &out.TestInputs, &out.TestLabels} {
		*path = visible.Word(*path)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (p *Parameters) UnmarshalJSON(data []byte) error {
	in := record{plain: plain(*p)}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*p = Parameters(in.plain)
	c := &in.Choice
	rawPaths(&p.Inputs, &p.Labels, &p.TestInputs, &p.TestLabels, &c.Teachers, &c.TeacherNetwork)
	p.ProblemChoice = bench.ProblemChoice{
		Problem: in.Task, Dim: in.Dim, Activation: c.Activation, Basis: c.Basis, Law: c.Law, SecondLayer: c.SecondLayer, Link: c.Link, Rank: c.Rank,
		Teachers: c.Teachers, RandomTeachers: c.RandomTeachers, TeacherSeed: c.TeacherSeed, Parities: c.Parities,
		TeacherNetwork: c.TeacherNetwork, TeacherActivation: c.TeacherActivation, Weights: c.Weights, TeachersSum: c.TeachersSum, TablesSum: c.TablesSum,
	}
	return nil
}

// rawPaths makes paths of words. What only begins like one was written before they were.
func rawPaths(words ...*string) {
	for _, word := range words {
		if raw, err := visible.Raw(*word); err == nil {
			*word = raw
		}
	}
}
