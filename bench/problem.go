package bench

import (
	"context"
	"strconv"
	"strings"

	"kac/internal/visible"
	"kac/particles"
)

// MaxDim bounds the dimension of the inputs.
const MaxDim = 4096

// The bases that a series can be given in.
const (
	BasisHermite  = "hermite"  // orthonormal Hermite polynomials of <w, x>
	BasisLegendre = "legendre" // orthonormal Legendre polynomials of dimension d of <w, x>/sqrt d
)

// ProblemChoice names a problem, changes a named one, or spells one out. Make asks for an exact infinite-width limit,
// Task for something that can be learned from samples: both check it here, and make it by the same steps.
type ProblemChoice struct {
	Problem    string `json:"problem,omitempty"`       // a preset's name
	Activation string `json:"activation,omitempty"`    // a series, "4:0.8,6:0.6", or what ParseActivation reads
	Link       string `json:"link,omitempty"`          // likewise: f*(x) = link(x_1), or by Rank and teachers
	Basis      string `json:"basis,omitempty"`         // of series: BasisLegendre, or "" for Hermite
	Law        string `json:"law,omitempty"`           // of the inputs; "": the preset's, or gaussian
	Rank       int    `json:"rank"`                    // r; 0: the preset's, 1, or what the file of teachers says
	Dim        int    `json:"dim"`                     // d; 0: the preset's
	TablesSum  string `json:"tables_sha256,omitempty"` // of the numbers in tables of functions, filled in

	// For Task alone. Of Link, Parities and TeacherNetwork at most one is given, and none beside a preset.
	SecondLayer string `json:"second_layer,omitempty"` // "ones", or C of +-C in halves; "": the preset's, or ones

	// sum_j p_j link(<v_j, x>), v_j of Teachers or RandomTeachers; of neither: link(x_1), or its mean over
	// directions in the first Rank coordinates.
	Teachers       string `json:"teachers,omitempty"` // file of directions v_j, count x r
	RandomTeachers int    `json:"random_teachers,omitempty"`
	TeacherSeed    uint64 `json:"teacher_seed,omitempty"`

	Parities string `json:"parities,omitempty"` // k:c, ...: sum of c x_1...x_k

	TeacherNetwork    string `json:"teacher_network,omitempty"`    // file of neurons, count x r
	TeacherActivation string `json:"teacher_activation,omitempty"` // "": the network's

	Weights     []float64 `json:"teacher_weights,omitempty"` // p_j, or a_j of the teacher network
	TeachersSum string    `json:"teachers_sha256,omitempty"` // of the numbers in the file, filled in
}

// Sources are where Task finds what a choice only names.
type Sources struct {
	// Matrix reads the rows of a file of teachers; nil: particles.ReadMatrix.
	Matrix func(ctx context.Context, path string) (*particles.Matrix, error)
	// Data and Labels are files of the user's own, which have their law and their target.
	Data, Labels string
}

// making is what one call of Make or Task is for.
type making struct {
	exact bool // Make
	Sources
}

// hasTarget reports whether a target is spelled out.
func (c *ProblemChoice) hasTarget() bool {
	return c.Link != "" || c.Parities != "" || c.TeacherNetwork != ""
}

// ofTarget reports whether something belongs to a target.
func (c *ProblemChoice) ofTarget() bool {
	return c.Rank != 0 || c.Teachers != "" || c.RandomTeachers != 0 || c.TeacherSeed != 0 || c.TeacherActivation != "" || len(c.Weights) > 0
}

// unchanged reports whether a preset is taken as it is.
func (c *ProblemChoice) unchanged() bool {
	return c.Activation == "" && c.Basis == "" && c.Law == "" && c.SecondLayer == "" && !c.hasTarget()
}

// blame is the flag to name if activation and target leave nothing to learn, and its value.
func (c *ProblemChoice) blame() (key, value string) {
	switch {
	case c.Link != "":
		return "link", c.Link
	case c.Activation != "":
		return "activation", c.Activation
	}
	return "dim", strconv.Itoa(c.Dim)
}

// name spells the choice out, in one plain CSV field.
func (c *ProblemChoice) name(m making) string {
	if m.exact {
		return plainField("activation", spelling(c.Activation), "link", spelling(c.Link), "rank", strconv.Itoa(c.Rank), "basis", c.Basis, "law", c.Law)
	}
	name := plainField("activation", c.Activation, "law", c.Law, "second-layer", c.SecondLayer, "link", c.Link, "rank", strconv.Itoa(c.Rank),
		"teachers", c.Teachers, "random-teachers", strconv.Itoa(c.RandomTeachers), "parities", c.Parities, "teacher-network", c.TeacherNetwork, "basis", c.Basis)
	if c.Problem != "" && name != "" {
		return c.Problem + ";" + name
	}
	return c.Problem + name
}

// plainField writes keys and their values, those that are given, free of commas and spaces.
func plainField(pairs ...string) string {
	var list []string
	for i := 0; i < len(pairs); i += 2 {
		if key, value := pairs[i], pairs[i+1]; value != "" && value != "0" {
			list = append(list, key+"="+strings.NewReplacer(",", "+", " ", "_", "\"", "_", "\n", "_").Replace(visible.Text(value)))
		}
	}
	return strings.Join(list, ";")
}
