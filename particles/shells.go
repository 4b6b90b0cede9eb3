package particles

import "kac/internal/legendre"

// Shells are a task's activation and link on spheres: for x with |x| = R[i], which has the probability Mass[i], and
// unit w
//
//	sigma(<w,x>) = sum_l Activation[i][l] Pbar_l(<w,x>/|x|),   f*(x) = sum_l Link[i][l] Pbar_l(x_1/|x|)
//
// Pbar_l = sqrt(N(d,l)) P_l. Means over i of products are those of the Spectrum (docs/mathematics.md (2.8)): Q[l] of
// the activation with itself, G[l] of both.
type Shells struct {
	R, Mass          []float64
	Activation, Link [][]float64 // by shell, by degree
}

// Shells returns the coefficients up to degree, for tasks that have a Spectrum, whose errors it shares.
func (t *Task) Shells(degree int) (*Shells, error) {
	if _, err := t.Spectrum(); err != nil {
		return nil, err
	}
	link, _ := linkOf(t.target)
	radii := legendre.GaussianRadii(t.dim)
	if t.law == Sphere {
		radii = legendre.SphereRadii(t.dim)
	}
	s := &Shells{R: radii.R, Mass: radii.Mass}
	for _, f := range []struct {
		of Activation
		to *[][]float64
	}{{t.activation, &s.Activation}, {link, &s.Link}} {
		if f.of.legendre == t.dim && t.law == Sphere {
			c := make([]float64, degree+1)
			for l := range c {
				c[l] = f.of.inLegendre.Coefficient(l)
			}
			*f.to = [][]float64{c}
			continue
		}
		p, err := f.of.profile()
		if err != nil {
			return nil, err
		}
		*f.to = radii.Expand(p, degree).B
	}
	return s, nil
}
