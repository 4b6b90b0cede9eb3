package particles

import (
	"fmt"
	"slices"
	"strings"
)

// PresetInfo describes a problem that Preset makes.
type PresetInfo struct {
	Name                string
	Formula             string // target and network
	Activation, Link    Series
	Rank                int // r
	InformationExponent int
	Dim                 int // d of the paper's figure; 32 where it has none
}

// presets are the Gaussian problems of Table 1 of Glasgow, Wu, Bruna (COLT
// 2025, PMLR 291) and the single-index problems of degrees 3 and 6 beside them.
var presets = []struct {
	name             string
	activation, link map[int]float64
	rank, dim        int
}{
	{"he3", map[int]float64{3: 1}, map[int]float64{3: 1}, 1, 32},
	{"he4", map[int]float64{4: 1}, map[int]float64{4: 1}, 1, 32},
	{"he6", map[int]float64{6: 1}, map[int]float64{6: 1}, 1, 32},
	{"misspecified", map[int]float64{4: 1, 6: 1}, map[int]float64{4: .8, 6: .6}, 1, 32},
	{"circle", map[int]float64{4: 1}, map[int]float64{4: 1}, 2, 64},
}

// Presets lists the named problems.
func Presets() []PresetInfo {
	list := make([]PresetInfo, 0, len(presets))
	for _, e := range presets {
		p, err := Preset(e.name, e.dim)
		if err != nil {
			continue // the tests make every preset
		}
		list = append(list, PresetInfo{
			Name: e.name, Formula: formula(p.activation, p.link, p.rank),
			Activation: p.activation, Link: p.link, Rank: p.rank,
			InformationExponent: p.exponent, Dim: e.dim,
		})
	}
	return list
}

// Preset returns the named problem in dimension dim. The error for an unknown
// name lists the known ones, the nearest first.
func Preset(name string, dim int) (*Problem, error) {
	names := make([]string, 0, len(presets))
	for _, e := range presets {
		if e.name == name {
			activation, err := NewSeries(e.activation)
			if err != nil {
				return nil, fmt.Errorf("preset %q: %w", name, err)
			}
			link, err := NewSeries(e.link)
			if err != nil {
				return nil, fmt.Errorf("preset %q: %w", name, err)
			}
			return NewProblem(Spec{Name: name, Dim: dim, Activation: activation, Link: link, Rank: e.rank})
		}
		names = append(names, e.name)
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return editDistance(name, a) - editDistance(name, b)
	})
	return nil, fmt.Errorf("unknown problem %q: known are %s", name, strings.Join(names, ", "))
}

// editDistance is the least number of single-byte insertions, deletions and
// replacements that turn a into b (Levenshtein), case ignored.
func editDistance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
