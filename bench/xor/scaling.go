package xor

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/internal/plotting"
	"kac/internal/portable"
)

// ReachHeader is the first line of reach.csv: a line a batch, width and dimension, over its seeds.
const ReachHeader = "dim,width,scale,rate,batch,eta,level,seeds,reached,samples_error,samples_error_se,samples_loss,samples_loss_se,samples_heavy,samples_heavy_se,time_error,law,kernel,spectral,spectral_se"

// CellsHeader is that of cells.csv: a line a dimension, batch, width and seed.
var CellsHeader = "dim,batch,width,seed," + strings.Join(bench.Names(ReachSchema.Columns), ",")

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
	Spectral           bench.Mean
}

// Scaling is how many samples it takes by dimension.
type Scaling struct {
	Level  float64
	Series []Series // by rate, or batch, and width
}

// Series are networks of several dimensions with the same width and rate; the rate is 0 where a batch was given.
type Series struct {
	Rate         float64
	Batch, Width int
	Rows         []ReachRow // by dimension
	Constant     float64    // of the law, fitted
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
				if found = append(found, kept.of(p.place(p.Widths[w], c.seed))); found[len(found)-1] == nil {
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
			if err := kept.add(g.parameters.place(width, c.seed), values, nil); err != nil {
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
	values := map[place][]float64{}
	for i, c := range cells {
		p := &groups[c.group].parameters
		values[p.place(p.Widths[c.width], c.seed)] = found[i]
	}
	return scalingOf(groups, func(at place) []float64 { return values[at] }), nil
}

// PictureOfSweep draws the results of a sweep of measure xor-reach.
func PictureOfSweep(w io.Writer, results []*bench.Result) error {
	s, err := scalingOfSweep(results)
	if err != nil {
		return err
	}
	figure, err := s.Picture()
	if err != nil {
		return err
	}
	return figure.Write(w, "svg")
}

// TextOfSweep is the table of such a sweep for people, as kac xor --reach has it.
func TextOfSweep(results []*bench.Result) (string, error) {
	s, err := scalingOfSweep(results)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = s.WriteText(&out)
	return out.String(), err
}

func scalingOfSweep(results []*bench.Result) (*Scaling, error) {
	var groups []*ReachGroup
	values := map[place][]float64{}
	for _, r := range results {
		g, is := r.Study.(*ReachGroup)
		if !is {
			return nil, fmt.Errorf("a %T among counts of samples", r.Study)
		}
		groups = append(groups, g)
		for _, c := range r.Cells {
			values[g.parameters.place(c.Size, c.Seed)] = c.Values
		}
	}
	return scalingOf(groups, func(at place) []float64 { return values[at] }), nil
}

// scalingOf is the scaling of groups with the rows of their cells.
func scalingOf(groups []*ReachGroup, of func(place) []float64) *Scaling {
	s := &Scaling{Level: groups[0].level}
	for g := range groups {
		p := &groups[g].parameters
		for _, width := range p.Widths {
			row := ReachRow{Parameters: p, Width: width}
			var columns [5][]float64
			for k := range p.Seeds {
				v := of(p.place(width, p.Seed+uint64(k)))
				row.Kernel = v[7]
				if !math.IsNaN(v[1]) {
					row.Reached++
				}
				for k, from := range [...]int{1, 2, 3, 4, 8} {
					columns[k] = append(columns[k], v[from])
				}
			}
			row.Error, row.Loss, row.Heavy, row.Time = bench.MeanOf(columns[0]), bench.MeanOf(columns[1]), bench.MeanOf(columns[2]), bench.MeanOf(columns[3]).Value
			row.Spectral = bench.MeanOf(columns[4])
			s.add(row)
		}
	}
	for i := range s.Series {
		slices.SortStableFunc(s.Series[i].Rows, func(a, b ReachRow) int { return cmp.Compare(a.Parameters.Dim, b.Parameters.Dim) })
		s.Series[i].fit()
	}
	return s
}

// add adds a row to its series.
func (s *Scaling) add(row ReachRow) {
	p := row.Parameters
	to := Series{Rate: p.Rate, Width: row.Width}
	if p.Rate == 0 {
		to.Batch = p.Batch
	}
	for i := range s.Series {
		if k := &s.Series[i]; k.Rate == to.Rate && k.Batch == to.Batch && k.Width == to.Width {
			k.Rows = append(k.Rows, row)
			return
		}
	}
	to.Rows = []ReachRow{row}
	s.Series = append(s.Series, to)
}

// fit finds the constant of the law, as the mean of what the rows say.
func (s *Series) fit() {
	weight, sum := 0.0, 0.0
	for _, r := range s.Rows {
		if d := r.Parameters.Dim; !math.IsNaN(r.Error.Value) {
			weight++
			sum += (r.Error.Value - Law(d, r.Parameters.rate(), 0)) / float64(d)
		}
	}
	s.Constant = sum / weight
	for i := range s.Rows {
		r := &s.Rows[i]
		r.Law = Law(r.Parameters.Dim, r.Parameters.rate(), s.Constant)
	}
}

// name of a curve.
func (s *Series) name() string {
	if s.Rate == 0 {
		return fmt.Sprintf("batch %d, m = %d", s.Batch, s.Width)
	}
	return fmt.Sprintf("B = %.4g, m = %d", s.Rate, s.Width)
}

// WriteCSV writes the table.
func (s *Scaling) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, ReachHeader)
	for _, series := range s.Series {
		for _, r := range series.Rows {
			p := r.Parameters
			fmt.Fprintf(out, "%d,%d,%s,%d,%s,%d,%d,%s\n", p.Dim, r.Width, bench.Fields(p.Scale, p.rate()), p.Batch, bench.Fields(p.Eta, s.Level), p.Seeds, r.Reached,
				bench.Fields(r.Error.Value, r.Error.SE, r.Loss.Value, r.Loss.SE, r.Heavy.Value, r.Heavy.SE, r.Time, r.Law, r.Kernel, r.Spectral.Value, r.Spectral.SE))
		}
	}
	return out.Flush()
}

