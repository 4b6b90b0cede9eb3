package kernels

// coordinatePanels splits d coordinates into panels of the set's widths, widest first; the last panel is padded.
// Panel q covers coordinates [offset, offset+width); a buffer of k rows holds it at element offset*k.
type coordinatePanel struct{ offset, width, kind int }

func coordinatePanels(set *kernelSet, d int, into []coordinatePanel) []coordinatePanel {
	into = into[:0]
	offset := 0
	smallest := set.widths[len(set.widths)-1]
	for kind, width := range set.widths {
		// A narrower panel pays if it saves padding: take this width while it is full up to the smallest one's padding.
		for roundUp(d-offset, smallest) >= width && offset < d {
			into = append(into, coordinatePanel{offset, width, kind})
			offset += width
		}
	}
	return into
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// packProduct packs rows of x (n x d) as x panels of lanes samples: out[p*d*lanes + a*lanes + l] = x[(p*lanes+l)*d + a], zero
// beyond n.
func packProduct[T Float](out, x []T, d, lanes int) {
	n := len(x) / d
	for p := 0; p*lanes < n; p++ {
		panel := out[p*d*lanes:][:d*lanes]
		rows := min(lanes, n-p*lanes)
		for l := range rows {
			row := x[(p*lanes+l)*d:][:d]
			i := l
			for _, v := range row {
				panel[i] = v
				i += lanes
			}
		}
		for l := rows; l < lanes; l++ {
			for a := range d {
				panel[a*lanes+l] = 0
			}
		}
	}
}

// packAccumulate packs n rows of x (n x d), each times scale[i] (nil: 1), into coordinate panels of padded rows: row k, coordinate
// c of panel q is out[q.offset*padded + (first+k)*q.width + c].
func packAccumulate[T Float](out, x, scale []T, d, padded, first int, panels []coordinatePanel) {
	n := len(x) / d
	for _, q := range panels {
		valid := min(q.width, d-q.offset)
		for i := range n {
			src := x[i*d+q.offset:][:valid]
			dst := out[q.offset*padded+(first+i)*q.width:][:q.width]
			if scale == nil {
				copy(dst, src)
			} else {
				c := scale[i]
				for a, v := range src {
					dst[a] = c * v
				}
			}
			clear(dst[valid:])
		}
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
