package plotting

import (
	"strings"
	"testing"
)

func TestLogTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		labels    string
		marks     int
	}{
		{1, 1000, "1 10 100 1000", 28},
		{0.05, 20, "0.1 1 10", 25},
		{3, 60, "5 10 20 50", 13},
		{1e-5, 1e4, "10^{−4} 0.01 1 100 10^{4}", 10},
		{2e4, 3e5, "2·10^{4} 5·10^{4} 10^{5} 2·10^{5}", 11},
		{0.55, 0.98, "0.6 0.7 0.8 0.9", 22}, {2.2, 4.9, "2.5 3.0 3.5 4.0 4.5", 28},
		{0, 1, "", 0}, {-1, 1, "", 0}, {5, 5, "", 0}, {5, 4, "", 0},
	} {
		t.Run(c.labels, func(t *testing.T) {
			ticks := LogTicks{}.Ticks(c.low, c.high)
			var labels []string
			for i, tick := range ticks {
				if tick.Value < c.low || tick.Value > c.high || i > 0 && !(tick.Value > ticks[i-1].Value) {
					t.Errorf("[%g, %g]: a mark at %g", c.low, c.high, tick.Value)
				}
				if tick.Label != "" {
					labels = append(labels, tick.Label)
				}
			}
			if got := strings.Join(labels, " "); got != c.labels || len(ticks) != c.marks {
				t.Errorf("[%g, %g]: labels %q, want %q; %d marks, want %d", c.low, c.high, got, c.labels, len(ticks), c.marks)
			}
		})
	}
}
