package contrast

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"kac/bench"
)

func parameters(change func(*Parameters)) Parameters {
	p := Parameters{Dim: 8, Step: .1, Form: Reduced, Seeds: 40, Seed: 1}
	p.Alpha, p.Start, p.Noise = []float64{.9, .5}, ".3:.4,.05:.3", "1:1,0"
	p.Batches, p.Times, p.Tolerance = []int{4, 9}, []float64{0, .5, 1}, 1e-4
	if change != nil {
		change(&p)
	}
	return p
}

func TestSchema(t *testing.T) {
	if err := Schema.Check(); err != nil {
		t.Error(err)
	}
}

// Descents stand beside their flow: at step .02 the mean is within the errors, on the same draws noise on the first
// feature helps the second, and workers change nothing.
func TestDescentsFollowTheFlow(t *testing.T) {
	p := parameters(func(p *Parameters) { p.Step, p.Seeds, p.Times = .02, 60, []float64{.5, 1} })
	if err := p.Check(2); err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), p, 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range s.Rows {
		if z := (r.Error.Value - r.Flow) / math.Hypot(r.Error.SE, .004*r.Time); math.Abs(z) > 4 {
			t.Errorf("level %d, m %d, feature %d, time %v: %v +- %v, flow %v", r.Level, r.Batch, r.Feature, r.Time, r.Error.Value, r.Error.SE, r.Flow)
		}
		if e := s.Effects[i]; r.Level == 1 && r.Feature == 2 && r.Time == 1 && !(e.Value < -3*e.SE) {
			t.Errorf("m %d: the effect of noise is %v +- %v", r.Batch, e.Value, e.SE)
		}
	}
	one, err := Run(t.Context(), p, 1, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	for _, write := range []func(*Study) error{
		func(s *Study) error {
			return errors.Join(s.WriteCSV(&a), s.WriteGaps(&a), s.WriteSeeds(&a), s.WriteText(&a))
		},
	} {
		if err := write(s); err != nil {
			t.Fatal(err)
		}
		a, b = b, a
		if err := write(one); err != nil {
			t.Fatal(err)
		}
	}
	if a.String() != b.String() || a.Len() < 1000 {
		t.Error("one worker gives other tables")
	}
}

// Gradient descent tends to the flow like the first power of the step: the mean of its error minus the flow's, on 4000
// seeds, halves with the step.
func TestStepGapIsOfFirstOrder(t *testing.T) {
	gap := func(step float64) (float64, float64) {
		p := parameters(func(p *Parameters) {
			p.Step, p.Seeds, p.Times, p.Batches, p.Noise, p.Tolerance, p.Dim = step, 4000, []float64{1}, []int{4}, "", 1e-5, 32
		})
		if err := p.Check(2); err != nil {
			t.Fatal(err)
		}
		s, err := Run(t.Context(), p, 2, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		r := s.Rows[0]
		return r.Error.Value - r.Flow, r.Error.SE
	}
	wide, seWide := gap(.1)
	narrow, seNarrow := gap(.05)
	order := math.Log2(wide / narrow)
	se := math.Hypot(seWide/wide, seNarrow/narrow) / math.Ln2
	t.Logf("%v +- %v, %v +- %v: order %.2f +- %.2f", wide, seWide, narrow, seNarrow, order, se)
	if !(narrow > 5*seNarrow) || math.Abs(order-1) > .2+3*se {
		t.Errorf("the step's gap is %v +- %v at .1 and %v +- %v at .05", wide, seWide, narrow, seNarrow)
	}
}

// More than three features have no exact flow, but the limit and the constant.
func TestManyFeatures(t *testing.T) {
	p := parameters(func(p *Parameters) {
		p.Alpha, p.Start, p.Noise, p.Feature, p.Seeds = []float64{.9, .5, .2, .1}, ".2:.2,.2:.2,.1:.1,.1:.1", "1:1", 4, 3
	})
	if err := p.Check(1); err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), p, 1, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := s.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != 1+2*3 || len(s.Notes) == 0 {
		t.Errorf("%d lines, notes %q\n%s", n, s.Notes, out.String())
	}
	if _, err := s.Picture(); err != nil {
		t.Error(err)
	}
}

