package xor

import (
	"context"
	"math"

	"golang.org/x/sync/errgroup"

	"kac/internal/portable"
	"kac/internal/rng"
)

// correction is by how much sums of the cube's own law differ from those of the spherical rest, over their growth, at
// tau = k correctionGrid: means over drawn neurons of the difference to the spherical neuron of the same start, with
// standard errors. The variance is lowered by the regression on k_4 times the spherical value, where k_4 = sum
// u_i^4/c^4
// - 3/(D+2) has mean 0 and knows of the direction of u_perp alone.
type correction struct {
	draws int
	at    [][correctedKinds]corrected
}

type corrected struct{ value, se float64 }

// Sums that are corrected: the first ones of Table.
const correctedKinds = sumQ + 1

const (
	correctionGrid  = .5
	correctionBlock = 32 // neurons of one task
)

// moments add up over neurons, of x the difference and z the control.
type moments struct{ n, x, xx, z, zz, xz float64 }

func (m *moments) add(o moments) {
	m.n += o.n
	m.x += o.x
	m.xx += o.xx
	m.z += o.z
	m.zz += o.zz
	m.xz += o.xz
}

// mean is that of x, by regression on z, whose mean is 0.
func (m *moments) mean() corrected {
	x, z := m.x/m.n, m.z/m.n
	vx, vz, c := m.xx/m.n-x*x, m.zz/m.n-z*z, m.xz/m.n-x*z
	slope := 0.0
	if vz > 0 {
		slope = c / vz
	}
	return corrected{x - slope*z, math.Sqrt(math.Max(vx-slope*c, 0) / (m.n - 2))}
}

// CubeLaw makes the table that of inputs on the cube itself, in place of the spherical rest, from that many drawn
// neurons (at least 64) up to its last clock; their standard errors enter the table's errors, doubled. The heavy part
// and Independent stay those of the spherical rest. Results do not depend on workers.
func (t *Table) CubeLaw(ctx context.Context, draws int, seed uint64, workers int, progress func(share float64)) error {
	points := int(math.Ceil(t.Tau()/correctionGrid)) + 2
	blocks := (max(draws, 64) + correctionBlock - 1) / correctionBlock
	part := make([][][correctedKinds]moments, blocks)
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(workersOr(workers))
	r := newRest(t.dim)
	done := make(chan struct{}, blocks)
	for b := range blocks {
		group.Go(func() error {
			var err error
			part[b], err = correctionPart(inner, r, t.dim, points, b, seed)
			done <- struct{}{}
			return err
		})
	}
	go func() {
		_ = group.Wait()
		close(done)
	}()
	finished := 0.0
	for range done {
		if finished++; progress != nil {
			progress(finished / float64(blocks))
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	c := &correction{blocks * correctionBlock, make([][correctedKinds]corrected, points)}
	for k := range points {
		for kind := range correctedKinds {
			var all moments
			for _, p := range part {
				all.add(p[k][kind])
			}
			c.at[k][kind] = all.mean()
		}
	}
	t.cube = c
	return nil
}

// correctionPart follows a block of neurons by both laws.
func correctionPart(ctx context.Context, r *rest, dim, points, block int, seed uint64) ([][correctedKinds]moments, error) {
	out := make([][correctedKinds]moments, points)
	f := newFlight(dim)
	u := make([]float64, dim)
	m := &mover{rest: r, tol: 1e-9}
	for i := range correctionBlock {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s := rng.New(seed, rng.Quadrature, uint64(block*correctionBlock+i))
		s.FillNormal(u)
		y, fourth := unit(u)
		f.begin(u)
		m.begin()
		for k := range points {
			if k > 0 {
				f.advance(correctionGrid)
				m.advance(&y, float64(k-1)*correctionGrid, float64(k)*correctionGrid, nil)
			}
			own := newSums(1, correctionGrid)
			own.take(0, 1, &y, r)
			cube := portable.Exp(2 * f.y[dim])
			values := [correctedKinds]float64{sumM: cube, sumGamma: cube * f.psi(), sumP: cube * f.y[0] * f.y[0], sumQ: cube * f.y[1] * f.y[1]}
			for kind, v := range values {
				g := growth(kind, float64(k)*correctionGrid)
				x, z := (v-own.at[0][kind])/g, fourth*own.at[0][kind]/g
				out[k][kind].add(moments{1, x, x * x, z, z * z, x * z})
			}
		}
	}
	return out, nil
}

// unit scales u to length 1, with its first two coordinates positive: those along the diagonals. It returns the neuron,
// and k_4.
func unit(u []float64) (y neuron, fourth float64) {
	square, rest := 0.0, 0.0
	for i, x := range u {
		square += x * x
		if i >= 2 {
			rest += x * x
			fourth += x * x * x * x
		}
	}
	norm := 1 / math.Sqrt(square)
	for i := range u {
		u[i] *= norm
	}
	u[0], u[1] = math.Abs(u[0]), math.Abs(u[1])
	return neuron{u[0], u[1], math.Sqrt(rest) * norm, 0}, fourth/(rest*rest) - 3/(float64(len(u)-2)+2)
}

// add is the correction of a sum at tau, with twice its standard error: cubic interpolation in tau.
func (c *correction) add(kind int, tau float64) (value, wrong float64) {
	x := tau / correctionGrid
	first := min(max(int(x)-1, 0), len(c.at)-4)
	for j := range 4 {
		l := 1.0
		for i := range 4 {
			if i != j {
				l *= (x - float64(first+i)) / float64(j-i)
			}
		}
		value += l * c.at[first+j][kind].value
		wrong = math.Max(wrong, c.at[first+j][kind].se)
	}
	g := growth(kind, tau)
	return value * g, 2 * wrong * g
}
