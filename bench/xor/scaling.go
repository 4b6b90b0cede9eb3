package xor

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
)

// ReachHeader is the first line of reach.csv: a line a dimension and width, over its seeds.
const ReachHeader = "dim,width,scale,rate,batch,eta,level,seeds,reached,samples_error,samples_error_se,samples_loss,samples_loss_se,samples_heavy,samples_heavy_se,time_error,law,kernel"

// CellsHeader is that of cells.csv: a line a dimension, width and seed.
var CellsHeader = "dim,width,seed," + strings.Join(bench.Names(ReachSchema.Columns), ",")

// Files of counts of samples.
const (
	CellsFile        = "cells.csv"
	ReachFile        = "reach.csv"
	ReachPictureFile = "reach.svg"
)

// ReachRow is a dimension and width, over seeds.
type ReachRow struct {
	Parameters         *Parameters
	Width              int
	Reached            int // seeds that came to the level of the test error
	Error, Loss, Heavy bench.Mean
	Time               float64 // mean, of the test error
	Law                float64 // with the fitted constant
	Kernel             float64
}

// Scaling is how many samples it takes by dimension.
type Scaling struct {
	Level    float64
	Rows     []ReachRow // by width and dimension
	Constant []float64  // fitted, by width
}

// Law is n of the sample law n/d = sqrt(pi/2) B log d + (pi/16) log^2 d + c (heuristic; docs/xor.md).
func Law(dim int, rate, c float64) float64 {
	l := math.Log(float64(dim))
	return float64(dim) * (math.Sqrt(math.Pi/2)*rate*l + math.Pi/16*l*l + c)
}

// RunScaling measures groups of one dimension each.
func RunScaling(ctx context.Context, groups []*ReachGroup, workers int, progress func(share float64, what string)) (*Scaling, error) {
	kept, err := KeepReach(groups, nil)
	if err != nil {
		return nil, err
	}
	return RunScalingKept(ctx, groups, kept, workers, progress)
}

// RunScalingKept is RunScaling of the cells that kept does not have, which gets them.
func RunScalingKept(ctx context.Context, groups []*ReachGroup, kept *Kept, workers int, progress func(share float64, what string)) (*Scaling, error) {
	type cell struct {
		group, width int
		seed         uint64
	}
	var cells []cell
	var found [][]float64
	total, done := 0.0, 0.0
	// The widest and highest first, so that no worker ends alone.
	for g := len(groups) - 1; g >= 0; g-- {
		p := &groups[g].parameters
		for w := range p.Widths {
			for k := range p.Seeds {
				c := cell{g, w, p.Seed + uint64(k)}
				cells = append(cells, c)
				if found = append(found, kept.of(p.Dim, p.Widths[w], c.seed)); found[len(found)-1] == nil {
					total += groups[g].Cost(p.Widths[w]).Work
				}
			}
		}
	}
	at := min(max(workers, 1), len(cells))
	var mu sync.Mutex
	pool, inner := errgroup.WithContext(ctx)
	pool.SetLimit(at)
	for i, c := range cells {
		if found[i] != nil {
			continue
		}
		pool.Go(func() error {
			g := groups[c.group]
			width := g.parameters.Widths[c.width]
			values, err := g.RunCell(inner, width, c.seed, bench.CellOptions{Workers: max(workers/at, 1)})
			if err != nil {
				return err
			}
			found[i] = values
			if err := kept.add(g.parameters.Dim, width, c.seed, values); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done += g.Cost(width).Work
			if progress != nil {
				progress(done/total, "networks")
			}
			return nil
		})
	}
	if err := pool.Wait(); err != nil {
		return nil, err
	}
	s := &Scaling{Level: groups[0].level}
	for w, width := range groups[0].parameters.Widths {
		weight, sum := 0.0, 0.0
		first := len(s.Rows)
		for g := range groups {
			row := ReachRow{Parameters: &groups[g].parameters, Width: width}
			var columns [4][]float64
			for i, c := range cells {
				if c.group != g || c.width != w {
					continue
				}
				v := found[i]
				row.Kernel = v[7]
				if !math.IsNaN(v[1]) {
					row.Reached++
				}
				for k := range columns {
					columns[k] = append(columns[k], v[1+k])
				}
			}
			row.Error, row.Loss, row.Heavy, row.Time = bench.MeanOf(columns[0]), bench.MeanOf(columns[1]), bench.MeanOf(columns[2]), bench.MeanOf(columns[3]).Value
			if d := float64(row.Parameters.Dim); !math.IsNaN(row.Error.Value) {
				weight++
				sum += (row.Error.Value - Law(row.Parameters.Dim, row.Parameters.rate(), 0)) / d
			}
			s.Rows = append(s.Rows, row)
		}
		c := sum / weight
		s.Constant = append(s.Constant, c)
		for i := first; i < len(s.Rows); i++ {
			s.Rows[i].Law = Law(s.Rows[i].Parameters.Dim, s.Rows[i].Parameters.rate(), c)
		}
	}
	return s, nil
}

