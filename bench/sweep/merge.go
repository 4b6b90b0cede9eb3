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
	"strings"
	"sync"
	"syscall"

	"kac/bench"
	"kac/internal/atomicfile"
	"kac/internal/disk"
	"kac/internal/regular"
	"kac/internal/sealed"
)

// Merge makes the tables of a study whose cells are all finished, and returns them. Files that are
// there and whole are only read. The bytes of all but study.json and SHA256SUMS depend on the study
// alone. It waits for another process that does the same.
func Merge(ctx context.Context, s *Study, dir string, o Options) (*Results, error) {
	o = o.filled()
	if s.finished(dir, o) != nil {
		if r, err := s.results(o.FS, dir); err == nil {
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
	if r, err := s.results(o.FS, dir); err == nil {
		return r, s.tidy(dir, o)
	} else if !errors.Is(err, ErrIncomplete) {
		o.Note(fmt.Sprintf("%v; the tables are made again", err))
	}
	record, err := s.record()
	if err != nil {
		return nil, err
	}
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

// collect reads all cells and solves the limits.
func (s *Study) collect(ctx context.Context, dir string, o Options, record *Record) ([]*bench.Result, error) {
	all := make([][]bench.Cell, len(s.Groups))
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
	limits, err := s.limits(ctx, o)
	if err != nil {
		return nil, err
	}
	results := make([]*bench.Result, len(s.Groups))
	for i, g := range s.Groups {
		limit := limits[g.limitKey()]
		if results[i], err = g.result(all[i], limit, &record.Groups[i]); err != nil {
			return nil, err
		}
		if limit != nil && limit.Note != "" {
			o.Note(fmt.Sprintf("no %s for %s: %s", strings.TrimPrefix(limit.Lacks, "the "), g.Name, limit.Note))
		}
	}
	record.Sessions = sorted(sessions)
	return results, nil
}

// result is a group with all its cells, and with its limit, which may be nil; record takes what is told of that.
func (g *Group) result(cells []bench.Cell, limit *bench.Limit, record *GroupRecord) (*bench.Result, error) {
	r := &bench.Result{Group: bench.Group{Name: g.Name, Study: g.Study}, Facts: g.Facts, Cells: cells}
	r.Means = bench.Summarise(g.Facts.Schema, g.Facts.Sizes, len(g.Facts.Times), cells)
	if limit == nil {
		return r, nil
	}
	r.Limit, record.NoConstant = limit.Rows, limit.Note
	var err error
	record.Reference, err = raw(limit.Record)
	return r, err
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

// limitKey tells the limits of groups apart.
func (g *Group) limitKey() any { return keyOf(g.Study, g.Name) }

// limitKey is that of a result.
func limitKey(r *bench.Result) any { return keyOf(r.Study, r.Name) }

func keyOf(s bench.Study, name string) any {
	if shared, is := s.(bench.Shared); is {
		return shared.LimitKey()
	}
	return name
}

// limits solves the ideal limits on all workers: one solve uses one. There are none without a table of them.
func (s *Study) limits(ctx context.Context, o Options) (map[any]*bench.Limit, error) {
	if len(s.schema().Limit) == 0 {
		return nil, nil
	}
	var list []*Group
	seen := map[any]bool{}
	for _, g := range s.Groups {
		if !seen[g.limitKey()] {
			seen[g.limitKey()] = true
			list = append(list, g)
		}
	}
	var (
		mu       sync.Mutex
		failed   error
		finished int
		group    sync.WaitGroup
	)
	out := map[any]*bench.Limit{}
	queue := make(chan *Group, len(list))
	for _, g := range list {
		queue <- g
	}
	close(queue)
	for range min(o.Workers, len(list)) {
		group.Go(func() {
			for g := range queue {
				mu.Lock()
				o.Progress(float64(finished)/float64(len(list)), "limit of "+g.Name)
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
				limit, err := g.limit(ctx, o)
				mu.Lock()
				finished++
				if out[g.limitKey()] = limit; err != nil && failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return out, failed
}

// limit solves the group's.
func (g *Group) limit(ctx context.Context, o Options) (*bench.Limit, error) {
	runner, err := o.prepare(ctx, g)
	if err != nil {
		return nil, err
	}
	limited, is := runner.(bench.Limited)
	if !is {
		return nil, fmt.Errorf("%s: its schema has columns of a limit, and it has none", g.Name)
	}
	return limited.Limit(ctx)
}

// read returns the group's cells by size and seed, and how many files are absent.
func (g *Group) read(dir string, o Options, sessions map[string]*SessionRecord) (cells []bench.Cell, costs []CostRecord, absent int, err error) {
	for _, size := range g.cellSizes() {
		cost := CostRecord{Size: size}
		for _, place := range g.cellsOf(size) {
			values, by, err := readCell(o.FS, dir, place)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, sealed.ErrDamaged) {
				absent++
				continue
			}
			if err != nil {
				return nil, nil, 0, err
			}
			cells = append(cells, place.split(values)...)
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
	slices.SortStableFunc(cells, func(a, b bench.Cell) int { return cmp.Or(cmp.Compare(a.Size, b.Size), cmp.Compare(a.Seed, b.Seed)) })
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

// file is one of the results.
type file struct {
	name string // slashed, within the directory
	fill func(io.Writer) error
}

// files are the tables and pictures; with results, the arrays too.
func (s *Study) files(results []*bench.Result) []file {
	out := []file{
		{TableFile, func(w io.Writer) error { return WriteTable(w, results) }},
		{ParquetFile, func(w io.Writer) error { return WriteParquet(w, s, results) }},
	}
	if len(s.schema().Limit) > 0 {
		out = append(out, file{ReferenceFile, func(w io.Writer) error { return WriteReference(w, results) }})
	}
	out = append(out, file{SummaryFile, func(w io.Writer) error { return WriteSummary(w, results) }})
	if len(s.schema().Scaled()) > 0 {
		out = append(out, file{SlopesFile, func(w io.Writer) error { return WriteSlopes(w, results) }})
	}
	for i, r := range results {
		for _, name := range arraysOf(r.Facts.Schema) {
			out = append(out, file{arrayName(s.Groups[i], name), func(w io.Writer) error {
				data, shape := array(r, name)
				return writeArray(w, data, shape)
			}})
		}
	}
	for _, p := range s.Measure.Pictures {
		out = append(out, file{p.Name, func(w io.Writer) error { return p.Draw(w, results) }})
	}
	return out
}

func arrayName(g *Group, name string) string { return arraysDir + "/" + g.Name + "-" + name + ".npy" }

// writeAll writes every file, study.json last but one and the sums last: sums that fit are what makes
// a study finished.
func (s *Study) writeAll(dir string, o Options, record Record, results []*bench.Result) error {
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
	files := s.files(results)
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
			name := e.Name()
			damaged := filepath.Ext(name) == finalExt && s.damagedState(dir, g, name, o)
			if filepath.Ext(name) == lockExt || isCheckpoint(name) || damaged {
				if err := removeIfThere(o.FS, filepath.Join(dir, cellsDir, g.Name, name)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// damagedState reports whether a final state is not as it was written, and notes it.
func (s *Study) damagedState(dir string, g *Group, name string, o Options) bool {
	path := filepath.Join(dir, cellsDir, g.Name, name)
	payload, err := sealed.Read(o.FS, path, checkpointKind, checkpointVersion)
	if err == nil {
		_, _, err = decodeCheckpoint(payload)
	}
	if !isDamage(err) || errors.Is(err, regular.ErrNotRegular) {
		return false
	}
	o.Note(fmt.Sprintf("%v; without it the cell cannot go on to later times", err))
	return true
}
