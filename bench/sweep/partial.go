package sweep

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"kac/bench/gap"
	"kac/bench/store"
	"kac/internal/sealed"
)

// Part is what is there of a study that has no tables yet.
type Part struct {
	Results
	Finished, Cells int
	LeftOut         []string // widths with a cell missing, which Results do not hold, by group
}

// OpenPart reads the finished cells of a study, and solves the references. Results hold the widths of
// which every seed is finished. Errors: ErrIncomplete (wrapped) where there is no such width,
// sealed.ErrDamaged (wrapped) with the first file that is not as it was written, an InputError for a
// directory without a study.
func OpenPart(ctx context.Context, dir string, o Options) (*Part, error) {
	o = o.filled()
	checked, err := check(o.FS, dir)
	if err != nil {
		return nil, err
	}
	for _, b := range checked.Bad {
		// Sums are written last, by a merge that has not come to its end; checkpoints are not read here.
		if b != missingSums && !isCheckpoint(b.Path) {
			return nil, damaged(dir, b)
		}
	}
	record, err := readRecord(o.FS, dir)
	if err != nil {
		return nil, err
	}
	study, err := studyOf(record)
	if err != nil {
		return nil, err
	}
	part := &Part{Results: Results{Record: record}, Cells: len(study.cells())}
	kept := &Study{Declared: study.Declared}
	sessions := map[string]*SessionRecord{}
	var cells [][]gap.Cell
	var groups []GroupRecord
	for i, g := range study.Groups {
		all, costs, _, err := g.read(dir, o, sessions)
		if err != nil {
			return nil, err
		}
		part.Finished += len(all)
		whole, widths, missing := WholeWidths(&g.Parameters, all)
		if len(missing) > 0 {
			part.LeftOut = append(part.LeftOut, fmt.Sprintf("%s: m = %s", g.Name, strings.Trim(strings.ReplaceAll(fmt.Sprint(missing), " ", ", "), "[]")))
		}
		if len(widths) == 0 {
			continue
		}
		own := *g
		own.Parameters.Widths = widths
		kept.Groups, cells = append(kept.Groups, &own), append(cells, whole)
		group := record.Groups[i]
		group.Cost = costs
		groups = append(groups, group)
	}
	if len(kept.Groups) == 0 {
		return nil, fmt.Errorf("%s: %w: %d of %d cells are finished, and no width with all seeds", dir, ErrIncomplete, part.Finished, part.Cells)
	}
	references, err := kept.references(ctx, o)
	if err != nil {
		return nil, err
	}
	for i, g := range kept.Groups {
		ref := references[g.referenceKey()]
		groups[i].Reference, groups[i].NoConstant = &ref.record, ref.why
		part.Groups = append(part.Groups, NewGroupResults(g, cells[i], ref.rows))
	}
	record.Groups, record.Sessions = groups, sorted(sessions)
	return part, nil
}

// WholeWidths returns the cells of the widths of which every seed is there, and which widths those are.
// The cells are given by width and seed.
func WholeWidths(p *gap.Parameters, cells []gap.Cell) (whole []gap.Cell, widths, missing []int) {
	for _, m := range p.Widths {
		n := len(whole)
		for _, c := range cells {
			if c.Width == m {
				whole = append(whole, c)
			}
		}
		if len(whole)-n == p.Seeds {
			widths = append(widths, m)
		} else {
			whole, missing = whole[:n], append(missing, m)
		}
	}
	return whole, widths, missing
}

// damaged is the error of a file that is not as it was written.
func damaged(dir string, b store.Finding) error {
	return fmt.Errorf("%s %s: %w", filepath.Join(dir, filepath.FromSlash(b.Path)), strings.TrimPrefix(b.Problem, "damaged: "), sealed.ErrDamaged)
}
