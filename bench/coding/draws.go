package coding

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"kac/bench"
	"kac/particles/coding"
)

// sums are what the draws of stragglers of one seed add up to; they are all that a run goes on from. Floating-point
// numbers come back from JSON as they were.
type sums struct {
	Draws   int     `json:"draws"`
	Error   float64 `json:"error"`   // mean so far
	Squares float64 `json:"squares"` // of the deviations
	Mean    float64 `json:"mean"`    // of alpha
	Seconds float64 `json:"seconds"` // added up
	Lost    int     `json:"lost"`    // machines, added up
}

// keeper saves the sums now and then.
type keeper struct {
	bench.CellOptions
	last time.Time
}

// start are the sums to go on from.
func (k *keeper) start(draws int) (s sums, err error) {
	if k == nil {
		return s, nil
	}
	k.last = time.Now()
	if k.Before == nil {
		return s, nil
	}
	if err := json.Unmarshal(k.Before, &s); err != nil || s.Draws < 0 || s.Draws > draws {
		return s, fmt.Errorf("%w: %q", bench.ErrCellState, k.Before)
	}
	return s, nil
}

// after is called after a draw; stopped says that the context has ended.
func (k *keeper) after(s *sums, draws int, stopped bool) error {
	if k == nil {
		return nil
	}
	now := time.Now()
	if due := now.Sub(k.last) >= k.Interval; due || stopped {
		k.last = now
		if k.Progress != nil {
			k.Progress(float64(s.Draws) / float64(draws))
		}
		if k.Save != nil {
			state, err := json.Marshal(s)
			if err != nil {
				return fmt.Errorf("encoding the state of a cell: %w", err)
			}
			return k.Save(state)
		}
	}
	return nil
}

// draws averages over the draws of stragglers of one seed. k may be nil.
func (p *Parameters) draws(ctx context.Context, s *scheme, row *Row, k *keeper) error {
	lost, alpha := make([]bool, s.machines), make([]float64, row.Blocks)
	var times []float64
	var order []int32
	if p.Delays == "" {
		row.Straggle = p.Straggle[row.Setting]
		if p.Lose == LoseFixed {
			row.Straggle = math.Floor(row.Straggle*float64(s.machines)+1e-9) / float64(s.machines)
		}
	} else {
		times, order = make([]float64, s.machines), make([]int32, s.machines)
		if w := p.wait(row.Setting); w.Share > 0 {
			row.Straggle = 1 - float64(w.Count(s.machines))/float64(s.machines)
		} else {
			row.Straggle = p.delay.Exceeds(w.Deadline)
		}
	}
	decoder := s.decoder(row.Straggle)
	optimal, graph := decoder.(interface{ Error(lost []bool) float64 })
	sum, err := k.start(p.Draws)
	if err != nil {
		return err
	}
	for sum.Draws < p.Draws {
		if err := ctx.Err(); err != nil {
			if failed := k.after(&sum, p.Draws, true); failed != nil {
				return failed
			}
			return err
		}
		draw := uint64(sum.Draws)
		switch {
		case times != nil:
			p.delay.Draw(times, row.Seed, draw)
			sum.Seconds += p.wait(row.Setting).Lost(lost, times, order)
		case p.Lose == LoseFixed:
			coding.Fixed(lost, int(math.Round(row.Straggle*float64(s.machines))), row.Seed, draw)
		default:
			coding.Bernoulli(lost, row.Straggle, row.Seed, draw)
		}
		var e, mean float64
		if graph {
			e = optimal.Error(lost)
			mean = 1 - e // alpha is a projection of 1
		} else {
			if e, err = decoder.Alpha(alpha, lost); err != nil {
				return err
			}
			mean = coding.Mean(alpha)
		}
		for _, l := range lost {
			if l {
				sum.Lost++
			}
		}
		sum.Draws++
		delta := e - sum.Error
		sum.Error += delta / float64(sum.Draws)
		sum.Squares += delta * (e - sum.Error)
		sum.Mean += (mean - sum.Mean) / float64(sum.Draws)
		if err := k.after(&sum, p.Draws, false); err != nil {
			return err
		}
	}
	n := float64(p.Draws)
	row.Error, row.MeanAlpha, row.SE = sum.Error, sum.Mean, math.NaN()
	if p.Draws > 1 {
		row.SE = math.Sqrt(sum.Squares / n / (n - 1))
	}
	if times != nil {
		row.Seconds = sum.Seconds / n
	}
	return nil
}
