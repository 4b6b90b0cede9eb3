package meanfield

import (
	"context"
	"fmt"
	"math"
	"slices"

	"kac/internal/portable"
)

// averageGrid is where the search for J_avg begins. It is the same whatever the last time is: t' runs over
// the starts, s over every third of them, the two before t', and t' itself, where J = P and which is a
// ridge: particles are drawn away from where H is large.
type averageGrid struct {
	starts    []int // indices of Times
	positions []float64
	angles    []float64
	points    int
}

const (
	thinned   = 3 // starts, of which one is an s for every later t'
	nextTo    = 2 // starts before t' that are an s besides
	usualStep = math.Pi / 2 / 12
)

func (av *averager) grid(starts []int, opt AverageOptions) *averageGrid {
	g := &averageGrid{starts: starts, angles: []float64{0}, points: opt.Points}
	low := -math.Pi / 2
	if av.bothSides && evenActivation(av.s.reference.problem) {
		low = 0
	}
	n := opt.Positions
	if n == 0 {
		n = 1 + int(math.Round((math.Pi/2-low)/usualStep))
	}
	for i := range n {
		g.positions = append(g.positions, low+(math.Pi/2-low)*float64(i)/float64(max(n-1, 1)))
	}
	if av.across {
		for i := 1; i < opt.Angles; i++ {
			g.angles = append(g.angles, math.Pi/2*float64(i)/float64(opt.Angles-1))
		}
	}
	return g
}

// rough is the rule of the search for an angle of the grid.
func (g *averageGrid) rough(av *averager, angle int) *angleRule {
	switch {
	case angle == 0:
		return av.rule(ruleSize{along: g.points})
	case angle == len(g.angles)-1:
		return av.rule(ruleSize{along: g.points, half: true})
	}
	return av.rule(ruleSize{along: g.points, across: 2})
}

// thinNodes are the nodes of a panel that the search looks at: as good as a cubic there.
var thinNodes = [4]int{1, 4, 7, 10}

// thinRule[k][n] is the value at node n of the cubic that is 1 at node k of thinNodes and 0 at the others.
var thinRule = func() (rows [4][panelNodes]float64) {
	for k, own := range thinNodes {
		for n, x := range gauss.x {
			rows[k][n] = 1
			for _, other := range thinNodes {
				if other != own {
					rows[k][n] *= (x - gauss.x[other]) / (gauss.x[own] - gauss.x[other])
				}
			}
		}
	}
	return rows
}()

// thin returns the weights of thinNodes of the averager's blocks, of weights of all nodes.
func (av *averager) thin(w []float64) []float64 {
	out := make([]float64, 0, len(av.blocks)*len(thinNodes))
	for _, block := range av.blocks {
		for k := range thinRule {
			out = append(out, dot(&thinRule[k], w[block*panelNodes:(block+1)*panelNodes]))
		}
	}
	return out
}

// search returns, for each start as t', the best place of the grid.
func (av *averager) search(ctx context.Context, g *averageGrid) ([]place, error) {
	best := make([]place, len(g.starts))
	weights := make([][]float64, len(g.starts))
	for k, t := range g.starts {
		weights[k] = av.thin(av.outside(t))
		best[k] = place{t: t, from: t}
	}
	size := 0
	rules := make([]*angleRule, len(g.angles))
	for i := range g.angles {
		rules[i] = g.rough(av, i)
		size += len(rules[i].w)
	}
	sources := len(g.positions) * len(g.angles)
	along, over := make([]float64, size*len(g.positions)), make([]float64, size*len(g.positions))
	sums := make([][]float64, len(g.starts))
	for k := range sums {
		sums[k] = make([]float64, sources)
	}
	for j, from := range g.starts {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("meanfield: J_avg: %w", err)
		}
		last := len(g.starts)
		if j%thinned != 0 {
			last = min(last, j+nextTo+1)
		}
		for k := j; k < last; k++ {
			clear(sums[k])
		}
		for n := range len(av.blocks) * len(thinNodes) {
			node, known := av.blocks[n/len(thinNodes)]*panelNodes+thinNodes[n%len(thinNodes)], false
			for k := j; k < last; k++ {
				w := weights[k][n]
				if w == 0 {
					continue
				}
				if !known {
					known = true
					at := 0
					for _, position := range g.positions {
						for i, angle := range g.angles {
							av.source(rules[i], from, node, position, angle, along[at:], over[at:])
							at += len(rules[i].w)
						}
					}
				}
				jPar, jPerp := av.squares(g.starts[k], from, node)
				at := 0
				for n := range sums[k] {
					rule, sum := rules[n%len(rules)], 0.0
					x, y := along[at:at+len(rule.w)], over[at:at+len(rule.w)]
					for i, v := range rule.w {
						sum += v * math.Sqrt(jPar*x[i]+jPerp*y[i])
					}
					at += len(rule.w)
					sums[k][n] += w * sum
				}
			}
		}
		for k := j; k < last; k++ {
			for n, x := range sums[k] {
				if x > best[k].value {
					best[k] = place{g.starts[k], from, g.positions[n/len(rules)], g.angles[n%len(rules)], x}
				}
			}
		}
	}
	return best, nil
}

