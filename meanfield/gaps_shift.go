package meanfield

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// shift computes the mean shift b(t) = lim n E[f_n - f_MF], a function of degree 0, for data and for label noise: with
// fields zeta = Z(t) over columns of (I + K_l)^{-1} L_l, L_l L_l^T = E[r_s r_s' psi psi^T] (less its mean for l = 0;
// noise: the unit vectors), each node is moved by
//
//	I1 = J int <phi', zeta>/J ds,   I2 = int <phi, zeta>/c^2 ds
//
// and to second order, G_tt = c^2 (c^2 d3F - 2 a d2F),
//
//	S = sum_l N_l sum_Z [ G_tt I1^2/2 + c^2 <d2phi, zeta> I1 + lambda_l <phi', zeta> I2 ],   V = sum_l N_l sum_Z I1^2
//	h = int d mu_0 { phi_0' c^2 J int S/J ds + c^2 (c^2 d2phi_0 - 2 a phi_0') V/2 }
//	(I + K_0) b = h - K_0 xi,   xi = E_x[psi_0 sum_l N_l psi_l . int R_l r_s psi_l ds] - R_0 rho   (data only)
type shift struct {
	g    *gapSolver
	part [2]shiftPart // of data, of label noise
	self *mat.Dense   // xi: rows (time, f), one column
	zero *equation    // of degree 0
}

type shiftPart struct {
	variance, source [][]float64 // V and S without G_tt: collocation times x nodes of near
}

// How many functions of either kind take part where an expansion goes on without end: the shift is wanted to two
// digits.
const (
	endlessFunctions = 8
	mostFunctions    = 16
)

func (g *gapSolver) newShift() (*shift, error) {
	s := &shift{g: g, self: mat.NewDense(len(g.near.a)*g.space.own, 1, nil)}
	for i := range s.part {
		for range g.near.a {
			s.part[i].variance = append(s.part[i].variance, make([]float64, len(g.near.weight)))
			s.part[i].source = append(s.part[i].source, make([]float64, len(g.near.weight)))
		}
	}
	return s, nil
}

// functions is how many of n take part.
func (s *shift) functions(n int) int {
	most := mostFunctions
	if x := s.g.r.spectrum(); x != nil && x.Tail > 0 || x != nil && len(x.Q) > mostSectors {
		most = endlessFunctions
	}
	if s.g.grid == 0 && n > most {
		most = int(fewerShare * float64(most))
	}
	return min(n, most)
}

// add adds what the fields of a sector do.
func (s *shift) add(q *equation, psi *mat.Dense) error {
	space, v := s.g.space, q.v
	all, _ := space.residual.Dims()
	ng, nf := s.functions(all), s.functions(v.rank)
	if v.sector.degree == 0 {
		s.zero = q
	}
	// The fields rho_g e_f and their answers.
	pairs := ng * nf
	field := mat.NewDense(len(v.tr.a)*v.rank, pairs, nil)
	for t := range v.tr.a {
		for g := range ng {
			for f := range nf {
				field.Set(t*v.rank+f, g*nf+f, space.rho.At(t, g))
			}
		}
	}
	z := mat.DenseCopyOf(field)
	if err := q.solve(z); err != nil {
		return err
	}
	field.Sub(field, z) // R times the fields
	s.own(v, field, psi, ng, nf)

	columns, signs, err := s.columns(v, z, psi, ng, nf)
	if err != nil {
		return err
	}
	unit := mat.NewDense(len(v.tr.a)*v.rank, v.rank, nil)
	for row := range len(v.tr.a) * v.rank {
		unit.Set(row, row%v.rank, 1)
	}
	if err := q.solve(unit); err != nil {
		return err
	}
	var fields mat.Dense
	fields.Augment(columns, unit)
	parts := make([]*shiftPart, len(signs)+v.rank)
	for i := range parts {
		parts[i] = &s.part[0]
		if i >= len(signs) {
			parts[i], signs = &s.part[1], append(signs, 1)
		}
	}
	s.move(v, &fields, signs, parts)
	return nil
}

