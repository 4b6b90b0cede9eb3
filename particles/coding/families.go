package coding

import (
	"fmt"
	"slices"

	"kac/internal/rng"
)

// Complete is the graph in which every pair of n vertices is joined; its degree is n-1.
func Complete(n int) (*Graph, error) {
	if n < 2 || n > 1<<15 {
		return nil, fmt.Errorf("a complete graph of %d vertices; allowed are 2 to %d", n, 1<<15)
	}
	edges := make([]Edge, 0, n*(n-1)/2)
	for u := range int32(n) {
		for v := u + 1; v < int32(n); v++ {
			edges = append(edges, Edge{u, v})
		}
	}
	return NewGraph("complete", n, edges)
}

// Hypercube is the graph of the 2^dimension corners of the cube; corners that differ in one coordinate are joined. Its
// degree is the dimension, and it is bipartite.
func Hypercube(dimension int) (*Graph, error) {
	if dimension < 1 || dimension > 24 {
		return nil, fmt.Errorf("a hypercube of dimension %d; allowed are 1 to 24", dimension)
	}
	n := int32(1) << dimension
	edges := make([]Edge, 0, int(n)*dimension/2)
	for u := range n {
		for k := range dimension {
			if v := u ^ 1<<k; u < v {
				edges = append(edges, Edge{u, v})
			}
		}
	}
	return NewGraph("hypercube", int(n), edges)
}

// CyclePower joins each of n vertices on a circle to the power vertices that follow it; its degree is 2 power.
func CyclePower(n, power int) (*Graph, error) {
	if power < 1 || n < 2*power+1 || n > MaxVertices {
		return nil, fmt.Errorf("the power %d of a cycle of %d vertices; it takes a power of at least 1 and 2 power + 1 vertices", power, n)
	}
	edges := make([]Edge, 0, n*power)
	for u := range n {
		for k := 1; k <= power; k++ {
			edges = append(edges, Edge{int32(u), int32((u + k) % n)})
		}
	}
	return NewGraph("cycle", n, edges)
}

// Regular is a random simple graph of n vertices of degree d: half-edges are paired at random (the configuration
// model). Up to n = 1000 and d = 4 pairings are drawn again until one is simple, which makes all simple graphs alike;
// otherwise (and after 200 tries) every loop and double edge is switched with a random edge, {a,b}, {c,e} -> {a,c},
// {b,e}, until none is left, which is uniform up to O(1/n). n d must be even and d below n. The same seed gives the
// same graph.
func Regular(n, d int, seed uint64) (*Graph, error) {
	switch {
	case n < 2 || n > MaxVertices || d < 1 || d >= n:
		return nil, fmt.Errorf("a random graph of %d vertices of degree %d; the degree is at least 1 and below the number of vertices", n, d)
	case n*d%2 == 1:
		return nil, fmt.Errorf("a random graph of %d vertices of degree %d: their product is odd, and every edge has two ends", n, d)
	}
	if 2*d >= n {
		return complement(n, d, seed)
	}
	s := rng.New(seed, rng.Graph, 0)
	half := make([]int32, n*d)
	for i := range half {
		half[i] = int32(i / d)
	}
	edges := make([]Edge, len(half)/2)
	pair(edges, half, &s)
	for try := 1; n <= 1000 && d <= 4 && try < 200 && !isSimple(edges); try++ {
		pair(edges, half, &s)
	}
	if err := simplify(edges, &s); err != nil {
		return nil, err
	}
	return NewGraph("regular", n, byVertex(edges, n))
}

// byVertex puts edges in the order of their lower ends, by counting: whoever walks over all edges then finds half of
// the vertices in a row.
func byVertex(edges []Edge, n int) []Edge {
	next := make([]int32, n+1)
	for _, e := range edges {
		next[ordered(e).U+1]++
	}
	for v := range n {
		next[v+1] += next[v]
	}
	out := make([]Edge, len(edges))
	for _, e := range edges {
		e = ordered(e)
		out[next[e.U]] = e
		next[e.U]++
	}
	return out
}

// pair shuffles the half-edges and joins neighbours.
func pair(edges []Edge, half []int32, s *rng.Stream) {
	for i := len(half) - 1; i > 0; i-- {
		j := s.Below(uint64(i) + 1)
		half[i], half[j] = half[j], half[i]
	}
	for i := range edges {
		edges[i] = Edge{half[2*i], half[2*i+1]}
	}
}

func isSimple(edges []Edge) bool {
	seen := make(map[Edge]bool, len(edges))
	for _, e := range edges {
		if e = ordered(e); e.U == e.V || seen[e] {
			return false
		}
		seen[e] = true
	}
	return true
}

// simplify switches loops and double edges away.
func simplify(edges []Edge, s *rng.Stream) error {
	count := make(map[Edge]int32, len(edges))
	for _, e := range edges {
		count[ordered(e)]++
	}
	bad := func(e Edge) bool { return e.U == e.V || count[ordered(e)] > 1 }
	var wrong []int
	for i, e := range edges {
		if bad(e) {
			wrong = append(wrong, i)
		}
	}
	for tries := 0; len(wrong) > 0; tries++ {
		if tries > 1000*len(edges)+1_000_000 {
			return fmt.Errorf("no simple graph was found after %d switches", tries)
		}
		i := wrong[len(wrong)-1]
		if !bad(edges[i]) {
			wrong = wrong[:len(wrong)-1]
			continue
		}
		j := int(s.Below(uint64(len(edges))))
		a, b := edges[i], edges[j]
		if s.Below(2) == 1 {
			b.U, b.V = b.V, b.U
		}
		x, y := Edge{a.U, b.U}, Edge{a.V, b.V}
		// Only switches that make no new fault are taken, so that their number falls.
		if i == j || x.U == x.V || y.U == y.V || ordered(x) == ordered(y) || count[ordered(x)] > 0 || count[ordered(y)] > 0 {
			continue
		}
		count[ordered(a)]--
		count[ordered(edges[j])]--
		count[ordered(x)]++
		count[ordered(y)]++
		edges[i], edges[j] = x, y
	}
	return nil
}

func ordered(e Edge) Edge {
	if e.U > e.V {
		return Edge{e.V, e.U}
	}
	return e
}

// complement makes dense regular graphs, in which switches hardly ever succeed, from sparse ones: what is not joined
// there is joined here.
func complement(n, d int, seed uint64) (*Graph, error) {
	if n > 1<<15 {
		return nil, fmt.Errorf("a random graph of %d vertices of degree %d; degrees of half the vertices and more are for up to %d vertices", n, d, 1<<15)
	}
	joined := map[Edge]bool{}
	if d < n-1 {
		sparse, err := Regular(n, n-1-d, seed)
		if err != nil {
			return nil, err
		}
		for _, e := range sparse.edges {
			joined[ordered(e)] = true
		}
	}
	all, err := Complete(n)
	if err != nil {
		return nil, err
	}
	return NewGraph("regular", n, slices.DeleteFunc(all.edges, func(e Edge) bool { return joined[e] }))
}
