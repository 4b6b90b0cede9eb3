package coding

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/bench/store"
	"kac/particles/coding"
)

// DescendParameters are those of descent with coded gradients: a code, one setting of its stragglers, and an objective.
type DescendParameters struct {
	Code     Parameters `json:"code"`
	Loss     string     `json:"loss"` // square or logistic
	Data     string     `json:"data,omitempty"`
	Labels   string     `json:"labels,omitempty"`
	Points   int        `json:"points"`
	Features int        `json:"features"`
	DataSeed uint64     `json:"data_seed"`
	Step     float64    `json:"step"`
	Steps    int        `json:"steps"`
	// Adversarial keeps losing the machines that an adversary would choose.
	Adversarial bool `json:"adversarial,omitempty"`

	objective *coding.Objective
}

// Check reads the data. Every error is a bench.InputError.
func (p *DescendParameters) Check(ctx context.Context) error {
	if err := p.Code.Check(ctx); err != nil {
		return err
	}
	c := &p.Code
	switch {
	case c.Rare:
		return bench.Refuse("rare", "given", "not with descend")
	case len(c.Blocks) > 1:
		return bench.Refuse("blocks", bench.Wholes(c.Blocks, ","), "with descend give one number of blocks")
	case len(c.Degrees) > 1:
		return bench.Refuse("degree", bench.Wholes(c.Degrees, ","), "with descend give one degree")
	case c.settings() > 1 && c.Delays == "":
		return bench.Refuse("straggle", bench.Numbers(c.Straggle), "with descend give one probability")
	case c.settings() > 1:
		return bench.Refuse("wait", bench.Numbers(c.Wait), "with descend give one share or one deadline")
	case p.Adversarial && c.Delays != "":
		return bench.Refuse("delays", c.Delays, "an adversary takes a share of the machines; give straggle")
	}
	for _, err := range []error{
		bench.CheckPositive("step", p.Step, 1e6, "of gradient descent"),
		bench.CheckWhole("steps", p.Steps, 1, 10_000_000, "steps of gradient descent"),
	} {
		if err != nil {
			return err
		}
	}
	loss := coding.Square
	switch p.Loss {
	case "square":
	case "logistic":
		loss = coding.Logistic
	default:
		return bench.Refuse("loss", p.Loss, "allowed are square and logistic")
	}
	if (p.Data == "") != (p.Labels == "") {
		if p.Data == "" {
			return bench.Refuse("labels", p.Labels, "labels come with their inputs; give data too")
		}
		return bench.Refuse("data", p.Data, "inputs come with their labels; give labels too")
	}
	if p.Data == "" {
		for _, err := range []error{
			bench.CheckWhole("points", p.Points, 1, 1<<24, "drawn data points"),
			bench.CheckWhole("features", p.Features, 1, 1<<12, "coordinates of a point"),
		} {
			if err != nil {
				return err
			}
		}
		if p.Points < p.Features {
			return bench.Refuse("points", p.Points, "with %d features at least as many points are needed for one best theta", p.Features)
		}
	}
	if p.Data == "" {
		err := bench.Memory{{Key: "points", Value: p.Points, Bytes: 8 * float64(p.Points) * float64(p.Features+4) * 2, Lower: "it"}}.Check()
		if err != nil {
			return err
		}
		p.objective = coding.Drawn(p.Points, p.Features, loss, p.DataSeed)
	} else if err := p.read(ctx, loss); err != nil {
		return err
	}
	return p.checkBlocks(c.Blocks[0])
}

// checkBlocks refuses blocks without points.
func (p *DescendParameters) checkBlocks(blocks int) error {
	if blocks > p.Points {
		return bench.Refuse("blocks", blocks, "there are %d points, and a block has at least one", p.Points)
	}
	return nil
}

func (p *DescendParameters) read(ctx context.Context, loss coding.Loss) error {
	x, err := read(ctx, "data", p.Data)
	if err != nil {
		return err
	}
	y, err := read(ctx, "labels", p.Labels)
	if err != nil {
		return err
	}
	if len(y.X) != x.Rows {
		return bench.Refuse("labels", p.Labels, "it has %d labels, %s has %d rows", len(y.X), p.Data, x.Rows)
	}
	p.Points, p.Features = x.Rows, x.Columns
	p.objective = &coding.Objective{X: x.X, Y: y.X, K: x.Columns, Loss: loss}
	if loss == coding.Logistic {
		two := slices.Compact(slices.Sorted(slices.Values(y.X)))
		if len(two) != 2 {
			return bench.Refuse("labels", p.Labels, "it has %d different values; the logistic loss takes two", len(two))
		}
		for i, v := range y.X {
			p.objective.Y[i] = -1
			if v == two[1] {
				p.objective.Y[i] = 1
			}
		}
	}
	for i, v := range x.X {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return bench.Refuse("data", p.Data, "%s is %v; inputs are finite", x.Place(i), v)
		}
	}
	for i, v := range p.objective.Y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return bench.Refuse("labels", p.Labels, "%s is %v; labels are finite", y.Row(i), v)
		}
	}
	return nil
}

