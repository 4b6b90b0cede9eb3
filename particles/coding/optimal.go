package coding

// Optimal is the optimal decoder of a graph code in linear time. Of the graph that the surviving machines leave, take
// the component of a block. If it has an odd cycle, its blocks get alpha = 1. Otherwise it is bipartite, with a blocks
// on the side of this one and b on the other, and alpha = 1 - (a-b)/(a+b): the projection of 1 on what the machines can
// give. (A block alone gets 0.) The error is sum of (a-b)²/(a+b) over bipartite components, divided by n ([Glasgow,
// Wootters], section on decoding; (6.1) of docs/mathematics.md).
//
// Components and their two colours come from union-find whose links carry the colour relative to the parent: 12 bytes a
// vertex, whatever the number of machines. Not for concurrent use.
type Optimal struct {
	graph *Graph
	nodes []node
}

// node is a vertex; what a root needs lies beside its link, so that a visit is one line of cache.
type node struct {
	link int32  // parent<<1 | 1 if the colour differs from the parent's; a root is its own parent
	size uint32 // of a root's component, times 2, plus 1 if it has an odd cycle
	lead int32  // of a root: vertices of its colour minus the others
}

func (n *node) odd() bool     { return n.size&1 == 1 }
func (n *node) count() uint32 { return n.size >> 1 }

// NewOptimal makes the decoder of g.
func NewOptimal(g *Graph) *Optimal { return &Optimal{graph: g, nodes: make([]node, g.vertices)} }

// find returns the root of v's component, and whether v's colour differs from it. It halves the path that it walks.
func (d *Optimal) find(v int32) (root, other int32) {
	nodes := d.nodes
	for {
		e := nodes[v].link
		u := e >> 1
		if u == v {
			return v, other
		}
		f := nodes[u].link
		if f>>1 == u {
			return u, other ^ e&1
		}
		nodes[v].link = f ^ e&1
		other ^= (e ^ f) & 1
		v = f >> 1
	}
}

// Join makes the components of the graph without the lost machines; lost is nil or one flag a machine.
func (d *Optimal) Join(lost []bool) {
	for v := range d.nodes {
		d.nodes[v] = node{link: int32(v) << 1, size: 2, lead: 1}
	}
	for i, e := range d.graph.edges {
		if lost != nil && lost[i] {
			continue
		}
		a, ca := d.find(e.U)
		b, cb := d.find(e.V)
		if a == b {
			if ca == cb {
				d.nodes[a].size |= 1
			}
			continue
		}
		if d.nodes[a].count() < d.nodes[b].count() {
			a, b = b, a
		}
		// The ends of an edge have different colours.
		flip := ca ^ cb ^ 1
		root, child := &d.nodes[a], &d.nodes[b]
		child.link = a<<1 | flip
		root.size = (root.size+child.size&^1)&^1 | (root.size|child.size)&1
		if flip == 1 {
			root.lead -= child.lead
		} else {
			root.lead += child.lead
		}
	}
}

// Error decodes and returns (1/n)|alpha - 1|², n the number of blocks.
func (d *Optimal) Error(lost []bool) float64 {
	d.Join(lost)
	sum := 0.0
	for v := range d.nodes {
		if n := &d.nodes[v]; int(n.link>>1) == v && !n.odd() && n.lead != 0 {
			l := float64(n.lead)
			sum += l * l / float64(n.count())
		}
	}
	return sum / float64(len(d.nodes))
}

// Alpha decodes into alpha, one number a block, and returns the error.
func (d *Optimal) Alpha(alpha []float64, lost []bool) float64 {
	err := d.Error(lost)
	for v := range alpha {
		r, other := d.find(int32(v))
		root := &d.nodes[r]
		switch {
		case root.odd():
			alpha[v] = 1
		case other == 0:
			alpha[v] = 1 - float64(root.lead)/float64(root.count())
		default:
			alpha[v] = 1 + float64(root.lead)/float64(root.count())
		}
	}
	return err
}
