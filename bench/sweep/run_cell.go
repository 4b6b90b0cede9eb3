package sweep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"time"

	"kac/bench"
	"kac/internal/regular"
	"kac/internal/sealed"
)

func (r *runner) prepared(ctx context.Context, g *Group) (bench.Runner, error) {
	r.mu.Lock()
	s := r.ready[g]
	if s == nil {
		s = &prepared{}
		r.ready[g] = s
	}
	r.mu.Unlock()
	s.once.Do(func() { s.runner, s.err = r.o.prepare(ctx, g) })
	return s.runner, s.err
}

// runCell runs a claimed cell from its newest checkpoint that is whole.
func (r *runner) runCell(ctx context.Context, j *job, workers int) error {
	cells, err := r.prepared(ctx, j.group)
	if err != nil {
		return err
	}
	path := filepath.Join(r.dir, j.base()+checkpointExt)
	for _, name := range []string{path, sealed.Previous(path)} {
		payload, err := sealed.Read(r.o.FS, name, checkpointKind, checkpointVersion)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var from *checkpoint
		if err == nil {
			from, err = j.cell.checkpoint(payload)
		}
		if err == nil {
			if last := len(from.sessions) - 1; last >= 0 {
				if text := bench.Changed(from.sessions[last].Info, r.me.Info, j.group.Facts.Precision); text != "" {
					r.o.Remark(fmt.Sprintf("%s goes on from a checkpoint of another build or processor (%s); last digits may differ from one run", j.cell, text))
				}
			}
			err = r.runFrom(ctx, cells, j, workers, path, from)
			if !errors.Is(err, bench.ErrCellState) {
				return err
			}
		}
		if errors.Is(err, regular.ErrNotRegular) {
			return err // not ours to replace
		}
		r.o.Note(fmt.Sprintf("%s cannot be used (%v); going on from the checkpoint before, or from the start", name, err))
	}
	return r.runFrom(ctx, cells, j, workers, path, &checkpoint{})
}

func (r *runner) runFrom(ctx context.Context, cells bench.Runner, j *job, workers int, path string, from *checkpoint) error {
	began := time.Now()
	share := from.share
	r.mu.Lock()
	r.resume(j, share)
	r.mu.Unlock()
	made := append(slices.Clone(from.sessions), r.me)
	head, err := j.line()
	if err != nil {
		return err
	}
	options := bench.CellOptions{
		Workers: workers, Before: from.state, Interval: r.o.Interval,
		Save: func(state []byte) error {
			payload, err := (&checkpoint{share, from.spent + time.Since(began), made, state}).encode(head)
			if err != nil {
				return err
			}
			return sealed.WriteNext(r.o.FS, path, checkpointKind, checkpointVersion, payload)
		},
		Progress: func(s float64) {
			share = math.Max(0, math.Min(1, s))
			r.mu.Lock()
			r.advance(j, share)
			r.report()
			r.mu.Unlock()
		},
	}
	if j.group.Facts.Line != nil {
		options.Final = func(state []byte) error {
			payload, err := (&checkpoint{1, from.spent + time.Since(began), made, state}).encode(head)
			if err != nil {
				return err
			}
			return sealed.Write(r.o.FS, filepath.Join(r.dir, j.base()+finalExt), checkpointKind, checkpointVersion, payload)
		}
	}
	out, err := cells.RunCell(ctx, j.size, j.seed, options)
	if err != nil {
		return err
	}
	seconds := (from.spent + time.Since(began)).Seconds()
	payload, err := encodeCell(j.cell, out, maker{Session: r.me, Seconds: seconds, Workers: workers, Earlier: from.sessions})
	if err != nil {
		return err
	}
	if err := sealed.Write(r.o.FS, filepath.Join(r.dir, j.base()+cellExt), cellKind, cellVersion, payload); err != nil {
		return err
	}
	return sealed.Remove(r.o.FS, path)
}
