package meanfield

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// factors fills left, right and the free term phi(a_t(b)), which becomes e.
func (v *volterra) factors() {
	tr, s := v.tr, v.sector
	v.rank = s.functions
	n, times := len(tr.weight), len(tr.a)
	phi, slope := make([]float64, v.rank), make([]float64, v.rank)
	v.e0 = mat.NewDense(v.rank, n, nil)
	for i := range n {
		s.at(tr.a0[i], tr.c0[i], phi, slope)
		for f := range phi {
			v.e0.Set(f, i, phi[f])
		}
	}
	if times == 0 {
		return
	}
	close := len(v.near.weight)
	inner := close
	if s.lambda > 0 {
		inner += n
	}
	v.left, v.right = mat.NewDense(times*v.rank, inner, nil), mat.NewDense(times*v.rank, inner, nil)
	v.e = mat.NewDense(times*v.rank, n, nil)
	for t := range times {
		for i, w := range v.near.weight {
			s.at(v.near.a[t][i], v.near.c[t][i], phi, slope)
			c2, jac := v.near.c[t][i]*v.near.c[t][i], v.near.j[t][i]
			for f := range slope {
				row := t*v.rank + f
				v.left.Set(row, i, w*slope[f]*c2*jac)
				v.right.Set(row, i, slope[f]/jac)
			}
		}
		for i := range n {
			c2 := tr.c[t][i] * tr.c[t][i]
			s.at(tr.a[t][i], tr.c[t][i], phi, slope)
			for f := range phi {
				row := t*v.rank + f
				v.e.Set(row, i, phi[f])
				if s.lambda > 0 {
					v.left.Set(row, close+i, tr.weight[i]*s.lambda*phi[f])
					v.right.Set(row, close+i, phi[f]/c2)
				}
			}
		}
	}
}

// solve marches through the panels: the past enters by the rule's weights, the
// panel itself by the collocation matrix.
func (v *volterra) solve(ctx context.Context) error {
	v.factors()
	if v.e == nil {
		return nil
	}
	tr := v.tr
	p, n := len(tr.rule.node), len(tr.weight)
	size := p * v.rank
	_, inner := v.left.Dims()
	for panel := 0; panel+1 < len(tr.cuts); panel++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("meanfield: 1/m constant stopped at t = %g: %w", tr.cuts[panel], err)
		}
		h := tr.cuts[panel+1] - tr.cuts[panel]
		lo, hi := panel*size, (panel+1)*size
		k := v.by.of(v.left.Slice(lo, hi, 0, inner), v.right.Slice(0, hi, 0, inner).T())
		rhs := v.e.Slice(lo, hi, 0, n).(*mat.Dense)
		if lo > 0 {
			past := k.Slice(0, size, 0, lo).(*mat.Dense)
			for row := range size {
				x := past.RawRowView(row)
				for col := range x {
					x[col] *= tr.step(col / v.rank)
				}
			}
			v.by.add(rhs, -1, past, v.e.Slice(0, lo, 0, n))
		}
		m := mat.NewDense(size, size, nil)
		for row := range size {
			for col := range size {
				x := h * tr.rule.inner[row/v.rank][col/v.rank] * k.At(row, lo+col)
				if row == col {
					x++
				}
				m.Set(row, col, x)
			}
		}
		var e mat.Dense
		if err := e.Solve(m, rhs); err != nil {
			return fmt.Errorf("meanfield: 1/m constant, degree %d, around t = %g: %w", v.sector.degree, tr.cuts[panel], err)
		}
		rhs.Copy(&e)
	}
	return nil
}

// response returns e at the collocation time k, -1 for t = 0: rank rows.
func (v *volterra) response(k int) *mat.Dense {
	if k < 0 {
		return v.e0
	}
	return v.e.Slice(k*v.rank, (k+1)*v.rank, 0, len(v.tr.weight)).(*mat.Dense)
}

