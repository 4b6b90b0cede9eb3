package coding

// Optimal is the optimal decoder of a graph code in linear time. Of the graph that the surviving machines leave, take the
// component of a block. If it has an odd cycle, its blocks get alpha = 1. Otherwise it is bipartite, with a blocks on the
// side of this one and b on the other, and alpha = 1 - (a-b)/(a+b): the projection of 1 on what the machines can give. (A
// block alone gets 0.) The error is sum of (a-b)²/(a+b) over bipartite components, divided by n ([Glasgow, Wootters],
// section on decoding; (6.1) of docs/mathematics.md).
//
// Components and their two colours come from union-find whose links carry the colour relative to the parent: 13 bytes a
// vertex, whatever the number of machines. Not for concurrent use.
type Optimal struct {
	graph *Graph
	link  []int32 // parent<<1 | 1 if the colour differs from the parent's; a root is its own parent
	size  []int32 // of a root's component
	lead  []int32 // vertices of the root's colour minus the others
	odd   []bool  // the root's component has an odd cycle
}

// NewOptimal makes the decoder of g.
func NewOptimal(g *Graph) *Optimal {
	n := g.vertices
	return &Optimal{graph: g, link: make([]int32, n), size: make([]int32, n), lead: make([]int32, n), odd: make([]bool, n)}
}

// OptimalBytes estimates the memory of a decoder and its graph.
func OptimalBytes(vertices, machines int) float64 {
	return 13*float64(vertices) + 12*float64(vertices) + 9*float64(machines)
}

// find returns the root of v's component, and whether v's colour differs from it. It halves the path that it walks.
func (d *Optimal) find(v int32) (root int32, other int32) {
	link := d.link
	for {
		e := link[v]
		u := e >> 1
		if u == v {
			return v, other
		}
		f := link[u]
		if f>>1 == u {
			return u, other ^ e&1
		}
		link[v] = f ^ e&1
		other ^= (e ^ f) & 1
		v = f >> 1
	}
}

// Join makes the components of the graph without the lost machines; lost is nil or one flag a machine.
func (d *Optimal) Join(lost []bool) {
	for v := range d.link {
		d.link[v], d.size[v], d.lead[v], d.odd[v] = int32(v)<<1, 1, 1, false
	}
	for i, e := range d.graph.edges {
		if lost != nil && lost[i] {
			continue
		}
		a, ca := d.find(e.U)
		b, cb := d.find(e.V)
		if a == b {
			if ca == cb {
				d.odd[a] = true
			}
			continue
		}
		if d.size[a] < d.size[b] {
			a, b = b, a
		}
		// The ends of an edge have different colours.
		flip := ca ^ cb ^ 1
		d.link[b] = a<<1 | flip
		d.size[a] += d.size[b]
		if flip == 1 {
			d.lead[a] -= d.lead[b]
		} else {
			d.lead[a] += d.lead[b]
		}
		d.odd[a] = d.odd[a] || d.odd[b]
	}
}

// Error decodes and returns (1/n)|alpha - 1|², n the number of blocks.
func (d *Optimal) Error(lost []bool) float64 {
	d.Join(lost)
	sum := 0.0
	for v, e := range d.link {
		if int(e>>1) == v && !d.odd[v] && d.lead[v] != 0 {
			l := float64(d.lead[v])
			sum += l * l / float64(d.size[v])
		}
	}
	return sum / float64(len(d.link))
}

// Alpha decodes into alpha, one number a block, and returns the error.
func (d *Optimal) Alpha(alpha []float64, lost []bool) float64 {
	err := d.Error(lost)
	for v := range alpha {
		root, other := d.find(int32(v))
		switch {
		case d.odd[root]:
			alpha[v] = 1
		case other == 0:
			alpha[v] = 1 - float64(d.lead[root])/float64(d.size[root])
		default:
			alpha[v] = 1 + float64(d.lead[root])/float64(d.size[root])
		}
	}
	return err
}
