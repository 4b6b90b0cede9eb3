package sweep

import (
	"errors"
	"math"
	"strings"
	"testing"

	"kac/bench"
)

// A horizon that today's rule would not make is refused with both times and what to do; today's own is taken,
// and so is every horizon of a flow that a risk defines.
func TestHorizonsOfEarlierVersions(t *testing.T) {
	const file = "problem = 'he4'\ndim = 9\nwidths = 8\nseeds = 1\npoints = 4\n"
	for name, c := range map[string]struct {
		keys     string
		recorded float64
		says     string // "": taken
	}{
		"descent, of the dimension":            {"dynamics = 'descent'\neta = 0.1\nhorizon = '.1*d^.5'\n", .3, ""},
		"descent, of the dimension, neighbour": {"dynamics = 'descent'\neta = 0.1\nhorizon = '.1*d^.5'\n", .30000000000000004, "horizon 0.30000000000000004 of he4-d9, which an earlier version computed; today it is 0.3: remove the directory"},
		"descent, other digits":                {"dynamics = 'descent'\neta = 0.1\nhorizon = '.1*d^.5'\n", .6, "today it is 0.3"},
		"descent, of a risk":                   {"dynamics = 'descent'\neta = 0.1\nhorizon = 'reach .5'\n", .9, ""},
		"descent, of a risk, neighbour":        {"dynamics = 'descent'\neta = 0.1\nhorizon = 'reach .5'\n", math.Nextafter(.9, 1), "today it is 0.9"},
		"descent, of a risk, no step":          {"dynamics = 'descent'\neta = 0.1\nhorizon = 'reach .5'\n", .85, "today it is 0.9"},
		"flow, of a risk":                      {"horizon = 'reach .5'\n", 1.2345678901234567, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(t, file+c.keys)
			record, err := parse(t, file+c.keys).record()
			if err != nil {
				t.Fatal(err)
			}
			p := parametersOf(s.Groups[0])
			p.Horizon = c.recorded
			if record.Groups[0].Parameters, err = raw(p); err != nil {
				t.Fatal(err)
			}
			err = s.adopt("out", &record)
			if c.says == "" {
				if err != nil || parametersOf(s.Groups[0]).Horizon != c.recorded {
					t.Errorf("horizon %v, error %v", parametersOf(s.Groups[0]).Horizon, err)
				}
				return
			}
			if input := (*bench.InputError)(nil); !errors.As(err, &input) || input.Key != "out" || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want %q", err, c.says)
			}
		})
	}
}
