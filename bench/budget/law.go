package budget

import (
	"context"
	"fmt"
	"math"
	"sort"

	"kac/bench"
	"kac/meanfield"
	"kac/particles"
)

// Law holds the constants of the gaps at a grid of times up to the last.
type Law struct {
	Parameters Parameters
	Problem    particles.Expectations
	Reference  *meanfield.Reference
	Times      []float64
	Width      []float64 // C(t)
	Data       []float64 // C_data(t; n) + tau^2 C_noise(t; n), by leading order where Plain
	Batch      []float64 // C_sgd + tau^2 C_sgdnoise
	Step       []float64 // C_step
	Shift      []float64 // |b|^2
	Leading    []float64 // C_data + tau^2 C_noise
	Plain      bool      // no reaction of samples in Data

	// What passes through fixed samples take off, D/(L Batch), by the length L of a pass and the time: see
	// meanfield.EpochSums. 1 for L -> 0.
	lengths []float64
	off     [][]float64
}

// Shares of the last time at which the gap is held below the error.
var shares = []float64{0, 1. / 64, 1. / 32, 1. / 16, 1. / 8, 3. / 16, 1. / 4, 3. / 8, 1. / 2, 5. / 8, 3. / 4, 7. / 8, 1}

// Solve computes the law. progress may be nil.
func Solve(ctx context.Context, p Parameters, progress func(share float64, what string)) (*Law, error) {
	problem, err := p.Check()
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(float64, string) {}
	}
	l := &Law{Parameters: p, Problem: problem}
	l.Reference, err = meanfield.Solve(ctx, problem, p.Time, meanfield.Options{Tolerance: p.Tolerance, Progress: func(s float64) { progress(s, "reference") }})
	if err != nil {
		return nil, fmt.Errorf("solving the infinite-width reference of %s in dimension %d: %w", problem.Name(), p.Dim, err)
	}
	for _, s := range shares {
		l.Times = append(l.Times, s*p.Time)
	}
	reacting := p.Samples > 0 && l.Reference.Reacts() == nil
	l.Plain = !reacting
	bytes := l.Reference.FluctuationMemory(l.Times) + l.Reference.GapConstantsMemory(l.Times)
	if reacting {
		bytes += l.Reference.ReactionMemory(l.Times)
	}
	if err := (bench.Memory{{Key: "time", Value: bench.Number(p.Time), Bytes: bytes, Lower: "it, or raise --tolerance"}}).Check(); err != nil {
		return nil, err
	}
	f, err := meanfield.Fluctuations(ctx, l.Reference, l.Times, meanfield.FluctuationOptions{Gaps: true, Reaction: reacting,
		Progress: func(s float64) { progress(s, "constants") }})
	if err != nil {
		return nil, fmt.Errorf("the constants of %s in dimension %d: %w", problem.Name(), p.Dim, err)
	}
	tau2 := p.Noise * p.Noise
	l.Width, l.Step = f.Constant, f.Gaps.Step
	for i := range l.Times {
		l.Leading = append(l.Leading, f.Gaps.Data[i]+tau2*f.Gaps.Noise[i])
		l.Batch = append(l.Batch, f.Gaps.SGD[i]+tau2*f.Gaps.SGDNoise[i])
		l.Shift = append(l.Shift, f.Gaps.Shift[i].Square(tau2))
	}
	l.Data = l.Leading
	if reacting {
		progress(0, "rare samples")
		laws, err := f.Gaps.Resummed(ctx, []float64{float64(p.Samples)})
		if err != nil {
			return nil, err
		}
		l.Data = nil
		for _, x := range laws[0] {
			l.Data = append(l.Data, x.Data+x.Shift+tau2*x.Noise)
		}
		return l, l.passes(f.Gaps)
	}
	return l, nil
}

// passes fills lengths and off, by halves of the last time.
func (l *Law) passes(g *meanfield.GapConstants) error {
	const halves = 6
	for k := halves; k >= 0; k-- {
		length := math.Ldexp(l.Parameters.Time, -k)
		sums, err := g.Epochs(length)
		if err != nil {
			return err
		}
		row := make([]float64, len(l.Times))
		for i, x := range sums {
			if l.Batch[i] > 0 {
				row[i] = (x.Data + l.Parameters.Noise*l.Parameters.Noise*x.Noise) / (length * l.Batch[i])
			}
		}
		l.lengths, l.off = append(l.lengths, length), append(l.off, row)
	}
	return nil
}

// taken is D over L Batch at time i for passes of the length L: linear between logarithms; below the shortest, 1 less
// what goes like L^2; beyond the last time the one pass is cut there.
func (l *Law) taken(i int, length float64) float64 {
	n := len(l.lengths)
	if n == 0 {
		return 0
	}
	switch first, last := l.lengths[0], l.lengths[n-1]; {
	case length <= first:
		return 1 - (1-l.off[0][i])*(length/first)*(length/first)
	case length >= last:
		return l.off[n-1][i] * last / length
	default:
		k := sort.SearchFloat64s(l.lengths, length)
		share := math.Log(length/l.lengths[k-1]) / math.Log(l.lengths[k]/l.lengths[k-1])
		return l.off[k-1][i] + share*(l.off[k][i]-l.off[k-1][i])
	}
}

// Terms are the parts of a predicted gap at one time.
type Terms struct {
	Time                     float64
	Width, Data, Batch, Step float64
}

// Total is their sum.
func (t Terms) Total() float64 { return t.Width + t.Data + t.Batch + t.Step }

// Dominant names the largest part.
func (t Terms) Dominant() string {
	name, most := "width", t.Width
	for _, x := range []struct {
		name  string
		value float64
	}{{"samples", t.Data}, {"batch", t.Batch}, {"step", t.Step}} {
		if x.value > most {
			name, most = x.name, x.value
		}
	}
	return name
}

// Gap predicts the parts at time i for m neurons and batches of B with the step eta. Fixed samples are passed through
// in shuffled epochs, which what rare samples weigh, Data over Leading, makes smaller like the rest of their part:
//
//	data = Data/Leading (Leading/n - sum_e D_e/n)
//
// It is below 0 where that saves the batches more than the samples cost.
func (l *Law) Gap(i int, m float64, batch, eta float64) Terms {
	t := Terms{Time: l.Times[i], Width: l.Width[i] / m, Batch: eta / batch * l.Batch[i], Step: eta * eta * l.Step[i]}
	n := float64(l.Parameters.Samples)
	switch {
	case n == 0:
	case batch >= n:
		t.Batch, t.Data = 0, l.Data[i]/n
	case l.Leading[i] > 0:
		length := eta * math.Floor(n/batch)
		t.Data = l.Data[i] / l.Leading[i] * (l.Leading[i] - l.taken(i, length)*length*l.Batch[i]) / n
	}
	return t
}

// Worst is the time with the largest gap.
func (l *Law) Worst(m, batch, eta float64) Terms {
	var worst Terms
	for i := range l.Times {
		if t := l.Gap(i, m, batch, eta); !(t.Total() <= worst.Total()) {
			worst = t
		}
	}
	return worst
}

// floor is the largest gap that fixed samples leave whatever else is spent, if they are passed through often.
func (l *Law) floor() float64 {
	if l.Parameters.Samples == 0 {
		return 0
	}
	worst := 0.0
	for i := range l.Times {
		worst = math.Max(worst, l.Data[i]/float64(l.Parameters.Samples))
	}
	return worst
}
