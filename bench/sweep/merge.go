package sweep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"kac/bench"
	"kac/bench/gap"
	"kac/internal/atomicfile"
	"kac/internal/disk"
	"kac/internal/sealed"
	"kac/meanfield"
)

// Merge makes the tables of a study whose cells are all finished, and returns them. Files that are
// there and whole are only read. The bytes of all but study.json and SHA256SUMS depend on the study
// alone. It waits for another process that does the same.
func Merge(ctx context.Context, s *Study, dir string, o Options) (*Results, error) {
	o = o.filled()
	if s.finished(dir, o) != nil {
		if r, err := openResults(o.FS, dir); err == nil {
			return r, s.tidyIfPossible(dir, o)
		}
	}
	if _, err := s.open(ctx, dir, o); err != nil {
		return nil, err
	}
	lock, err := wait(ctx, o.claims, filepath.Join(dir, studyLock))
	if err != nil {
		return nil, err
	}
	defer lock.remove()
	if r, err := openResults(o.FS, dir); err == nil {
		return r, s.tidy(dir, o)
	} else if !errors.Is(err, ErrIncomplete) {
		o.Note(fmt.Sprintf("%v; the tables are made again", err))
	}
	record := s.record()
	groups, err := s.collect(ctx, dir, o, &record)
	if err != nil {
		return nil, err
	}
	me := session(o)
	record.Merged, record.Complete = &me, true
	if err := s.writeAll(dir, o, record, groups); err != nil {
		return nil, err
	}
	return &Results{Record: &record, Groups: groups}, s.tidy(dir, o)
}

// collect reads all cells and solves the references.
func (s *Study) collect(ctx context.Context, dir string, o Options, record *Record) ([]*GroupResults, error) {
	all := make([][]gap.Cell, len(s.Groups))
	sessions := map[string]*SessionRecord{}
	missing := 0
	for i, g := range s.Groups {
		cells, costs, absent, err := g.read(dir, o, sessions)
		if err != nil {
			return nil, err
		}
		missing += absent
		all[i], record.Groups[i].Cost = cells, costs
	}
	if missing > 0 {
		return nil, fmt.Errorf("%w: %d of %d cells are missing", ErrIncomplete, missing, len(s.cells()))
	}
	references, err := s.references(ctx, o)
	if err != nil {
		return nil, err
	}
	groups := make([]*GroupResults, len(s.Groups))
	for i, g := range s.Groups {
		ref := references[g.referenceKey()]
		if ref.why != "" {
			o.Note(fmt.Sprintf("no C(t) for %s: %s", g.Name, ref.why))
		}
		record.Groups[i].Reference, record.Groups[i].NoConstant = &ref.record, ref.why
		groups[i] = NewGroupResults(g, all[i], ref.rows)
	}
	record.Sessions = sorted(sessions)
	return groups, nil
}

func sorted(sessions map[string]*SessionRecord) []SessionRecord {
	var out []SessionRecord
	for _, session := range sessions {
		out = append(out, *session)
	}
	slices.SortFunc(out, func(a, b SessionRecord) int {
		return cmp.Or(cmp.Compare(a.StartTime, b.StartTime), cmp.Compare(a.Process, b.Process), cmp.Compare(a.Cells, b.Cells))
	})
	return out
}

