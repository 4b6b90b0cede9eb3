package kernels

import "kac/kernels/internal/abi"

// coordinatePanels splits d coordinates into panels of the set's widths, widest first; the last panel is padded.
// Panel q covers coordinates [offset, offset+width); a buffer of k rows holds it at element offset*k.
type coordinatePanel struct{ offset, width, kind int }

func coordinatePanels(set *kernelSet, d int, into []coordinatePanel) []coordinatePanel {
	into = into[:0]
	offset := 0
	smallest := set.Widths[len(set.Widths)-1]
	for kind, width := range set.Widths {
		// A narrower panel pays if it saves padding: take this width while it is full up to the smallest one's padding.
		for abi.RoundUp(d-offset, smallest) >= width && offset < d {
			into = append(into, coordinatePanel{offset, width, kind})
			offset += width
		}
	}
	return into
}

// packProduct packs rows of x (n x d) as panels of lanes rows: out[p*d*lanes + a*lanes + l] = x[(p*lanes+l)*d + a], zero beyond n.
func packProduct[T Float](out, x []T, d, lanes int) {
	n := len(x) / d
	for p := 0; p*lanes < n; p++ {
		packColumns(out[p*d*lanes:][:d*lanes], x[p*lanes*d:][:min(lanes, n-p*lanes)*d], d, lanes, 0)
	}
}

// packSamples is packProduct with the set's lanes and, where it has one, its kernel.
func packSamples[T Float](set *kernelSet, c *call, out, x []T, d int) {
	lanes := set.Lanes
	if set.Transpose == nil {
		packProduct(out, x, d, lanes)
		return
	}
	n := len(x) / d
	for p := 0; p*lanes < n; p++ {
		panel, rows := out[p*d*lanes:][:d*lanes], x[p*lanes*d:][:min(lanes, n-p*lanes)*d]
		from := 0
		if len(rows) == lanes*d && d >= set.Square {
			c.Z, c.G, c.D = abi.At(rows, 0), abi.At(panel, 0), d
			set.Transpose(c)
			c.Z = nil
			from = d / set.Square * set.Square
		}
		packColumns(panel, rows, d, lanes, from)
	}
}

// packColumns packs columns [from, d) of at most lanes rows into a panel.
func packColumns[T Float](panel, x []T, d, lanes, from int) {
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

// packAccumulate packs n rows of x (n x d), each times scale[i] (nil: 1), into coordinate panels of padded rows: row k, coordinate
// c of panel q is out[q.offset*padded + (first+k)*q.width + c].
func packAccumulate[T Float](set *kernelSet, call *call, out, x, scale []T, d, padded, first int, panels []coordinatePanel) {
	n := len(x) / d
	for _, q := range panels {
		valid := min(q.width, d-q.offset)
		if n > 0 && scale != nil && valid == q.width && set.ScaleRows != nil {
			call.Z, call.Y, call.G = abi.At(x, q.offset), abi.At(scale, 0), abi.At(out, q.offset*padded+first*q.width)
			call.Stride, call.N = d, n
			set.ScaleRows[q.kind](call)
			call.Z, call.Y = nil, nil
			continue
		}
		rows := out[q.offset*padded+first*q.width:][:n*q.width]
		if scale == nil {
			copyColumns(rows, x, d, q)
			continue
		}
		for i, c := range scale[:n] {
			dst := rows[i*q.width:][:q.width]
			for a, v := range x[i*d+q.offset:][:valid] {
				dst[a] = c * v
			}
			clear(dst[valid:])
		}
	}
}

// copyColumns copies the panel's columns of x (rows of d) to the rows of out, zero beyond d.
func copyColumns[T Float](out, x []T, d int, q coordinatePanel) {
	valid := min(q.width, d-q.offset)
	for i := range len(x) / d {
		row := out[i*q.width:][:q.width]
		copy(row, x[i*d+q.offset:][:valid])
		clear(row[valid:])
	}
}

// clearRows zeroes rows [from, to) of all coordinate panels.
func clearRows[T Float](out []T, padded, from, to int, panels []coordinatePanel) {
	for _, q := range panels {
		clear(out[q.offset*padded+from*q.width : q.offset*padded+to*q.width])
	}
}

func panelsWidth(panels []coordinatePanel) int {
	if len(panels) == 0 {
		return 0
	}
	last := panels[len(panels)-1]
	return last.offset + last.width
}