// WriteCSV writes the table.
func (s *Scaling) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, ReachHeader)
	for _, r := range s.Rows {
		p := r.Parameters
		fmt.Fprintf(out, "%d,%d,%s,%d,%s,%d,%d,%s\n", p.Dim, r.Width, bench.Fields(p.Scale, p.rate()), p.Batch, bench.Fields(p.Eta, s.Level), p.Seeds, r.Reached,
			bench.Fields(r.Error.Value, r.Error.SE, r.Loss.Value, r.Loss.SE, r.Heavy.Value, r.Heavy.SE, r.Time, r.Law, r.Kernel))
	}
	return out.Flush()
}

// Slope is the exponent of n in d over the last dimensions (at most 4) of a width's rows, NaN with fewer than two.
func (s *Scaling) Slope(width int) float64 {
	var x, y []float64
	for _, r := range s.Rows {
		if r.Width == width && r.Error.Value > 0 {
			x, y = append(x, math.Log(float64(r.Parameters.Dim))), append(y, math.Log(r.Error.Value))
		}
	}
	x, y = x[max(len(x)-4, 0):], y[max(len(y)-4, 0):]
	mx, my := bench.MeanOf(x).Value, bench.MeanOf(y).Value
	above, below := 0.0, 0.0
	for i := range x {
		above += (x[i] - mx) * (y[i] - my)
		below += (x[i] - mx) * (x[i] - mx)
	}
	return above / below
}

// Crossing is the dimension from which on a network with the fitted law takes fewer samples than the kernel; NaN: none
// up to 10^6.
func (s *Scaling) Crossing(width int) float64 {
	for k, r := range s.Rows {
		if r.Width != width {
			continue
		}
		c := s.Constant[k/(len(s.Rows)/len(s.Constant))]
		for d := 6.0; d < 1e6; d *= 1.01 {
			if Law(int(d), r.Parameters.rate(), c) < KernelSamples(int(d), s.Level) {
				return d
			}
		}
	}
	return math.NaN()
}

// WriteText writes the table for people.
func (s *Scaling) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	p := s.Rows[0].Parameters
	fmt.Fprintf(out, "Samples n that networks on XOR take to a test error, or a loss, of %s: theta = %s, eta = %s, B = batch/(eta d), means over %d seeds.\n"+
		"law: n/d = sqrt(pi/2) B log d + (pi/16) log^2 d + c, c fitted; kernel: least squares on all products x_i x_j.\n\n", bench.Number(s.Level), bench.Number(p.Scale), bench.Number(p.Eta), p.Seeds)
	rows := [][]string{{"d", "m", "B", "error", "n/d", "law", "kernel", "loss", "heavy"}}
	for _, r := range s.Rows {
		d := float64(r.Parameters.Dim)
		rows = append(rows, []string{fmt.Sprint(r.Parameters.Dim), fmt.Sprint(r.Width), fmt.Sprintf("%.4g", r.Parameters.rate()), r.Error.Text(), bench.Known("%.4g", r.Error.Value/d), bench.Known("%.0f", r.Law),
			fmt.Sprintf("%.0f", r.Kernel), r.Loss.Text(), r.Heavy.Text()})
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	for i, width := range p.Widths {
		if slope := s.Slope(width); !math.IsNaN(slope) && !math.IsInf(slope, 0) {
			fmt.Fprintf(out, "\nm = %d: n goes like d^%.3f over the last dimensions; c = %.3g; fewer samples than the kernel from d = %.0f on.\n", width, slope, s.Constant[i], s.Crossing(width))
		}
	}
	return out.Flush()
}

