package lattice

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"kac/internal/sphere"
	"kac/kernels"
	"kac/particles"
)

// MaxRank bounds the rank of targets that Reduction handles.
const MaxRank = 8

// Reduction is the infinite-width network of a task with closed forms whose
// target depends on r <= 8 coordinates, as a particles.Field for points of S^r.
// A particle of the network is w = (a, c u), a in R^r, c = |w_perp|, u in
// S^{d-r-1}. Target and initial law do not see u, so it never moves and stays
// uniform, and E over it is closed:
//
//	K((a,c), (a',c')) = E_s q(<a,a'> + c c' s),   s first coordinate of Uniform(S^{d-r-1})
//	                  = sum_{k, j even} c_k^2 C(k,j) E[s^j] <a,a'>^{k-j} (c c')^j
//	d(a,c)/dt = P grad F(a,c),   F = G - mean_i K(., (a_i,c_i)),   P tangent to S^r at (a,c)
//
// The nodes are an Ensemble of n points (a, c) of weight 1/n each in R^{r+1};
// particles.Flow moves them as the infinite network flows, and Descend by
// exactly its projected descent of the same step (normalise(w + eta nu) keeps
// u). K is a polynomial with few monomials, so a velocity costs O(n *
// monomials).
//
// It holds scratch and is not for concurrent use; results do not depend on the
// number of workers.
type Reduction struct {
	done    <-chan struct{} // of StopWhen; nil: never stopped
	task    particles.Expectations
	rank    int
	workers int
	active  int // points that have mass; 0: all

	table monomials
	terms []reducedTerm // of K, in the order of moments
	drive []float64     // of G, by monomial
	norm2 float64

	moments []float64
	partial []float64   // moments of each block
	force   []float64   // of -U, by term
	scratch [][]float64 // per worker
}

// reducedTerm is a^alpha c^j with its factor in K.
type reducedTerm struct {
	monomial int
	j        int
	factor   float64
}

// reducedBlock points make one unit of work.
const reducedBlock = 256

// Closed returns the closed forms that a reduction needs, without making one. Errors wrap particles.ErrNoClosedForm and
// name what the task lacks.
func Closed(t *particles.Task) (particles.Expectations, error) {
	p, err := t.Closed()
	if err != nil {
		return nil, err
	}
	lacks := func(format string, args ...any) error {
		return &particles.ClosedFormError{Task: t.Name(), Reason: fmt.Sprintf(format, args...)}
	}
	if r := p.Rank(); r > MaxRank {
		return nil, lacks("the target depends on %d coordinates; at most %d are allowed", r, MaxRank)
	}
	switch p.Overlap().(type) {
	case *particles.DirectionsOverlap, *particles.RadialOverlap:
		return p, nil
	}
	return nil, lacks("its overlap is neither radial nor a sum over directions")
}

// New returns the reduction of a task. workers <= 0 means one per processor. Errors are those of Closed.
func New(t *particles.Task, workers int) (*Reduction, error) {
	p, err := Closed(t)
	if err != nil {
		return nil, err
	}
	r, sigma := p.Rank(), p.Activation()
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	f := &Reduction{task: p, rank: r, workers: workers, table: newMonomials(r, sigma.Degree()), norm2: p.TargetNorm2()}
	switch o := p.Overlap().(type) {
	case *particles.DirectionsOverlap:
		f.drive = f.table.directions(o)
	case *particles.RadialOverlap:
		f.drive = f.table.radial(o.Coefficients)
	}
	for i, degree := range f.table.degree {
		for j := 0; degree+j <= sigma.Degree(); j += 2 {
			c := sigma.Coefficient(degree + j)
			if c == 0 {
				continue
			}
			f.terms = append(f.terms, reducedTerm{i, j, c * c * sphere.Binomial(degree+j, j) * sphere.Moment(p.Dim()-r, j) * f.table.multinomial[i]})
		}
	}
	f.moments, f.force = make([]float64, len(f.terms)), make([]float64, len(f.terms))
	f.scratch = make([][]float64, workers)
	for i := range f.scratch {
		f.scratch[i] = make([]float64, 2*len(f.drive)+sigma.Degree()+1)
	}
	return f, nil
}

