package compare

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"kac/bench"
	"kac/internal/portable"
	"kac/meanfield/ridge"
)

// Crossing is the number of samples at which a predictor's risk falls to the level in one dimension.
type Crossing struct {
	Dim       int
	Predictor string
	Width     int     // of networks; else 0
	Samples   float64 // NaN: the risk does not cross the level between the least and the largest n
	// Low, High are a 95 % interval: of networks by the delete-one jackknife over draws, widened by what the curvature
	// of log risk between the neighbouring n may have moved it; NaN where some draws left out do not cross. Of
	// equivalents, which have neither, Samples itself.
	Low, High float64
	se        float64 // of log Samples, both together
	df        int
}

// Crossings are those of one predictor, and of networks of one width, in all dimensions, and their exponent in d.
type Crossings struct {
	Predictor string
	Width     int
	List      []Crossing
	Exponent  *bench.Exponent // of n ~ d^p over the dimensions that have a crossing; nil: fewer than two
}

// Crossings finds them all: of networks on rows at the horizon, of kernels by equivalents.
func (p *Parameters) Crossings(rows []Row) ([]Crossings, error) {
	var out []Crossings
	for _, name := range p.Predictors {
		if name != Network {
			list, err := p.exactCrossings(name)
			if err != nil {
				return nil, err
			}
			out = append(out, Crossings{Predictor: name, List: list, Exponent: slopeOf(list)})
			continue
		}
		for _, m := range p.Widths {
			list := p.measuredCrossings(rows, m)
			out = append(out, Crossings{Predictor: name, Width: m, List: list, Exponent: slopeOf(list)})
		}
	}
	return out, nil
}

func (p *Parameters) exactCrossings(name string) (list []Crossing, err error) {
	for _, d := range p.Dims {
		problem, err := p.ProblemIn(d)
		if err != nil {
			return nil, err
		}
		risk := func(n float64) float64 {
			if name == Floor {
				return problem.Floor(n).Total
			}
			kernel, ridges := p.kernel(problem, name, n)
			return problem.Equivalent(kernel, n, ridges[0], p.Noise).Total
		}
		n, _ := ridge.Crossing(risk, p.Level, 1, 1e3*problem.Rank(problem.NTK()))
		list = append(list, Crossing{Dim: d, Predictor: name, Samples: n, Low: n, High: n})
	}
	return list, nil
}

// measuredCrossings are those of networks of width m at the horizon.
func (p *Parameters) measuredCrossings(rows []Row, m int) (list []Crossing) {
	for i, d := range p.Dims {
		risks := make([][]float64, len(p.sizes[i])) // by n and draw
		for j := range risks {
			risks[j] = make([]float64, p.Draws)
		}
		for _, r := range rows {
			if r.Dim == d && r.Predictor == Network && r.Width == m && r.Time == p.times[len(p.times)-1] {
				risks[slices.Index(p.sizes[i], r.Samples)][r.Draw-1] = r.Total
			}
		}
		c := crossing(p.sizes[i], risks, p.Level)
		c.Dim, c.Predictor, c.Width = d, Network, m
		list = append(list, c)
	}
	return list
}

// crossing interpolates log mean risk against log n where it first falls to the level, and repeats that without each
// draw. Draws are the same at all n, so leaving one out is leaving out all that depends on it (Efron, SIAM 1982,
// chapter 3). risks are by n and draw.
func crossing(sizes []int, risks [][]float64, level float64) Crossing {
	draws := len(risks[0])
	x, y := logMeans(sizes, risks, level, -1)
	at, bent := interpolate(x, y)
	out := Crossing{Samples: portable.Exp(at), Low: math.NaN(), High: math.NaN(), se: math.NaN(), df: draws - 1}
	if math.IsNaN(at) {
		out.Samples = at
		return out
	}
	if draws < 2 {
		return out
	}
	left := make([]float64, draws)
	for s := range left {
		left[s], _ = interpolate(logMeans(sizes, risks, level, s))
	}
	_, sd := stat.MeanStdDev(left, nil)
	n := float64(draws)
	random := sd * (n - 1) / math.Sqrt(n)
	half := random*distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(.975) + bent
	out.se = math.Hypot(random, bent)
	out.Low, out.High = portable.Exp(at-half), portable.Exp(at+half)
	return out
}

