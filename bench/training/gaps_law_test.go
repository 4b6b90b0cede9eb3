package training

import (
	"bytes"
	"context"
	"math"
	"strconv"
	"strings"
	"testing"
)

// TestGapsBesideLaw: of light-tailed data, the measured gaps are those of the law within a factor, means over repeats.
func TestGapsBesideLaw(t *testing.T) {
	for name, change := range map[string]func(*Parameters){
		"new":   func(p *Parameters) { p.Samples, p.Batch = 0, 32 },
		"fixed": func(p *Parameters) { p.Samples, p.Batch = 2048, 256 },
		"full":  func(p *Parameters) { p.Samples, p.Batch = 2048, 2048 },
	} {
		t.Run(name, func(t *testing.T) {
			p := shortTraining()
			p.Task, p.Dim, p.Reference, p.Eta, p.Steps, p.Points, p.Repeats, p.Widths, p.Wide, p.Nodes = "he3", 6, ReferenceExact, .05, 16, 3, 8, []int{64}, 512, 1<<14
			change(&p)
			g, err := RunGaps(context.Background(), p, Options{Workers: 1})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := g.WriteLaw(context.Background(), &out); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			last := strings.Fields(lines[len(lines)-1])
			if len(last) != 7 {
				t.Fatal(out.String())
			}
			number := func(text string) float64 {
				head, _, _ := strings.Cut(text, "(")
				if _, tail, powers := strings.Cut(text, ")"); powers {
					head += tail
				}
				x, err := strconv.ParseFloat(head, 64)
				if err != nil {
					t.Fatal(err)
				}
				return x
			}
			for i, factor := range []float64{2, 1.3, 2} { // width, step, data
				if r := number(last[1+2*i]) / number(last[2+2*i]); math.Abs(math.Log(r)) > math.Log(factor) {
					t.Errorf("column %d: measured %s, law %s\n%s", i, last[1+2*i], last[2+2*i], out.String())
				}
			}
		})
	}
}
