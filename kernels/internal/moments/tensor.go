package moments

import (
	"kac/kernels/internal/abi"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/sums"
)

// momentLayout says where the entries of the tensors T_{f,b} of Moment lie. T is symmetric in all its K+1 indices, and
// monomials are ordered by their last index (see monomials), so that what is built are the rows f with the coordinates
// b from the vector of the last index of the chunk's first monomial on: a suffix. The rest is copied from there by
// spread.
type momentLayout struct {
	d        int
	Parts    []momentPart
	Chunks   []momentChunk
	coords   []pack.Panel // of the whole tensor
	width    int
	rows     int // of the whole tensor, padded
	suffixes []momentSuffix
	ys       []momentY
	yWidth   int
	size     int   // of the sums, all chunks
	counts   []int // of monomials
}

// momentPart is the tensor of one degree: its monomials are chunks first, first+1, ...
type momentPart struct{ Degree, monomials, first int }

// momentChunk is a run of at most chunkRows monomials of one part: rows row.. of the whole tensor, and from element at
// on in the sums, where it has chunkRows rows in the panels of its suffix.
type momentChunk struct {
	degree, rank, count int
	row, at             int
	suffix              int
}

// momentSuffix is the coordinates from first on, padded, in panels.
type momentSuffix struct {
	first, width int
	panels       []suffixPanel
	place        []suffixPlace // of coordinate first + i
}

// suffixPanel is a panel of a suffix: of y panel y, and in a chunk at element at*chunkRows.
type suffixPanel struct {
	pack.Panel
	y, at int
}

// suffixPlace is where a coordinate lies in a chunk's sums: row r at element at + r*stride.
type suffixPlace struct{ at, stride int }

// momentY is one of the panels in which a block's particles are packed, at element at*samples; suffixes share them.
type momentY struct {
	pack.Panel
	at int
}

func (l *momentLayout) plan(set *abi.Set, d int, dq []float64, counts []int) {
	if l.d != d || len(l.coords) == 0 {
		l.d = d
		l.coords = pack.Panels(set, d, l.coords)
		l.width = pack.Width(l.coords)
		l.planSuffixes(set)
	}
	l.counts = counts
	unit := set.Widths[len(set.Widths)-1]
	l.Parts, l.Chunks, l.rows, l.size = l.Parts[:0], l.Chunks[:0], 0, 0
	for k, c := range dq {
		if c == 0 {
			continue
		}
		p := momentPart{k, int(MonomialCount(d, k)), len(l.Chunks)}
		l.Parts = append(l.Parts, p)
		last := 0
		for f := 0; f < p.monomials; f += pack.ChunkRows {
			for k > 0 && l.count(k, last+1) <= f {
				last++
			}
			ch := momentChunk{k, f, min(pack.ChunkRows, p.monomials-f), l.rows, l.size, last / unit}
			l.Chunks = append(l.Chunks, ch)
			l.rows += pack.ChunkRows
			l.size += pack.ChunkRows * l.suffixes[ch.suffix].width
		}
	}
}

// count returns the number of monomials of degree k in the first e variables.
func (l *momentLayout) count(k, e int) int { return l.counts[k*(l.d+1)+e] }

// planSuffixes cuts the coordinates from each vector on into panels.
func (l *momentLayout) planSuffixes(set *abi.Set) {
	l.suffixes, l.ys, l.yWidth = l.suffixes[:0], l.ys[:0], 0
	var panels []pack.Panel
	for first := 0; first < l.d; first += set.Widths[len(set.Widths)-1] {
		panels = pack.Panels(set, l.d-first, panels)
		s := momentSuffix{first: first, width: pack.Width(panels), place: make([]suffixPlace, l.d-first)}
		for _, q := range panels {
			for b := q.Offset; b < min(q.Offset+q.Width, l.d-first); b++ {
				s.place[b] = suffixPlace{q.Offset*pack.ChunkRows + b - q.Offset, q.Width}
			}
			at := q.Offset
			q.Offset += first
			s.panels = append(s.panels, suffixPanel{q, l.y(q), at})
		}
		l.suffixes = append(l.suffixes, s)
	}
}

