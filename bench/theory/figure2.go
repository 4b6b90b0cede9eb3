package theory

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/bench/gap"
	"kac/internal/plotting"
	"kac/internal/sphere"
	"kac/kernels"
	"kac/meanfield"
	"kac/particles"
	"kac/particles/hessian"
)

// Figure2Parameters describe Figure 2 of the paper: he4, d = 32, paper time 0 to 32 (its axis, in code
// time, ends at 16).
type Figure2Parameters struct {
	Problem string  `json:"problem"`
	Dim     int     `json:"dim"`
	Width   int     `json:"width"`
	Seed    uint64  `json:"seed"`
	Horizon float64 `json:"horizon"` // paper time
	Points  int     `json:"points"`
	Shown   int     `json:"shown"` // neurons in table and picture, the first ones
}

// DefaultFigure2 are the figure's parameters; the width is not said in the paper.
func DefaultFigure2() Figure2Parameters {
	return Figure2Parameters{Problem: "he4", Dim: 32, Width: 512, Seed: 1, Horizon: 32, Points: 161, Shown: 96}
}

// Figure2 is Figure 2: non-uniform dynamics of neurons. Indices are [time][neuron].
type Figure2 struct {
	Parameters Figure2Parameters
	Times      []float64
	Eigenvalue [][]float64 // top eigenvalue of D_t(w_i) of Def. 2: at xi_t(w_i), in the infinite-width field
	Delta      [][]float64 // |Delta_t(i)|, of all neurons
	Alpha      [][]float64 // |<w*, xi_t(w_i)>|
	MeanDelta  []float64   // over all neurons
	Phi        []float64   // the potential Omega + Psi of Delta_t
}

// RunFigure2 follows the network and its infinite-width twins. progress may be nil.
func RunFigure2(ctx context.Context, p Figure2Parameters, workers int, progress func(share float64, what string)) (*Figure2, error) {
	problem, err := bench.ExactPreset(p.Problem, p.Dim)
	if err != nil {
		return nil, err
	}
	ref, err := meanfield.Solve(ctx, problem, p.Horizon, meanfield.Options{})
	if err != nil {
		return nil, fmt.Errorf("solving the infinite-width reference of %s in dimension %d: %w", p.Problem, p.Dim, err)
	}
	f := &Figure2{Parameters: p, Times: bench.Grid(p.Horizon, p.Points)}
	g := &gap.Study{Problem: problem, Reference: ref, Times: f.Times}
	ensemble := particles.NewUniform(p.Width, p.Dim, p.Seed)
	field := particles.NewPopulation(problem, particles.Auto, workers)
	o, err := gap.NewObserver(g, field, ensemble)
	if err != nil {
		return nil, err
	}
	_, err = particles.Flow(ctx, ensemble, field, particles.Tolerances{}, f.Times, func(t float64, w []float64) error {
		if progress != nil {
			progress(t/p.Horizon, "network")
		}
		return f.observe(ctx, o, t, w)
	})
	return f, err
}

func (f *Figure2) observe(ctx context.Context, o *gap.Observer, t float64, w []float64) error {
	delta, at := make([]float64, len(w)), make([]float64, len(w))
	if err := o.Displacements(ctx, t, w, delta, at); err != nil {
		return err
	}
	a, _ := o.Limit.Moving().Positions()
	var eigenvalue, size, alpha []float64
	for i, x := range a {
		par, perp, _ := o.Limit.Field().Eigenvalues(x)
		eigenvalue = append(eigenvalue, math.Max(par, perp))
		size = append(size, sphere.Norm(delta[i*o.D:(i+1)*o.D]))
		alpha = append(alpha, math.Abs(x))
	}
	omega, psi, err := hessian.Potential(delta, at, o.M, o.D)
	if err != nil {
		return err
	}
	f.Eigenvalue, f.Delta, f.Alpha = append(f.Eigenvalue, eigenvalue), append(f.Delta, size), append(f.Alpha, alpha)
	f.MeanDelta = append(f.MeanDelta, kernels.Sum(size)/float64(o.M))
	f.Phi = append(f.Phi, omega+psi)
	return nil
}

