package sweep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"

	"kac/internal/disk"
)

// Claim makes dir the study's, as Run does: it finds the horizons and writes study.json, so that
// processes on other machines start with the same ones. The errors are those of Run.
func (s *Study) Claim(ctx context.Context, dir string, o Options) error {
	_, err := s.open(ctx, dir, o.filled())
	return err
}

// CheckMerge refuses, with an InputError, a directory that holds no study.
func CheckMerge(dir string) error {
	if _, err := disk.Real.Stat(filepath.Join(dir, StudyFile)); errors.Is(err, fs.ErrNotExist) {
		return refuse("out", dir, "holds no %s, so there is nothing to merge; give the directory of the shards", StudyFile)
	}
	return nil
}

// Cells is the number of cells of the study.
func (s *Study) Cells() int {
	n := 0
	for _, g := range s.Groups {
		n += len(g.cellSizes()) * g.Facts.Seeds
	}
	return n
}

// ShardPlan is what the dearest of some shards needs.
type ShardPlan struct {
	Cells   int     // at most, in one shard
	Seconds float64 // from its start to its last cell
	Longest float64 // seconds of its dearest cell on its own
	Memory  float64 // bytes, of the cells that run at once
}

// Shard predicts the shards of a study that is dealt out to `of` processes with `workers` workers
// each, on processors like this one. The first shard is the dearest: cells are dealt by falling cost.
func (p *Plan) Shard(of, workers int) ShardPlan {
	jobs := p.Study.jobs(1, of)
	out := ShardPlan{Cells: len(jobs), Seconds: p.seconds(jobs, workers)}
	sizes := p.sizes()
	at := map[place]int{}
	for _, j := range jobs {
		class := place{j.group, j.size}
		w, side, alone := sizes[class], workers, 1
		if j.large() {
			side, alone = 1, workers
		}
		out.Longest = math.Max(out.Longest, w.Seconds*float64(w.Workers)/float64(alone))
		if at[class] < side {
			at[class]++
		}
		out.Memory = math.Max(out.Memory, float64(at[class])*w.Memory)
	}
	return out
}

// UnfinishedShards lists the shards, of `of`, that have cells left in a study's directory.
func (ms Measures) UnfinishedShards(dir string, of int) ([]int, error) {
	_, study, err := ms.recorded(disk.Real, dir)
	if err != nil {
		return nil, err
	}
	left := make([]bool, of)
	for i, j := range study.dealt() {
		if left[i%of] {
			continue
		}
		if _, _, err := readCell(disk.Real, dir, j.cell); err != nil {
			left[i%of] = true
		}
	}
	var out []int
	for i, l := range left {
		if l {
			out = append(out, i+1)
		}
	}
	return out, nil
}

// ShardList prints shards as Slurm's --array takes them: 3,7-9.
func ShardList(shards []int) string {
	text := ""
	for i := 0; i < len(shards); {
		last := i
		for last+1 < len(shards) && shards[last+1] == shards[last]+1 {
			last++
		}
		if text != "" {
			text += ","
		}
		if text += fmt.Sprint(shards[i]); last > i {
			text += fmt.Sprintf("-%d", shards[last])
		}
		i = last + 1
	}
	return text
}

// Large says whether the study has cells that run alone, each on all workers of a process.
func (s *Study) Large() bool { return s.jobs(1, 1)[0].large() }
