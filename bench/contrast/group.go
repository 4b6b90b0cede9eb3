package contrast

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"kac/bench"
	ideal "kac/meanfield/contrast"
)

// group is one level of noise and one feature: all but batch and seed is fixed.
type group struct{ Parameters }

// NewGroup makes the study of parameters for a sweep. Without a feature it is the last one without noise.
func NewGroup(p Parameters) (bench.Study, error) {
	if err := p.Check(1); err != nil {
		return nil, err
	}
	if len(p.levels) > 1 {
		return nil, bench.Refuse("noise", p.Noise, "a group of a sweep has one level of noise; write a list of levels, such as [\"1:1\", \"1:0\"]")
	}
	if p.Feature == 0 {
		p.Feature = p.unnoised()
	}
	return &group{p}, nil
}

// Restore makes the study of recorded parameters.
func Restore(parameters json.RawMessage, _ float64) (bench.Study, error) {
	var p Parameters
	if err := bench.ReadParameters(parameters, &p); err != nil {
		return nil, err
	}
	return NewGroup(p)
}

// Groups are the studies of a measurement, one a level of noise, for its plan.
func (p Parameters) Groups() ([]bench.Group, error) {
	var out []bench.Group
	for _, l := range p.levels {
		one := p
		noised, beta := l.names()
		one.Noise = ""
		for i, k := range l.Noised {
			if i > 0 {
				one.Noise += ","
			}
			one.Noise += fmt.Sprintf("%d:%s", k, bench.Number(l.Beta[i]))
		}
		s, err := NewGroup(one)
		if err != nil {
			return nil, err
		}
		out = append(out, bench.Group{Name: "contrast-" + noised + "-" + beta, Study: s})
	}
	return out, nil
}

// Facts implements bench.Study.
func (g *group) Facts() bench.Facts {
	identity := g.Parameters
	identity.Batches, identity.Seeds, identity.Seed, identity.Tolerance = nil, 0, 0, 0
	line := identity
	line.Times = nil
	noised, beta := g.levels[0].names()
	return bench.Facts{
		Schema: Schema, Problem: "features", Dim: g.Dim, Labels: []any{noised, beta, g.Feature, g.Step},
		Sizes: g.Batches, FirstSeed: g.Seed, Seeds: g.Seeds, Points: len(g.Times), Times: g.Times,
		Parameters: g.Parameters, Identity: identity, Line: line, Precision: bench.Float64,
	}
}

// Cost is steps times similarities and draws.
func (g *group) Cost(batch int) bench.Cost {
	k, m, d := float64(len(g.Alpha)), float64(batch), float64(g.Dim)
	normals := k * (2*m + d)
	if g.Form == Full {
		normals = 2 * k * m * d
	}
	steps := float64(g.steps(g.Times[len(g.Times)-1]))
	state := 64 * (k*(d+2) + float64(len(g.Times)))
	return bench.Cost{Work: math.Max(steps, 1) * (m*m*(20+8*k) + 60*normals), Memory: g.cellBytes(batch), State: state, Final: state / 2}
}

// Prepare implements bench.Study: the limit is a closed form.
func (g *group) Prepare(context.Context, func(share float64)) (bench.Runner, error) {
	return &runner{g}, nil
}

type runner struct{ *group }

// Limit implements bench.Limited.
func (r *runner) Limit(context.Context) (*bench.Limit, error) {
	out := &bench.Limit{}
	begin := r.under(r.levels[0])
	for _, t := range r.Times {
		c := ideal.Constants(begin, t, r.Decay)[r.Feature-1]
		if !c.Exists {
			c.Value = math.NaN()
		}
		out.Rows = append(out.Rows, []float64{t, begin[r.Feature-1].ErrorAt(t), c.Value})
	}
	if notes := r.unsettled(); len(notes) > 0 {
		out.Note, out.Lacks = notes[0], "C(t)"
	}
	return out, nil
}

// cellState is a cell's checkpoint.
type cellState struct {
	Steps int       `json:"steps"`
	State []float64 `json:"state"`
	Rows  []float64 `json:"rows"`
}

// checkEvery is how many steps of small batches are made between looks at the clock.
func checkEvery(batch int) int { return max(1, 1024/batch) }

// RunCell implements bench.Runner.
func (r *runner) RunCell(ctx context.Context, batch int, seed uint64, o bench.CellOptions) ([]float64, error) {
	level := r.levels[0]
	d, err := r.descent(level, batch, seed)
	if err != nil {
		return nil, err
	}
	columns, k := len(Schema.Columns), len(r.Alpha)
	var s cellState
	if o.Before != nil {
		if err := bench.ReadState(o.Before, &s); err != nil {
			return nil, err
		}
		if len(s.Rows)%columns != 0 || len(s.Rows) > columns*len(r.Times) {
			return nil, bench.StateError(fmt.Errorf("%d numbers in rows of %d", len(s.Rows), columns))
		}
		if err := d.Continue(s.Steps, s.State); err != nil {
			return nil, bench.StateError(err)
		}
	}
	begin := r.under(level)[r.Feature-1]
	errors, norms := make([]float64, k), make([]float64, k)
	keeper, total := o.Keeper(), r.steps(r.Times[len(r.Times)-1])
	for {
		for i := len(s.Rows) / columns; i < len(r.Times) && r.steps(r.Times[i]) == d.Steps(); i++ {
			if err := finite(d, k, r.Times[i], func() string { return where(level, batch, seed) }); err != nil {
				return nil, err
			}
			d.Errors(errors)
			d.Norms2(norms)
			e := errors[r.Feature-1]
			s.Rows = append(s.Rows, r.Times[i], e, e-begin.ErrorAt(r.Times[i]), norms[r.Feature-1])
		}
		if d.Steps() >= total {
			if o.Final == nil {
				return s.Rows, nil
			}
			s.Steps, s.State = d.Steps(), d.State()
			b, err := bench.JSON(s)
			if err == nil {
				err = o.Final(b)
			}
			return s.Rows, err
		}
		if o.Interval > 0 && d.Steps()%checkEvery(batch) != 0 { // the clock takes as long as a small step's tenth
			d.Advance()
			continue
		}
		if keeper.Due() {
			if err := finite(d, k, float64(d.Steps())*r.Step, func() string { return where(level, batch, seed) }); err != nil {
				return nil, err
			}
		}
		if err := keeper.Between(ctx, float64(d.Steps())/float64(total), func() ([]byte, error) {
			s.Steps, s.State = d.Steps(), d.State()
			return bench.JSON(s)
		}); err != nil {
			return nil, err
		}
		d.Advance()
	}
}
