package particles

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Random6Seed draws the six teachers of the preset random6. The paper does not
// publish its own draw; this one has ||f*||^2 = .176, near the .17 at which its
// figure 8 begins (six orthogonal teachers have 1/6, the mean is .219).
const Random6Seed = 53

// taskPresets are the problems of Table 1 of the paper that are no Problem:
// several teachers, or Boolean inputs with softplus of temperature 16 and a
// second layer +-C_k, C_k = 2^k/sqrt k = 8 for k = 4 (appendix H.1).
var taskPresets = []struct {
	name string
	dim  int
	make func(dim int) (TaskSpec, error)
}{
	{"random6", 64, func(dim int) (TaskSpec, error) {
		h4, err := NewSeries(map[int]float64{4: 1})
		if err != nil {
			return TaskSpec{}, err
		}
		teachers, err := RandomTeachers(h4, 6, 6, Random6Seed)
		return TaskSpec{Dim: dim, Law: Gaussian, Target: teachers, Activation: NewActivation(h4)}, err
	}},
	{"xor4", 32, func(dim int) (TaskSpec, error) { return boolean(dim, 8, Monomial{1, 4}) }},
	{"staircase", 64, func(dim int) (TaskSpec, error) { return boolean(dim, 8, Monomial{.25, 1}, Monomial{.75, 4}) }},
}

// xorDegree returns k of the name "xork", the parity of k coordinates, for 1 <= k <= 32; 0 for
// other names.
func xorDegree(name string) int {
	digits, is := strings.CutPrefix(name, "xor")
	k, err := strconv.Atoi(digits)
	if !is || err != nil || k < 1 || k > 32 || digits != strconv.Itoa(k) {
		return 0
	}
	return k
}

func boolean(dim int, halves float64, terms ...Monomial) (TaskSpec, error) {
	softplus, err := ParseActivation("softplus:16")
	if err != nil {
		return TaskSpec{}, err
	}
	f, err := NewMonomials(terms...)
	return TaskSpec{Dim: dim, Law: Boolean, Target: f, Activation: softplus, Halves: halves}, err
}

// TaskPresetInfo describes a task that TaskPreset makes.
type TaskPresetInfo struct {
	Name    string
	Dim     int    // d of the paper's figure
	Formula string // in that dimension
	Closed  bool   // a Problem, with closed forms and an exact infinite-width limit
}

// TaskPresets lists the tasks known by name: first the Problems.
func TaskPresets() []TaskPresetInfo {
	var list []TaskPresetInfo
	add := func(name string, dim int) {
		if t, err := TaskPreset(name, dim); err == nil { // the tests make every preset
			list = append(list, TaskPresetInfo{Name: name, Dim: dim, Formula: t.String(), Closed: t.problem != nil})
		}
	}
	for _, p := range Presets() {
		add(p.Name, p.Dim)
	}
	for _, p := range taskPresets {
		add(p.name, p.dim)
	}
	return list
}

// TaskPreset returns the named task in dimension dim; 0 means the paper's. Beside
// the listed ones there are the parities xor1 to xor32, whose second layer is
// +-2^k/sqrt k as in the paper's appendix H.1. The
// error for an unknown name lists the known ones, the nearest first.
func TaskPreset(name string, dim int) (*Task, error) {
	var names []string
	for _, e := range presets {
		if e.name != name {
			names = append(names, e.name)
			continue
		}
		if dim == 0 {
			dim = e.dim
		}
		p, err := Preset(name, dim)
		if err != nil {
			return nil, err
		}
		return p.Task(), nil
	}
	if k := xorDegree(name); k > 0 && k != 4 {
		if dim == 0 {
			dim = 32
		}
		spec, err := boolean(dim, math.Exp2(float64(k))/math.Sqrt(float64(k)), Monomial{1, k})
		if err != nil {
			return nil, fmt.Errorf("preset %q: %w", name, err)
		}
		spec.Name = name
		return NewTask(spec)
	}
	for _, e := range taskPresets {
		if e.name != name {
			names = append(names, e.name)
			continue
		}
		if dim == 0 {
			dim = e.dim
		}
		spec, err := e.make(dim)
		if err != nil {
			return nil, fmt.Errorf("preset %q: %w", name, err)
		}
		spec.Name = name
		return NewTask(spec)
	}
	slices.SortStableFunc(names, func(a, b string) int { return editDistance(name, a) - editDistance(name, b) })
	return nil, fmt.Errorf("unknown task %q: known are %s, and xor1 to xor32", name, strings.Join(names, ", "))
}
