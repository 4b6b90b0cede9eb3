package ode

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"testing"
)

// pendulums is a stiff enough system for rejected steps.
func pendulums(t float64, y, dy []float64) error {
	for i := 0; i < len(y); i += 2 {
		dy[i], dy[i+1] = y[i+1], -float64(i+1)*math.Sin(y[i])+math.Sin(t*t)
	}
	return nil
}

// An integration cut after any step, saved and read again, goes on to the same bits.
func TestStateContinuesBitForBit(t *testing.T) {
	ends := []float64{3, 3.7, 9}
	start := []float64{1, 0, 2, .5, .1, -1}
	options := Options{RelTol: 1e-9, AbsTol: 1e-9}
	make := func() *Integrator {
		in, err := New(DOP853, pendulums, len(start), options)
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Start(0, start); err != nil {
			t.Fatal(err)
		}
		return in
	}
	whole := make()
	for _, end := range ends {
		if err := whole.Advance(context.Background(), end); err != nil {
			t.Fatal(err)
		}
	}
	if whole.Stats.Rejected == 0 {
		t.Error("no step was rejected: part of the state was not tested")
	}
	for every := 1; every <= 5; every++ { // saved and restored after each `every` steps
		in, steps := make(), 0
		for _, end := range ends {
			for in.Time() < end {
				if err := in.Step(context.Background(), end); err != nil {
					t.Fatal(err)
				}
				if steps++; steps%every != 0 {
					continue
				}
				saved, err := in.State().MarshalBinary()
				if err != nil {
					t.Fatal(err)
				}
				var s State
				if err := s.UnmarshalBinary(saved); err != nil {
					t.Fatal(err)
				}
				in = make()
				if err := in.Restore(s); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !reflect.DeepEqual(in.Y(), whole.Y()) || in.Stats.Accepted != whole.Stats.Accepted || in.Stats.Rejected != whole.Stats.Rejected {
			t.Errorf("cut after each %d steps: %v after %+v; whole: %v after %+v", every, in.Y(), in.Stats, whole.Y(), whole.Stats)
		}
	}
}

func FuzzState(f *testing.F) {
	s := State{Time: 1, NextStep: .5, LastError: 1e-4, AfterReject: true, Y: []float64{1, 2}, Stats: Stats{3, 1, 44}}
	b, err := s.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:64])
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		var s State
		if s.UnmarshalBinary(data) != nil {
			if s.Y != nil {
				t.Error("a refused state left something behind")
			}
			return
		}
		if again, _ := s.MarshalBinary(); !bytes.Equal(again, data) {
			t.Errorf("%x was read as %+v, which has another form", data, s)
		}
	})
}