// SetActive says that the first n points carry the mass, 1/n each, and those
// after them are passive: twins that follow the infinite network's field. 0
// means all points.
func (f *Reduction) SetActive(n int) { f.active = n }

// Dim returns r+1, the dimension of the points.
func (f *Reduction) Dim() int { return f.rank + 1 }

// Rank returns r.
func (f *Reduction) Rank() int { return f.rank }

// TargetNorm2 returns ||f*||^2.
func (f *Reduction) TargetNorm2() float64 { return f.norm2 }

// Workers returns the number of workers.
func (f *Reduction) Workers() int { return f.workers }

// StopWhen makes sums over points end early once done is closed, within milliseconds where one takes seconds.
// What they give is then undefined, so that the caller looks at done after them. nil means never.
func (f *Reduction) StopWhen(done <-chan struct{}) { f.done = done }

func (f *Reduction) stopped() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

func (f *Reduction) check(z []float64, n int) (active int, err error) {
	if len(z) != n*(f.rank+1) {
		return 0, fmt.Errorf("%d coordinates for %d points of R^%d", len(z), n, f.rank+1)
	}
	if f.active > n {
		return 0, fmt.Errorf("%d points of which %d carry the mass", n, f.active)
	}
	if f.active > 0 {
		return f.active, nil
	}
	return n, nil
}