// own adds a sample's effect on itself: E_x[psi_0 N_l psi_l . answer], and for l = 0 less the mean's.
func (s *shift) own(v *volterra, answer, psi *mat.Dense, ng, nf int) {
	space := s.g.space
	// moments[(f0), (g f f')] = E g psi_f psi_f' psi_0.
	values := mat.NewDense(ng*nf*v.rank, len(space.weight), nil)
	for g := range ng {
		for f := range nf {
			for e := range v.rank {
				row := values.RawRowView((g*nf+f)*v.rank + e)
				for q, w := range space.weight {
					row[q] = w * space.residual.At(g, q) * psi.At(f, q) * psi.At(e, q)
				}
			}
		}
	}
	zero := space.residual.Slice(0, space.own, 0, len(space.weight))
	moments := v.by.of(zero, values.T())
	for t := range v.tr.a {
		for f0 := range space.own {
			sum := 0.0
			m := moments.RawRowView(f0)
			for pair := range ng * nf {
				for e := range v.rank {
					sum += m[pair*v.rank+e] * answer.At(t*v.rank+e, pair)
				}
			}
			sum *= v.sector.count
			if v.sector.degree == 0 {
				for f := range min(ng, nf) {
					sum -= answer.At(t*v.rank+f0, f*nf+f)
				}
			}
			row := t*space.own + f0
			s.self.Set(row, 0, s.self.At(row, 0)+sum)
		}
	}
}

// columns turns the answers z to all pairs into those to uncorrelated fields; for l = 0 the mean's is taken off.
func (s *shift) columns(v *volterra, z, psi *mat.Dense, ng, nf int) (columns *mat.Dense, signs []float64, err error) {
	space := s.g.space
	values := mat.NewDense(ng*nf, len(space.weight), nil)
	for g := range ng {
		for f := range nf {
			row := values.RawRowView(g*nf + f)
			for q, w := range space.weight {
				row[q] = math.Sqrt(w) * space.residual.At(g, q) * psi.At(f, q)
			}
		}
	}
	gram := mat.NewSymDense(ng*nf, nil)
	gram.SymOuterK(1, values)
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, true) {
		return nil, nil, fmt.Errorf("meanfield: the mean shift, degree %d: no eigenvalues", v.sector.degree)
	}
	lambda := eigen.Values(nil)
	var u mat.Dense
	eigen.VectorsTo(&u)
	const nothing = 1e-15
	first := 0
	for first < len(lambda)-1 && !(lambda[first] > nothing*lambda[len(lambda)-1]) {
		first++
	}
	kept := len(lambda) - first
	signs = make([]float64, kept)
	factor := mat.NewDense(ng*nf, kept, nil)
	for i := range kept {
		signs[i] = 1
		root := math.Sqrt(math.Max(0, lambda[first+i]))
		for j := range ng * nf {
			factor.Set(j, i, root*u.At(j, first+i))
		}
	}
	if v.sector.degree == 0 {
		signs = append(signs, -1)
		factor = factor.Grow(0, 1).(*mat.Dense)
		for f := range min(ng, nf) {
			factor.Set(f*nf+f, kept, 1)
		}
	}
	return v.by.of(z, factor), signs, nil
}

