package sweep

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"kac/bench"
	"kac/internal/disk"
	"kac/internal/sealed"
)

// grows reports whether the study is one that a directory holds with more sizes, seeds or times, whose cells are cells
// of this one or go on to them, and says in words what is new. The groups must be the same, and what decides the
// numbers of their cells, up to the last of the times that are there; a group whose horizon is still to be found is
// none of these.
func (s *Study) grows(r *Record) (what string, ok bool) {
	if r.Study == nil || len(r.Groups) != len(s.Groups) {
		return "", false
	}
	var news []string
	for i, g := range s.Groups {
		if r.Groups[i].Name != g.Name {
			return "", false
		}
		there, err := s.Measure.Restore(r.Groups[i].Parameters, r.Groups[i].Reach)
		if err != nil {
			return "", false
		}
		before, now := there.Facts(), g.Facts
		a, err1 := before.IdentitySum()
		b, err2 := now.IdentitySum()
		if err1 != nil || err2 != nil {
			return "", false
		}
		if a != b || before.Points != now.Points {
			if !goesOn(&before, &now) {
				return "", false
			}
			last := func(f *bench.Facts) string { return bench.Number(f.Times[len(f.Times)-1]) }
			news = append(news, fmt.Sprintf("the times up to %s of %s, not %s", last(&now), g.Name, last(&before)))
		}
		more := slices.DeleteFunc(slices.Clone(now.Sizes), func(m int) bool { return slices.Contains(before.Sizes, m) })
		first, last := before.FirstSeed, before.FirstSeed+uint64(before.Seeds)
		switch {
		case len(more)+len(before.Sizes) != len(now.Sizes), now.FirstSeed > first, now.FirstSeed+uint64(now.Seeds) < last:
			return "", false
		}
		schema := now.Schema
		if len(more) > 0 {
			news = append(news, fmt.Sprintf("%s %s of %s", schema.Sizes, bench.Wholes(more, ","), g.Name))
		}
		if now.Seeds > before.Seeds {
			news = append(news, fmt.Sprintf("%d %s of %s, not %d", now.Seeds, schema.Seeds, g.Name, before.Seeds))
		}
	}
	return strings.Join(news, "; "), len(news) > 0
}

// goesOn reports whether the cells of a study go on from the final states of those of another: their times are the
// first ones.
func goesOn(before, now *bench.Facts) bool {
	if before.Line == nil || now.Line == nil || !bench.FirstTimes(before.Times, now.Times) {
		return false
	}
	a, err1 := before.LineSum()
	b, err2 := now.LineSum()
	return err1 == nil && err2 == nil && a == b
}

// goOn makes checkpoints of the final states of finished cells whose study goes on to later times, before study.json
// tells of these: stopped anywhere, it is done again or the cells are found as they were. A cell without a final state
// is refused with an InputError, before anything is changed.
func (s *Study) goOn(dir string, r *Record, o Options) error {
	var list []cell
	for i, g := range s.Groups {
		there, err := s.Measure.Restore(r.Groups[i].Parameters, r.Groups[i].Reach)
		if err != nil {
			return err
		}
		before := newGroup(g.Name, there)
		if len(before.Facts.Times) == len(g.Facts.Times) {
			continue
		}
		for _, size := range before.cellSizes() {
			list = append(list, before.cellsOf(size)...)
		}
	}
	if len(list) == 0 {
		return nil
	}
	lock, err := o.claims.try(filepath.Join(dir, runLock), false)
	if errors.Is(err, disk.ErrLocked) {
		return refuse("out", dir, "other processes are running cells of the study; let them end, and give the same command")
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		defer lock.release()
	}
	for _, change := range []bool{false, true} {
		for _, c := range list {
			if err := c.goOn(dir, o, change); err != nil {
				return err
			}
		}
	}
	for i, c := range list { // a cell that comes back when power is lost would be of another study
		if i > 0 && c.group == list[i-1].group {
			continue
		}
		if err := o.FS.SyncDir(filepath.Dir(filepath.Join(dir, c.base()))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("going on to later times: %w", err)
		}
	}
	return nil
}

// goOn looks for the state of a finished cell or, if change is set, puts it where a checkpoint is.
func (c cell) goOn(dir string, o Options, change bool) error {
	path := filepath.Join(dir, c.base())
	if _, err := o.FS.Stat(path + cellExt); errors.Is(err, fs.ErrNotExist) {
		return nil // not finished, or done
	} else if err != nil {
		return fmt.Errorf("looking for a cell: %w", err)
	}
	payload, err := sealed.Read(o.FS, path+finalExt, checkpointKind, checkpointVersion)
	var from *checkpoint
	if err == nil {
		from, err = c.checkpoint(payload)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse("out", dir, "holds %s without its state at the last time, from which to go on: an earlier version of kac made it; choose another directory", c)
	case err != nil && isDamage(err):
		return refuse("out", dir, "%v, so that the study cannot go on to later times; choose another directory", err)
	case err != nil:
		return err
	case !change:
		return nil
	}
	head, err := c.line()
	if err != nil {
		return err
	}
	from.share = 0 // of what is to come
	if payload, err = from.encode(head); err != nil {
		return err
	}
	if err := sealed.Write(o.FS, path+checkpointExt, checkpointKind, checkpointVersion, payload); err != nil {
		return err
	}
	return removeIfThere(o.FS, path+cellExt)
}