// DescendRow is a scheme after some steps, over the seeds.
type DescendRow struct {
	Scheme           string
	Blocks, Machines int
	Step             int
	Seconds          float64 // simulated; steps without delays
	Distance         bench.Mean
}

// Descent is the result of kac code --descend.
type Descent struct {
	Parameters DescendParameters
	Rows       []DescendRow
}

// shown are the steps that the table has: about 60, closer at the start.
func shown(steps int) []int {
	var list []int
	for k := 0.0; k < float64(steps); k = math.Max(k+1, k*1.12) {
		list = append(list, int(k))
	}
	list = append(list, steps)
	return slices.Compact(list)
}

// Cells is how many descents there are.
func (p *DescendParameters) Cells() int { return len(p.Code.Schemes) * p.Code.Seeds }

// path is a descent at the steps that are shown.
type path struct {
	blocks, machines int
	distance, second []float64
}

// follow makes a descent from where it is kept: the numbers of rows and of steps, the rows, the seconds and theta.
func (p *DescendParameters) follow(ctx context.Context, name string, seed uint64, best []float64, r *path, own string, kept *store.Cells) error {
	cell, at := fmt.Sprintf("%s%s seed %d", own, name, seed), shown(p.Steps)
	d, machines, err := p.begin(ctx, name, seed)
	if err != nil {
		return err
	}
	r.blocks, r.machines = d.Blocks, machines
	first := 0
	if x := kept.Partly(cell); len(x) >= 3 {
		rows := int(x[0])
		r.distance, r.second = append(r.distance, x[2:2+rows]...), append(r.second, x[2+rows:2+2*rows]...)
		first, x = int(x[1]), x[2+2*rows:]
		if err := d.Continue(coding.State{Steps: first, Seconds: x[0], Theta: x[1:]}); err != nil {
			return err
		}
	}
	if x := kept.Get(cell); len(x) == 2*len(at) {
		r.distance, r.second = x[:len(at)], x[len(at):]
		return nil
	}
	for step := first; ; step++ {
		if len(r.distance) == slices.Index(at, step) {
			r.distance, r.second = append(r.distance, d.Distance(best)), append(r.second, d.Seconds)
		}
		if step == p.Steps {
			return kept.Add(cell, slices.Concat(r.distance, r.second)...)
		}
		if err := ctx.Err(); err != nil {
			if s := d.State(); step > 0 {
				kept.AddPartly(cell, slices.Concat([]float64{float64(len(r.distance)), float64(step)}, r.distance, r.second, []float64{s.Seconds}, s.Theta)...)
			}
			return err
		}
		if err := d.Advance(); err != nil {
			return err
		}
		if err := diverged(d, best, d.Blocks, seed, step+1); err != nil {
			return err
		}
	}
}

// RunDescend descends. Codes are compared at the same number of machines: uncoded data are cut into as many blocks as
// the graph code has machines. Descents go on from where they are kept; kept, and progress, may be nil.
func RunDescend(ctx context.Context, p DescendParameters, workers int, kept *store.Cells, progress func(share float64, what string)) (*Descent, error) {
	best, err := p.objective.Optimum(ctx)
	if errors.Is(err, coding.ErrSeparable) {
		return nil, bench.Refuse("labels", p.Labels, "%v; there is no distance to measure", err)
	}
	if err != nil {
		return nil, bench.Refuse("data", p.Data, "%v", err)
	}
	c := &p.Code
	at := shown(p.Steps)
	paths := make([]path, p.Cells())
	var done int
	own := c.own(kept)
	if p.Data != "" && kept != nil {
		own = c.own(kept, bench.Checksum(p.objective.X, p.objective.Y))
	}
	finished := make(chan struct{}, len(paths))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(max(workers, 1))
	go func() {
		for range finished {
			done++
			if progress != nil {
				progress(float64(done)/float64(len(paths)), "descents")
			}
		}
	}()
	for i := range paths {
		group.Go(func() error {
			name, seed := c.Schemes[i/c.Seeds], c.Seed+uint64(i%c.Seeds)
			if err := p.follow(inner, name, seed, best, &paths[i], own, kept); err != nil {
				return err
			}
			finished <- struct{}{}
			return nil
		})
	}
	err = group.Wait()
	close(finished)
	if err != nil {
		return nil, err
	}
	result := &Descent{Parameters: p}
	for i, name := range c.Schemes {
		mine := paths[i*c.Seeds : (i+1)*c.Seeds]
		for k, step := range at {
			var distances []float64
			seconds := 0.0
			for _, r := range mine {
				distances = append(distances, r.distance[k])
				seconds += r.second[k] / float64(len(mine))
			}
			result.Rows = append(result.Rows, DescendRow{Scheme: name, Blocks: mine[0].blocks, Machines: mine[0].machines, Step: step, Seconds: seconds, Distance: bench.MeanOf(distances)})
		}
	}
	return result, nil
}

