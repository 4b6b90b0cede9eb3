package bench

import (
	"fmt"
	"math"
)

// MaxSquared bounds what tables hold: beyond it the square of a number times the square of a width, which
// standard errors are made of, is not finite.
const MaxSquared = 1e140

// NonFiniteError says that a number of a table is not finite, or too large to be squared.
type NonFiniteError struct {
	Quantity string
	Where    string // width, repeat or seed
	Time     float64
	Value    float64
}

func (e *NonFiniteError) Error() string {
	what := ""
	if !math.IsNaN(e.Value) && !math.IsInf(e.Value, 0) {
		what = ", and its square is not finite"
	}
	return fmt.Sprintf("%s of %s is %s at time %s%s", e.Quantity, e.Where, Number(e.Value), Number(e.Time), what)
}

// CheckTable returns a *NonFiniteError for the first value that a table cannot hold; names are those of the
// values.
func CheckTable(where string, time float64, names []string, values ...float64) error {
	for i, x := range values {
		if !(math.Abs(x) <= MaxSquared) {
			return &NonFiniteError{Quantity: names[i], Where: where, Time: time, Value: x}
		}
	}
	return nil
}
