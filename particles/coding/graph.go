package coding

import (
	"errors"
	"fmt"
)

// MaxVertices bounds graphs: vertices are counted in 31 bits, one of which carries a colour.
const MaxVertices = 1 << 29

// Edge joins two vertices, numbered from 0.
type Edge struct{ U, V int32 }

// Graph is a graph without loops; two edges may join the same vertices. It is not changed once made.
type Graph struct {
	name     string
	vertices int
	edges    []Edge
	degrees  []int32
}

// LoopError says that an edge joins a vertex with itself.
type LoopError struct{ Edge, Vertex int }

func (e *LoopError) Error() string {
	return fmt.Sprintf("edge %d joins vertex %d with itself; a machine holds two different blocks", e.Edge+1, e.Vertex)
}

// VertexError says that an edge names a vertex that the graph has not.
type VertexError struct{ Edge, Vertex, Vertices int }

func (e *VertexError) Error() string {
	return fmt.Sprintf("edge %d names vertex %d; the vertices are 0 to %d", e.Edge+1, e.Vertex, e.Vertices-1)
}

// ErrIsolated says that a vertex has no edge: its block is on no machine.
var ErrIsolated = errors.New("a vertex without edges: its block is on no machine and can never be recovered")

// IsolatedError names the vertex; it is an ErrIsolated.
type IsolatedError struct{ Vertex int }

func (e *IsolatedError) Error() string {
	return fmt.Sprintf("vertex %d has no edge: its block is on no machine and can never be recovered", e.Vertex)
}

func (e *IsolatedError) Is(target error) bool { return target == ErrIsolated }

// NewGraph makes the graph of the given edges on vertices 0 to vertices-1. It keeps edges. The errors are *LoopError,
// *VertexError and *IsolatedError.
func NewGraph(name string, vertices int, edges []Edge) (*Graph, error) {
	if vertices < 2 || vertices > MaxVertices {
		return nil, fmt.Errorf("a graph of %d vertices; allowed are 2 to %d", vertices, MaxVertices)
	}
	g := &Graph{name: name, vertices: vertices, edges: edges, degrees: make([]int32, vertices)}
	for i, e := range edges {
		for _, v := range [2]int32{e.U, e.V} {
			if v < 0 || int(v) >= vertices {
				return nil, &VertexError{i, int(v), vertices}
			}
			g.degrees[v]++
		}
		if e.U == e.V {
			return nil, &LoopError{i, int(e.U)}
		}
	}
	for v, d := range g.degrees {
		if d == 0 {
			return nil, &IsolatedError{v}
		}
	}
	return g, nil
}

// Name says which graph it is, such as "regular(3)".
func (g *Graph) Name() string { return g.name }

// Vertices is the number n of blocks.
func (g *Graph) Vertices() int { return g.vertices }

// Edges are the machines; they must not be changed.
func (g *Graph) Edges() []Edge { return g.edges }

// Degree is the degree d of every vertex, 0 if they differ.
func (g *Graph) Degree() int {
	for _, d := range g.degrees {
		if d != g.degrees[0] {
			return 0
		}
	}
	return int(g.degrees[0])
}

// Replication is how often a block is held on average, 2 m/n for m machines and n blocks.
func (g *Graph) Replication() float64 { return 2 * float64(len(g.edges)) / float64(g.vertices) }

// Components returns the number of connected components, and how many of them are bipartite (have no odd cycle).
func (g *Graph) Components() (all, bipartite int) {
	d := NewOptimal(g)
	d.Join(nil)
	for v := range g.vertices {
		if root, _ := d.find(int32(v)); int(root) == v {
			all++
			if !d.nodes[v].odd() {
				bipartite++
			}
		}
	}
	return all, bipartite
}

// neighbours are the adjacency lists of a graph in one array: those of v are to[start[v]:start[v+1]], by edges
// edge[...].
type neighbours struct {
	start    []int32
	to, edge []int32
}

func (g *Graph) neighbours() *neighbours {
	n := &neighbours{start: make([]int32, g.vertices+1), to: make([]int32, 2*len(g.edges)), edge: make([]int32, 2*len(g.edges))}
	for v, d := range g.degrees {
		n.start[v+1] = n.start[v] + d
	}
	next := make([]int32, g.vertices)
	copy(next, n.start)
	for i, e := range g.edges {
		for _, p := range [2][2]int32{{e.U, e.V}, {e.V, e.U}} {
			n.to[next[p[0]]], n.edge[next[p[0]]] = p[1], int32(i)
			next[p[0]]++
		}
	}
	return n
}

func (n *neighbours) of(v int32) (to, edge []int32) {
	return n.to[n.start[v]:n.start[v+1]], n.edge[n.start[v]:n.start[v+1]]
}
