package coding

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"kac/internal/rng"
)

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}

// smallGraphs are one or two of every family.
func smallGraphs(t *testing.T) []*Graph {
	t.Helper()
	odd := must(NewGraph("odd", 7, []Edge{{0, 1}, {1, 2}, {2, 0}, {3, 4}, {4, 5}, {5, 6}, {5, 6}})) // a triangle, a path, a double edge
	return []*Graph{
		must(Regular(16, 3, 1)), must(Regular(15, 4, 2)), must(Regular(12, 8, 3)), must(Complete(7)), must(Complete(2)), must(Hypercube(4)),
		must(CyclePower(11, 1)), must(CyclePower(13, 3)), must(CyclePower(5, 2)), must(LPS(5, 13)), odd,
	}
}

// projection is the projection of 1 on the surviving columns by the singular value decomposition of the dense matrix:
// it knows nothing of graphs.
func projection(t *testing.T, a *Assignment, lost []bool) []float64 {
	t.Helper()
	alpha := make([]float64, a.Blocks())
	var columns []int
	for j := range a.Machines() {
		if !lost[j] {
			columns = append(columns, j)
		}
	}
	if len(columns) == 0 {
		return alpha
	}
	m := mat.NewDense(a.Blocks(), len(columns), nil)
	for k, j := range columns {
		blocks, values := a.Column(j)
		for i, b := range blocks {
			m.Set(int(b), k, m.At(int(b), k)+values[i])
		}
	}
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDThin) {
		t.Fatal("no singular values")
	}
	var u mat.Dense
	svd.UTo(&u)
	for k, s := range svd.Values(nil) {
		if s < 1e-10*svd.Values(nil)[0] {
			continue
		}
		c := 0.0
		for i := range alpha {
			c += u.At(i, k)
		}
		for i := range alpha {
			alpha[i] += c * u.At(i, k)
		}
	}
	return alpha
}

// The closed form, LSQR and the dense projection are one, on over 1000 draws and every family; mean(alpha) = 1 - error.
func TestDecodersAgree(t *testing.T) {
	for _, g := range smallGraphs(t) {
		draws := 110
		if g.Vertices() > 100 {
			draws = 12 // LSQR alone
		}
		t.Run(fmt.Sprintf("%s-%d", g.Name(), g.Vertices()), func(t *testing.T) {
			a := g.Assignment()
			closed, sparse := g.Decode(), a.LeastSquares()
			lost := make([]bool, a.Machines())
			x, y := make([]float64, a.Blocks()), make([]float64, a.Blocks())
			for draw := range draws {
				p := []float64{0, .1, .3, .5, .7, .95}[draw%6]
				Bernoulli(lost, p, 7, uint64(draw))
				e, err := closed.Alpha(x, lost)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(Mean(x)-(1-e)) > 1e-13 || math.Abs(squaredError(x)-e) > 1e-13 {
					t.Errorf("draw %d: mean alpha %.16g, error %.16g", draw, Mean(x), e)
				}
				f, err := sparse.Alpha(y, lost)
				if err != nil {
					t.Fatal(err)
				}
				worst := math.Abs(e - f)
				for i := range x {
					worst = math.Max(worst, math.Abs(x[i]-y[i]))
				}
				if g.Vertices() <= 100 {
					for i, z := range projection(t, a, lost) {
						worst = math.Max(worst, math.Abs(x[i]-z))
					}
				}
				if worst > 1e-12 {
					t.Errorf("draw %d, p = %v: decoders differ by %.2g", draw, p, worst)
				}
			}
		})
	}
}

// Nothing lost decodes exactly where there is an odd cycle or sides of equal size, and everything lost gives error 1.
func TestEnds(t *testing.T) {
	for _, g := range smallGraphs(t) {
		d := NewOptimal(g)
		all := make([]bool, len(g.Edges()))
		for i := range all {
			all[i] = true
		}
		if e := d.Error(all); e != 1 {
			t.Errorf("%s: all lost: error %v", g.Name(), e)
		}
		if e := d.Error(nil); e != 0 && g.Degree() > 0 {
			t.Errorf("%s: none lost: error %v", g.Name(), e)
		}
	}
}