// parallel calls do for blocks 0..blocks-1 on the workers.
func (f *Reduction) parallel(blocks int, do func(block int, scratch []float64)) {
	if f.workers == 1 || blocks == 1 {
		for b := 0; b < blocks && !f.stopped(); b++ {
			do(b, f.scratch[0])
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for w := range min(f.workers, blocks) {
		group.Go(func() {
			for b := int(next.Add(1)) - 1; b < blocks && !f.stopped(); b = int(next.Add(1)) - 1 {
				do(b, f.scratch[w])
			}
		})
	}
	group.Wait()
}

// gather sets the moments mean_i a_i^alpha c_i^j over n points.
func (f *Reduction) gather(z []float64, n int) {
	blocks, terms := (n+reducedBlock-1)/reducedBlock, len(f.terms)
	if len(f.partial) < blocks*terms {
		f.partial = make([]float64, blocks*terms)
	}
	f.parallel(blocks, func(b int, scratch []float64) {
		out := f.partial[b*terms : (b+1)*terms]
		clear(out)
		value, power := scratch[:len(f.drive)], scratch[2*len(f.drive):]
		for i := b * reducedBlock; i < min(n, (b+1)*reducedBlock); i++ {
			f.powers(value, power, z[i*(f.rank+1):(i+1)*(f.rank+1)])
			for k, t := range f.terms {
				out[k] += value[t.monomial] * power[t.j]
			}
		}
	})
	clear(f.moments)
	for b := range blocks {
		for k, x := range f.partial[b*terms : (b+1)*terms] {
			f.moments[k] += x
		}
	}
	for k := range f.moments {
		f.moments[k] /= float64(n)
	}
}

// powers sets the monomials of a and the powers of c at one point.
func (f *Reduction) powers(value, power, z []float64) {
	f.table.eval(value, z[:f.rank])
	power[0] = 1
	for j := 1; j < len(power); j++ {
		power[j] = power[j-1] * z[f.rank]
	}
}

// Velocity writes grad F of every point to the same row of v (n x (r+1)):
// d(a,c)/dt before its projection.
func (f *Reduction) Velocity(_ context.Context, v, z []float64, n int) error {
	active, err := f.check(z, n)
	if err != nil {
		return fmt.Errorf("reduced velocity: %w", err)
	}
	if len(v) != len(z) {
		return fmt.Errorf("reduced velocity: %d components for %d points of R^%d", len(v), n, f.rank+1)
	}
	f.gather(z, active)
	for k, t := range f.terms {
		f.force[k] = -t.factor * f.moments[k]
	}
	width := f.rank + 1
	f.parallel((n+reducedBlock-1)/reducedBlock, func(b int, scratch []float64) {
		value, bar, power := scratch[:len(f.drive)], scratch[len(f.drive):2*len(f.drive)], scratch[2*len(f.drive):]
		for i := b * reducedBlock; i < min(n, (b+1)*reducedBlock); i++ {
			at, g := z[i*width:(i+1)*width], v[i*width:(i+1)*width]
			f.powers(value, power, at)
			copy(bar, f.drive)
			along := 0.0
			for k, t := range f.terms {
				bar[t.monomial] += f.force[k] * power[t.j]
				if t.j > 0 {
					along += f.force[k] * float64(t.j) * power[t.j-1] * value[t.monomial]
				}
			}
			f.table.gradient(g[:f.rank], bar, value, at[:f.rank])
			g[f.rank] = along
		}
	})
	return nil
}

// SelfEnergy returns ||f_MF||^2 = mean_ij K over the points with mass.
func (f *Reduction) SelfEnergy(z []float64, n int) (float64, error) {
	active, err := f.check(z, n)
	if err != nil {
		return 0, fmt.Errorf("reduced self-energy: %w", err)
	}
	f.gather(z, active)
	sum := 0.0
	for k, t := range f.terms {
		sum += float64(t.factor * f.moments[k] * f.moments[k])
	}
	return sum, nil
}

// MeanOverlap returns mean_i G(a_i) = E f*(x) f_MF(x) over the points with
// mass.
func (f *Reduction) MeanOverlap(z []float64, n int) (float64, error) {
	active, err := f.check(z, n)
	if err != nil {
		return 0, fmt.Errorf("reduced overlap: %w", err)
	}
	values := make([]float64, active)
	f.parallel((active+reducedBlock-1)/reducedBlock, func(b int, scratch []float64) {
		value := scratch[:len(f.drive)]
		for i := b * reducedBlock; i < min(active, (b+1)*reducedBlock); i++ {
			f.table.eval(value, z[i*(f.rank+1):i*(f.rank+1)+f.rank])
			for k, g := range f.drive {
				values[i] += g * value[k]
			}
		}
	})
	return kernels.Sum(values) / float64(max(active, 1)), nil
}

// Risk returns ||f* - f_MF||^2 = ||f*||^2 - 2 mean_i G(a_i) + mean_ij K.
func (f *Reduction) Risk(z []float64, n int) (float64, error) {
	self, err := f.SelfEnergy(z, n)
	if err != nil {
		return 0, err
	}
	overlap, err := f.MeanOverlap(z, n)
	if err != nil {
		return 0, err
	}
	return f.norm2 - 2*overlap + self, nil
}

// Potential writes U(x_i), U(a,c) = E f_MF(x) sigma(<w,x>) for the network of
// the points z, of m points x of the same space R^{r+1} to u.
func (f *Reduction) Potential(u, z []float64, n int, x []float64, m int) error {
	active, err := f.check(z, n)
	if err != nil {
		return fmt.Errorf("reduced potential: %w", err)
	}
	if len(u) != m || len(x) != m*(f.rank+1) {
		return fmt.Errorf("reduced potential: %d values and %d coordinates for %d points of R^%d", len(u), len(x), m, f.rank+1)
	}
	f.gather(z, active)
	clear(u)
	f.parallel((m+reducedBlock-1)/reducedBlock, func(b int, scratch []float64) {
		value, power := scratch[:len(f.drive)], scratch[2*len(f.drive):]
		for i := b * reducedBlock; i < min(m, (b+1)*reducedBlock); i++ {
			f.powers(value, power, x[i*(f.rank+1):(i+1)*(f.rank+1)])
			for k, t := range f.terms {
				u[i] += t.factor * f.moments[k] * value[t.monomial] * power[t.j]
			}
		}
	})
	return nil
}

// MeanPotential returns the mean of Potential.
func (f *Reduction) MeanPotential(z []float64, n int, x []float64, m int) (float64, error) {
	u := make([]float64, m)
	if err := f.Potential(u, z, n, x, m); err != nil {
		return 0, err
	}
	return kernels.Sum(u) / float64(m), nil
}

// Reduce writes the reduced points (P w_i, |w_i - P w_i|) of m particles w (m
// x d) to z (m x (r+1)).
func (f *Reduction) Reduce(z, w []float64, m int) {
	d, r := f.task.Dim(), f.rank
	for i := range m {
		row := w[i*d : (i+1)*d]
		copy(z[i*(r+1):], row[:r])
		z[i*(r+1)+r] = norm(row[r:])
	}
}
