// Package pack lays operands out as the micro-kernels read them: samples and particles in panels, activations as
// coefficients of the element type, packed symmetric matrices; and the sizes and the step of n that several operations
// share.
package pack

import "kac/kernels/internal/abi"

// Panel is the coordinates [Offset, Offset+Width), the width being number Kind of the set's; a buffer of k rows holds
// it at element Offset*k.
type Panel struct{ Offset, Width, Kind int }

// Panels splits d coordinates into panels of the set's widths, widest first; the last panel is padded.
func Panels(set *abi.Set, d int, into []Panel) []Panel {
	into = into[:0]
	offset := 0
	smallest := set.Widths[len(set.Widths)-1]
	for kind, width := range set.Widths {
		// A narrower panel pays if it saves padding: take this width while it is full up to the smallest one's padding.
		for abi.RoundUp(d-offset, smallest) >= width && offset < d {
			into = append(into, Panel{offset, width, kind})
			offset += width
		}
	}
	return into
}

// Product packs rows of x (n x d) as panels of lanes rows: out[p*d*lanes + a*lanes + l] = x[(p*lanes+l)*d + a], zero
// beyond n.
func Product[T abi.Float](out, x []T, d, lanes int) {
	n := len(x) / d
	for p := 0; p*lanes < n; p++ {
		Columns(out[p*d*lanes:][:d*lanes], x[p*lanes*d:][:min(lanes, n-p*lanes)*d], d, lanes, 0)
	}
}

// Samples is Product with the set's lanes and kernel.
func Samples[T abi.Float](set *abi.Set, c *abi.Call, out, x []T, d int) {
	lanes := set.Lanes
	n := len(x) / d
	for p := 0; p*lanes < n; p++ {
		panel, rows := out[p*d*lanes:][:d*lanes], min(lanes, n-p*lanes)
		if rows < lanes {
			clear(panel)
		}
		Transpose(set, c, panel, x[p*lanes*d:], rows, d, lanes)
	}
}

// Transpose writes out[a*stride+l] = x[l*d+a] for l < n and a < d, whole squares by the set's kernel.
func Transpose[T abi.Float](set *abi.Set, c *abi.Call, out, x []T, n, d, stride int) {
	rows, columns := 0, 0
	if set.Transpose != nil && min(n, d) >= set.Square {
		rows, columns = n/set.Square*set.Square, d/set.Square*set.Square
		c.Z, c.G, c.N, c.D, c.Stride = abi.At(x, 0), abi.At(out, 0), n, d, stride
		set.Transpose(c)
		c.Z = nil
	}
	for l := range n {
		from := 0
		if l < rows {
			from = columns
		}
		i := from*stride + l
		for _, v := range x[l*d+from : (l+1)*d] {
			out[i] = v
			i += stride
		}
	}
}

// Columns packs columns [from, d) of at most lanes rows into a panel.
func Columns[T abi.Float](panel, x []T, d, lanes, from int) {
	rows := len(x) / d
	for l := range rows {
		row := x[l*d+from : (l+1)*d]
		i := from*lanes + l
		for _, v := range row {
			panel[i] = v
			i += lanes
		}
	}
	for a := from; a < d && rows < lanes; a++ {
		clear(panel[a*lanes+rows : (a+1)*lanes])
	}
}

// Accumulate packs n rows of x (n x d), each times scale[i] (nil: 1), into coordinate panels of padded rows: row k,
// coordinate c of panel q is out[q.offset*padded + (first+k)*q.width + c].
func Accumulate[T abi.Float](set *abi.Set, call *abi.Call, out, x, scale []T, d, padded, first int, panels []Panel) {
	n := len(x) / d
	for _, q := range panels {
		valid := min(q.Width, d-q.Offset)
		if n > 0 && scale != nil && valid == q.Width && set.ScaleRows != nil {
			call.Z, call.Y, call.G = abi.At(x, q.Offset), abi.At(scale, 0), abi.At(out, q.Offset*padded+first*q.Width)
			call.Stride, call.N = d, n
			set.ScaleRows[q.Kind](call)
			call.Z, call.Y = nil, nil
			continue
		}
		rows := out[q.Offset*padded+first*q.Width:][:n*q.Width]
		if scale == nil {
			CopyColumns(rows, x, d, q)
			continue
		}
		for i, c := range scale[:n] {
			dst := rows[i*q.Width:][:q.Width]
			for a, v := range x[i*d+q.Offset:][:valid] {
				dst[a] = c * v
			}
			clear(dst[valid:])
		}
	}
}

// CopyColumns copies the panel's columns of x (rows of d) to the rows of out, zero beyond d.
func CopyColumns[T abi.Float](out, x []T, d int, q Panel) {
	valid := min(q.Width, d-q.Offset)
	for i := range len(x) / d {
		row := out[i*q.Width:][:q.Width]
		copy(row, x[i*d+q.Offset:][:valid])
		clear(row[valid:])
	}
}

// ClearRows zeroes rows [from, to) of all coordinate panels.
func ClearRows[T abi.Float](out []T, padded, from, to int, panels []Panel) {
	for _, q := range panels {
		clear(out[q.Offset*padded+from*q.Width : q.Offset*padded+to*q.Width])
	}
}

// Width is that of all panels together.
func Width(panels []Panel) int {
	if len(panels) == 0 {
		return 0
	}
	last := panels[len(panels)-1]
	return last.Offset + last.Width
}