// logMeans are log n and log (mean risk/level) without draw number without (-1: of all). A risk of 0 is a very small
// one.
func logMeans(sizes []int, risks [][]float64, level float64, without int) (x, y []float64) {
	for i, n := range sizes {
		sum, count := 0.0, 0
		for s, r := range risks[i] {
			if s != without {
				sum += r
				count++
			}
		}
		x = append(x, math.Log(float64(n)))
		y = append(y, math.Log(math.Max(sum/float64(count)/level, 1e-300)))
	}
	return x, y
}

// interpolate returns where y first falls to 0: the mean of the roots of the parabolas through the two neighbours and a
// third one at either side, as log risk bends. bent is how far the line between the neighbours is from there, several
// times what the parabolas are wrong by. NaN: it does not fall to 0.
func interpolate(x, y []float64) (at, bent float64) {
	for i := 1; i < len(x); i++ {
		if !(y[i-1] > 0) || y[i] > 0 {
			continue
		}
		line := x[i-1] + (x[i]-x[i-1])*y[i-1]/(y[i-1]-y[i])
		sum, count := 0.0, 0
		for _, k := range []int{i - 2, i + 1} {
			if k >= 0 && k < len(x) {
				sum += parabolaRoot(x, y, i, k)
				count++
			}
		}
		if count == 0 {
			return line, 0
		}
		at = sum / float64(count)
		return at, math.Abs(at - line)
	}
	return math.NaN(), math.NaN()
}

// parabolaRoot is the root between points i-1 and i of the parabola through these and point k, by bisection.
func parabolaRoot(x, y []float64, i, k int) float64 {
	slope := (y[i] - y[i-1]) / (x[i] - x[i-1])
	second := ((y[k]-y[i])/(x[k]-x[i]) - slope) / (x[k] - x[i-1])
	low, high := x[i-1], x[i]
	for range 60 {
		mid := (low + high) / 2
		if y[i-1]+(mid-x[i-1])*(slope+second*(mid-x[i])) > 0 {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// slopeOf fits log n = const + p log d by least squares. Networks are weighted with the jackknife's errors, which are
// independent between dimensions and give the interval; exact crossings have equal weights, and the scatter about the
// line, which is that no power law is exact, gives it.
func slopeOf(list []Crossing) *bench.Exponent {
	var x, y, w []float64
	weighted, df := true, 0
	for _, c := range list {
		if math.IsNaN(c.Samples) {
			continue
		}
		x, y, w = append(x, math.Log(float64(c.Dim))), append(y, math.Log(c.Samples)), append(w, 1/(c.se*c.se))
		weighted = weighted && c.se > 0
		df = c.df
	}
	if len(x) < 2 {
		return nil
	}
	if !weighted {
		w = nil
	}
	_, slope := stat.LinearRegression(x, y, w, false)
	e := &bench.Exponent{Value: slope, SE: math.NaN(), Low: math.NaN(), High: math.NaN(), DF: df, LogWidth: stat.Mean(x, w), LogValue: stat.Mean(y, w)}
	spread, residual := 0.0, 0.0
	for i := range x {
		weight := 1.0
		if weighted {
			weight = w[i]
		}
		off := y[i] - e.LogValue - slope*(x[i]-e.LogWidth)
		spread += weight * (x[i] - e.LogWidth) * (x[i] - e.LogWidth)
		residual += weight * off * off
	}
	switch {
	case weighted:
		e.SE = 1 / math.Sqrt(spread)
	case len(x) > 2:
		e.DF = len(x) - 2
		e.SE = math.Sqrt(residual / float64(e.DF) / spread)
	default:
		return e
	}
	half := e.SE * distuv.StudentsT{Sigma: 1, Nu: float64(e.DF)}.Quantile(.975)
	e.Low, e.High = slope-half, slope+half
	return e
}

// WriteCrossings writes crossing.csv; the exponent of a predictor stands in each of its rows.
func (p *Parameters) WriteCrossings(w io.Writer, all []Crossings) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "dim,level,predictor,width,samples,low,high,exponent,exponent_low,exponent_high")
	for _, list := range all {
		e := list.Exponent
		if e == nil {
			e = &bench.Exponent{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}
		}
		width := ""
		if list.Width > 0 {
			width = strconv.Itoa(list.Width)
		}
		for _, c := range list.List {
			fmt.Fprintf(out, "%d,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", c.Dim, field(p.Level), c.Predictor, width,
				field(c.Samples), field(c.Low), field(c.High), field(e.Value), field(e.Low), field(e.High))
		}
	}
	return out.Flush()
}