// Slope is the exponent of n in d over the last dimensions (at most 4), NaN with fewer than two.
func (s *Series) Slope() float64 {
	var x, y []float64
	for _, r := range s.Rows {
		if r.Error.Value > 0 {
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
func (s *Series) Crossing(level float64) float64 {
	for d := 6.0; d < 1e6; d *= 1.01 {
		if Law(int(d), s.Rows[0].Parameters.rate(), s.Constant) < KernelSamples(int(d), level) {
			return d
		}
	}
	return math.NaN()
}

// WriteText writes the table for people.
func (s *Scaling) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	p := s.Series[0].Rows[0].Parameters
	fmt.Fprintf(out, "Samples n that networks on XOR take to a test error, or a loss, of %s: %s, eta = %s, B = batch/(eta d), means over %s.\n"+
		"law: n/d = sqrt(pi/2) B log d + (pi/16) log^2 d + c, c fitted; kernel: least squares on all products x_i x_j; spectral: extreme eigenvectors of (1/n) sum y x x^T.\n\n",
		bench.Number(s.Level), p.began(), bench.Number(p.Eta), plotting.Count(p.Seeds, "seed"))
	rows := [][]string{{"d", "m", "B", "error", "n/d", "law", "kernel", "spectral", "loss", "heavy"}}
	for _, series := range s.Series {
		for _, r := range series.Rows {
			d := float64(r.Parameters.Dim)
			rows = append(rows, []string{fmt.Sprint(r.Parameters.Dim), fmt.Sprint(r.Width), fmt.Sprintf("%.4g", r.Parameters.rate()), r.Error.Text(), bench.Known("%.4g", r.Error.Value/d), bench.Known("%.0f", r.Law),
				fmt.Sprintf("%.0f", r.Kernel), r.Spectral.Text(), r.Loss.Text(), r.Heavy.Text()})
		}
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	for i := range s.Series {
		k := &s.Series[i]
		if slope := k.Slope(); !math.IsNaN(slope) && !math.IsInf(slope, 0) {
			fmt.Fprintf(out, "\n%s: n goes like d^%.3f over the last dimensions; c = %.3g; fewer samples than the kernel from d = %.0f on.\n", k.name(), slope, k.Constant, k.Crossing(s.Level))
		}
	}
	return out.Flush()
}

// Picture draws n/d against d: measured, the law, the kernel, and the spectral floor.
func (s *Scaling) Picture() (*plotting.Figure, error) {
	p := plotting.New()
	p.X.Label.Text = "dimension *d*"
	p.Y.Label.Text = "samples a dimension, *n*/*d*"
	entries := plotting.Legend()
	var dims []int
	top := 0.0
	for i := range s.Series {
		series := &s.Series[i]
		look := plotting.Ordered(i, len(s.Series))
		var x, y, low, high, law []float64
		for _, r := range series.Rows {
			d := float64(r.Parameters.Dim)
			if i == 0 {
				dims = append(dims, r.Parameters.Dim)
			}
			x, y = append(x, math.Log10(d)), append(y, r.Error.Value/d)
			low, high = append(low, (r.Error.Value-r.Error.SE)/d), append(high, (r.Error.Value+r.Error.SE)/d)
			law = append(law, r.Law/d)
			if r.Error.Value > 0 {
				top = math.Max(top, r.Error.Value/d)
			}
		}
		plotting.Area(p, x, low, high, look)
		marks := plotting.Marks(p, x, y, look.Glyph)
		thin := look.Line
		thin.Width = vg.Points(1)
		name := strings.Replace(strings.Replace(series.name(), "B =", "*B* =", 1), "m =", "*m* =", 1)
		entries.Add(name+"\nline: law", plotting.Curve(p, x, law, thin), marks)
	}
	s.competitors(p, &entries, 1.6*top)
	entries.Add("bands ± 1 std. error", plotting.Remark{})
	plotting.FromZero(p)
	p.X.Min, p.X.Max = plotting.Room(math.Log10(float64(dims[0])), math.Log10(float64(dims[len(dims)-1])), .04)
	p.X.Tick.Marker = plotting.Sizes{Values: dims, Apart: .2}
	q := s.Series[0].Rows[0].Parameters
	heading := fmt.Sprintf("XOR: samples to a test error of %s, %s, *η* = %s, %s", bench.Number(s.Level), q.heading(), bench.Number(q.Eta), plotting.Count(q.Seeds, "seed"))
	return &plotting.Figure{
		Title: "Samples that networks on XOR take, against the dimension", Width: 6.6 * vg.Inch, Height: 3.6 * vg.Inch,
		Draw: func(c draw.Canvas) {
			plotting.Stacked(plotting.Heading(c, heading), []*plot.Plot{p}, &entries, vg.Points(128))
		},
	}, nil
}

// competitors draws the kernel, to the top of the picture, and the spectral floor.
func (s *Scaling) competitors(p *plot.Plot, entries *plot.Legend, top float64) {
	var x, floor, low, high []float64
	for _, r := range s.Series[0].Rows {
		d := float64(r.Parameters.Dim)
		x, floor = append(x, math.Log10(d)), append(floor, r.Spectral.Value/d)
		low, high = append(low, (r.Spectral.Value-r.Spectral.SE)/d), append(high, (r.Spectral.Value+r.Spectral.SE)/d)
	}
	var kx, ky []float64
	const points = 200
	for k := range points + 1 {
		at := x[0] + (x[len(x)-1]-x[0])*float64(k)/points
		d := portable.Pow(10, at)
		if y := KernelSamples(2, s.Level) * (d - 1) / 2; y <= top { // n/d, n = n(2) d(d-1)/2
			kx, ky = append(kx, at), append(ky, y)
		}
	}
	entries.Add("kernel of all\nproducts *x_i x_j*", plotting.Curve(p, kx, ky, plotting.Limit().Line))
	look := plotting.Black()
	look.Line.Dashes, look.Line.Width = []vg.Length{vg.Points(1.5), vg.Points(2)}, vg.Points(1)
	plotting.Area(p, x, low, high, look)
	entries.Add("spectral floor", plotting.Curve(p, x, floor, look.Line))
}
