package meanfield

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// equation is the Volterra equation (I + K) e = h of one sector in its discrete form, factored panel by panel: with the
// factors of volterra, K[i,j] = omega_ij left_i right_j^T, omega the rule's weight for j in the past, h inner_ij within
// a panel.
type equation struct {
	v    *volterra
	lu   []mat.LU // of I + K on the panels
	size int      // collocation times of a panel, times rank
}

func (v *volterra) equation() (*equation, error) {
	rule := v.tr.rule
	q := &equation{v: v, size: len(rule.node) * v.rank}
	panels := len(v.tr.cuts) - 1
	q.lu = make([]mat.LU, panels)
	for b := range panels {
		h := v.tr.cuts[b+1] - v.tr.cuts[b]
		own := v.by.of(q.rows(v.left, b), q.rows(v.right, b).T())
		for i := range q.size {
			row := own.RawRowView(i)
			for j := range row {
				row[j] *= h * rule.inner[i/v.rank][j/v.rank]
			}
			row[i]++
		}
		q.lu[b].Factorize(own)
		if c := q.lu[b].Cond(); !(c < 1e15) {
			return nil, fmt.Errorf("meanfield: the linear response of degree %d around t = %g is singular (condition %.1e)", v.sector.degree, v.tr.cuts[b], c)
		}
	}
	return q, nil
}

// rows are those of panel b of a matrix with rows (time, f).
func (q *equation) rows(m *mat.Dense, b int) *mat.Dense {
	_, c := m.Dims()
	return m.Slice(b*q.size, (b+1)*q.size, 0, c).(*mat.Dense)
}

// weigh multiplies the rows of panel b by the rule's weights.
func (q *equation) weigh(m *mat.Dense, b int) {
	rows, cols := m.Dims()
	for i := range rows {
		w := q.v.tr.step(b*len(q.v.tr.rule.node) + i/q.v.rank)
		row := m.RawRowView(i)
		for j := range cols {
			row[j] *= w
		}
	}
}

// solve replaces h, rows (time, f), by e, panel by panel: what the past does goes through the inner index of left and
// right, which is short.
func (q *equation) solve(h *mat.Dense) error {
	_, inner := q.v.left.Dims()
	_, cols := h.Dims()
	past := mat.NewDense(inner, cols, nil)
	for b := range q.lu {
		e := q.rows(h, b)
		if b > 0 {
			q.v.by.add(e, -1, q.rows(q.v.left, b), past)
		}
		var x mat.Dense
		if err := q.lu[b].SolveTo(&x, false, e); err != nil {
			return fmt.Errorf("meanfield: linear response of degree %d: %w", q.v.sector.degree, err)
		}
		e.Copy(&x)
		q.weigh(&x, b)
		q.v.by.add(past, 1, q.rows(q.v.right, b).T(), &x)
	}
	return nil
}

// resolvent returns, for each collocation index that ends a panel, ascending, the rows X (rank x time, f) of
// K (I + K)^{-1}: X_j = R(t, t_j) w_j, so that the response to a field xi is int_0^t R(t,s) xi(s) ds = sum_j X_j xi_j.
// Solved from the last panel to the first, all t at once; nil for -1, t = 0.
func (q *equation) resolvent(ends []int) ([]*mat.Dense, error) {
	v, p, r := q.v, len(q.v.tr.rule.node), q.v.rank
	out := make([]*mat.Dense, len(ends))
	_, inner := v.left.Dims()
	// Rows of the times that have begun, the last time first.
	left := mat.NewDense(len(ends)*r, inner, nil)
	active, next := 0, len(ends)-1
	for b := len(q.lu) - 1; b >= 0; b-- {
		for ; next >= 0 && ends[next] == (b+1)*p-1; next-- {
			left.Slice(active*r, (active+1)*r, 0, inner).(*mat.Dense).Copy(v.left.Slice(ends[next]*r, (ends[next]+1)*r, 0, inner))
			out[next] = mat.NewDense(r, (ends[next]+1)*r, nil)
			active++
		}
		if active == 0 {
			continue
		}
		open := left.Slice(0, active*r, 0, inner).(*mat.Dense) // left_t less what later panels have taken
		rhs := v.by.of(q.rows(v.right, b), open.T())
		q.weigh(rhs, b)
		var x mat.Dense
		if err := q.lu[b].SolveTo(&x, true, rhs); err != nil {
			return nil, fmt.Errorf("meanfield: resolvent of degree %d: %w", v.sector.degree, err)
		}
		v.by.add(open, -1, x.T(), q.rows(v.left, b))
		first := len(ends) - active // the time whose rows come last
		for i := range active {
			t := out[first+active-1-i]
			for a := range r {
				for j := range q.size {
					t.Set(a, b*q.size+j, x.At(j, i*r+a))
				}
			}
		}
	}
	return out, nil
}
