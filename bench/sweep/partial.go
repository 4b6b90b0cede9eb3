package sweep

import (
	"context"
	"fmt"

	"kac/bench"
)

// Part is what is there of a study that has no tables yet.
type Part struct {
	Results
	Finished, Cells int
	LeftOut         []string // sizes with a cell missing, which Results do not hold, by group
}

// Part reads the finished cells of a study, and solves the references. Results hold the sizes of
// which every seed is finished. Errors: ErrIncomplete (wrapped) where there is no such size,
// sealed.ErrDamaged (wrapped) with the first file that is not as it was written, an InputError for a
// directory without a study.
func (ms Measures) Part(ctx context.Context, dir string, o Options) (*Part, error) {
	o = o.filled()
	checked, err := ms.check(o.FS, dir)
	if err != nil {
		return nil, err
	}
	for _, b := range checked.Bad {
		// Sums are written last, by a merge that has not come to its end; checkpoints are not read here.
		if b != missingSums && !isState(b.Path) {
			return nil, b.In(dir)
		}
	}
	record, study, err := ms.recorded(o.FS, dir)
	if err != nil {
		return nil, err
	}
	part := &Part{Results: Results{Study: study, Record: record}, Cells: len(study.cells())}
	kept := &Study{Measure: study.Measure, Declared: study.Declared}
	sessions := map[string]*SessionRecord{}
	var cells [][]bench.Cell
	var groups []GroupRecord
	for i, g := range study.Groups {
		all, costs, absent, err := g.read(dir, o, sessions)
		if err != nil {
			return nil, err
		}
		part.Finished += len(g.cellSizes())*g.Facts.Seeds - absent
		whole, sizes, missing := bench.WholeSizes(g.Facts.Sizes, g.Facts.Seeds, all)
		if len(missing) > 0 {
			part.LeftOut = append(part.LeftOut, fmt.Sprintf("%s: %s = %s", g.Name, g.Facts.Schema.Letter, bench.Wholes(missing, ", ")))
		}
		if len(sizes) == 0 {
			continue
		}
		own := *g
		own.Facts.Sizes = sizes
		kept.Groups, cells = append(kept.Groups, &own), append(cells, whole)
		group := record.Groups[i]
		group.Cost = costs
		groups = append(groups, group)
	}
	if len(kept.Groups) == 0 {
		return nil, fmt.Errorf("%s: %w: %d of %d cells are finished, and no %s with all seeds", dir, ErrIncomplete, part.Finished, part.Cells, study.schema().Size)
	}
	limits, err := kept.limits(ctx, o)
	if err != nil {
		return nil, err
	}
	for i, g := range kept.Groups {
		r, err := g.result(cells[i], limits[g.limitKey()], &groups[i])
		if err != nil {
			return nil, err
		}
		part.Groups = append(part.Groups, r)
	}
	record.Groups, record.Sessions = groups, sorted(sessions)
	return part, nil
}