// Picture draws n/d against d: measured, the law, and the kernel.
func (s *Scaling) Picture() (*plotting.Figure, error) {
	p := plotting.New()
	p.X.Label.Text = "dimension *d*"
	p.Y.Label.Text = "samples a dimension, *n*/*d*"
	entries := plotting.Legend()
	widths := s.Rows[0].Parameters.Widths
	var dims []int
	top := 0.0
	for i, width := range widths {
		look := plotting.Ordered(i, len(widths))
		var x, y, low, high, law, kernel []float64
		for _, r := range s.Rows {
			if r.Width != width {
				continue
			}
			d := float64(r.Parameters.Dim)
			if i == 0 {
				dims = append(dims, r.Parameters.Dim)
			}
			x, y = append(x, math.Log10(d)), append(y, r.Error.Value/d)
			low, high = append(low, (r.Error.Value-r.Error.SE)/d), append(high, (r.Error.Value+r.Error.SE)/d)
			law, kernel = append(law, r.Law/d), append(kernel, r.Kernel/d)
			if r.Error.Value > 0 {
				top = math.Max(top, r.Error.Value/d)
			}
		}
		plotting.Area(p, x, low, high, look)
		marks := plotting.Marks(p, x, y, look.Glyph)
		thin := look.Line
		thin.Width = vg.Points(1)
		entries.Add(fmt.Sprintf("*m* = %d; line: law", width), plotting.Curve(p, x, law, thin), marks)
		if i == 0 {
			// No further up than the networks: the kernel leaves the picture.
			var kx, ky []float64
			for k := range x {
				if kernel[k] <= 1.6*top || k == 0 {
					kx, ky = append(kx, x[k]), append(ky, kernel[k])
				}
			}
			if len(kx) < len(x) {
				a, b := kernel[len(kx)-1], kernel[len(kx)]
				part := (1.6*top - a) / (b - a)
				kx, ky = append(kx, x[len(kx)-1]+part*(x[len(kx)]-x[len(kx)-1])), append(ky, 1.6*top)
			}
			entries.Add("kernel of all\nproducts *x_i x_j*", plotting.Curve(p, kx, ky, plotting.Limit().Line))
		}
	}
	entries.Add("bands ± 1 std. error", plotting.Remark{})
	plotting.FromZero(p)
	p.X.Min, p.X.Max = plotting.Room(math.Log10(float64(dims[0])), math.Log10(float64(dims[len(dims)-1])), .04)
	p.X.Tick.Marker = plotting.Sizes{Values: dims, Apart: .2}
	q := s.Rows[0].Parameters
	heading := fmt.Sprintf("XOR: samples to a test error of %s, *θ* = %s, *η* = %s, *B* = %.4g, %s", bench.Number(s.Level), bench.Number(q.Scale), bench.Number(q.Eta), q.rate(), plotting.Count(q.Seeds, "seed"))
	return &plotting.Figure{
		Title: "Samples that networks on XOR take, against the dimension", Width: 6.6 * vg.Inch, Height: 3.6 * vg.Inch,
		Draw: func(c draw.Canvas) {
			plotting.Stacked(plotting.Heading(c, heading), []*plot.Plot{p}, &entries, vg.Points(128))
		},
	}, nil
}
