package localsgd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"kac/bench"
	"kac/internal/plotting"
	ideal "kac/meanfield/localsgd"
	"kac/particles/localsgd"
)

// BiasFigureParameters are those of the figure of [F]: replicas on the kink, their law and its mean.
type BiasFigureParameters struct {
	BiasParameters
	Replicas int    `json:"replicas"`
	Bins     int    `json:"bins"`
	Seed     uint64 `json:"seed"`
}

// DefaultBiasFigure is the kink of curvatures 1/2 and 1, sigma = .1, eta = .01, at K = 128, 256, 512, 1024.
func DefaultBiasFigure() BiasFigureParameters {
	return BiasFigureParameters{BiasParameters: BiasParameters{Objective: KinkWord, Noise: DefaultNoise, Eta: .01, LocalSteps: []int{128, 256, 512, 1024}}, Replicas: 65535, Bins: 60, Seed: 1}
}

// BiasFigure has the exact law over the histogram of replicas.
type BiasFigure struct {
	Parameters BiasFigureParameters
	Table      *BiasTable
	Points     []float64    // centres of the bins
	Density    [][]float64  // exact, a row a number of steps
	Histogram  [][]float64  // of the replicas, as a density
	Means      []bench.Mean // of the replicas
	width      float64
}

// RunBiasFigure computes the figure.
func RunBiasFigure(ctx context.Context, p BiasFigureParameters, workers int, progress func(share float64, what string)) (*BiasFigure, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	t, err := RunBias(ctx, p.BiasParameters, func(share float64, what string) { progress(share/2, what) })
	if err != nil {
		return nil, err
	}
	f := &BiasFigure{Parameters: p, Table: t}
	last := t.Rows[len(t.Rows)-1]
	reach := 4.5 * last.Deviation
	f.width = 2 * reach / float64(p.Bins)
	for i := range p.Bins {
		f.Points = append(f.Points, -reach+(float64(i)+.5)*f.width)
	}
	if f.Density, err = ideal.Densities(ctx, p.line, p.Eta, p.noise.Sigma, p.Start, p.LocalSteps, f.Points); err != nil {
		return nil, err
	}
	progress(.6, "replicas")
	x, err := localsgd.Replicas(ctx, p.line, p.noise, p.Eta, p.Start, p.Replicas, p.LocalSteps, p.Seed, workers)
	if err != nil {
		return nil, err
	}
	for _, row := range x {
		counts := make([]float64, p.Bins)
		for _, v := range row {
			if i := int(math.Floor((v + reach) / f.width)); i >= 0 && i < p.Bins {
				counts[i] += 1 / (float64(p.Replicas) * f.width)
			}
		}
		f.Histogram = append(f.Histogram, counts)
		f.Means = append(f.Means, bench.MeanOf(row))
	}
	return f, nil
}

// BiasFigureHeader is the first line of the figure's table.
const BiasFigureHeader = "local_steps,x,density,histogram,histogram_se,bias,bias_measured,bias_measured_se"

// WriteCSV writes the table: a row a bin, with the biases in every row of their K.
func (f *BiasFigure) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, BiasFigureHeader)
	n := float64(f.Parameters.Replicas)
	for k, r := range f.Table.Rows {
		for i, x := range f.Points {
			h := f.Histogram[k][i]
			se := math.Sqrt(h / (n * f.width))
			fmt.Fprintf(out, "%d,%s\n", r.Steps, bench.Fields(x, f.Density[k][i], h, se, r.Bias.Bias, f.Means[k].Value-r.Descent, f.Means[k].SE))
		}
	}
	return out.Flush()
}

