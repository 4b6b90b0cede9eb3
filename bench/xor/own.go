package xor

import (
	"context"
	"slices"
	"sync"

	"kac/bench"
	"kac/kernels"
	"kac/particles/xor"
)

// DefaultWide is the width of the network that stands for infinitely many neurons with data of one's own.
const DefaultWide = 4096

// own are inputs and labels of the user, the labels +-1, and the wide network's outputs on them, by seed.
type own struct {
	x, y []float64
	mu   sync.Mutex
	wide map[uint64]*wide
}

type wide struct {
	once    sync.Once
	outputs [][]float64 // by row of the table
	err     error
}

// readOwn reads the files, of which the labels have two values: the smaller one becomes -1.
func (p *Parameters) readOwn(ctx context.Context) error {
	switch {
	case p.Labels == "":
		return bench.Refuse("data", p.Data, "inputs come with their labels; give labels too")
	case p.Data == "":
		return bench.Refuse("labels", p.Labels, "labels come with their inputs; give data too")
	case p.Cube:
		return bench.Refuse("batch", "inf", "the whole cube has its own inputs; leave batch out for all samples in every step")
	case p.Fixed > 0:
		return bench.Refuse("samples", p.Fixed, "%s has its own samples; leave it out", p.Data)
	case p.Coupling:
		return bench.Refuse("coupling", "given", "the infinite network is known for XOR alone")
	case p.Law != "":
		return bench.Refuse("law", p.Law, "the infinite network is known for XOR alone")
	case p.Rate != 0:
		return bench.Refuse("rate", bench.Number(p.Rate), "with data of your own give batch")
	}
	s, err := bench.ReadSamples(ctx, [2]string{"data", "labels"}, p.Data, p.Labels)
	if err != nil {
		return err
	}
	if s.D < 2 {
		return bench.Refuse("data", p.Data, "it has %d column; inputs have at least 2 coordinates", s.D)
	}
	var two []float64
	for i, v := range s.Y {
		if !slices.Contains(two, v) {
			if two = append(two, v); len(two) > 2 {
				return bench.Refuse("labels", p.Labels, "%s is %s, a third value beside %s and %s; the loss takes two", s.LabelPlace(i), bench.Number(v), bench.Number(two[0]), bench.Number(two[1]))
			}
		}
	}
	if len(two) < 2 {
		return bench.Refuse("labels", p.Labels, "all labels are %s; the loss takes two values", bench.Number(two[0]))
	}
	signs := make([]float64, s.N)
	for i, v := range s.Y {
		signs[i] = -1
		if v == max(two[0], two[1]) {
			signs[i] = 1
		}
	}
	p.Dim, p.own = s.D, &own{x: s.X, y: signs, wide: map[uint64]*wide{}}
	p.Sum = sumOf(append(slices.Clone(s.X), signs...))
	if p.Batch == 0 {
		p.Batch = s.N
	}
	if err := bench.CheckWhole("batch", p.Batch, 1, s.N, "samples of a step, at most those that there are"); err != nil {
		return err
	}
	widest := p.Widths[len(p.Widths)-1]
	return bench.CheckWhole("reference-width", p.Wide, widest, bench.MaxWidth, "neurons of the network that stands for infinitely many, at least the widest of widths")
}

// against are the outputs of the wide network of a seed on the inputs, by row.
func (p *Parameters) against(ctx context.Context, seed uint64, o bench.CellOptions) ([][]float64, error) {
	p.own.mu.Lock()
	w := p.own.wide[seed]
	if w == nil {
		w = &wide{}
		p.own.wide[seed] = w
	}
	p.own.mu.Unlock()
	w.once.Do(func() {
		w.outputs = make([][]float64, len(p.Observed()))
		x := narrow[float64](p.own.x)
		ws := kernels.NewWorkspace[float64](o.Workers)
		defer ws.Close()
		_, w.err = p.train(ctx, p.Wide, seed, &ideal{}, nil, bench.CellOptions{Workers: o.Workers}, func(row int, network []float64) {
			net, err := xor.FromSnapshot[float64](network, p.Dim)
			if err != nil {
				return // the table has found it by then
			}
			w.outputs[row] = make([]float64, len(p.own.y))
			kernels.Forward(w.outputs[row], x, net.W, net.A, len(p.own.y), net.M, net.D, kernels.ReLU(), ws)
		})
	})
	if w.err != nil && ctx.Err() != nil { // interrupted: another call begins anew
		p.own.mu.Lock()
		delete(p.own.wide, seed)
		p.own.mu.Unlock()
	}
	return w.outputs, w.err
}

// narrow rounds to T.
func narrow[T kernels.Float](x []float64) []T {
	out := make([]T, len(x))
	for i, v := range x {
		out[i] = T(v)
	}
	return out
}