// y returns the index of the y panel of the given coordinates.
func (l *momentLayout) y(q pack.Panel) int {
	for i, y := range l.ys {
		if y.Panel == q {
			return i
		}
	}
	l.ys = append(l.ys, momentY{q, l.yWidth})
	l.yWidth += q.Width
	return len(l.ys) - 1
}

// entry returns the element of the sums that holds T_{f,b}, f the monomial of the given rank, b at least its last
// index.
func (l *momentLayout) entry(p momentPart, rank, b int) int {
	ch := &l.Chunks[p.first+rank/pack.ChunkRows]
	s := &l.suffixes[ch.suffix]
	place := s.place[b-s.first]
	return ch.at + place.at + rank%pack.ChunkRows*place.stride
}

// inserted writes, for the sorted index without its last element, the rank of what inserting b at place i gives, less
// the share counts[i+1][b] of b itself, to ranks[i].
func (l *momentLayout) inserted(ranks, index []int) {
	k := len(index)
	ranks[0] = 0
	for i := range k - 1 {
		ranks[0] += l.count(i+2, index[i])
	}
	for i := range k - 1 {
		ranks[i+1] = ranks[i] - l.count(i+2, index[i]) + l.count(i+1, index[i])
	}
}

// index writes the sorted index of the monomial of the given rank.
func (l *momentLayout) index(index []int, rank int) {
	e := l.d - 1
	for k := len(index); k > 0; k-- {
		for l.count(k, e) > rank {
			e--
		}
		index[k-1] = e
		rank -= l.count(k, e)
	}
}

// spread fills the chunk's rows of the whole tensor with (K+1) q_{K+1} c_f T_{f,b} for all b.
func (t *Population[T]) spread(ch momentChunk, sc *momentScratch[T]) {
	index, ranks := sc.index[:ch.degree], sc.insert[:max(1, ch.degree)]
	t.index(index, ch.rank)
	var part momentPart
	for _, p := range t.Parts {
		if p.Degree == ch.degree {
			part = p
		}
	}
	for i := range ch.count {
		last := 0
		if ch.degree > 0 {
			last = index[ch.degree-1]
			t.inserted(ranks, index)
		}
		weight := T(t.dq[ch.degree] * multinomial(index))
		place := 0
		for _, q := range t.coords {
			row := t.tensor[q.Offset*t.rows+(ch.row+i)*q.Width:][:q.Width]
			valid := min(q.Width, t.d-q.Offset)
			for a := range row[:valid] {
				b, rank, column := q.Offset+a, ch.rank+i, q.Offset+a
				if b < last {
					for place < ch.degree-1 && index[place] <= b {
						place++
					}
					rank, column = ranks[place]+t.count(place+1, b), last
				}
				row[a] = weight * t.sums[t.entry(part, rank, column)]
			}
			clear(row[valid:])
		}
		next(index)
	}
	for i := ch.count; i < pack.ChunkRows; i++ {
		for _, q := range t.coords {
			clear(t.tensor[q.Offset*t.rows+(ch.row+i)*q.Width:][:q.Width])
		}
	}
}

// Squared returns sum_f c_f |T_f|^2, which is the sum over sorted indices of degree K+1 of their multinomial
// coefficients times T^2.
func (t *Population[T]) Squared(p momentPart) float64 {
	var tree sums.Tree
	index := t.scratch[0].index[:p.Degree]
	clear(index)
	for rank := range p.monomials {
		last, repeats := 0, 0
		for i := p.Degree - 1; i >= 0 && index[i] == index[p.Degree-1]; i-- {
			last, repeats = index[i], repeats+1
		}
		sum := 0.0
		for b := last; b < t.d; b++ {
			x := float64(t.sums[t.entry(p, rank, b)])
			if x *= x; b == last {
				x /= float64(repeats + 1)
			}
			sum += x
		}
		tree.Push(float64(p.Degree+1) * multinomial(index) * sum)
		next(index)
	}
	return tree.Total()
}
