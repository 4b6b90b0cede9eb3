package budget

import (
	"fmt"
	"math"

	"kac/bench"
	"kac/internal/portable"
)

// Plan are sizes that keep the gap below an error, at the least arithmetic.
type Plan struct {
	Error   float64
	Width   int
	Samples int // that training sees: the fixed ones, or all that are drawn
	Eta     float64
	Batch   int
	Steps   int
	Worst   Terms   // predicted, at the time where it is largest
	Flops   float64 // 4 m B d a step: outputs and their gradients
}

// largestStep bounds eta: the batches' law holds for small steps, with corrections of the order of eta times the rates
// of the flow, measured as 1 to 6 % at .0125.
const largestStep = 0.0125

// stepShare is what of the error the steps may take where the batch is free.
const stepShare = 0.01

// Cheapest returns the plan for an error. The arithmetic goes like m B/eta = m x: of
//
//	C/m + S/x + eta^2 C_step + data <= error
//
// at all times it is least over x; for each x the least m follows. A free batch is the largest power of two whose step
// takes little of the error. Errors: a bench.InputError that says the least error.
func (l *Law) Cheapest(target float64) (*Plan, error) {
	p := l.Parameters
	floor := l.floor()
	if full := p.Samples > 0 && p.Batch == p.Samples; floor >= target && (full || !l.once(target)) {
		return nil, bench.Refuse("error", bench.Number(p.Error), "%d fixed samples alone leave a gap of %.4g; give a larger error, or more samples, about %.3g", p.Samples, floor, float64(p.Samples)*floor/target*2)
	}
	full := p.Samples > 0 && p.Batch == p.Samples
	batch := func(x float64) float64 {
		if p.Batch > 0 {
			return float64(p.Batch)
		}
		step := largestStep
		for i := range l.Times {
			if l.Step[i] > 0 {
				step = math.Min(step, math.Sqrt(stepShare*target/l.Step[i]))
			}
		}
		b := math.Exp2(math.Floor(math.Log2(math.Max(1, x*step))))
		most := float64(MaxBatch)
		if p.Samples > 0 {
			most = math.Min(most, float64(p.Samples))
		}
		return math.Min(b, most)
	}
	width := func(x float64) float64 { // the least, +Inf where there is none
		b := batch(x)
		eta := b / x
		if eta > largestStep*(1+1e-12) {
			return math.Inf(1)
		}
		most := 1.0
		for i := range l.Times {
			t := l.Gap(i, math.Inf(1), b, eta)
			left := target - t.Total()
			if left <= 0 {
				return math.Inf(1)
			}
			most = math.Max(most, l.Width[i]/left)
		}
		return most
	}
	// The scan is fine enough for the cost to be within a thousandth of its least.
	best, least := math.NaN(), math.Inf(1)
	low := 1 / largestStep
	for i := range 8000 {
		x := low * portable.Pow(1.004, float64(i))
		if full {
			x = float64(p.Batch) / largestStep * portable.Pow(1.004, float64(i))
		}
		if cost := width(x) * x; cost < least {
			best, least = x, cost
		}
	}
	if math.IsNaN(best) {
		return nil, l.refuse(target, "the batches and steps allowed (up to %d samples a step)", MaxBatch)
	}
	b := batch(best)
	steps := math.Ceil(p.Time * best / b * (1 - 1e-12))
	m := math.Ceil(width(best) * (1 - 1e-12))
	if m > bench.MaxWidth {
		return nil, l.refuse(target, "%d neurons", bench.MaxWidth)
	}
	if samples := steps * b; steps > 1<<40 || samples > 1<<52 {
		return nil, l.refuse(target, "%d steps", int64(1)<<40)
	}
	plan := &Plan{Error: target, Width: int(m), Batch: int(b), Steps: int(steps), Eta: p.Time / steps, Samples: p.Samples}
	if p.Samples == 0 {
		plan.Samples = plan.Batch * plan.Steps
	}
	// Whole steps are no larger, whole widths no smaller: what is left of rounding goes to a neuron.
	for range 4 {
		if plan.Worst = l.Worst(float64(plan.Width), b, plan.Eta); plan.Worst.Total() <= target {
			break
		}
		plan.Width++
	}
	plan.Flops = 4 * float64(plan.Width) * b * float64(p.Dim) * steps
	return plan, nil
}