// constant adds the sector's part of C(t).
func (v *volterra) constant(out *Fluctuation) {
	for i, t := range out.Times {
		e := v.response(v.tr.index(t))
		square, mean2 := 0.0, 0.0
		for f := range v.rank {
			mean := 0.0
			for b, w := range v.tr.weight {
				x := e.At(f, b)
				square += w * x * x
				mean += w * x
			}
			mean2 += mean * mean
		}
		if v.sector.degree > 0 {
			mean2 = 0
		}
		out.Constant[i] += v.sector.count * (square - mean2)
	}
}

// coupling adds the sector's part of
//
//	int d mu_0 sum_l N_l int d mu_0(b) [x^2/c^2 + lambda c^2 y^2]       (l = 0: x centred over b)
//	x = -c_t^2 J_t int phi'(a_s).e(s;b)/J_s ds,   y = -int phi(a_s).e(s;b)/c_s^2 ds,
//
// for blocks of nodes, so that node pairs are never all in memory.
func (v *volterra) coupling(ctx context.Context, out *Fluctuation) error {
	if v.e == nil {
		return nil
	}
	for lo := 0; lo < len(v.near.weight); lo += couplingBlock {
		hi := min(lo+couplingBlock, len(v.near.weight))
		if err := v.couplingOf(ctx, out, lo, hi, func(i, k int) float64 {
			x := v.near.c[k][i] * v.near.j[k][i]
			return v.near.weight[i] * x * x
		}, false); err != nil {
			return err
		}
	}
	if v.sector.lambda == 0 {
		return nil
	}
	for lo := 0; lo < len(v.tr.weight); lo += couplingBlock {
		hi := min(lo+couplingBlock, len(v.tr.weight))
		if err := v.couplingOf(ctx, out, lo, hi, func(i, k int) float64 {
			return v.tr.weight[i] * v.sector.lambda * v.tr.c[k][i] * v.tr.c[k][i]
		}, true); err != nil {
			return err
		}
	}
	return nil
}

const couplingBlock = 128

// couplingOf adds factor(i, k) int d mu_0(b) (int right_i . e(s;b) ds)^2 for the nodes i from lo to hi, of x or,
// across, of y.
func (v *volterra) couplingOf(ctx context.Context, out *Fluctuation, lo, hi int, factor func(i, k int) float64, across bool) error {
	first, weight := 0, v.near.weight
	if across { // their columns of right come after those of x
		first, weight = len(v.near.weight), v.tr.weight
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("meanfield: coupling constant: %w", err)
	}
	x := mat.NewDense(hi-lo, len(v.tr.weight), nil)
	done := 0
	for i, t := range out.Times {
		k := v.tr.index(t)
		if k < 0 {
			continue
		}
		v.extend(x, first+lo, first+hi, done, k+1)
		done = k + 1
		for row := range hi - lo {
			own := factor(lo+row, k)
			square, mean := v.square(x.RawRowView(row))
			out.Coupling[i] += v.sector.count * own * square
			if w := weight[lo+row]; v.mean != nil && w > 0 {
				v.mean.add(i, lo+row, across, x.RawRowView(row), mean, math.Sqrt(own/w), v.sector.count*own/w*square)
			}
		}
	}
	return nil
}

// extend adds to x, rows (columns lo..hi of right), the integral over the
// collocation times from..to.
func (v *volterra) extend(x *mat.Dense, lo, hi, from, to int) {
	if from == to {
		return
	}
	right := mat.DenseCopyOf(v.right.Slice(from*v.rank, to*v.rank, lo, hi))
	rows, _ := right.Dims()
	for row := range rows {
		w := v.tr.step(from + row/v.rank)
		x := right.RawRowView(row)
		for col := range x {
			x[col] *= w
		}
	}
	v.by.add(x, 1, right.T(), v.e.Slice(from*v.rank, to*v.rank, 0, len(v.tr.weight)))
}

// square is the variance of x over b in degree 0, where all sources together
// change nothing, else the mean square; mean is what is taken off.
func (v *volterra) square(x []float64) (square, mean float64) {
	for b, w := range v.tr.weight {
		square += w * x[b] * x[b]
		mean += w * x[b]
	}
	if v.sector.degree > 0 {
		return math.Max(square, 0), 0
	}
	square -= mean * mean
	return math.Max(square, 0), mean
}
