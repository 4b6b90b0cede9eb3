package coding

import (
	"fmt"
	"math"

	"kac/internal/rng"
)

// Assignment says which machine holds which blocks and with which coefficient: a matrix A of blocks x machines, kept by
// machine. It is not changed once made.
type Assignment struct {
	blocks int
	start  []int32 // entries of machine j: start[j] to start[j+1]
	block  []int32
	value  []float64
}

// Blocks is the number of rows, Machines that of columns.
func (a *Assignment) Blocks() int   { return a.blocks }
func (a *Assignment) Machines() int { return len(a.start) - 1 }

// Column returns the blocks of machine j and their coefficients; they must not be changed.
func (a *Assignment) Column(j int) (blocks []int32, values []float64) {
	return a.block[a.start[j]:a.start[j+1]], a.value[a.start[j]:a.start[j+1]]
}

// Replication is how often a block is held on average.
func (a *Assignment) Replication() float64 { return float64(len(a.block)) / float64(a.blocks) }

func newAssignment(blocks, machines, entries int) *Assignment {
	return &Assignment{blocks: blocks, start: append(make([]int32, 0, machines+1), 0), block: make([]int32, 0, entries), value: make([]float64, 0, entries)}
}

func (a *Assignment) add(block int32, value float64) {
	a.block, a.value = append(a.block, block), append(a.value, value)
}

func (a *Assignment) end() { a.start = append(a.start, int32(len(a.block))) }

// Assignment is the graph code as a matrix: the incidence matrix, entries 1.
func (g *Graph) Assignment() *Assignment {
	a := newAssignment(g.vertices, len(g.edges), 2*len(g.edges))
	for _, e := range g.edges {
		a.add(e.U, 1)
		a.add(e.V, 1)
		a.end()
	}
	return a
}

// Uncoded gives every machine a block of its own.
func Uncoded(blocks int) *Assignment {
	a := newAssignment(blocks, blocks, blocks)
	for i := range blocks {
		a.add(int32(i), 1)
		a.end()
	}
	return a
}

// Fractional is fractional repetition (Tandon, Lei, Dimakis, Karampatziakis, "Gradient coding", ICML 2017): d machines
// share the same two blocks, so that there are as many machines as in a d-regular graph code. An odd last block is
// shared alone.
func Fractional(blocks, d int) *Assignment {
	a := newAssignment(blocks, (blocks+1)/2*d, blocks*d)
	for b := 0; b < blocks; b += 2 {
		for range d {
			a.add(int32(b), 1)
			if b+1 < blocks {
				a.add(int32(b+1), 1)
			}
			a.end()
		}
	}
	return a
}

// Random puts every block on every machine independently with probability d/machines (a Bernoulli assignment), so that
// a block is held d times on average, and some blocks may be on no machine. The same seed gives the same assignment.
func Random(blocks, machines int, d float64, seed uint64) (*Assignment, error) {
	p := d / float64(machines)
	if !(p > 0 && p <= 1) {
		return nil, fmt.Errorf("a replication of %v on %d machines; it is above 0 and at most the number of machines", d, machines)
	}
	a := newAssignment(blocks, machines, int(d*float64(blocks)*1.1))
	for j := range machines {
		s := rng.New(seed, rng.Graph, 1+uint64(j))
		// The gap to the next block that machine j holds is geometric.
		for b := -1; ; {
			gap := math.Log1p(-s.Float64()) / math.Log1p(-p)
			if p == 1 {
				gap = 0
			}
			if gap >= float64(blocks) {
				break
			}
			if b += 1 + int(gap); b >= blocks {
				break
			}
			a.add(int32(b), 1)
		}
		a.end()
	}
	return a, nil
}

// Expander is the code of Raviv, Tamo, Tandon, Dimakis, "Gradient coding from cyclic MDS codes and expander graphs",
// IEEE Transactions on Information Theory 66 (2020), doi:10.1109/TIT.2020.3029396: as many machines as blocks; machine
// j holds the neighbours of vertex j in a d-regular graph with coefficient 1/d. Its decoder is Answers.
func Expander(g *Graph) (*Assignment, error) {
	d := g.Degree()
	if d == 0 {
		return nil, fmt.Errorf("the expander code takes a regular graph; the degrees of %s differ", g.name)
	}
	n := g.neighbours()
	a := newAssignment(g.vertices, g.vertices, 2*len(g.edges))
	for v := range g.vertices {
		to, _ := n.of(int32(v))
		for _, u := range to {
			a.add(u, 1/float64(d))
		}
		a.end()
	}
	return a, nil
}

// Cyclic is the cyclic MDS code of the same authors with real coefficients: n machines hold d blocks in a row each,
// with the coefficients of g(x) = prod (x - w^k) over d-1 neighbouring n-th roots of unity around -1. Any d-1 lost
// machines are made good exactly by least squares. The roots come in conjugate pairs, and 1 is none of them, if n and d
// are both even or both odd. The coefficients are scaled so that they add up to 1.
func Cyclic(n, d int) (*Assignment, error) {
	if d < 1 || d > n || n < 2 {
		return nil, fmt.Errorf("a cyclic code of %d blocks and replication %d; the replication is from 1 to the number of blocks", n, d)
	}
	if (n-d)%2 != 0 {
		return nil, fmt.Errorf("a cyclic code of %d blocks and replication %d: with real coefficients both are even or both are odd", n, d)
	}
	// Angles from -1: for d even, 0 and pairs at whole steps; for d odd (n odd), pairs at half steps.
	g := []float64{1}
	times := func(f ...float64) {
		h := make([]float64, len(g)+len(f)-1)
		for i, x := range g {
			for j, y := range f {
				h[i+j] += x * y
			}
		}
		g = h
	}
	if d%2 == 0 {
		times(1, 1)
		for k := 1; k <= (d-2)/2; k++ {
			times(1, 2*math.Cos(2*math.Pi*float64(k)/float64(n)), 1)
		}
	} else {
		for k := 0; k < (d-1)/2; k++ {
			times(1, 2*math.Cos(2*math.Pi*(float64(k)+.5)/float64(n)), 1)
		}
	}
	sum := 0.0
	for _, x := range g {
		sum += x
	}
	a := newAssignment(n, n, n*d)
	for j := range n {
		for k, x := range g {
			a.add(int32((j+k)%n), x/sum)
		}
		a.end()
	}
	return a, nil
}

// EmptyBlockError says that a block is on no machine.
type EmptyBlockError struct{ Block int }

func (e *EmptyBlockError) Error() string {
	return fmt.Sprintf("block %d (row %d) is on no machine and can never be recovered", e.Block, e.Block+1)
}

// FromMatrix makes an assignment of a dense matrix, blocks x machines, row-major. Entries of 0 are not held. Entries
// must be finite, and every block be on some machine (*EmptyBlockError).
func FromMatrix(blocks, machines int, matrix []float64) (*Assignment, error) {
	if blocks < 1 || machines < 1 || len(matrix) != blocks*machines {
		return nil, fmt.Errorf("%d numbers for an assignment of %d blocks to %d machines", len(matrix), blocks, machines)
	}
	for b := range blocks {
		held := false
		for j, x := range matrix[b*machines : (b+1)*machines] {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("row %d, column %d is %v; coefficients are finite", b+1, j+1, x)
			}
			held = held || x != 0
		}
		if !held {
			return nil, &EmptyBlockError{b}
		}
	}
	a := newAssignment(blocks, machines, 0)
	for j := range machines {
		for b := range blocks {
			if x := matrix[b*machines+j]; x != 0 {
				a.add(int32(b), x)
			}
		}
		a.end()
	}
	return a, nil
}
