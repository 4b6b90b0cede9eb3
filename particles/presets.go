package particles

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// PresetInfo describes a task that Preset makes.
type PresetInfo struct {
	Name    string
	Dim     int    // d of the paper's figure; 32 where it has none
	Formula string // in that dimension
	// Exact says that the task is a Link with closed forms, or has a Spectrum, and so
	// an exact infinite-width limit.
	Exact               bool
	Rank                int // r
	InformationExponent int // of an exact one; else 0
}

// Random6Seed draws the six teachers of the preset random6. The paper does not
// publish its own draw; this one has ||f*||^2 = .176, near the .17 at which its
// figure 8 begins (six orthogonal teachers have 1/6, the mean is .219).
const Random6Seed = 53

// presets are the problems of Table 1 of Glasgow, Wu, Bruna (COLT 2025, PMLR
// 291) and the single-index problems of degrees 3 and 6, those of a
// matched neuron and the quartic on the sphere beside them. Those on
// Boolean inputs have softplus of temperature 16 and a second layer +-C_k,
// C_k = 2^k/sqrt k = 8 for k = 4 (appendix H.1).
var presets = []struct {
	name string
	dim  int
	make func(dim int) (Spec, error)
}{
	{"he3", 32, hermiteTask(1, map[int]float64{3: 1}, map[int]float64{3: 1})},
	{"he4", 32, hermiteTask(1, map[int]float64{4: 1}, map[int]float64{4: 1})},
	{"he6", 32, hermiteTask(1, map[int]float64{6: 1}, map[int]float64{6: 1})},
	{"misspecified", 32, hermiteTask(1, map[int]float64{4: 1, 6: 1}, map[int]float64{4: .8, 6: .6})},
	{"circle", 64, hermiteTask(2, map[int]float64{4: 1}, map[int]float64{4: 1})},
	{"random6", 64, func(dim int) (Spec, error) {
		h4, err := NewSeries(map[int]float64{4: 1})
		if err != nil {
			return Spec{}, err
		}
		teachers, err := RandomTeachers(h4, 6, 6, Random6Seed)
		return Spec{Dim: dim, Law: Gaussian, Target: teachers, Activation: NewActivation(h4)}, err
	}},
	{"relu", 32, matched("relu")},
	{"tanh", 32, matched("tanh")},
	{"erf", 32, matched("erf")},
	{"softplus", 32, matched("softplus:1")},
	{"gelu", 32, matched("gelu")},
	{"quartic", 32, quartic},
	{"xor4", 32, boolean(8, Monomial{1, 4})},
	{"staircase", 64, boolean(8, Monomial{.25, 1}, Monomial{.75, 4})},
}

// matched makes the problem of a network that learns one of its own neurons.
func matched(activation string) func(int) (Spec, error) {
	return func(dim int) (Spec, error) {
		sigma, err := ParseActivation(activation)
		if err != nil {
			return Spec{}, err
		}
		target, err := NewSingleIndex(sigma)
		return Spec{Dim: dim, Law: Gaussian, Target: target, Activation: sigma}, err
	}
}

// quartic makes the problem on the sphere of Mahankali, HaoChen, Dong, Glasgow, Ma (NeurIPS 2023, arXiv 2306.16361)
// with coefficients of our own: activation Pbar_2 + Pbar_4, target .6 Pbar_2 + .45 Pbar_4 in orthonormal Legendre
// polynomials, which a law of neurons can reach.
func quartic(dim int) (Spec, error) {
	series := func(second, fourth float64) (Activation, error) {
		s, err := NewSeries(map[int]float64{2: second, 4: fourth})
		if err != nil {
			return Activation{}, err
		}
		return NewLegendreActivation(s, dim)
	}
	sigma, err := series(1, 1)
	if err != nil {
		return Spec{}, err
	}
	link, err := series(.6, .45)
	if err != nil {
		return Spec{}, err
	}
	target, err := NewSingleIndex(link)
	return Spec{Dim: dim, Law: Sphere, Target: target, Activation: sigma}, err
}

// hermiteTask makes a single-index target, or its mean over directions.
func hermiteTask(rank int, activation, link map[int]float64) func(int) (Spec, error) {
	return func(dim int) (Spec, error) {
		sigma, err := NewSeries(activation)
		if err != nil {
			return Spec{}, err
		}
		series, err := NewSeries(link)
		if err != nil {
			return Spec{}, err
		}
		target, err := NewLink(series, rank)
		return Spec{Dim: dim, Law: Gaussian, Target: target, Activation: NewActivation(sigma)}, err
	}
}

func boolean(halves float64, terms ...Monomial) func(int) (Spec, error) {
	return func(dim int) (Spec, error) {
		softplus, err := ParseActivation("softplus:16")
		if err != nil {
			return Spec{}, err
		}
		f, err := NewMonomials(terms...)
		return Spec{Dim: dim, Law: Boolean, Target: f, Activation: softplus, Halves: halves}, err
	}
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

// spectralExponents are the information exponents of the presets with a Spectrum.
var spectralExponents = map[string]int{"relu": 1, "tanh": 1, "erf": 1, "softplus": 1, "gelu": 1, "quartic": 2}

// Presets lists the tasks known by name.
func Presets() []PresetInfo {
	list := make([]PresetInfo, 0, len(presets))
	for _, e := range presets {
		t, err := Preset(e.name, e.dim)
		if err != nil {
			continue // the tests make every preset
		}
		info := PresetInfo{Name: e.name, Dim: e.dim, Formula: t.String(), Rank: t.target.Rank()}
		info.InformationExponent, info.Exact = t.Exponent()
		if k := spectralExponents[e.name]; k > 0 { // not from the spectra, which take a second
			info.InformationExponent, info.Exact = k, true
		}
		list = append(list, info)
	}
	return list
}

// UnknownError says that there is no preset of a name.
type UnknownError struct {
	Name  string
	Known []string // the nearest first
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("unknown task %q: known are %s, and xor1 to xor32", e.Name, strings.Join(e.Known, ", "))
}

// Preset returns the named task in dimension dim; 0 means the paper's. Beside
// the listed ones there are the parities xor1 to xor32, whose second layer is
// +-2^k/sqrt k as in the paper's appendix H.1. Errors: an *UnknownError, and
// those of NewTask.
func Preset(name string, dim int) (*Task, error) {
	make, figure := (func(int) (Spec, error))(nil), 32
	for _, e := range presets {
		if e.name == name {
			make, figure = e.make, e.dim
		}
	}
	if k := xorDegree(name); make == nil && k > 0 {
		make = boolean(math.Exp2(float64(k))/math.Sqrt(float64(k)), Monomial{1, k})
	}
	if make == nil {
		return nil, unknown(name)
	}
	if dim == 0 {
		dim = figure
	}
	spec, err := make(dim)
	if err != nil {
		return nil, fmt.Errorf("preset %q: %w", name, err)
	}
	spec.Name = name
	return NewTask(spec)
}

// unknown lists the presets' names by their likeness to name, case ignored.
func unknown(name string) error {
	e := &UnknownError{Name: name}
	for _, p := range presets {
		e.Known = append(e.Known, p.name)
	}
	distance := func(known string) int {
		return levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(known))
	}
	slices.SortStableFunc(e.Known, func(a, b string) int { return distance(a) - distance(b) })
	return e
}

// errNoActivation is NewTask's for an Activation that was not made.
var errNoActivation = errors.New("the activation is zero")
