package bench

import (
	"errors"
	"slices"
	"strings"

	"kac/particles"
)

// findExactPreset returns the preset of a name, which must have an exact limit.
func findExactPreset(name string) (particles.PresetInfo, error) {
	for _, p := range particles.Presets() {
		if p.Name == name && p.Exact {
			return p, nil
		}
	}
	_, err := particles.Preset(name, 0)
	var unknown *particles.UnknownError
	if !errors.As(err, &unknown) {
		return particles.PresetInfo{}, Refuse("problem", name, "it has no exact infinite-width limit; kac train learns it from samples. Known here are %s", strings.Join(exactPresets(), ", "))
	}
	known := slices.DeleteFunc(unknown.Known, func(other string) bool { return !slices.Contains(exactPresets(), other) })
	return particles.PresetInfo{}, Refuse("problem", name, "no such problem; known are %s", strings.Join(known, ", "))
}

// exactPresets are the names of the presets with an exact limit.
func exactPresets() (names []string) {
	for _, p := range particles.Presets() {
		if p.Exact {
			names = append(names, p.Name)
		}
	}
	return names
}

// ExactPreset returns the closed forms of a preset with an exact limit.
func ExactPreset(name string, dim int) (particles.Expectations, error) {
	task, err := particles.Preset(name, dim)
	if err != nil {
		return nil, err
	}
	return task.Exact()
}

// preset returns the task of a name, in the dimension that is asked for.
func (c *ProblemChoice) preset() (*particles.Task, error) {
	task, err := particles.Preset(c.Problem, c.Dim)
	var unknown *particles.UnknownError
	switch {
	case errors.As(err, &unknown):
		return nil, Refuse("problem", c.Problem, "known are %s, and xor1 to xor32", strings.Join(unknown.Known, ", "))
	case err != nil:
		return nil, Refuse("dim", c.Dim, "%s", Reason(err))
	}
	return task, nil
}

// SeriesReason is why ParseSeries refuses a text, and the form that it reads.
func SeriesReason(err error) string {
	return Reason(err) + "; write degree:coefficient pairs such as 4:0.8,6:0.6"
}

// Reason is what package particles says against an input, without the input, which an InputError names.
func Reason(err error) string {
	var parse *particles.ParseError
	var task *particles.TaskError
	var closed *particles.ClosedFormError
	switch {
	case errors.As(err, &parse):
		return parse.Err.Error()
	case errors.As(err, &task):
		return task.Err.Error()
	case errors.As(err, &closed):
		return closed.Reason
	}
	return err.Error()
}
