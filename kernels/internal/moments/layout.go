package moments

import (
	"math"
	"slices"

	"kac/kernels/internal/abi"
	"kac/kernels/internal/scalar"
)

// pairRun is a row of pairs (outer, lo), ..., (outer, hi-1) of variables, those at place at and on in its list.
type pairRun struct{ outer, lo, hi, at int }

func (r pairRun) count() int { return r.hi - r.lo }

// tensorTile is a tile of one list of pairs, and the run of count pairs from start on of the other list that it is
// multiplied by; its packed matrix is at element at.
type tensorTile struct{ start, count, at int }

// tensorColumns is a panel of width first pairs from first on, width being number kind of the widths; they have
// products with the second pairs of tile tile and on.
type tensorColumns struct{ first, width, kind, tile int }

// tensorCell is the sums, at element at, of a panel of first pairs by so many tiles of second pairs from tile on.
type tensorCell struct{ columns, tile, tiles, at int }

// cellTiles tiles of second pairs are in a cell: few, that they stay in the first cache for all panels of first pairs,
// and what the narrowest accumulate takes at once.
const cellTiles = 4

// TensorLayout says where the monomials of MomentForwardVelocity lie. First pairs (i, j) are ordered by their larger
// index j, second pairs (k, l) by their smaller one k, so that the second pairs that may follow a first one are the end
// of their list, and the first pairs that may precede a second one are the beginning of theirs.
type TensorLayout struct {
	d, rows, lanes int
	widths         []int
	coef           [5]float64

	first, second   []pairRun
	nFirst, nSecond int // pairs

	columns       []tensorColumns // of what is summed, in panels of the widths
	ofFirst       []int32         // the columns of each of the narrowest panels
	cells         []tensorCell    // of all columns, by tile
	ofTile        []int32         // the cell of columns c and tile t at c*tiles + t
	Size          int             // of the sums
	firstTiles    []tensorTile    // of first pairs, by second ones
	secondTiles   []tensorTile    // of second pairs, by first ones
	FirstEntries  tensorEntries
	SecondEntries tensorEntries
}

// tensorEntries tell what a packed matrix is made of: element i is weight[i] times the sum at from[i].
type tensorEntries struct {
	From   []int32
	Weight []float64
}

// Plan lays the monomials out for an activation of d variables on tiles of rows by lanes and panels of the widths,
// unless that is how they lie.
func (l *TensorLayout) Plan(d int, act scalar.Function, rows, lanes int, widths []int) {
	var coef [5]float64
	copy(coef[:], act.V)
	if l.d == d && l.rows == rows && l.lanes == lanes && slices.Equal(l.widths, widths) && l.coef == coef {
		return
	}
	l.fillEntries(l.PlanTiles(d, act, rows, lanes, widths))
}

// PlanTiles is plan without the entries; it returns the indices of all pairs.
func (l *TensorLayout) PlanTiles(d int, act scalar.Function, rows, lanes int, widths []int) (firsts, seconds [][2]int) {
	clear(l.coef[copy(l.coef[:], act.V):])
	l.d, l.rows, l.lanes, l.widths = d, rows, lanes, widths
	l.planPairs()
	firsts, seconds = indexed(l.first, l.nFirst), indexed(l.second, l.nSecond)

	l.firstTiles, l.secondTiles = l.firstTiles[:0], l.secondTiles[:0]
	size := 0
	for f := 0; f < l.nFirst; f += rows {
		start := 0
		for seconds[start][0] < firsts[f][1] {
			start++
		}
		l.firstTiles = append(l.firstTiles, tensorTile{start, l.nSecond - start, size})
		size += (l.nSecond - start) * rows
	}
	l.FirstEntries.grow(size)
	size = 0
	for s := 0; s < l.nSecond; s += rows {
		last, count := seconds[min(s+rows, l.nSecond)-1][0], 0
		for count < l.nFirst && firsts[count][1] <= last {
			count++
		}
		l.secondTiles = append(l.secondTiles, tensorTile{0, count, size})
		size += count * rows
	}
	l.SecondEntries.grow(size)

	l.planColumns()
	return firsts, seconds
}

// panelCost is how much longer a multiply-add of panels of that kind takes, widest first: their rows are read for fewer
// vectors.
var panelCost = [3]float64{1, 1.05, 1.15}

