package margin

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/bench/store"
	"kac/kernels"
	ideal "kac/meanfield/margin"
	"kac/particles/margin"
)

// Row is one data set.
type Row struct {
	Dim, Setting    int
	Seed            uint64
	Support         int
	Q               float64
	Margin, Signal  float64
	Error, LogError float64
	FlipValue       float64 // largest value on points with flipped noise, at margin 1
	FlipError       float64 // share of them on the wrong side
	Memoriser       float64
	Worst           float64
	Residual        float64
}

// rowOf is what a solved data set says.
func rowOf(p *Parameters, d, setting int, seed uint64, gram []float64, s *margin.Solution) Row {
	v := p.variance(d, setting)
	best, worst := margin.MaxMargin(s.Q, v), margin.Worst(s.Q, v, p.Fraction)
	_, flip, wrong := s.Flipped(gram)
	log := best.LogTestError()
	return Row{Dim: d, Setting: setting, Seed: seed, Support: s.Support, Q: s.Q, Margin: ideal.Margin(s.Q), Signal: ideal.Signal(s.Q), Error: ideal.Exp(log), LogError: log,
		FlipValue: flip, FlipError: wrong, Memoriser: margin.Memoriser(s.Q), Worst: ideal.Exp(worst.LogTestError()), Residual: s.Residual}
}

// cell is draw, or the row that is kept. The Gram matrix of an interrupted one is kept, after the next coordinate, as
// its lower triangle.
func (p *Parameters) cell(ctx context.Context, d, setting int, seed uint64, workers int, cells *store.Cells) (Row, error) {
	name := fmt.Sprintf("d %d setting %d seed %d", d, setting+1, seed)
	if k := cells.Get(name); len(k) == 11 {
		return Row{Dim: d, Setting: setting, Seed: seed, Support: int(k[0]), Q: k[1], Margin: k[2], Signal: k[3], Error: k[4], LogError: k[5], FlipValue: k[6], FlipError: k[7],
			Memoriser: k[8], Worst: k[9], Residual: k[10]}, nil
	}
	r, err := p.draw(ctx, d, setting, seed, workers, func(data *margin.Data, gram []float64, ws *kernels.Workspace[float64]) error {
		n, first := p.Samples, 0
		if kept := cells.Partly(name); len(kept) == 1+n*(n+1)/2 {
			first, kept = int(kept[0]), kept[1:]
			for i := range n {
				for j := range i + 1 {
					gram[i*n+j], gram[j*n+i] = kept[j], kept[j]
				}
				kept = kept[i+1:]
			}
		}
		keep := func() {
			numbers := append(make([]float64, 0, 1+n*(n+1)/2), float64(first))
			for i := range n {
				numbers = append(numbers, gram[i*n:][:i+1]...)
			}
			cells.AddPartly(name, numbers...)
		}
		last := time.Now()
		err := data.AddGram(ctx, gram, first, ws, func(next int) error {
			if first = next; n > margin.Quick && cells != nil && time.Since(last) > keepEvery {
				keep()
				last = time.Now()
			}
			return nil
		})
		if ctx.Err() != nil && cells != nil && first > 0 && n <= margin.Quick {
			keep()
		}
		return err
	})
	if err != nil {
		return r, err
	}
	return r, cells.Add(name, float64(r.Support), r.Q, r.Margin, r.Signal, r.Error, r.LogError, r.FlipValue, r.FlipError, r.Memoriser, r.Worst, r.Residual)
}

// keepEvery is how often the Gram matrix of many points is kept, whose blocks are left half done by an interruption.
const keepEvery = 10 * time.Second

// draw draws a data set and solves it. vectors, if set, draws the Gram matrix in the place of Data.Gram.
func (p *Parameters) draw(ctx context.Context, d, setting int, seed uint64, workers int, vectors func(*margin.Data, []float64, *kernels.Workspace[float64]) error) (Row, error) {
	data := &margin.Data{Samples: p.Samples, Dim: d, Variance: p.variance(d, setting), Seed: seed}
	gram := make([]float64, p.Samples*p.Samples)
	ws := kernels.NewWorkspace[float64](workers)
	defer ws.Close()
	var err error
	switch {
	case p.Draw == DrawLaw:
		err = data.GramOfLaw(ctx, gram, ws)
	case vectors != nil:
		err = vectors(data, gram, ws)
	default:
		err = data.Gram(ctx, gram, ws)
	}
	if err != nil {
		return Row{}, err
	}
	s, err := margin.Solve(ctx, gram, p.Samples)
	if err != nil {
		if ctx.Err() == nil {
			err = fmt.Errorf("%d points, %d dimensions, seed %d: %w", p.Samples, d, seed, err)
		}
		return Row{}, err
	}
	return rowOf(p, d, setting, seed, gram, s), nil
}

