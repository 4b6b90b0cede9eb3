package xor

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
	limit "kac/meanfield/xor"
	"kac/particles/xor"
)

// Files of the neurons' alignments: of every network, and of the infinite one.
const (
	AlignmentFile        = "alignment.csv"
	AlignmentLimitFile   = "alignment_limit.csv"
	AlignmentPictureFile = "alignment.svg"
)

// Their first lines: a line a width, seed, time and bin of |w_sig|/|w|, from its lower end on.
const (
	AlignmentHeader      = "width,seed,time,from,counted,weighted"
	AlignmentLimitHeader = "time,from,limit_counted,limit_weighted,limit_error"
)

// AlignmentBins is the number of bins of [0, 1], and alignmentColumns that of a row.
const (
	AlignmentBins    = 20
	alignmentColumns = 4
)

var lowerEnds = bench.Grid(1, AlignmentBins+1)

// alignedTimes are up to four times of the rows, the last one among them.
func (p *Parameters) alignedTimes() []float64 {
	times := p.Times()
	var out []float64
	for k := range 4 {
		out = append(out, times[(len(times)-1)*(k+1)/4])
	}
	return slices.Compact(out)
}

// alignment are the rows of a network: time, a bin's lower end, its part of the neurons, and its share of E|w|^2.
func (p *Parameters) alignment(time float64, network []float64) []float64 {
	var counted, weighted [AlignmentBins]float64
	net, err := xor.FromSnapshot[float64](network, p.Dim)
	if err != nil { // not finite: the table has found it by then
		return nil
	}
	all := 0.0
	for j := range net.M {
		u := net.Neuron(j)
		square := u.Signal*u.Signal + u.Opposite*u.Opposite + u.Perpendicular*u.Perpendicular
		if square == 0 {
			continue
		}
		b := min(int(u.Signal/math.Sqrt(square)*AlignmentBins), AlignmentBins-1)
		counted[b] += 1 / float64(net.M)
		weighted[b] += square
		all += square
	}
	var out []float64
	for b := range AlignmentBins {
		out = append(out, time, lowerEnds[b], counted[b], weighted[b]/math.Max(all, math.SmallestNonzeroFloat64))
	}
	return out
}

// Alignments are those of networks, by width and seed, beside the infinite network's.
type Alignments struct {
	study *Study
	kept  *Kept
	limit []limit.Alignment // by time
}

// Align solves the infinite network's alignments (spherical rest) for a finished study.
func (s *Study) Align(ctx context.Context, kept *Kept, workers int) (*Alignments, error) {
	p := &s.Parameters
	var clocks []float64
	times := p.Times()
	for _, t := range p.alignedTimes() {
		clocks = append(clocks, s.ideal.points[slices.Index(times, t)].Tau)
	}
	laws, err := limit.Alignments(ctx, p.Dim, AlignmentBins, clocks, workers)
	if err != nil {
		return nil, fmt.Errorf("alignments of the infinite network: %w", err)
	}
	return &Alignments{s, kept, laws}, nil
}

// WriteLimit writes the infinite network's.
func (a *Alignments) WriteLimit(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, AlignmentLimitHeader)
	for k, t := range a.study.Parameters.alignedTimes() {
		for b := range AlignmentBins {
			fmt.Fprintln(out, bench.Fields(t, lowerEnds[b], a.limit[k].Counted[b], a.limit[k].Weighted[b], a.limit[k].Error))
		}
	}
	return out.Flush()
}

// mean over the seeds of a width, of column 2 or 3.
func (a *Alignments) mean(width, time, bin, column int) bench.Mean {
	p := &a.study.Parameters
	var x []float64
	for s := range p.Seeds {
		if rows := a.kept.neurons(p.place(width, p.Seed+uint64(s))); rows != nil {
			x = append(x, rows[(time*AlignmentBins+bin)*alignmentColumns+column])
		}
	}
	return bench.MeanOf(x)
}

// Picture draws a panel for each time: bins of |w_sig|/|w| of the widest networks, counted and weighted by |w|^2, and
// the infinite network's as lines.
func (a *Alignments) Picture() (*plotting.Figure, error) {
	p := &a.study.Parameters
	width := p.Widths[len(p.Widths)-1]
	entries := plotting.Legend()
	var panels []*plot.Plot
	var middle []float64
	for b := range AlignmentBins {
		middle = append(middle, (float64(b)+.5)/AlignmentBins)
	}
	for k, t := range p.alignedTimes() {
		panel := plotting.New()
		panel.Y.Label.Text = fmt.Sprintf("share, *t* = %.4g", t)
		for c, name := range []string{"counted", "weighted by |*w*|^2"} {
			look := plotting.Ordered(c, 2)
			var y, low, high []float64
			for b := range AlignmentBins {
				m := a.mean(width, k, b, 2+c)
				se := m.SE
				if math.IsNaN(se) {
					se = 0
				}
				y, low, high = append(y, m.Value), append(low, m.Value-se), append(high, m.Value+se)
			}
			bars(panel, middle, low, high, look)
			marks := plotting.Marks(panel, middle, y, look.Glyph)
			of := a.limit[k].Counted
			if c == 1 {
				of = a.limit[k].Weighted
			}
			line := look.Line
			line.Width = vg.Points(1)
			x, steps := staircase(of)
			curve := plotting.Curve(panel, x, steps, line)
			if k == 0 {
				entries.Add(name+",\n"+fmt.Sprintf("*m* = %d", width), marks)
				entries.Add("infinite network", curve)
			}
		}
		plotting.FromZero(panel)
		panel.X.Min, panel.X.Max = -.02, 1.02
		panels = append(panels, panel)
	}
	panels[len(panels)-1].X.Label.Text = "alignment: signal of a neuron over |*w*|"
	entries.Add("bars ± 1 std. error", plotting.Remark{})
	heading := fmt.Sprintf("Neurons of networks on XOR, *d* = %d, %s, *η* = %s, %s: how much of them is signal", p.Dim, p.heading(), bench.Number(p.Eta), plotting.Count(p.Seeds, "seed"))
	return &plotting.Figure{
		Title: "Alignment of neurons with their own diagonal, counted and weighted, at several times", Width: 6.6 * vg.Inch, Height: vg.Length(1.2+1.8*float64(len(panels))) * vg.Inch,
		Draw: func(c draw.Canvas) { plotting.Stacked(plotting.Heading(c, heading), panels, &entries, vg.Points(122)) },
	}, nil
}

// staircase are the corners of bins over [0, 1].
func staircase(bins []float64) (x, y []float64) {
	for b, v := range bins {
		x = append(x, float64(b)/float64(len(bins)), float64(b+1)/float64(len(bins)))
		y = append(y, v, v)
	}
	return x, y
}

// bars draws upright intervals.
func bars(p *plot.Plot, x, low, high []float64, look plotting.Look) {
	line := look.Line
	line.Dashes, line.Width = nil, vg.Points(.8)
	for i := range x {
		plotting.Curve(p, []float64{x[i], x[i]}, []float64{low[i], high[i]}, line)
	}
}

// heading says what networks start from, for pictures.
func (p *Parameters) heading() string {
	if p.Initial != "" {
		return "own neurons"
	}
	return "*θ* = " + bench.Number(p.Scale)
}
