package sweep

import (
	"testing"

	"kac/bench/gap"
)

// ms are the measures of the tests.
var ms = Measures{gap.Measure}

// parametersOf are those of a group of gap.Measure, its horizon included where that is known.
func parametersOf(g *Group) gap.Parameters { return g.Facts.Parameters.(gap.Parameters) }

// Declarations are in order: no column twice, a meaning for each.
func TestSchemas(t *testing.T) {
	for _, s := range ms {
		t.Run(s.Name, func(t *testing.T) {
			if err := gap.Schema.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}
