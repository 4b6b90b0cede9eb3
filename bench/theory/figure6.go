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
	"kac/internal/plotting"
	"kac/meanfield"
)

// Figure6Parameters describe Figure 6 of the paper: one neuron of he4, d = 32. The paper does not say
// where it starts; its picture shows .22.
type Figure6Parameters struct {
	Problem string  `json:"problem"`
	Dim     int     `json:"dim"`
	Start   float64 `json:"start"`   // alpha_0
	Horizon float64 `json:"horizon"` // paper time
	Points  int     `json:"points"`
}

// DefaultFigure6 are the figure's parameters.
func DefaultFigure6() Figure6Parameters {
	return Figure6Parameters{Problem: "he4", Dim: 32, Start: 0.22, Horizon: 8, Points: 401}
}

// Figure6Row is the neuron at one time: the self-concordance property bounds TopEigenvalue by Bound.
type Figure6Row struct {
	Time, Alpha, Velocity, TopEigenvalue float64
	Bound                                float64 // (k-1) v/alpha, k the activation's degree
}

// Figure6 is Figure 6.
type Figure6 struct {
	Parameters Figure6Parameters
	Rows       []Figure6Row
}

// RunFigure6 follows one neuron in the infinite-width field.
func RunFigure6(ctx context.Context, p Figure6Parameters) (*Figure6, error) {
	problem, err := bench.ExactPreset(p.Problem, p.Dim)
	if err != nil {
		return nil, err
	}
	ref, err := meanfield.Solve(ctx, problem, p.Horizon, meanfield.Options{})
	if err != nil {
		return nil, fmt.Errorf("solving the infinite-width reference of %s in dimension %d: %w", p.Problem, p.Dim, err)
	}
	twin, err := ref.NewTwins([]float64{p.Start})
	if err != nil {
		return nil, err
	}
	field, err := ref.At(0)
	if err != nil {
		return nil, err
	}
	f := &Figure6{Parameters: p}
	k := float64(problem.Activation().Degree())
	for _, t := range bench.Grid(p.Horizon, p.Points) {
		if err := twin.Advance(ctx, t); err != nil {
			return nil, err
		}
		if err := field.Set(t); err != nil {
			return nil, err
		}
		a, _ := twin.Positions()
		par, perp, _ := field.Eigenvalues(a[0])
		v := field.Velocity(a[0])
		f.Rows = append(f.Rows, Figure6Row{Time: t, Alpha: a[0], Velocity: v, TopEigenvalue: math.Max(par, perp), Bound: (k - 1) / a[0] * v})
	}
	return f, nil
}

// Closest returns the smallest gap between the bound and the eigenvalue, and the largest ratio of the
// two while the eigenvalue is positive.
func (f *Figure6) Closest() (gap, ratio float64) {
	gap = math.Inf(1)
	for _, r := range f.Rows {
		gap = math.Min(gap, r.Bound-r.TopEigenvalue)
		if r.TopEigenvalue > 0 {
			ratio = math.Max(ratio, r.TopEigenvalue/r.Bound)
		}
	}
	return gap, ratio
}

// WriteCSV writes one row per time.
func (f *Figure6) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "time,alpha,velocity,top_eigenvalue,bound")
	for _, r := range f.Rows {
		fmt.Fprintf(out, "%s,%s,%s,%s,%s\n", bench.Number(r.Time), bench.Number(r.Alpha), bench.Number(r.Velocity), bench.Number(r.TopEigenvalue), bench.Number(r.Bound))
	}
	return out.Flush()
}

// Picture draws all four against time.
func (f *Figure6) Picture() (*plotting.Figure, error) {
	p := plotting.New()
	entries := plotting.Legend()
	times := column(f.Rows, func(r Figure6Row) float64 { return r.Time })
	for i, q := range []struct {
		name  string
		value func(Figure6Row) float64
	}{
		{"alignment *α*_{*t*}", func(r Figure6Row) float64 { return r.Alpha }},
		{"velocity *v*(*α*_{*t*})", func(r Figure6Row) float64 { return r.Velocity }},
		{"top eigenvalue of *D*_{*t*}", func(r Figure6Row) float64 { return r.TopEigenvalue }},
		{"bound, (*k* − 1) *v*/*α*_{*t*}", func(r Figure6Row) float64 { return r.Bound }},
	} {
		entries.Add(q.name, plotting.Curve(p, times, column(f.Rows, q.value), plotting.Ordered(i, 4).Line))
	}
	p.X.Label.Text = "paper time *t*"
	p.Y.Label.Text = "*α*_{*t*}, *v*(*α*_{*t*}), eigenvalue, bound"
	plotting.Times(p, f.Parameters.Horizon)
	plotting.Around(p)
	return &plotting.Figure{
		Title: fmt.Sprintf("Alignment, velocity, top eigenvalue of the local Hessian and its bound for one neuron against paper time: %s, d = %d", f.Parameters.Problem, f.Parameters.Dim),
		Width: 6.8 * vg.Inch, Height: 3.8 * vg.Inch,
		Draw: func(c draw.Canvas) {
			c = plotting.Heading(c, fmt.Sprintf("%s, *d* = %d, one neuron, *α*_0 = %s", plotting.Escape(f.Parameters.Problem), f.Parameters.Dim, bench.Number(f.Parameters.Start)))
			plotting.Stacked(c, []*plot.Plot{p}, &entries, vg.Points(142))
		},
	}, nil
}
