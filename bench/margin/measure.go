package margin

import (
	"context"
	"fmt"
	"math"
	"sync"

	"golang.org/x/sync/errgroup"

	"kac/bench"
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

// Run draws all data sets. The rows do not depend on the workers. progress may be nil.
func Run(ctx context.Context, p Parameters, workers int, progress func(share float64, what string)) (*Study, error) {
	s := &Study{Parameters: p, Rows: make([]Row, len(p.Dims)*p.settings()*p.Seeds)}
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
			if s.Rows[i], err = p.draw(inner, d, setting, seed, max(workers/apart, 1), nil); err != nil {
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