// once says whether less than one pass through the fixed samples, which is as good as new ones, keeps the error.
func (l *Law) once(target float64) bool {
	x := float64(l.Parameters.Samples) / l.Parameters.Time
	return l.Worst(bench.MaxWidth, x*largestStep, largestStep).Total() < target
}

// refuse says the least error within a limit.
func (l *Law) refuse(target float64, format string, limit any) error {
	least := l.floor()
	for i := range l.Times {
		least = math.Max(least, l.Gap(i, bench.MaxWidth, MaxBatch, largestStep/64).Total())
	}
	return bench.Refuse("error", bench.Number(target), "not within "+fmt.Sprintf(format, limit)+": the least that the law promises here is about %.2g", least)
}

// Threshold is n*, the largest |b|^2/(C_data + tau^2 C_noise) up to the last time; NaN where samples are new in every
// step.
func (l *Law) Threshold() float64 {
	if l.Parameters.Samples == 0 {
		return math.NaN()
	}
	most := 0.0
	for i := 1; i < len(l.Times); i++ { // nothing has happened at 0
		most = math.Max(most, l.Shift[i]/l.Leading[i])
	}
	return most
}

// fewNeurons: below, corrections of the next order in 1/m are some per cent.
const fewNeurons = 64

// largeGap of the risk: above, what drives the networks, their residual, is not what drives the limit.
const largeGap = 0.2

// share is the largest predicted gap over the limit's risk, and when.
func (l *Law) share(plan *Plan) (share, at float64) {
	for i, t := range l.Times {
		if s := l.Gap(i, float64(plan.Width), float64(plan.Batch), plan.Eta).Total() / l.Reference.Risk(t); s > share {
			share, at = s, t
		}
	}
	return share, at
}

// Notes are what a reader of the plan has to know.
func (l *Law) Notes(plan *Plan) []string {
	var notes []string
	p := l.Parameters
	if risk := l.Reference.Risk(p.Time); risk > plan.Error {
		notes = append(notes, fmt.Sprintf("the limit's own risk at t = %s is %.4g, more than the error: no sizes bring the network within %s of its target by then",
			bench.Number(p.Time), risk, bench.Number(plan.Error)))
	}
	if plan.Width < fewNeurons {
		notes = append(notes, fmt.Sprintf("a width of %d is small for the leading order in 1/m", plan.Width))
	}
	if share, at := l.share(plan); share > largeGap {
		notes = append(notes, fmt.Sprintf("at t = %s the predicted gap is %.2g of the limit's own risk: the residual that drives the networks is then not the limit's, and the leading order is off by some tens of per cent, mostly too large",
			bench.Number(at), share))
	}
	if n := float64(p.Samples); n > 0 {
		ratio, threshold := 1.0, l.Threshold()
		for i := 1; i < len(l.Times); i++ { // nothing has happened at 0
			ratio = math.Min(ratio, l.Data[i]/l.Leading[i])
		}
		switch {
		case n <= threshold:
			notes = append(notes, fmt.Sprintf("%d samples are below n* = %.3g, where the mean shift of the second order is as large as the data gap: the law of the samples does not hold, and the plan does not keep the error",
				p.Samples, threshold))
		case n < 10*threshold:
			notes = append(notes, fmt.Sprintf("%d samples are not far above n* = %.3g: the mean shift of the second order is up to %.2g of the data gap, beside its leading order", p.Samples, threshold, threshold/n))
		}
		if ratio < 0.9 {
			notes = append(notes, fmt.Sprintf("rare samples carry the data gap: resummed it is down to %.2g of its leading order, and typical draws lie below the mean", ratio))
		}
		if l.Plain {
			notes = append(notes, "the reaction of rare samples is not known for this activation: the data gap is its leading order")
		}
	}
	return notes
}
