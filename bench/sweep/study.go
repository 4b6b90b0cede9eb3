package sweep

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"kac/bench"
)

// Limits of a sweep; a cell is a file, and the table is made in memory.
const (
	MaxCells  = 200_000
	MaxGroups = 10_000
	MaxRows   = 20_000_000
)

// Measures are the systems that can be swept; the first one is that of study files that name none.
type Measures []bench.Measure

// Study is a checked study file: a grid of groups, each a bench.Study.
type Study struct {
	Measure  *bench.Measure
	Declared any // as JSON has it: two studies with equal ones are the same
	Groups   []*Group

	grown *Record // what a directory has of it, that grows
}

// Group is a part of the study in which everything but size and seed is fixed.
type Group struct {
	Name  string // the slug that names its files, such as he4-d16
	Study bench.Study
	Facts bench.Facts // the study's
}

func newGroup(name string, s bench.Study) *Group { return &Group{name, s, s.Facts()} }

// set puts a study in the place of one that lacked something.
func (g *Group) set(s bench.Study) { g.Study, g.Facts = s, s.Facts() }

// schema is the form of all tables of the study.
func (s *Study) schema() *bench.Schema { return s.Groups[0].Facts.Schema }

// OfGroups is the study of groups that no file says.
func OfGroups(m *bench.Measure, groups ...bench.Group) *Study {
	s := &Study{Measure: m}
	for _, g := range groups {
		s.Groups = append(s.Groups, newGroup(g.Name, g.Study))
	}
	return s
}

// studyIn is the key of a study file that names the measure.
const measureKey = "measure"

// names lists the measures.
func (ms Measures) names() string {
	var list []string
	for _, m := range ms {
		list = append(list, m.Name)
	}
	return strings.Join(list, ", ")
}

// find returns the measure of a name, the first one for "".
func (ms Measures) find(name string) (*bench.Measure, error) {
	i := slices.IndexFunc(ms, func(m bench.Measure) bool { return m.Name == name })
	switch {
	case name == "":
		i = 0
	case i < 0:
		return nil, bench.Refuse(measureKey, name, "known are %s", ms.names())
	}
	return &ms[i], nil
}

// checkSize bounds the grid.
func (s *Study) checkSize() error {
	if len(s.Groups) == 0 || len(s.Groups) > MaxGroups {
		return bench.Refuse("groups", len(s.Groups), "allowed are 1 to %d", MaxGroups)
	}
	cells, rows := 0.0, 0.0
	for _, g := range s.Groups {
		rows += g.Facts.Rows()
		cells += float64(len(g.cellSizes())) * float64(g.Facts.Seeds)
	}
	f := &s.Groups[0].Facts
	switch {
	case cells > MaxCells:
		return bench.Refuse(f.Schema.Seeds, f.Seeds, "the grid has %.3g cells; allowed are %d", cells, MaxCells)
	case rows > MaxRows:
		return bench.Refuse("points", f.Points, "the table has %.3g rows; allowed are %.3g", rows, float64(MaxRows))
	}
	return nil
}

// Precisions are those of the groups.
func (s *Study) Precisions() []string {
	var out []string
	for _, g := range s.Groups {
		if p := g.Facts.Precision; p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// resolved reports whether every group has its times.
func (s *Study) resolved() bool {
	for _, g := range s.Groups {
		if _, open := g.Study.(bench.Open); open {
			return false
		}
	}
	return true
}

// Resolve finds what the file says by what follows from it, such as a horizon by a risk. progress may be nil.
func (s *Study) Resolve(ctx context.Context, progress func(group string)) error {
	known := map[any]any{}
	for _, g := range s.Groups {
		open, is := g.Study.(bench.Open)
		if !is {
			continue
		}
		if progress != nil {
			progress(g.Name)
		}
		found, err := open.Resolve(ctx, known)
		if err != nil {
			return err
		}
		g.set(found)
	}
	return nil
}

// restore rebuilds a study of a record.
func (ms Measures) restore(r *Record) (*Study, error) {
	var declared struct {
		Measure string `json:"measure"`
	}
	if err := json.Unmarshal(r.Study, &declared); err != nil {
		return nil, fmt.Errorf("%s: decoding the study: %w", StudyFile, err)
	}
	measure, err := ms.find(declared.Measure)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", StudyFile, err)
	}
	s := &Study{Measure: measure, Declared: r.Study}
	if len(r.Groups) > MaxGroups {
		return nil, fmt.Errorf("%s: %d groups; allowed are %d", StudyFile, len(r.Groups), MaxGroups)
	}
	for _, rec := range r.Groups {
		study, err := measure.Restore(rec.Parameters, rec.Reach)
		if err != nil {
			return nil, fmt.Errorf("group %s of %s: %w", rec.Name, StudyFile, err)
		}
		s.Groups = append(s.Groups, newGroup(rec.Name, study))
	}
	if err := s.checkSize(); err != nil {
		return nil, fmt.Errorf("%s: %w", StudyFile, err)
	}
	return s, nil
}
