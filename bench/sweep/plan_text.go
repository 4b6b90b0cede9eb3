package sweep

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"kac/bench"
	"kac/internal/progress"
)

// planRows is how many groups the printed plan shows width by width.
const planRows = 60

// Write prints the plan for people.
func (p *Plan) Write(w io.Writer) error {
	rows := [][]string{{"group", "T", p.Study.schema().Letter, "cells", "form", "right-hand sides", "flops a cell", "time a cell", "memory"}}
	for i, g := range p.Groups {
		if i == planRows {
			break
		}
		for k, c := range g.Sizes {
			row := []string{"", "", sizeText(c.Size), strconv.Itoa(c.Cells), c.Form, "", scientific(c.Flops), duration(c.Seconds), size(c.Memory)}
			if k == 0 {
				row[0], row[1], row[5] = g.Group.Name, number(g.Group.Horizon()), fmt.Sprintf("%.0f", g.Evaluations)
			}
			if !c.Measured {
				row[7] = "~" + row[7]
			}
			rows = append(rows, row)
		}
	}
	text := bench.Columns(rows, 1)
	if n := len(p.Groups) - planRows; n > 0 {
		text += fmt.Sprintf("... and %d more groups\n", n)
	}
	text += fmt.Sprintf("\n%d cells in %d groups, %d rows, %s flops.\n", p.Cells, len(p.Groups), p.Rows, scientific(p.Flops))
	text += fmt.Sprintf("About %s on %d workers (%s of one worker), as busy as this machine is now; measured for %s.\n",
		duration(p.Seconds), p.Workers, duration(p.WorkerSeconds), progress.Duration(p.Calibration))
	for _, g := range p.Groups {
		for _, c := range g.Sizes {
			if !c.Measured {
				text += "~ is scaled by flops from a smaller network.\n"
				return write(w, text+p.bytes())
			}
		}
	}
	return write(w, text+p.bytes())
}

// sizeText is a size; that of cells with all sizes is none.
func sizeText(size int) string {
	if size == 0 {
		return "all"
	}
	return strconv.Itoa(size)
}

// Horizon is the last time.
func (g *Group) Horizon() float64 { return g.Facts.Times[len(g.Facts.Times)-1] }

func (p *Plan) bytes() string {
	return fmt.Sprintf("Memory of the cells that run at once: %s. Disk: %s, and up to %s of checkpoints while it runs.\n", size(p.Memory), size(p.Disk), size(p.Temporary))
}

func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

func duration(seconds float64) string {
	if seconds > 1e9 {
		return fmt.Sprintf("%.0f years", seconds/(365.25*86400))
	}
	return progress.Duration(time.Duration(seconds * float64(time.Second)))
}

func scientific(x float64) string { return fmt.Sprintf("%.2g", x) }

// size prints bytes for people.
func size(bytes float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	k := 0
	for ; bytes >= 1000 && k+1 < len(units); k++ {
		bytes /= 1024
	}
	if k == 0 || bytes >= 100 {
		return fmt.Sprintf("%.0f %s", math.Ceil(bytes), units[k])
	}
	return fmt.Sprintf("%.2g %s", bytes, units[k])
}