// diverged is a *bench.NonFiniteError where the step was too large.
func diverged(d *coding.Descent, best []float64, blocks int, seed uint64, step int) error {
	return bench.CheckTable(fmt.Sprintf("%d blocks, seed %d", blocks, seed), float64(step), []string{"|theta - theta*|^2"}, d.Distance(best))
}

// begin makes the descent of a scheme and seed.
func (p *DescendParameters) begin(ctx context.Context, name string, seed uint64) (*coding.Descent, int, error) {
	c := &p.Code
	var g *coding.Graph
	if c.matrix == nil {
		var err error
		if g, err = c.family.make(c.Blocks[0], c.Degrees[0], seed); err != nil {
			return nil, 0, err
		}
	}
	s, err := makeScheme(name, g, seed, c.matrix)
	if err != nil {
		return nil, 0, err
	}
	blocks := c.Blocks[0]
	if name == "uncoded" {
		blocks = min(len(g.Edges()), p.Points)
		s.assignment = coding.Uncoded(blocks)
		s.machines = blocks
	}
	lose, share := p.loser(s, seed)
	if p.Adversarial {
		count := int(math.Floor(c.Straggle[0]*float64(s.machines) + 1e-9))
		share = float64(count) / float64(s.machines)
		a := s.assignment
		if a == nil {
			a = g.Assignment()
		}
		attack, err := coding.Search(ctx, a, s.decoder(share), count, 64, seed)
		if err != nil {
			return nil, 0, err
		}
		lose = func(lost []bool, _ int) float64 { copy(lost, attack.Lost); return 1 }
	}
	d := &coding.Descent{Objective: p.objective, Decoder: s.decoder(share), Blocks: blocks, Step: p.Step, Lose: lose}
	return d, s.machines, d.Begin(s.machines, seed, 0)
}

// loser marks the stragglers of a step, and says which share of the machines is lost on average.
func (p *DescendParameters) loser(s *scheme, seed uint64) (func([]bool, int) float64, float64) {
	c := &p.Code
	if c.Delays != "" {
		w := c.wait(0)
		times, order := make([]float64, s.machines), make([]int32, s.machines)
		share := 1 - float64(w.Count(s.machines))/float64(s.machines)
		if w.Share == 0 {
			share = c.delay.Exceeds(w.Deadline)
		}
		return func(lost []bool, step int) float64 {
			c.delay.Draw(times, seed, uint64(step))
			return w.Lost(lost, times, order)
		}, share
	}
	share := c.Straggle[0]
	if c.Lose == LoseFixed {
		count := int(math.Floor(share*float64(s.machines) + 1e-9))
		return func(lost []bool, step int) float64 {
			coding.Fixed(lost, count, seed, uint64(step))
			return 1
		}, float64(count) / float64(s.machines)
	}
	return func(lost []bool, step int) float64 {
		coding.Bernoulli(lost, share, seed, uint64(step))
		return 1
	}, share
}

// DescendHeader is the first line of descent.csv.
const DescendHeader = "scheme,graph,blocks,machines,step,seconds,distance,distance_se"

// WriteCSV writes the table.
func (d *Descent) WriteCSV(w io.Writer) error {
	name := d.Parameters.Code.graphField()
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, DescendHeader)
	for _, r := range d.Rows {
		fmt.Fprintf(out, "%s,%s,%d,%d,%d,%s\n", r.Scheme, name, r.Blocks, r.Machines, r.Step, bench.Fields(r.Seconds, r.Distance.Value, r.Distance.SE))
	}
	return out.Flush()
}

// WriteText writes |theta - theta*|² at the start, at tenths of the steps and at the end.
func (d *Descent) WriteText(w io.Writer) error {
	p := &d.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "|theta - theta*|^2 of gradient descent with coded gradients, %d points of %d coordinates, %s loss, step %s.\n\n", p.Points, p.Features, p.Loss, bench.Number(p.Step))
	head := []string{"step"}
	columns := map[string]map[int]DescendRow{}
	var steps []int
	for _, r := range d.Rows {
		if columns[r.Scheme] == nil {
			columns[r.Scheme] = map[int]DescendRow{}
			head = append(head, r.Scheme)
		}
		columns[r.Scheme][r.Step] = r
		steps = append(steps, r.Step)
	}
	slices.Sort(steps)
	steps = slices.Compact(steps)
	rows := [][]string{head}
	every := max((len(steps)-1)/10, 1)
	for i, step := range steps {
		if i%every != 0 && i != len(steps)-1 {
			continue
		}
		row := []string{fmt.Sprint(step)}
		for _, name := range head[1:] {
			row = append(row, columns[name][step].Distance.Text())
		}
		rows = append(rows, row)
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	if p.Code.Delays != "" {
		var times []string
		last := steps[len(steps)-1]
		for _, name := range head[1:] {
			times = append(times, fmt.Sprintf("%s %.4g s", name, columns[name][last].Seconds))
		}
		fmt.Fprintf(out, "\nSimulated time of %d steps: %s.\n", last, strings.Join(times, ", "))
	}
	return out.Flush()
}