// move adds what the fields of all columns do to the nodes, each to its part.
func (s *shift) move(v *volterra, columns *mat.Dense, signs []float64, parts []*shiftPart) {
	near, rule := s.g.near, v.tr.rule
	n, p, rank, cols := len(near.weight), len(rule.node), v.rank, len(signs)
	// A block of columns x nodes for each time of a panel: <phi',zeta>/J, <d2phi,zeta>, <phi,zeta>/c^2, and the
	// integrals of the first and last of them, which start from those of the panel before.
	blocks := func() *mat.Dense { return mat.NewDense(p*cols, n, nil) }
	push, bend, along := blocks(), blocks(), blocks()
	var turn, across *mat.Dense
	if v.sector.lambda > 0 {
		turn, across = blocks(), blocks()
	}
	of := func(m *mat.Dense, i int) *mat.Dense { return m.Slice(i*cols, (i+1)*cols, 0, n).(*mat.Dense) }
	phi, slope, second := mat.NewDense(rank, n, nil), mat.NewDense(rank, n, nil), mat.NewDense(rank, n, nil)
	f0, f1, f2 := make([]float64, rank), make([]float64, rank), make([]float64, rank)
	weights := mat.NewDense(p, p, nil)
	integrate := func(sum, x *mat.Dense) {
		for i := range p - 1 {
			of(sum, i).Copy(of(sum, p-1))
		}
		// Every element of a block is a function of time of its own.
		v.by.add(mat.NewDense(p, cols*n, sum.RawMatrix().Data), 1, weights, mat.NewDense(p, cols*n, x.RawMatrix().Data))
	}
	for b := 0; b+1 < len(v.tr.cuts); b++ {
		h := v.tr.cuts[b+1] - v.tr.cuts[b]
		push.Zero()
		bend.Zero()
		if turn != nil {
			turn.Zero()
		}
		for i := range p {
			t := b*p + i
			for j, w := range rule.inner[i] {
				weights.Set(i, j, h*w)
			}
			for k, jac := range near.j[t] {
				a, c := near.a[t][k], near.c[t][k]
				v.sector.at(a, c, f0, f1)
				v.sector.bend(a, c, f2)
				for f := range rank {
					phi.Set(f, k, f0[f]/(c*c))
					slope.Set(f, k, f1[f]/jac)
					second.Set(f, k, f2[f])
				}
			}
			zeta := columns.Slice(t*rank, (t+1)*rank, 0, cols).T()
			v.by.add(of(push, i), 1, zeta, slope)
			v.by.add(of(bend, i), 1, zeta, second)
			if turn != nil {
				v.by.add(of(turn, i), 1, zeta, phi)
			}
		}
		integrate(along, push)
		if turn != nil {
			integrate(across, turn)
		}
		for i := range p {
			t := b*p + i
			for c, sign := range signs {
				row := i*cols + c
				to, y, i1 := parts[c], bend.RawRowView(row), along.RawRowView(row)
				weight := sign * v.sector.count
				variance, source := to.variance[t], to.source[t]
				for k, jac := range near.j[t] {
					moved := jac * i1[k]
					c2 := near.c[t][k] * near.c[t][k]
					variance[k] += weight * moved * moved
					source[k] += weight * y[k] * c2 * moved
				}
				if turn == nil {
					continue
				}
				x, i2 := push.RawRowView(row), across.RawRowView(row)
				for k, jac := range near.j[t] {
					source[k] += weight * v.sector.lambda * x[k] * jac * i2[k]
				}
			}
		}
	}
}

// finish solves for b and sets the shifts of the times.
func (s *shift) finish() error {
	if s.zero == nil {
		return nil
	}
	curvature, err := s.g.curvatures()
	if err != nil {
		return err
	}
	var b [2]*mat.Dense
	for i := range s.part {
		h := s.forcing(&s.part[i], curvature)
		if i == 0 {
			h.Add(h, s.self)
		}
		if err := s.zero.solve(h); err != nil {
			return err
		}
		if i == 0 {
			h.Sub(h, s.self) // -R xi = (I+K)^{-1} xi - xi
		}
		b[i] = h
	}
	rank := s.zero.v.rank
	for o, end := range s.g.ends {
		if end < 0 {
			continue
		}
		m := &s.g.out.Shift[o]
		for f := range rank {
			x, y, rho := b[0].At(end*rank+f, 0), b[1].At(end*rank+f, 0), s.g.space.rho.At(end, f)
			m.Data2 += x * x
			m.Cross += x * y
			m.Noise2 += y * y
			m.RiskData -= 2 * rho * x
			m.RiskNoise -= 2 * rho * y
		}
	}
	return nil
}

// forcing is h.
func (s *shift) forcing(part *shiftPart, curvature [][]float64) *mat.Dense {
	v, near := s.zero.v, s.g.near
	n, p, rank := len(near.weight), len(v.tr.rule.node), v.rank
	h := mat.NewDense(len(near.a)*rank, 1, nil)
	sum, at := make([]float64, n), make([]float64, n)
	f0, f1, f2 := make([]float64, rank), make([]float64, rank), make([]float64, rank)
	for b := 0; b+1 < len(v.tr.cuts); b++ {
		length := v.tr.cuts[b+1] - v.tr.cuts[b]
		for i := range p {
			copy(at, sum)
			for j := range p {
				w, t := length*v.tr.rule.inner[i][j], b*p+j
				for k := range n {
					at[k] += w / near.j[t][k] * (part.source[t][k] + curvature[t][k]*part.variance[t][k]/2)
				}
			}
			t := b*p + i
			for k, weight := range near.weight {
				a, c, jac := near.a[t][k], near.c[t][k], near.j[t][k]
				v.sector.at(a, c, f0, f1)
				v.sector.bend(a, c, f2)
				for f := range rank {
					x := f1[f]*c*c*jac*at[k] + c*c*(c*c*f2[f]-2*a*f1[f])*part.variance[t][k]/2
					h.Set(t*rank+f, 0, h.At(t*rank+f, 0)+weight*x)
				}
			}
		}
		copy(sum, at)
	}
	return h
}
