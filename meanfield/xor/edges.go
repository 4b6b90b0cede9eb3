package xor

import (
	"math"
	"sort"

	"kac/internal/portable"
)

// line is what is known of the neurons of one q by v: when each is extinct, and when it turns heavy. Both fall with v.
type line struct {
	v, extinct, heavy []float64 // v decreasing; times NaN: after the horizon
}

// Spacing of the line in v, and points of its interpolation.
const (
	lineStep   = .1
	linePoints = 8
)

// lineOf follows neurons of a q from high to low v until horizon. A neuron is heavy once q + c <= zeta p; zeta 0: that
// is not looked for.
func lineOf(m *mover, q, high, low, zeta, horizon float64) line {
	var l line
	for i := 0; ; i++ {
		v := high - float64(i)*lineStep
		if v < low {
			return l
		}
		y := start(v, q)
		m.begin()
		heavy := math.NaN()
		if zeta > 0 && y[1]+y[2] <= zeta*y[0] {
			heavy = 0
		}
		m.advance(&y, 0, horizon, func(from, h float64, before, after *neuron) bool {
			if zeta > 0 && math.IsNaN(heavy) && after[1]+after[2] <= zeta*after[0] {
				heavy = from + m.crossing(*before, h, zeta)
				m.slope(before, &m.k[0]) // the search has overwritten the stages
				*after, _ = m.try(before, h)
			}
			return false
		})
		l.v, l.extinct, l.heavy = append(l.v, v), append(l.extinct, m.extinct), append(l.heavy, heavy)
	}
}

// crossing is the part of a step from y after which q + c = zeta p, by bisection of the step's length.
func (m *mover) crossing(y neuron, h, zeta float64) float64 {
	low, high := 0.0, h
	for range 60 {
		mid := (low + high) / 2
		next, _ := m.try(&y, mid)
		if next[1]+next[2] <= zeta*next[0] {
			high = mid
		} else {
			low = mid
		}
		if high-low < 1e-14 {
			break
		}
	}
	return (low + high) / 2
}

// at returns the v of which the time is t, and whether there is one. times falls with v.
func (l *line) at(times []float64, t float64) (float64, bool) {
	n := sort.Search(len(times), func(i int) bool { return !(times[i] < t) }) // the first at or after t
	if n == 0 || n == len(times) || math.IsNaN(times[n]) {
		return 0, false
	}
	known := sort.Search(len(times), func(i int) bool { return math.IsNaN(times[i]) })
	zeros := 0 // neurons that are heavy from the start have no slope in v
	for zeros < known && times[zeros] == 0 {
		zeros++
	}
	from := max(min(n-linePoints/2, known-linePoints), zeros)
	to := min(from+linePoints, known)
	// Inverse interpolation: v as a polynomial in the time, which is nearly linear.
	v := 0.0
	for i := from; i < to; i++ {
		part := l.v[i]
		for j := from; j < to; j++ {
			if j != i {
				part *= (t - times[j]) / (times[i] - times[j])
			}
		}
		v += part
	}
	if !(v <= l.v[n-1] && v >= l.v[n]) { // too few neighbours: a straight line
		v = l.v[n-1] + (l.v[n]-l.v[n-1])*(t-times[n-1])/(times[n]-times[n-1])
	}
	return v, true
}

// heavyStart is the v from which on neurons of a q are heavy at the clock 0.
func heavyStart(q, zeta, low, high float64) (float64, bool) {
	heavy := func(v float64) bool { y := start(v, q); return y[1]+y[2] <= zeta*y[0] }
	if !heavy(high) {
		return 0, false
	}
	for range 60 {
		mid := (low + high) / 2
		if heavy(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, true
}

// reach is the v above which there are no neurons but for e^-42 of them.
func reach(dim int) float64 {
	e := portable.Exp(84 / float64(dim-1))
	return math.Log(e-1) / 2
}
