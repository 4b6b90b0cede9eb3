package margin

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"sync"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/bench/store"
	"kac/kernels"
	ideal "kac/meanfield/margin"
	"kac/particles/margin"
)

// XORParameters ask for the two phases of a network on XOR, and for trained networks beside them where Neurons is set.
type XORParameters struct {
	Powers  []float64 `json:"power"`
	Kappas  []float64 `json:"kappas"`
	Samples int       `json:"samples,omitempty"`
	Dim     int       `json:"dim,omitempty"`
	Neurons int       `json:"neurons,omitempty"`
	Steps   int       `json:"steps,omitempty"`
	Seeds   int       `json:"seeds,omitempty"`
	Seed    uint64    `json:"seed,omitempty"`
}

// Limits and defaults of trained networks.
const (
	MaxNeurons   = 4096
	MaxSteps     = 1_000_000
	DefaultSteps = 300
	testPoints   = 4000
)

// Check refuses with a bench.InputError that names the parameter.
func (p *XORParameters) Check() error {
	if len(p.Powers) == 0 {
		return bench.Refuse("power", "", "give the power h of relu^h, such as 1.5")
	}
	if len(p.Kappas) == 0 {
		return bench.Refuse("kappas", "", "give n/(d s2), such as .5,1,2.5")
	}
	for i, h := range p.Powers {
		if !(h > 1 && h < 2) {
			return bench.Refuse("power", bench.Numbers(p.Powers), "%s is not allowed; powers are above 1 and below 2", bench.Number(h))
		}
		for _, before := range p.Powers[:i] {
			if h == before {
				return bench.Refuse("power", bench.Numbers(p.Powers), "%s is there twice", bench.Number(h))
			}
		}
	}
	for i, k := range p.Kappas {
		if err := bench.CheckPositive("kappas", k, maxVariance, "n/(d s2)"); err != nil {
			return err
		}
		for _, before := range p.Kappas[:i] {
			if k == before {
				return bench.Refuse("kappas", bench.Numbers(p.Kappas), "%s is there twice", bench.Number(k))
			}
		}
	}
	if p.Samples == 0 && p.Dim == 0 {
		if p.Neurons > 0 {
			return bench.Refuse("samples", "", "networks are trained on data; give the numbers of points and of dimensions, such as --samples 80 --dim 40000")
		}
		return nil
	}
	for _, err := range []error{
		bench.CheckWhole("samples", p.Samples, 4, MaxSamples, "points of a data set"),
		bench.CheckWhole("dim", p.Dim, 6, MaxDim, "coordinates of a point"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Samples%4 != 0 {
		return bench.Refuse("samples", p.Samples, "the four clusters have the same number of points; give a multiple of 4")
	}
	if p.Dim < p.Samples+2 {
		return bench.Refuse("samples", p.Samples, "in %d dimensions the noise of so many points is linearly dependent; allowed are up to %d", p.Dim, p.Dim-2)
	}
	if p.Neurons == 0 {
		return nil
	}
	for _, err := range []error{
		bench.CheckWhole("neurons", p.Neurons, 2, MaxNeurons, "neurons, half of them with the weight -1"),
		bench.CheckWhole("steps", p.Steps, 1, MaxSteps, "steps of each of the stages of ascent"),
		bench.CheckWhole("seeds", p.Seeds, 1, bench.MaxSeeds, "data sets with a network"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Neurons%2 != 0 {
		return bench.Refuse("neurons", p.Neurons, "half of them have the weight 1 and half -1; give an even number")
	}
	if p.Seed > math.MaxUint64-uint64(p.Seeds) {
		return bench.Refuse("seed", p.Seed, "with %d seeds the last one would be above the largest, %d", p.Seeds, uint64(math.MaxUint64))
	}
	return p.memory().Check()
}

func (p *XORParameters) memory() bench.Memory {
	n, m := float64(p.Samples), float64(p.Neurons)
	one := 8 * (5*n*n + 3.2*n*margin.Block + 6*n*m + 2*testPoints*n)
	return bench.Memory{{Key: "samples", Value: p.Samples, Bytes: one * float64(min(p.Seeds*len(p.Kappas)*len(p.Powers), maxAtOnce)), Lower: "it"}}
}

// maxAtOnce networks are trained at once.
const maxAtOnce = 64

// XORRow is a power and kappa, with a trained network if there is one.
type XORRow struct {
	ideal.XOR
	Low, High                      float64 // bracket of the mean margin with signal, of finite n and d; NaN: not asked for
	Seed                           uint64
	Trained                        bool
	Margin, Signal, Error, Flipped float64
}

// XORTable is the result of kac margin xor.
type XORTable struct {
	Parameters XORParameters
	Rows       []XORRow // by power, kappa, seed
}

// Cells is how many networks are trained.
func (p *XORParameters) Cells() int {
	if p.Neurons == 0 {
		return 0
	}
	return len(p.Powers) * len(p.Kappas) * p.Seeds
}

// RunXOR computes the table, and trains what is not kept. The rows do not depend on the workers. cells, and progress,
// may be nil.
func RunXOR(ctx context.Context, p XORParameters, workers int, cells *store.Cells, progress func(share float64, what string)) (*XORTable, error) {
	t := &XORTable{Parameters: p}
	nan := math.NaN()
	for _, h := range p.Powers {
		for _, k := range p.Kappas {
			row := XORRow{XOR: ideal.XOR{Kappa: k, Power: h}, Low: nan, High: nan, Margin: nan, Signal: nan, Error: nan, Flipped: nan, Trained: p.Neurons > 0}
			if p.Samples > 0 {
				low, high, err := row.SignalBracket(p.Samples, p.Dim, variance(p.Samples, p.Dim, k))
				if err != nil {
					return nil, err
				}
				row.Low, row.High = low.Value, high.Value
			}
			for i := range max(p.Seeds, 1) {
				if row.Seed = p.Seed + uint64(i); i > 0 && !row.Trained {
					break
				}
				t.Rows = append(t.Rows, row)
			}
		}
	}
	if p.Neurons == 0 {
		return t, nil
	}
	var mu sync.Mutex
	done := 0.0
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(min(max(workers, 1), maxAtOnce))
	for i := range t.Rows {
		group.Go(func() error {
			last := 0.0
			return p.train(inner, &t.Rows[i], cells, func(share float64) {
				mu.Lock()
				defer mu.Unlock()
				done += share - last
				last = share
				if progress != nil {
					progress(done/float64(len(t.Rows)), "networks")
				}
			})
		})
	}
	return t, group.Wait()
}

// train fills in what a trained network has. One that is interrupted is kept as its steps and vectors.
func (p *XORParameters) train(ctx context.Context, r *XORRow, cells *store.Cells, after func(share float64)) error {
	name := fmt.Sprintf("h %v kappa %v seed %d", r.Power, r.Kappa, r.Seed)
	if kept := cells.Get(name); len(kept) == 4 {
		r.Margin, r.Signal, r.Error, r.Flipped = kept[0], kept[1], kept[2], kept[3]
		after(1)
		return nil
	}
	ws := kernels.NewWorkspace[float64](1)
	defer ws.Close()
	s, err := p.begin(ctx, r, ws)
	if err != nil {
		return err
	}
	if kept := cells.Partly(name); len(kept) == 1+len(s.W) {
		s.Done = int(kept[0])
		copy(s.W, kept[1:])
	}
	if err := s.Run(ctx, p.Steps, after); err != nil {
		if ctx.Err() != nil && s.Done > 0 {
			cells.AddPartly(name, append([]float64{float64(s.Done)}, s.W...)...)
		}
		return err
	}
	r.Margin, r.Signal, r.Error, r.Flipped = s.Margin(), s.Signal(), s.TestError(testPoints), s.Flipped()
	return cells.Add(name, r.Margin, r.Signal, r.Error, r.Flipped)
}

// begin draws the data set of a row, and the network at its start.
func (p *XORParameters) begin(ctx context.Context, r *XORRow, ws *kernels.Workspace[float64]) (*margin.Ascent, error) {
	return margin.XOR{Samples: p.Samples, Dim: p.Dim, Variance: variance(p.Samples, p.Dim, r.Kappa), Power: r.Power, Neurons: p.Neurons, Seed: r.Seed}.Begin(ctx, ws)
}

// XORHeader is the first line of xor.csv.
const XORHeader = "power,kappa,generalises,margin,signal_margin,memory_margin,signal,worst_fraction,kappa_generalise,kappa_uniform,finite_low,finite_high," +
	"seed,trained_margin,trained_signal,trained_test_error,trained_flip_error"

// WriteCSV writes the table.
func (t *XORTable) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, XORHeader)
	for _, r := range t.Rows {
		generalises, signal, seed := 0, 0.0, ""
		if r.Generalises() {
			generalises, signal = 1, r.XOR.Signal()
		}
		if r.Trained {
			seed = fmt.Sprint(r.Seed)
		}
		fmt.Fprintf(out, "%s,%d,%s,%s,%s\n", bench.Fields(r.Power, r.Kappa), generalises, bench.Fields(r.XOR.Margin(), r.SignalMargin(), r.MemoryMargin(), signal, r.worst(),
			ideal.KappaGeneralise(r.Power), ideal.KappaUniform, r.Low, r.High), seed, bench.Fields(r.Margin, r.Signal, r.Error, r.Flipped))
	}
	return out.Flush()
}

// worst is the share of the largest margin from which on networks may have any test error: that of memory alone.
func (r *XORRow) worst() float64 { return math.Min(r.MemoryMargin()/r.SignalMargin(), 1) }

// WriteText writes the table for people.
func (t *XORTable) WriteText(w io.Writer) error {
	p := &t.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "Max-margin networks of two layers, relu^h, on XOR in infinitely many dimensions.")
	for _, h := range p.Powers {
		fmt.Fprintf(out, "h = %s: they generalise for kappa above %.6f; uniform bounds fail below %d.\n", bench.Number(h), ideal.KappaGeneralise(h), ideal.KappaUniform)
	}
	fmt.Fprintln(out)
	rows := [][]string{{"h", "kappa", "phase", "with signal", "memory alone", "margin", "signal"}}
	if p.Neurons > 0 {
		rows[0] = append(rows[0], "seed", "trained", "signal", "test error", "flips")
	}
	for _, r := range t.Rows {
		phase, signal := "memorises", 0.0
		if r.Generalises() {
			phase, signal = "generalises", r.XOR.Signal()
		}
		row := []string{bench.Number(r.Power), bench.Number(r.Kappa), phase, fmt.Sprintf("%.6f", r.SignalMargin()), fmt.Sprintf("%.6f", r.MemoryMargin()), fmt.Sprintf("%.6f", r.XOR.Margin()), fmt.Sprintf("%.4f", signal)}
		if r.Trained {
			row = append(row, fmt.Sprint(r.Seed), fmt.Sprintf("%.6f", r.Margin), fmt.Sprintf("%.4f", r.Signal), fmt.Sprintf("%.4g", r.Error), fmt.Sprintf("%.3g", r.Flipped))
		}
		rows = append(rows, row)
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	if p.Neurons > 0 {
		fmt.Fprintln(out, "\nAscent is not convex: near the transition and below it trained margins stay below the largest, which the formula has.")
	}
	return out.Flush()
}
