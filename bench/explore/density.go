package explore

import (
	"context"
	"math"
	"slices"

	"kac/bench"
	"kac/internal/portable"
	"kac/meanfield"
)

// Density is the law of alpha in the infinite network, at each of the times: p(a) at places a that follow the flow.
type Density struct {
	Places, Values [][]float64 // time x place, places ascending
}

const (
	firstPlaces = 161
	mostPlaces  = 640
	// Places are put between two of which some time sees a gap of more than this, which a line would cross. A few times
	// tell: the gaps grow and shrink with the front.
	widestGap    = 0.03
	refinements  = 6
	refinedTimes = 17
)

// densityOf follows characteristics: a_t is a monotone function of a_0, so that
//
//	p_t(a_t) = p_0(a_0) / (d a_t/d a_0),   p_0(a) = |a|^{r-1} (1 - a^2)^{(d-r-2)/2} / B
//
// and d a_t/d a_0 = J_par J_perp of the local stability matrix, which is integrated beside the position
// (docs/mathematics.md (3.7)): no difference is taken. B normalises over [-1, 1] for r = 1, [0, 1] for r >= 2.
func densityOf(ctx context.Context, r *meanfield.Reference, times []float64) (*Density, error) {
	d, rank := r.Task().Dim(), r.Task().Rank()
	starts := startPlaces(d, rank)
	some := bench.Grid(times[len(times)-1], refinedTimes)
	for range refinements {
		s, err := r.StabilityOf(ctx, starts, some)
		if err != nil {
			return nil, err
		}
		finer := refined(s, starts)
		if len(finer) == len(starts) || len(finer) > mostPlaces {
			break
		}
		starts = finer
	}
	s, err := r.StabilityOf(ctx, starts, times)
	if err != nil {
		return nil, err
	}
	first := startDensity(d, rank)
	out := &Density{Places: make([][]float64, len(times)), Values: make([][]float64, len(times))}
	for t := range times {
		a, p := make([]float64, len(starts)), make([]float64, len(starts))
		for i, a0 := range starts {
			par, perp, _ := s.J(t, 0, i)
			a[i], p[i] = s.Position(t, i), first(a0)/(par*perp)
		}
		out.Places[t], out.Values[t] = a, p
	}
	return out, nil
}

// startPlaces are sines of equally spaced angles, over all of the law that float64 sees.
func startPlaces(d, rank int) []float64 {
	edge := min(math.Pi/2-1e-3, 9/math.Sqrt(float64(d)))
	low := -edge
	if rank > 1 {
		low = edge * 1e-3
	}
	places := make([]float64, firstPlaces)
	for i := range places {
		places[i] = math.Sin(low + (edge-low)*float64(i)/(firstPlaces-1))
	}
	return places
}

// refined puts a place between two that any time sees too far apart.
func refined(s *meanfield.Stability, starts []float64) []float64 {
	var out []float64
	for i, a := range starts {
		out = append(out, a)
		if i+1 == len(starts) {
			break
		}
		for t := range s.Times {
			if math.Abs(s.Position(t, i+1)-s.Position(t, i)) > widestGap {
				out = append(out, (a+starts[i+1])/2)
				break
			}
		}
	}
	return slices.Clip(out)
}

// startDensity is that of alpha for w uniform on the sphere.
func startDensity(d, rank int) func(a float64) float64 {
	lg := func(x float64) float64 { v, _ := math.Lgamma(x); return v }
	r, q := float64(rank), float64(d-rank)
	norm := lg(r/2) + lg(q/2) - lg((r+q)/2) // log of the integral over [-1, 1]
	if rank > 1 {
		norm -= math.Ln2
	}
	return func(a float64) float64 {
		log := (q-2)/2*math.Log1p(-a*a) - norm
		if rank > 1 {
			log += (r - 1) * math.Log(a)
		}
		return portable.Exp(log)
	}
}