// A sweep's cells are the verb's descents, come back from their record, and go on with the same bits.
func TestCells(t *testing.T) {
	for _, form := range []string{Reduced, Full} {
		t.Run(form, func(t *testing.T) {
			p := parameters(func(p *Parameters) { p.Form, p.Noise, p.Seeds = form, "1:.5", 2 })
			if err := p.Check(1); err != nil {
				t.Fatal(err)
			}
			whole, err := Run(t.Context(), p, 1, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			groups, err := p.Groups()
			if err != nil || len(groups) != 1 {
				t.Fatal(groups, err)
			}
			facts := groups[0].Study.Facts()
			data, err := json.Marshal(facts.Parameters)
			if err != nil {
				t.Fatal(err)
			}
			back, err := Restore(data, 0)
			if err != nil {
				t.Fatal(err)
			}
			again := back.Facts()
			a, _ := facts.IdentitySum()
			if b, _ := again.IdentitySum(); a != b {
				t.Error("another identity from its record")
			}
			r, err := back.Prepare(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for batch, m := range p.Batches {
				for seed := range p.Seeds {
					want, err := r.RunCell(t.Context(), m, p.Seed+uint64(seed), bench.CellOptions{})
					if err != nil {
						t.Fatal(err)
					}
					for i := range p.Times {
						if got := whole.cells[batch*p.Seeds+seed][2*i+1]; got != want[4*i+1] {
							t.Errorf("m %d, seed %d: %v in the sweep, %v in the verb", m, seed, want[4*i+1], got)
						}
					}
					if got := stopped(t, r, m, p.Seed+uint64(seed)); fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("m %d: %v after stops, want %v", m, got, want)
					}
				}
			}
			if _, err := r.RunCell(t.Context(), 4, 1, bench.CellOptions{Before: []byte("{")}); !errors.Is(err, bench.ErrCellState) {
				t.Error(err)
			}
			if _, err := r.RunCell(t.Context(), 4, 1, bench.CellOptions{Before: []byte(`{"steps":1,"state":[1],"rows":[]}`)}); !errors.Is(err, bench.ErrCellState) {
				t.Error(err)
			}
			limit, err := r.(bench.Limited).Limit(t.Context())
			if err != nil || len(limit.Rows) != 3 || limit.Rows[2][1] != whole.Rows[5].Limit {
				t.Errorf("limit %v, %v", limit, err)
			}
		})
	}
}

// stopped runs a cell that is stopped at every save.
func stopped(t *testing.T, r bench.Runner, m int, seed uint64) []float64 {
	var state []byte
	for range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		got, err := r.RunCell(ctx, m, seed, bench.CellOptions{Before: state, Save: func(b []byte) error {
			state = append([]byte(nil), b...)
			cancel()
			return nil
		}})
		cancel()
		if err == nil {
			return got
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	t.Fatal("it does not come to an end")
	return nil
}

// Steps that are far too long leave the numbers, and an error says where.
func TestDivergence(t *testing.T) {
	p := parameters(func(p *Parameters) {
		p.Alpha, p.Start, p.Noise, p.Step, p.Times, p.Seeds = []float64{.9, .5, .2, .1}, "1:1,1:1,1:1,1:1", "", 10, []float64{100}, 1
		p.Dim = 1000
	})
	if err := p.Check(1); err != nil {
		t.Fatal(err)
	}
	p.Times = []float64{5000} // more than is allowed
	var far *bench.NonFiniteError
	if _, err := Run(t.Context(), p, 1, nil, nil); !errors.As(err, &far) {
		t.Errorf("no error of a number that is too large: %v", err)
	}
}

// Noise on feature 1 raises the rate of feature 2 at random points.
func TestTheorem(t *testing.T) {
	p := TheoremParameters{Batches: []int{2, 8, 64}, Points: 12, Norm2: 1, Seed: 2, Tolerance: 1e-4}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	theorem, err := RunTheorem(t.Context(), p, 2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range theorem.Rows {
		r := &theorem.Rows[i]
		if !(r.Rise() > r.Wrong) || !(r.turn(r.Noised) < r.turn(r.Rate)) {
			t.Errorf("point %d, m %d: the rate is %v under noise and %v without", r.Point, r.Batch, r.Noised, r.Rate)
		}
	}
}
