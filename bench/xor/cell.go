package xor

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"kac/bench"
	"kac/bench/store"
	"kac/kernels"
	limit "kac/meanfield/xor"
	"kac/particles/xor"
)

// sumOf tells arrays of numbers apart.
func sumOf(x []float64) string {
	sum := sha256.Sum256(store.AppendNumbers(nil, x...))
	return hex.EncodeToString(sum[:])
}

// ideal is the infinite network at the times of the rows.
type ideal struct {
	points []limit.Point
	step   []float64 // what the step adds to the margin
}

func (i *ideal) margin(k int) float64 { return i.points[k].Margin + i.step[k] }

// solve solves the infinite network of the parameters.
func (p *Parameters) solve(ctx context.Context, workers int, progress func(share float64)) (*ideal, error) {
	times := p.Times()
	reference := p.Reference()
	o := reference.options(workers, progress)
	o.Zeta = p.Zeta
	run, err := limit.SolveRun(ctx, p.Dim, p.Scale, p.trained(), times[len(times)-1], o)
	if err != nil {
		return nil, fmt.Errorf("solving xor in dimension %d: %w", p.Dim, err)
	}
	out := &ideal{}
	for _, t := range times {
		point, err := run.At(t)
		if err != nil {
			return nil, err
		}
		out.points = append(out.points, point)
	}
	out.step, err = run.StepGap(ctx, p.Eta, times)
	return out, err
}

// cell trains one network, with data of one's own beside the wide one of its seed. Snapshots, if not nil, is shown the
// network at every row.
func (p *Parameters) cell(ctx context.Context, width int, seed uint64, i *ideal, o bench.CellOptions, snapshot func(row int, network []float64)) ([]float64, error) {
	var against [][]float64
	if p.own != nil {
		var err error
		if against, err = p.against(ctx, seed, o); err != nil {
			return nil, err
		}
	}
	return p.train(ctx, width, seed, i, against, o, snapshot)
}

// train trains one network; the gap is to the outputs against, by row, where there are some.
func (p *Parameters) train(ctx context.Context, width int, seed uint64, i *ideal, against [][]float64, o bench.CellOptions, snapshot func(row int, network []float64)) ([]float64, error) {
	if p.Precision == bench.Float32 {
		return trained[float32](ctx, p, width, seed, i, against, o, snapshot)
	}
	return trained[float64](ctx, p, width, seed, i, against, o, snapshot)
}

// start makes the network of a cell.
func start[T kernels.Float](p *Parameters, width int, seed uint64) (*xor.Network[T], error) {
	if p.initial != nil {
		return xor.FromSnapshot[T](p.initial[:width*(p.Dim+1)], p.Dim)
	}
	return xor.New[T](width, p.Dim, p.Scale, seed, p.Halves), nil
}

// batches of a cell.
func batches[T kernels.Float](p *Parameters, seed uint64) (xor.Batches[T], error) {
	switch {
	case p.own != nil:
		return xor.Fixed(narrow[T](p.own.x), narrow[T](p.own.y), p.Dim, p.Batch, seed)
	case p.Cube:
		x, y, err := xor.Points[T](p.Dim)
		if err != nil {
			return nil, err
		}
		return xor.Fixed(x, y, p.Dim, len(y), seed)
	case p.Fixed > 0:
		x, y := xor.Drawn[T](p.Fixed, p.Dim, seed, false)
		return xor.Fixed(x, y, p.Dim, p.Batch, seed)
	}
	return xor.Fresh[T](p.Dim, p.Batch, seed)
}

// tester is what networks are tested on: the same inputs for all of them.
func tester[T kernels.Float](p *Parameters) (*xor.Test[T], error) {
	if p.own != nil {
		return xor.NewTest(narrow[T](p.own.x), narrow[T](p.own.y), p.Dim, p.plain()), nil
	}
	if p.wholeTest() {
		x, y, err := xor.Points[T](p.Dim)
		if err != nil {
			return nil, err
		}
		return xor.NewTest(x, y, p.Dim, p.plain()), nil
	}
	x, y := xor.Drawn[T](p.Test, p.Dim, p.Seed, true)
	return xor.NewTest(x, y, p.Dim, p.plain()), nil
}

