package localsgd

import "kac/kernels"

// vectors are the operations of long steps on the kernels, whose bits are those of the loops here. Short ones are not
// worth a call.
type vectors struct {
	ws            *kernels.Workspace[float64] // nil: the loops
	one           []float64
	along, noises [][]float64
}

// long dimensions are worth a call of a kernel.
const long = 64

func vectorsOf(d int, gradient, noise []float64) vectors {
	if d < long {
		return vectors{}
	}
	return vectors{ws: kernels.NewWorkspace[float64](1), one: []float64{1}, along: [][]float64{gradient}, noises: [][]float64{noise}}
}

// addNoise adds deviation times the worker's noise.
func (w *desk) addNoise(dst []float64, deviation float64) {
	if w.ws != nil {
		kernels.Combine(dst[:len(w.noise)], dst[:len(w.noise)], deviation, w.one, w.noises, w.ws)
		return
	}
	for j, x := range w.noise {
		dst[j] += float64(deviation * x)
	}
}

// move is step along the worker's gradient.
func (a *Algorithm) move(y, u, v []float64, w *desk) {
	switch {
	case w.ws == nil || a.HasMomentum() && !a.HasSquares():
		a.step(y, u, v, w.gradient)
	case !a.HasMomentum():
		kernels.Combine(y, y, -a.Eta, w.one, w.along, w.ws)
	default:
		a.clip(w.gradient)
		kernels.AdamStep(y, u, v, w.gradient, kernels.AdamRates[float64]{
			Eta: a.Eta, Keep1: a.Momentum, New1: 1 - a.Momentum, Keep2: a.SecondMoments, New2: 1 - a.SecondMoments, Square: a.Lambda * a.Lambda,
		}, w.ws)
	}
}

// gradient writes the gradient at y to that of the worker.
func (f *Huber) gradient(w *desk, y []float64) {
	if w.ws == nil {
		f.Gradient(w.gradient, y, 0)
		return
	}
	kernels.RootRatio(w.gradient, f.Lambda, y, w.ws)
	f.addWaves(w.gradient, y)
}
