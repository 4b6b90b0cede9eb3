package hessian

import (
	"kac/particles"
	"math"
	"testing"
)

// Phi of displacements with a known answer.
func TestPotential(t *testing.T) {
	w := []float64{0.6, 0.8, 0, -0.6, 0, 0.8}
	delta := []float64{0, 0, 3, 4, 0, 1}
	omega, psi, err := Potential(delta, w, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	// Psi: mean of (0, 3) and -(0, 1).
	if want := (3 + math.Sqrt(17)) / 2; math.Abs(omega-want) > 1e-15 || math.Abs(psi-1) > 1e-15 {
		t.Errorf("Omega %g, Psi %g; want %g, 1", omega, psi, want)
	}
	if _, _, err := Potential(delta, w, 3, 3); err == nil {
		t.Error("a wrong length was taken")
	}
}

// The slope against differences, one-sided where Delta = 0, and Lemma 15.
func TestPotentialSlope(t *testing.T) {
	const m, d = 5, 4
	w, delta, rate := particles.NewUniform(m, d, 31).W, particles.NewUniform(m, d, 32).W, particles.NewUniform(m, d, 33).W
	phi := func(h float64) float64 {
		x := make([]float64, m*d)
		for i := range x {
			x[i] = delta[i] + h*rate[i]
		}
		omega, psi, err := Potential(x, w, m, d)
		if err != nil {
			t.Fatal(err)
		}
		return omega + psi
	}
	slope := func() float64 {
		x, err := PotentialSlope(delta, rate, w, m, d)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	const h = 1e-5
	if got, want := slope(), (phi(h)-phi(-h))/(2*h); math.Abs(got-want) > 1e-9 {
		t.Errorf("slope %.12g, differences %.12g", got, want)
	}
	if got := math.Abs(slope()); got > 2 { // |G_i| = 1
		t.Errorf("slope %g above Lemma 15's bound 2", got)
	}
	clear(delta)
	if got, want := slope(), (phi(h)-phi(0))/h; math.Abs(got-want) > 1e-9 {
		t.Errorf("slope from 0: %.12g, differences %.12g", got, want)
	}
	if _, err := PotentialSlope(delta, rate[1:], w, m, d); err == nil {
		t.Error("a wrong length was taken")
	}
}

// What section 4.1 wants of Phi, with particles at +w* and -w*: the interaction
// does not raise it (P1), and the local Hessians lower it, by at least the
// convexity times Phi (P2). Omega alone fails the first.
func TestPotentialFalls(t *testing.T) {
	const m, d = 8, 5
	p := preset(t, "he4", d)
	_, second := field(t, p, particles.Auto, 1)
	w := make([]float64, m*d)
	for i := range m {
		w[i*d] = float64(1 - 2*(i%2))
	}
	unbalanced := make([]float64, m*d) // the same shift for three of the particles at +w*: the paper's example
	for _, i := range []int{0, 2, 4} {
		unbalanced[i*d+1] = 0.1
	}
	random := append([]float64(nil), particles.NewUniform(m, d, 41).W...)
	for i := range m {
		random[i*d] = 0 // tangent at the poles
	}
	for name, delta := range map[string][]float64{"random": random, "three of eight": unbalanced} {
		t.Run(name, func(t *testing.T) {
			descent := make([]float64, m*d)
			if err := second.Interaction(t.Context(), descent, delta, w, m); err != nil {
				t.Fatal(err)
			}
			for i := range descent {
				descent[i] = -descent[i]
			}
			slope, err := PotentialSlope(delta, descent, w, m, d)
			if err != nil {
				t.Fatal(err)
			}
			if slope > 1e-12 {
				t.Errorf("%s: the interaction raises Phi, slope %g", name, slope)
			}
			const h = 1e-6
			moved := make([]float64, m*d)
			for i := range moved {
				moved[i] = delta[i] + h*descent[i]
			}
			omega, psi, _ := Potential(delta, w, m, d)
			later, _, _ := Potential(moved, w, m, d)
			if name == "three of eight" && !(later > omega+h/100) {
				t.Errorf("Omega alone goes from %.9g to %.9g: it should rise", omega, later)
			}
			// D = -2 P, the local Hessian of a pole up to a factor: P2 with equality.
			for i := range descent {
				descent[i] = -2 * delta[i]
			}
			if slope, err = PotentialSlope(delta, descent, w, m, d); err != nil || math.Abs(slope+2*(omega+psi)) > 1e-12 {
				t.Errorf("%s: slope %g under D = -2 P, Phi = %g, error %v", name, slope, omega+psi, err)
			}
		})
	}
}