// More lost machines never make the optimal error smaller, draw by draw.
func TestErrorGrowsWithLosses(t *testing.T) {
	g := must(Regular(200, 3, 5))
	d := NewOptimal(g)
	lost := make([]bool, len(g.Edges()))
	for draw := range uint64(40) {
		before := 0.0
		for _, p := range []float64{.05, .1, .2, .3, .5, .8, .99} {
			Bernoulli(lost, p, 3, draw)
			if e := d.Error(lost); e < before-1e-14 {
				t.Errorf("draw %d: error %v at p = %v, %v before", draw, e, p, before)
			} else {
				before = e
			}
		}
	}
}

// Relabelling blocks and reordering machines changes nothing but the order of the sum.
func TestPermutations(t *testing.T) {
	g := must(Regular(60, 3, 1))
	s := rng.New(4, rng.Probe, 0)
	vertex, machine := permutation(60, &s), permutation(len(g.Edges()), &s)
	edges := make([]Edge, len(machine))
	lost, moved := make([]bool, len(machine)), make([]bool, len(machine))
	Bernoulli(lost, .3, 1, 1)
	for i, e := range g.Edges() {
		edges[machine[i]] = Edge{int32(vertex[e.V]), int32(vertex[e.U])}
		moved[machine[i]] = lost[i]
	}
	h := must(NewGraph("moved", 60, edges))
	x, y := make([]float64, 60), make([]float64, 60)
	NewOptimal(g).Alpha(x, lost)
	NewOptimal(h).Alpha(y, moved)
	for v, to := range vertex {
		if x[v] != y[to] {
			t.Errorf("block %d: %v and %v", v, x[v], y[to])
		}
	}
}

// Monte Carlo values of another program for the random cubic graph, one standard error in brackets: 64: 2.920e-2(3),
// 4096: 2.943e-2(4) at p = .3; and the exact law for fixed weights, p/(d (1-p)).
func TestErrorOfRegularGraphs(t *testing.T) {
	for _, c := range []struct {
		n, graphs, draws int
		want, se         float64
	}{{64, 60, 200, 2.920e-2, 3e-5}, {4096, 12, 12, 2.8871e-2, 2e-4}} {
		t.Run(fmt.Sprint(c.n), func(t *testing.T) {
			var errors, fixed, means []float64
			for seed := range uint64(c.graphs) {
				g := must(Regular(c.n, 3, seed))
				d, f := NewOptimal(g), g.Assignment().Fixed(1/(3*.7))
				lost, alpha := make([]bool, len(g.Edges())), make([]float64, c.n)
				e, h := 0.0, 0.0
				for draw := range uint64(c.draws) {
					Bernoulli(lost, .3, 100+seed, draw)
					e += d.Error(lost) / float64(c.draws)
					x, _ := f.Alpha(alpha, lost)
					h += x / float64(c.draws)
					means = append(means, Mean(alpha))
				}
				errors, fixed = append(errors, e), append(fixed, h)
			}
			check := func(what string, x []float64, want, known float64) {
				mean, se := moments(x)
				if math.Abs(mean-want) > 4*math.Hypot(se, known) {
					t.Errorf("%s: %.6g +- %.2g, want %.6g", what, mean, se, want)
				}
			}
			check("optimal", errors, c.want, c.se)
			check("fixed", fixed, .3/(3*.7), 0)
			check("mean of fixed", means, 1, 0)
		})
	}
}

func moments(x []float64) (mean, se float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		se += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(se / float64(len(x)) / float64(len(x)-1))
}

// The Ramanujan graph of 2184 blocks against another program's draws: 7.21e-4(20) at p = .3, 4.12e-3(6) at .4.
func TestErrorOfARamanujanGraph(t *testing.T) {
	g := must(LPS(5, 13))
	d, lost := NewOptimal(g), make([]bool, len(g.Edges()))
	for _, c := range []struct{ p, want, known float64 }{{.3, 7.21e-4, 2e-5}, {.4, 4.12e-3, 6e-5}} {
		t.Run(fmt.Sprint(c.p, c.want, c.known), func(t *testing.T) {
			var errors []float64
			for draw := range uint64(600) {
				Bernoulli(lost, c.p, 2, draw)
				errors = append(errors, d.Error(lost))
			}
			if mean, se := moments(errors); math.Abs(mean-c.want) > 3*math.Hypot(se, c.known) {
				t.Errorf("p = %v: %v +- %v, want %v +- %v", c.p, mean, se, c.want, c.known)
			}
		})
	}
}