// climb goes from a place to better ones around it with ever smaller steps; t' stays if fixed.
func (av *averager) climb(g *averageGrid, p place, fixed bool) place {
	stride := max(1, len(av.s.Times)/max(len(g.starts), 1))
	if i, found := slices.BinarySearch(g.starts, p.t); found && i > 0 { // as far as the next start
		stride = max(1, g.starts[i]-g.starts[i-1])
	}
	dp := math.Pi / 2 / float64(max(len(g.positions)-1, 1))
	da := math.Pi / 2 / float64(max(len(g.angles)-1, 1))
	p.value = av.at(p, g.points)
	for round := 0; round < 9 || stride > 1; round++ {
		moves := []place{{from: stride}, {from: -stride}, {position: dp}, {position: -dp}, {angle: da}, {angle: -da}}
		if !fixed {
			moves = append(moves, place{t: stride, from: stride}, place{t: -stride, from: -stride}, place{t: stride}, place{t: -stride})
		}
		for moved := true; moved; {
			moved = false
			for _, step := range moves {
				q := place{t: p.t + step.t, from: p.from + step.from, position: p.position + step.position, angle: p.angle + step.angle}
				if q.t >= len(av.s.Times) || q.from < 0 || q.from > q.t || math.Abs(q.position) > math.Pi/2 || q.angle < 0 || q.angle > math.Pi/2 || q.angle > 0 && !av.across {
					continue
				}
				if q.value = av.at(q, g.points); q.value > p.value*(1+1e-12) {
					p, moved = q, true
				}
			}
		}
		stride, dp, da = max(1, stride/2), dp/2, da/2
	}
	return p
}

// above is by how much the mean rises above p's between the neighbouring times, by parabolas.
func (av *averager) above(p place, points int, fixed bool) float64 {
	var steps []place
	switch {
	case fixed && p.from < p.t:
		steps = []place{{from: 1}}
	case !fixed && p.from == p.t:
		steps = []place{{t: 1, from: 1}}
	case !fixed:
		steps = []place{{t: 1}, {from: 1}}
	}
	sum := 0.0
	for _, step := range steps {
		before, after := p, p
		before.t, before.from = p.t-step.t, p.from-step.from
		after.t, after.from = p.t+step.t, p.from+step.from
		if before.from < 0 || after.t >= len(av.s.Times) || before.from > before.t || after.from > after.t {
			continue // at an end of the range there is nothing on the other side
		}
		at := func(q place) float64 {
			if step.t > 0 {
				return av.s.Times[q.t]
			}
			return av.s.Times[q.from]
		}
		y := []float64{av.at(before, points), p.value, av.at(after, points)}
		if y[1] >= y[0] && y[1] >= y[2] {
			sum += vertex([]float64{at(before), at(p), at(after)}, y)
		}
	}
	return sum
}

// averageStarts are the times of a grid with which the search for J_avg begins: every third of the solver's
// steps at the usual tolerance, and as far apart at others, for steps follow its eighth root. No later time
// changes them.
func (r *Reference) averageStarts(grid []float64) []int {
	tolerance := math.Max(minTime, math.Min(r.tolerance, loosest))
	every := max(1, int(math.Round(3*portable.Pow(1e-8/tolerance, 1./8))))
	var starts []int
	for i := 0; i < len(r.path.times); i += every {
		if at, is := slices.BinarySearch(grid, r.path.times[i]); is {
			starts = append(starts, at)
		}
	}
	return starts
}
