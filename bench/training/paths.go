package training

import (
	"encoding/json"

	"kac/internal/visible"
)

// A path may be any bytes, and JSON's texts are Unicode: in records, and in the JSON that is printed, paths
// are visible.Words, so that the same command finds its own parameters again.

// MarshalJSON writes the parameters with their paths as words.
func (p Parameters) MarshalJSON() ([]byte, error) {
	type plain Parameters
	out := plain(p)
	for _, path := range []*string{&out.Inputs, &out.Labels, &out.TestInputs, &out.TestLabels} {
		*path = visible.Word(*path)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (p *Parameters) UnmarshalJSON(data []byte) error {
	type plain Parameters
	if err := json.Unmarshal(data, (*plain)(p)); err != nil {
		return err
	}
	rawPaths(&p.Inputs, &p.Labels, &p.TestInputs, &p.TestLabels)
	return nil
}

// MarshalJSON writes the choice with its paths as words.
func (c TaskChoice) MarshalJSON() ([]byte, error) {
	type plain TaskChoice
	out := plain(c)
	for _, path := range []*string{&out.Teachers, &out.TeacherNetwork} {
		*path = visible.Word(*path)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON has written.
func (c *TaskChoice) UnmarshalJSON(data []byte) error {
	type plain TaskChoice
	if err := json.Unmarshal(data, (*plain)(c)); err != nil {
		return err
	}
	rawPaths(&c.Teachers, &c.TeacherNetwork)
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