// Picture draws the densities over the histograms, and below the biases.
func (f *BiasFigure) Picture() (*plotting.Figure, error) {
	upper, lower := plotting.New(), plotting.New()
	upper.X.Label.Text, upper.Y.Label.Text = "*x*_K", "density"
	lower.Y.Label.Text = "E *x*_K"
	entries := plotting.Legend()
	n := len(f.Table.Rows)
	var k, exact []float64
	for i, r := range f.Table.Rows {
		look := plotting.Ordered(i, n)
		look.Glyph.Radius *= .6
		entries.Add(fmt.Sprintf("*K* = %d", r.Steps), plotting.Curve(upper, f.Points, f.Density[i], look.Line), plotting.Marks(upper, f.Points, f.Histogram[i], look.Glyph))
		at := math.Log10(float64(r.Steps))
		k, exact = append(k, at), append(exact, r.Bias.Bias)
		look.Glyph.Radius /= .6
		look.Line.Dashes, look.Line.Width = nil, vg.Points(1)
		m := f.Means[i]
		plotting.Curve(lower, []float64{at, at}, []float64{m.Value - m.SE, m.Value + m.SE}, look.Line)
		plotting.Marks(lower, []float64{at}, []float64{m.Value}, look.Glyph)
	}
	style := plotting.Black().Line
	style.Width = vg.Points(1)
	plotting.Curve(lower, k, exact, style)
	entries.Add(fmt.Sprintf("curves: exact;\nmarks: %d replicas,\nbars ± 1 std. error", f.Parameters.Replicas), plotting.Remark{})
	plotting.FromZero(upper)
	plotting.Around(lower)
	sizes(lower, "local steps *K*", f.Parameters.LocalSteps)
	p := &f.Parameters
	heading := fmt.Sprintf("Replicas on the %s from its minimum at 0: noise %s, step %s", plotting.Escape(p.Objective), plotting.Escape(p.Noise), bench.Number(p.Eta))
	return figure("The law of local steps, and its bias", heading, []*plot.Plot{upper, lower}, entries), nil
}

// DefaultFixedPointsFigure is the deterministic instance of five clients in the plane, A_m = Rot(m pi/7) diag(1, 6)
// Rot(m pi/7)', x*_m = (10 + 6 cos(2 pi m/5), 8 + 6 sin(2 pi m/5)), with the three rules of steps.
func DefaultFixedPointsFigure() (FixedPointParameters, error) {
	var a, x []float64
	for m := range 5 {
		s, c := math.Sincos(float64(m) * math.Pi / 7)
		a = append(a, c*c+6*s*s, -5*s*c, -5*s*c, s*s+6*c*c)
		s, c = math.Sincos(2 * math.Pi * float64(m) / 5)
		x = append(x, 10+6*c, 8+6*s)
	}
	q, err := localsgd.NewQuadratics(5, 2, a, x)
	return FixedPointParameters{Quadratics: Quadratics{read: q}, Clients: 5, LocalSteps: []int{1, 2, 3, 5, 10, 20, 30, 50, 100}, Eta: 1. / 7, Rules: []string{FixedRule, InverseRule, SquareRule}}, err
}

// DefaultCrossoverFigure is local-sgd against minibatch-sgd and its acceleration over the rotation of eight clients'
// axes in six dimensions: K = 32, R = 10.
func DefaultCrossoverFigure() CompareParameters {
	p := CompareParameters{Grid: DefaultGrid, TuningSeeds: DefaultTuningSeeds, Spreads: []float64{2}, Parameters: Parameters{
		Objective: Objective{Word: QuadraticWord, Quadratics: Quadratics{Dim: DefaultDim, Mu: DefaultMu, Smoothness: DefaultSmoothness}},
		Noise:     "gaussian:.3", Algorithms: []string{localsgd.LocalSGD, localsgd.MinibatchSGD, localsgd.AcceleratedMinibatch}, Clients: []int{8}, LocalSteps: []int{32}, Rounds: 10,
		ServerStep: 1, Momentum: DefaultMomentum, Lambda: DefaultLambda, Participation: 1, Seeds: DefaultSeeds, Seed: 1,
	}}
	for i := range 16 {
		p.Rotations = append(p.Rotations, float64(i)/10)
	}
	return p
}