func trained[T kernels.Float](ctx context.Context, p *Parameters, width int, seed uint64, i *ideal, against [][]float64, o bench.CellOptions, snapshot func(row int, network []float64)) ([]float64, error) {
	net, err := start[T](p, width, seed)
	if err != nil {
		return nil, err
	}
	source, err := batches[T](p, seed)
	if err != nil {
		return nil, err
	}
	test, err := tester[T](p)
	if err != nil {
		return nil, err
	}
	var twins *limit.Twins
	if p.Coupling {
		w, a := split(net)
		twins = limit.NewTwins(p.Dim, p.Scale, w, a, o.Workers)
	}
	var rows []float64
	step, columns := int64(0), len(Schema.Columns)
	if o.Before != nil {
		if net, rows, step, err = restore[T](p, width, o.Before); err != nil {
			return nil, err
		}
	}
	r, err := xor.NewTrainer(net, source, p.trained(), p.Eta, o.Workers)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	r.Resume(step)
	keeper := o.Keeper()
	state := func() ([]byte, error) { // restore reads it
		b := store.AppendNumbers(nil, float64(r.Step()))
		b = store.AppendRows(b, rows, columns)
		return store.AppendNumbers(b, r.Network().Snapshot()...), nil
	}
	stopped := func(err error) ([]float64, error) { return nil, cmp.Or(keeper.Keep(state), err) }
	chunk := max(1, min(int64(2e8/(4*float64(p.Batch+2)*float64(width)*float64(p.Dim))), 4096))
	tau := 0.0
	for row, at := range p.Observed() {
		if twins != nil {
			if err := twins.Advance(ctx, i.points[row].Tau-tau); err != nil {
				return stopped(err)
			}
			tau = i.points[row].Tau
		}
		for r.Step() < at {
			if err := r.Advance(ctx, min(chunk, at-r.Step())); err != nil {
				if far := nonFinite(err, width, seed); far != nil {
					return nil, far
				}
				return stopped(err)
			}
			if err := keeper.Between(ctx, float64(r.Step())/float64(p.Steps()), state); err != nil {
				return nil, err
			}
		}
		if row < len(rows)/columns { // of a state that was saved after it
			continue
		}
		var wide []float64
		margin := 0.
		if against != nil {
			wide = against[row]
		}
		if p.own == nil {
			margin = i.margin(row)
		}
		one, err := p.row(at, test.Of(r, margin, wide), net.Parts(p.Zeta), width, seed)
		if err != nil {
			return nil, err
		}
		if twins != nil {
			w, a := split(net)
			one[6] = twins.Distance(w, a)
		}
		if snapshot != nil {
			snapshot(row, net.Snapshot())
		}
		rows = append(rows, one...)
	}
	if o.Final != nil {
		b, err := state()
		if err == nil {
			err = o.Final(b)
		}
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// row is in the order of Schema.
func (p *Parameters) row(step int64, t xor.Tested, q xor.Parts, width int, seed uint64) ([]float64, error) {
	out := []float64{bench.StepTime(step, p.Eta), float64(step) * float64(p.Batch), t.Error, t.Loss, t.Margin, t.Gap, math.NaN(), q.Energy, q.Signal, q.Opposite, q.Perpendicular,
		q.HeavyCount, q.HeavyMass, t.Groups[0], t.Groups[1], t.Groups[2], t.Groups[3]}
	if p.own != nil { // diagonals and groups are those of XOR
		for k := 8; k < len(out); k++ {
			out[k] = math.NaN()
		}
	}
	return out, bench.CheckTable(fmt.Sprintf("width %d, seed %d", width, seed), out[0], []string{"the loss", "the margin", "the gap", "the energy"}, t.Loss, t.Margin, t.Gap, q.Energy)
}

// split returns w and a in float64.
func split[T kernels.Float](n *xor.Network[T]) (w, a []float64) {
	w, a = make([]float64, len(n.W)), make([]float64, len(n.A))
	for i, x := range n.W {
		w[i] = float64(x)
	}
	for j, x := range n.A {
		a[j] = float64(x)
	}
	return w, a
}

// nonFinite is a network's NonFiniteError as tables have it; nil for another error.
func nonFinite(err error, width int, seed uint64) error {
	far := (*xor.NonFiniteError)(nil)
	if !errors.As(err, &far) {
		return nil
	}
	return &bench.NonFiniteError{Quantity: fmt.Sprintf("neuron %d", far.Neuron), Where: fmt.Sprintf("width %d, seed %d", width, seed), Time: far.Time, Value: math.NaN()}
}

// restore reads a state of trained.
func restore[T kernels.Float](p *Parameters, width int, b []byte) (*xor.Network[T], []float64, int64, error) {
	fail := func(err error) (*xor.Network[T], []float64, int64, error) {
		return nil, nil, 0, bench.StateError(err)
	}
	head, rest, err := store.ReadNumbers(b, 1)
	if err != nil {
		return fail(err)
	}
	form := store.CellForm{Times: p.Times(), Columns: len(Schema.Columns), Blocks: 1, Partly: true}
	rows, rest, err := form.Rows(rest)
	if err != nil {
		return fail(err)
	}
	numbers, rest, err := store.ReadNumbers(rest, width*(p.Dim+1))
	if err != nil || len(rest) > 0 {
		return fail(errors.Join(err, fmt.Errorf("%d bytes too many", len(rest))))
	}
	net, err := xor.FromSnapshot[T](numbers, p.Dim)
	if err != nil || !(head[0] >= 0) || head[0] > float64(p.Steps()) {
		return fail(fmt.Errorf("step %v: %w", head[0], err))
	}
	return net, rows, int64(head[0]), nil
}
