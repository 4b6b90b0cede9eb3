package theory

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"kac/bench"
	"kac/bench/gap"
	"kac/internal/portable"
	"kac/meanfield"
)

// Weak is the uniform-in-time statement of Glasgow and Bruna (arXiv 2605.22010) put to the test: if
// the risk falls like t^-c, the gap is at most about m^-min(1, c/6) at all times at once.
type Weak struct {
	// Decay is c, fitted over [T/4, T] on a logarithmic grid; Early and Late are the slopes of its
	// halves, which agree if the risk is a power of time there.
	Decay, Early, Late float64
	From, To           float64 // the fit's times
	RootIntegral       float64 // int_0^T sqrt(L): what the statement asks to be finite as T grows
	Promised           float64 // -min(1, c/6)
	// SupGap[i] is the mean over seeds of the largest function error over the observed times, for
	// each width; Measured its exponent in m, nil without two widths and two seeds.
	Widths   []int
	SupGap   []bench.Mean
	Measured *bench.Exponent
}

const weakPoints = 41

// FitWeak fits the risk's decay and, given cells of a gap study on the reference, the exponent of the
// largest gap.
func FitWeak(r *meanfield.Reference, widths []int, cells []gap.Cell) Weak {
	w := Weak{From: r.Horizon() / 4, To: r.Horizon(), Widths: widths, RootIntegral: rootIntegral(r, r.Horizon(), 1)}
	if w.From == 0 { // a horizon that has no quarter
		w.From = w.To
	}
	x, y := make([]float64, weakPoints), make([]float64, weakPoints)
	for i := range x {
		t := w.From * portable.Pow(w.To/w.From, float64(i)/(weakPoints-1))
		x[i], y[i] = math.Log(t), math.Log(r.Risk(math.Min(t, w.To)))
	}
	slope := func(from, to int) float64 {
		if x[to-1] == x[from] {
			return 0
		}
		_, s := stat.LinearRegression(x[from:to], y[from:to], nil, false)
		return -s
	}
	half := weakPoints / 2
	w.Decay, w.Early, w.Late = slope(0, weakPoints), slope(0, half+1), slope(half, weakPoints)
	w.Promised = -math.Min(1, w.Decay/6)
	if len(cells) == 0 {
		return w
	}
	values := make([][]float64, len(widths))
	for i, m := range widths {
		for _, c := range cells {
			if c.Width != m {
				continue
			}
			largest := 0.0
			for _, row := range c.Rows {
				largest = math.Max(largest, row.FunctionError)
			}
			values[i] = append(values[i], largest)
		}
		w.SupGap = append(w.SupGap, bench.MeanOf(values[i]))
	}
	w.Measured = bench.FitOrNil(widths, values)
	return w
}

// Text says it in a line or two.
func (w *Weak) Text() string {
	s := fmt.Sprintf("risk ~ t^-%.3g on [%.4g, %.4g] (%.3g, %.3g in its halves); int sqrt(L) = %.4g; promised sup_t gap ~ m^%.3g",
		w.Decay, w.From, w.To, w.Early, w.Late, w.RootIntegral, w.Promised)
	if w.Measured != nil {
		s += ", measured m^" + w.Measured.Text()
	}
	return s
}

// rootIntegral is int_0^t sqrt(L), by Gauss-Legendre panels that grow in length from the start, times
// fineness.
func rootIntegral(r *meanfield.Reference, t, fineness float64) float64 {
	x, w := [4]float64{0.0694318442029737, 0.3300094782075719, 0.6699905217924281, 0.9305681557970263},
		[4]float64{0.1739274225687269, 0.3260725774312731, 0.3260725774312731, 0.1739274225687269}
	sum, from := 0.0, 0.0
	for length := math.Max(math.Min(0.25, t/4), math.SmallestNonzeroFloat64); from < t; length *= 1 + fineness*0.25 {
		h := math.Min(length*fineness, t-from)
		for i := range x {
			sum += h * w[i] * math.Sqrt(r.Risk(from+h*x[i]))
		}
		if from+h == from { // shorter than the numbers there can tell
			break
		}
		from += h
	}
	return sum
}
