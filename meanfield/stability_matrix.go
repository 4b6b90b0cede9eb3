package meanfield

import (
	"fmt"
	"math"

	"kac/internal/ode"
)

// variationalMatrix is a particle in R^d with its d x d stability matrix.
type variationalMatrix struct {
	d, r  int
	field *Field
	grad  []float64
	nu    []float64
	local []float64 // D, d x d
	in    *ode.Integrator
}

func newVariationalMatrix(r *Reference, w []float64, s, tol float64) (*variationalMatrix, error) {
	d := r.problem.Dim()
	if len(w) != d {
		return nil, fmt.Errorf("meanfield: stability matrix of a particle with %d coordinates, the dimension is %d", len(w), d)
	}
	field, err := r.At(s)
	if err != nil {
		return nil, err
	}
	v := &variationalMatrix{d: d, r: r.problem.Rank(), field: field,
		grad: make([]float64, d), nu: make([]float64, d), local: make([]float64, d*d)}
	y := make([]float64, d+d*d)
	copy(y, w)
	for i := range d {
		for j := range d {
			y[d+i*d+j] = -w[i] * w[j]
		}
		y[d+i*d+i]++
	}
	if v.in, err = ode.New(ode.DOP853, v.rate, len(y), ode.Options{RelTol: tol, AbsTol: tol}); err != nil {
		return nil, err
	}
	return v, v.in.Start(s, y)
}

// rate is (nu(w), D(w) J); its signature is ode.Func.
func (v *variationalMatrix) rate(t float64, y, dy []float64) error {
	if err := v.field.Set(math.Min(t, v.field.r.horizon)); err != nil {
		return err
	}
	w, d := y[:v.d], v.d
	v.hessian(w)
	copy(dy, v.nu)
	for i := range d {
		row := dy[d+i*d : d+(i+1)*d]
		clear(row)
		for k, x := range v.local[i*d : (i+1)*d] {
			for j, z := range y[d+k*d : d+(k+1)*d] {
				row[j] += x * z
			}
		}
	}
	return nil
}

// hessian sets nu and D at w.
func (v *variationalMatrix) hessian(w []float64) {
	d := v.d
	var a float64
	dir := make([]float64, v.r) // v of the frame
	if v.r == 1 {
		a, dir[0] = w[0], 1
	} else {
		for _, x := range w[:v.r] {
			a += x * x
		}
		a = math.Sqrt(a)
		for i := range dir {
			dir[i] = w[i] / a
		}
	}
	e := (1 - a) * (1 + a)
	f1, f2 := v.field.f.slope.eval(a, a*a, e), v.field.f.second.eval(a, a*a, e)
	clear(v.grad)
	clear(v.local)
	radial := 0.0
	for i, x := range dir {
		v.grad[i] = f1 * x
		radial += v.grad[i] * w[i]
		for j, z := range dir {
			v.local[i*d+j] = f2 * x * z
			if v.r > 1 {
				v.local[i*d+j] -= f1 / a * x * z
			}
		}
		if v.r > 1 {
			v.local[i*d+i] += f1 / a
		}
	}
	// P M P, then the other two terms.
	along, twice := make([]float64, d), 0.0
	for i := range d {
		for j := range d {
			along[i] += v.local[i*d+j] * w[j]
		}
		twice += along[i] * w[i]
	}
	for i := range d {
		v.nu[i] = v.grad[i] - radial*w[i]
	}
	for i := range d {
		for j := range d {
			v.local[i*d+j] += -w[i]*along[j] - along[i]*w[j] + (twice+radial)*w[i]*w[j] - w[i]*v.nu[j]
		}
		v.local[i*d+i] -= radial
	}
}