// references solves the infinite-width networks, with C(t), on all workers: one solve uses one.
func (s *Study) references(ctx context.Context, o Options) (map[referenceKey]*reference, error) {
	var list []*Group
	seen := map[referenceKey]bool{}
	for _, g := range s.Groups {
		if !seen[g.referenceKey()] {
			seen[g.referenceKey()] = true
			list = append(list, g)
		}
	}
	var (
		mu       sync.Mutex
		failed   error
		finished int
		group    sync.WaitGroup
	)
	out := map[referenceKey]*reference{}
	queue := make(chan *Group, len(list))
	for _, g := range list {
		queue <- g
	}
	close(queue)
	for range min(o.Workers, len(list)) {
		group.Go(func() {
			for g := range queue {
				mu.Lock()
				o.Progress(float64(finished)/float64(len(list)), "C(t) of "+g.Name)
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
				ref, err := g.solve(ctx, o)
				mu.Lock()
				finished++
				if out[g.referenceKey()] = ref; err != nil && failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return out, failed
}

// read returns the group's cells by width and seed, and how many are absent.
func (g *Group) read(dir string, o Options, sessions map[string]*SessionRecord) (cells []gap.Cell, costs []CostRecord, absent int, err error) {
	p := &g.Parameters
	for _, m := range p.Widths {
		cost := CostRecord{Width: m}
		for i := range p.Seeds {
			c, by, err := readCell(o.FS, dir, cell{g, m, p.Seed + uint64(i)})
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, sealed.ErrDamaged) {
				absent++
				continue
			}
			if err != nil {
				return nil, nil, 0, err
			}
			cells = append(cells, c)
			cost.Cells++
			cost.MeanSeconds += by.Seconds
			cost.CPUSeconds += by.Seconds * float64(by.Workers)
			for _, earlier := range by.Earlier { // parts of cells, which are counted where they were finished
				record(sessions, earlier)
			}
			me := record(sessions, by.Session)
			me.Cells++
			me.Seconds += by.Seconds
		}
		if cost.Cells > 0 {
			cost.MeanSeconds /= float64(cost.Cells)
			costs = append(costs, cost)
		}
	}
	return cells, costs, absent, nil
}

// record finds a process among others.
func record(sessions map[string]*SessionRecord, s Session) *SessionRecord {
	key := fmt.Sprint(s.StartTime, s.Process, s.CommandLine)
	if sessions[key] == nil {
		sessions[key] = &SessionRecord{Session: s}
	}
	return sessions[key]
}

// referenceKey tells apart the infinite-width networks of groups.
type referenceKey struct {
	choice             bench.ProblemChoice
	horizon, tolerance float64
}

func (g *Group) referenceKey() referenceKey {
	return referenceKey{g.Parameters.ProblemChoice, g.Parameters.Horizon, g.Parameters.Tolerance}
}

type reference struct {
	rows   []ReferenceRow
	record gap.ReferenceRecord
	why    string // there is no C(t)
}

func (g *Group) solve(ctx context.Context, o Options) (*reference, error) {
	study, err := o.solve(ctx, g)
	if err != nil {
		return nil, err
	}
	times := g.Parameters.Times()
	stats := study.Reference.Stats()
	out := &reference{record: gap.ReferenceRecord{
		Error: study.Reference.Error(), Panels: stats.Panels, Nodes: stats.Nodes, Steps: stats.Steps, Evaluations: stats.Evaluations,
	}}
	f, err := meanfield.Fluctuations(ctx, study.Reference, times, meanfield.FluctuationOptions{})
	if err != nil {
		if stop := ctx.Err(); stop != nil {
			return nil, stop
		}
		out.why = err.Error()
	}
	for i, row := range bench.ReferenceRows(study.Reference, times) {
		r := ReferenceRow{row, nan, nan, nan}
		if err == nil {
			r.Constant, r.ConstantError, r.Coupling = f.Constant[i], f.ConstantError[i], f.Coupling[i]
		}
		out.rows = append(out.rows, r)
	}
	return out, nil
}

// file is one of the results.
type file struct {
	name string // slashed, within the directory
	fill func(io.Writer) error
}

// files are the tables and arrays.
func (s *Study) files(groups []*GroupResults) []file {
	out := []file{
		{TableFile, func(w io.Writer) error { return WriteTable(w, groups) }},
		{ParquetFile, func(w io.Writer) error { return WriteParquet(w, s, groups) }},
		{ReferenceFile, func(w io.Writer) error { return WriteReference(w, groups) }},
		{SummaryFile, func(w io.Writer) error { return WriteSummary(w, groups) }},
		{SlopesFile, func(w io.Writer) error { return WriteSlopes(w, groups) }},
	}
	for _, g := range groups {
		for _, a := range arrays {
			out = append(out, file{arrayName(g.Group, a), func(w io.Writer) error {
				data, shape := a.value(g)
				return writeArray(w, data, shape)
			}})
		}
	}
	return out
}

func arrayName(g *Group, a array) string { return arraysDir + "/" + g.Name + "-" + a.name + ".npy" }

// writeAll writes every file, study.json last but one and the sums last: sums that fit are what makes
// a study finished.
func (s *Study) writeAll(dir string, o Options, record Record, groups []*GroupResults) error {
	if err := removeIfThere(o.FS, filepath.Join(dir, SumsFile)); err != nil {
		return err
	}
	arrays := filepath.Join(dir, arraysDir)
	if err := o.FS.MkdirAll(arrays, 0o777); err != nil {
		return fmt.Errorf("creating %s: %w", arrays, err)
	}
	for _, path := range []string{dir, arrays} {
		if err := atomicfile.RemoveLeftoversOn(o.FS, path); err != nil {
			return err
		}
	}
	files := s.files(groups)
	for i, f := range files {
		o.Progress(float64(i)/float64(len(files)), f.name)
		if err := atomicfile.WriteOn(o.FS, filepath.Join(dir, filepath.FromSlash(f.name)), f.fill); err != nil {
			return err
		}
	}
	if err := writeRecord(o.FS, dir, record); err != nil {
		return err
	}
	sums, err := s.sums(o.FS, dir)
	if err != nil {
		return err
	}
	return atomicfile.WriteOn(o.FS, filepath.Join(dir, SumsFile), func(w io.Writer) error {
		_, err := io.WriteString(w, sums)
		return err
	})
}

// tidyIfPossible is tidy, but for directories that cannot be written.
func (s *Study) tidyIfPossible(dir string, o Options) error {
	if err := s.tidy(dir, o); !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		return err
	}
	return nil
}

// tidy removes what killed processes left, unless a process still runs cells: locks without a holder,
// checkpoints of finished cells, temporary files.
func (s *Study) tidy(dir string, o Options) error {
	alone, err := o.claims.try(filepath.Join(dir, runLock), false)
	if errors.Is(err, disk.ErrLocked) {
		return nil // the other process will do it
	}
	if err != nil {
		return err
	}
	defer alone.remove()
	if err := s.clean(dir, o.FS); err != nil {
		return err
	}
	for _, g := range s.Groups {
		entries, err := o.FS.ReadDir(filepath.Join(dir, cellsDir, g.Name))
		if err != nil {
			return fmt.Errorf("listing the cells of %s: %w", g.Name, err)
		}
		for _, e := range entries {
			if name := e.Name(); filepath.Ext(name) == lockExt || isCheckpoint(name) {
				if err := removeIfThere(o.FS, filepath.Join(dir, cellsDir, g.Name, name)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