// Study is the result of kac margin.
type Study struct {
	Parameters Parameters
	Rows       []Row // by dimension, setting, seed
	Summary    []Summary
}

// Cells is how many data sets there are.
func (p *Parameters) Cells() int { return len(p.Dims) * p.settings() * p.Seeds }

// Run draws all data sets that are not kept. The rows do not depend on the workers. cells, and progress, may be nil.
func Run(ctx context.Context, p Parameters, workers int, cells *store.Cells, progress func(share float64, what string)) (*Study, error) {
	s := &Study{Parameters: p, Rows: make([]Row, p.Cells())}
	workers = max(workers, 1)
	apart := min(workers, len(s.Rows)) // data sets at once
	var mu sync.Mutex
	done, all := 0.0, 0.0
	for _, d := range p.Dims {
		all += p.work(d) * float64(p.settings()*p.Seeds)
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(apart)
	for i := range s.Rows {
		group.Go(func() (err error) {
			if err = inner.Err(); err != nil {
				return err
			}
			d, setting, seed := p.Dims[i/(p.settings()*p.Seeds)], i/p.Seeds%p.settings(), p.Seed+uint64(i%p.Seeds)
			if s.Rows[i], err = p.cell(inner, d, setting, seed, max(workers/apart, 1), cells); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if done += p.work(d); progress != nil {
				progress(done/all, "data sets")
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	s.summarise()
	return s, nil
}

// Summary is a dimension and setting over its seeds, beside the exact law.
type Summary struct {
	Dim, Setting                           int
	Kappa, Variance                        float64
	Margin, Margin2, Signal, Error         bench.Mean
	Memoriser, Worst                       bench.Mean
	Law                                    LawRow
	All                                    float64 // share of data sets whose points are all support vectors
	Residual                               float64 // largest
	FlipError                              float64
	LimitMargin, LimitSignal, LimitMargin2 float64
}

func (s *Study) summarise() {
	p := &s.Parameters
	for first := 0; first < len(s.Rows); first += p.Seeds {
		rows := s.Rows[first : first+p.Seeds]
		r := rows[0]
		v := p.variance(r.Dim, r.Setting)
		sum := Summary{Dim: r.Dim, Setting: r.Setting, Kappa: p.kappa(r.Dim, r.Setting), Variance: v, Law: law(p.Samples, r.Dim, v)}
		sum.Law.Fraction, sum.Law.Q = p.Fraction, math.NaN()
		sum.Law.worst()
		list := func(of func(Row) float64) bench.Mean {
			x := make([]float64, len(rows))
			for i, r := range rows {
				x[i] = of(r)
			}
			return bench.MeanOf(x)
		}
		sum.Margin, sum.Margin2 = list(func(r Row) float64 { return r.Margin }), list(func(r Row) float64 { return r.Margin * r.Margin })
		sum.Signal, sum.Error = list(func(r Row) float64 { return r.Signal }), list(func(r Row) float64 { return r.Error })
		sum.Memoriser, sum.Worst = list(func(r Row) float64 { return r.Memoriser }), list(func(r Row) float64 { return r.Worst })
		sum.FlipError = list(func(r Row) float64 { return r.FlipError }).Value
		all := 0
		for _, r := range rows {
			if r.Support == p.Samples {
				all++
			}
			sum.Residual = math.Max(sum.Residual, r.Residual)
		}
		sum.All = float64(all) / float64(len(rows))
		sum.LimitMargin, sum.LimitSignal, sum.LimitMargin2 = ideal.Margin(sum.Kappa), ideal.Signal(sum.Kappa), 1+1/sum.Kappa
		s.Summary = append(s.Summary, sum)
	}
}