// WriteCSV writes one row per neuron shown and time.
func (f *Figure2) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "neuron,time,top_eigenvalue,delta,alpha")
	for i := range min(f.Parameters.Shown, f.Parameters.Width) {
		for t, time := range f.Times {
			fmt.Fprintf(out, "%d,%s,%s,%s,%s\n", i, bench.Number(time), bench.Number(f.Eigenvalue[t][i]), bench.Number(f.Delta[t][i]), bench.Number(f.Alpha[t][i]))
		}
	}
	return out.Flush()
}

// Picture draws the three panels below each other.
func (f *Figure2) Picture() (*plotting.Figure, error) {
	shown := min(f.Parameters.Shown, f.Parameters.Width)
	quantities := []struct {
		label  string
		values [][]float64
	}{
		{"top eigenvalue of *D*_{*t*}(*i*)", f.Eigenvalue},
		{"‖Δ_{*t*}(*i*)‖", f.Delta},
		{"*α*_{*t*}(*i*)", f.Alpha},
	}
	var panels []*plot.Plot
	entries := plotting.Legend()
	order := rank(f.Alpha[0][:shown])
	for q, quantity := range quantities {
		p := plotting.New()
		p.Y.Label.Text = quantity.label
		for i := range shown {
			style := plotting.Ordered(order[i], shown).Line
			style.Width, style.Dashes = vg.Points(0.5), nil
			y := make([]float64, len(f.Times))
			for t := range y {
				y[t] = quantity.values[t][i]
			}
			plotting.Curve(p, f.Times, y, style)
		}
		if q == 1 {
			style := plotting.Black().Line
			style.Width = vg.Points(2.2)
			entries.Add("mean over\nall neurons", plotting.Curve(p, f.Times, f.MeanDelta, style))
			for _, end := range []struct {
				name string
				i    int
			}{{"largest *α*_0", shown - 1}, {"smallest *α*_0", 0}} {
				style := plotting.Ordered(end.i, shown).Line
				style.Dashes = nil
				entries.Add(end.name, sample{style})
			}
		}
		plotting.Times(p, f.Parameters.Horizon)
		plotting.Around(p)
		if q < len(quantities)-1 {
			p.X.Tick.Marker = plotting.Ticks{Unlabelled: true}
		} else {
			p.X.Label.Text = "paper time *t*"
		}
		panels = append(panels, p)
	}
	return &plotting.Figure{
		Title: fmt.Sprintf("Top eigenvalue of the local Hessian, coupling error and alignment of %d of %d neurons against paper time: %s, d = %d",
			shown, f.Parameters.Width, f.Parameters.Problem, f.Parameters.Dim),
		Width: 6.6 * vg.Inch, Height: 7.4 * vg.Inch,
		Draw: func(c draw.Canvas) {
			c = plotting.Heading(c, fmt.Sprintf("%s, *d* = %d, *m* = %d, %s shown", plotting.Escape(f.Parameters.Problem), f.Parameters.Dim, f.Parameters.Width, plotting.Count(shown, "neuron")))
			plotting.Stacked(c, panels, &entries, vg.Points(98))
		},
	}, nil
}

// rank returns for each value how many are smaller.
func rank(x []float64) []int {
	out := make([]int, len(x))
	for i := range x {
		for j := range x {
			if x[j] < x[i] || x[j] == x[i] && j < i {
				out[i]++
			}
		}
	}
	return out
}

// sample is the legend's picture of a line that is not there by itself.
type sample struct{ style draw.LineStyle }

func (s sample) Thumbnail(c *draw.Canvas) {
	y := (c.Min.Y + c.Max.Y) / 2
	c.StrokeLine2(s.style, c.Min.X, y, c.Max.X, y)
}
