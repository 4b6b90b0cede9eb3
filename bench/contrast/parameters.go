package contrast

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"kac/bench"
	ideal "kac/meanfield/contrast"
	"kac/particles/contrast"
)

// Defaults of the flags and keys.
const (
	DefaultDim   = 8
	DefaultStep  = .025
	DefaultSeeds = 64
	DefaultSeed  = 1
)

// Forms of the descent.
const (
	Reduced = "reduced" // two numbers a pair and feature: the same law, at a cost that does not know d
	Full    = "full"    // whole vectors
)

// MaxWork bounds m² K of a descent: a step that takes longer could not be stopped within a second.
const MaxWork = 1 << 29

// MaxDim bounds the dimension of a feature.
const MaxDim = 1 << 20

// Parameters say everything that determines the numbers of a measurement.
type Parameters struct {
	ExactParameters
	Dim     int     `json:"dim"`
	Step    float64 `json:"step"` // m eta
	Form    string  `json:"form"`
	Seeds   int     `json:"seeds"`
	Seed    uint64  `json:"seed"`
	Feature int     `json:"feature,omitempty"` // only this one is told; 0: all
}

// Check refuses what cannot be measured. Every error is a bench.InputError that names the parameter.
func (p *Parameters) Check(workers int) error {
	if err := p.Features.check(); err != nil {
		return err
	}
	if err := checkBatches(p.Batches); err != nil {
		return err
	}
	if m, k := slices.Max(p.Batches), len(p.Alpha); m*m*k > MaxWork {
		return bench.Refuse("batches", bench.Wholes(p.Batches, ","), "a step of %d pairs takes too long with %d features; allowed are up to %.0f. --exact takes any number", m, k, math.Floor(math.Sqrt(float64(MaxWork)/float64(k))))
	}
	if err := checkTimes(p.Times); err != nil {
		return err
	}
	if p.Form != Reduced && p.Form != Full {
		return bench.Refuse("form", p.Form, "allowed are %s (a and b of every theta, which has the same law) and %s (whole vectors)", Reduced, Full)
	}
	for _, err := range []error{
		checkDecay(p.Decay), checkTolerance(p.Tolerance), bench.CheckPositive("step", p.Step, 10, "time of a step, m eta"),
		bench.CheckWhole("dim", p.Dim, 2, MaxDim, "dimension of a feature"), bench.CheckWhole("seeds", p.Seeds, 1, bench.MaxSeeds, "independent descents of each batch size"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Seed > math.MaxUint64-uint64(p.Seeds) {
		return bench.Refuse("seed", p.Seed, "with %d seeds the last one would be above the largest, %d", p.Seeds, uint64(math.MaxUint64))
	}
	if p.Feature != 0 && (p.Feature < 0 || p.Feature > len(p.Alpha)) {
		return bench.Refuse("feature", p.Feature, "there is no such feature; allowed are 1 to %d", len(p.Alpha))
	}
	for _, t := range p.Times {
		steps := math.Round(t / p.Step)
		if math.Abs(steps*p.Step-t) > 1e-9*math.Max(t, p.Step) {
			return bench.Refuse("times", bench.Numbers(p.Times), "%s is no multiple of the step %s", bench.Number(t), bench.Number(p.Step))
		}
		if steps > 1e9 {
			return bench.Refuse("step", bench.Number(p.Step), "the time %s takes %.0f steps; allowed are 1e9", bench.Number(t), steps)
		}
	}
	return p.memory(workers).Check()
}

// steps is the number of steps to a time.
func (p *Parameters) steps(t float64) int { return int(math.Round(t / p.Step)) }

// cellBytes is what a descent holds.
func (p *Parameters) cellBytes(batch int) float64 {
	k, m, d := float64(len(p.Alpha)), float64(batch), float64(p.Dim)
	bytes := contrast.Bytes(batch, len(p.Alpha)) + 8*(2*k*m+d+k*float64(len(p.Times)))
	if p.Form == Full {
		bytes += 8 * (2*k*m*d + k*d)
	}
	return bytes
}

// memory is that of as many descents as run at once, the largest ones, and of the rows.
func (p *Parameters) memory(workers int) bench.Memory {
	most := slices.Max(p.Batches)
	cells := float64(len(p.levels)) * float64(len(p.Batches)) * float64(p.Seeds)
	atOnce := math.Min(math.Max(float64(workers), 1), cells)
	return bench.Memory{
		{Key: "batches", Value: bench.Wholes(p.Batches, ","), Bytes: atOnce * p.cellBytes(most), Lower: "the batches, or the workers"},
		{Key: "seeds", Value: p.Seeds, Bytes: cells * float64(len(p.Times)) * float64(len(p.Alpha)) * 40, Lower: "the seeds or times"},
	}
}

// descent begins one.
func (p *Parameters) descent(l Level, batch int, seed uint64) (contrast.Descent, error) {
	s := contrast.Setup{Dim: p.Dim, Batch: batch, Step: p.Step, Decay: p.Decay, Seed: seed}
	for _, f := range p.under(l) {
		s.Alpha, s.A, s.B = append(s.Alpha, f.Alpha), append(s.A, f.A), append(s.B, f.B)
	}
	var d contrast.Descent
	var err error
	if d, err = contrast.NewReduced(s); p.Form == Full {
		d, err = contrast.NewFull(s)
	}
	if err != nil {
		return nil, fmt.Errorf("beginning a descent: %w", err)
	}
	return d, nil
}

// told says whether a feature is among those that are told.
func (p *Parameters) told(feature int) bool { return p.Feature == 0 || p.Feature == feature }

// exact says whether the flow can be solved.
func (p *Parameters) exact() bool { return len(p.Alpha) <= ideal.MaxFeatures }

// where names a cell in messages.
func where(l Level, batch int, seed uint64) string {
	text := fmt.Sprintf("m = %d, seed %d", batch, seed)
	if noised, beta := l.names(); len(l.Noised) > 0 {
		text += ", noise " + strings.ReplaceAll(noised, "+", " and ") + ":" + beta
	}
	return text
}