// planColumns cuts the first pairs into panels, so that the sums' products take least time with their padding: panels
// of pairs that begin together are wide, others narrow, for a panel's second pairs begin where those of its first pair
// do.
func (l *TensorLayout) planColumns() {
	unit := l.widths[len(l.widths)-1]
	units := abi.BlocksOf(l.nFirst, unit)
	tile := func(at int) int { // of the second pairs that the first pairs from this unit on have
		t := 0
		for t < len(l.secondTiles) && l.secondTiles[t].count <= at*unit {
			t++
		}
		return t
	}
	best, kinds := make([]float64, units+1), make([]int, units) // from a unit on: time, and the panel to begin with
	for at := units - 1; at >= 0; at-- {
		best[at] = math.Inf(1)
		tiles := float64(len(l.secondTiles) - tile(at))
		for kind, width := range l.widths {
			end := at + width/unit
			if end > units && kind < len(l.widths)-1 {
				continue // narrower ones do it
			}
			if time := panelCost[kind]*tiles*float64(width) + best[end]; time < best[at] {
				best[at], kinds[at] = time, kind
			}
		}
	}
	l.columns, l.ofFirst = l.columns[:0], l.ofFirst[:0]
	for at := 0; at < units; {
		width := l.widths[kinds[at]]
		c := tensorColumns{at * unit, width, kinds[at], tile(at)}
		for range width / unit {
			l.ofFirst = append(l.ofFirst, int32(len(l.columns)))
		}
		l.columns = append(l.columns, c)
		at += width / unit
	}
	tiles := len(l.secondTiles)
	l.cells, l.ofTile, l.Size = l.cells[:0], abi.Grow(l.ofTile, len(l.columns)*tiles), 0
	for t := 0; t < tiles; t += cellTiles {
		for i, c := range l.columns {
			from, to := max(t, c.tile), min(t+cellTiles, tiles)
			if from >= to {
				continue
			}
			for k := from; k < to; k++ {
				l.ofTile[i*tiles+k] = int32(len(l.cells))
			}
			l.cells = append(l.cells, tensorCell{i, from, to - from, l.Size})
			l.Size += (to - from) * l.rows * c.width
		}
	}
}

// planPairs lists the pairs. A first pair (i, j) with 1 <= i is in monomials of degree 4 only, and (0, j) with 1 <= j
// in those of degree 3; a second pair (0, l) is in those of degree 1 and (0, 0) in the constant.
func (l *TensorLayout) planPairs() {
	c := l.coef
	l.first, l.nFirst = append(l.first[:0], pairRun{0, 0, 1, 0}), 1
	for j := 1; j <= l.d; j++ {
		lo, hi := 1, 1
		if c[3] != 0 {
			lo = 0
		}
		if c[4] != 0 {
			hi = j + 1
		}
		if lo < hi {
			l.first = append(l.first, pairRun{j, lo, hi, l.nFirst})
			l.nFirst += hi - lo
		}
	}
	l.second, l.nSecond = l.second[:0], 0
	lo, hi := 1, 1
	if c[0] != 0 {
		lo = 0
	}
	if c[1] != 0 {
		hi = l.d + 1
	}
	if lo < hi {
		l.second = append(l.second, pairRun{0, lo, hi, 0})
		l.nSecond += hi - lo
	}
	if c[2] == 0 && c[3] == 0 && c[4] == 0 {
		return
	}
	for k := 1; k <= l.d; k++ {
		l.second = append(l.second, pairRun{k, k, l.d + 1, l.nSecond})
		l.nSecond += l.d + 1 - k
	}
}

// indexed returns the sorted indices of the pairs of all runs. (A run's outer variable is the larger one of first
// pairs, the smaller one of second pairs.)
func indexed(runs []pairRun, n int) [][2]int {
	out := make([][2]int, 0, n)
	for _, r := range runs {
		for inner := r.lo; inner < r.hi; inner++ {
			out = append(out, [2]int{min(r.outer, inner), max(r.outer, inner)})
		}
	}
	return out
}

// fillEntries finds the entries of both packed matrices among the sums. What is no sorted monomial, or beyond a list's
// end, has weight 0.
func (l *TensorLayout) fillEntries(firsts, seconds [][2]int) {
	for i, t := range l.firstTiles {
		for k := range t.count {
			for r := range l.rows {
				l.FirstEntries.set(l, t.at+k*l.rows+r, i*l.rows+r, t.start+k, firsts, seconds)
			}
		}
	}
	for i, t := range l.secondTiles {
		for k := range t.count {
			for r := range l.rows {
				l.SecondEntries.set(l, t.at+k*l.rows+r, k, i*l.rows+r, firsts, seconds)
			}
		}
	}
}

func (e *tensorEntries) grow(n int) {
	e.From, e.Weight = abi.Grow(e.From, n), abi.Grow(e.Weight, n)
}

// set makes element i that of first pair f and second pair s.
func (e *tensorEntries) set(l *TensorLayout, i, f, s int, firsts, seconds [][2]int) {
	e.From[i], e.Weight[i] = 0, 0
	if f >= l.nFirst || s >= l.nSecond || firsts[f][1] > seconds[s][0] {
		return
	}
	index := make([]int, 0, 4)
	for _, b := range [4]int{firsts[f][0], firsts[f][1], seconds[s][0], seconds[s][1]} {
		if b > 0 {
			index = append(index, b)
		}
	}
	column := int(l.ofFirst[f/l.widths[len(l.widths)-1]])
	cell, c := l.cells[l.ofTile[column*len(l.secondTiles)+s/l.rows]], l.columns[column]
	e.From[i] = int32(cell.at + (s-cell.tile*l.rows)*c.width + f - c.first)
	e.Weight[i] = l.coef[len(index)] * multinomial(index)
}
