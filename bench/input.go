package bench

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kac/internal/visible"
	"kac/meanfield"
)

// InputError says which parameter has which value and what is allowed. Keys are the words that the
// command line and parameter files use.
type InputError struct {
	Key    string
	Value  string
	Reason string // what is wrong and what is allowed, one line
}

func (e *InputError) Error() string {
	return fmt.Sprintf("%s %s: %s", e.Key, ShowValue(e.Value), e.Reason)
}

// ShowValue is a value as messages show it: in quotes where one would not see otherwise where it begins and ends, and
// with escapes for what a terminal would obey.
func ShowValue(value string) string {
	if _, err := strconv.Unquote(value); err == nil {
		return value // it has its quotes
	}
	if value == "" || strings.ContainsAny(value, " \t\n\"'") {
		return `"` + strings.ReplaceAll(visible.Text(value), `"`, `\"`) + `"`
	}
	return visible.Text(value)
}

// Refuse returns the InputError of a parameter; format and arguments make its reason.
func Refuse(key string, value any, format string, arguments ...any) error {
	return &InputError{Key: key, Value: fmt.Sprint(value), Reason: fmt.Sprintf(format, arguments...)}
}

// CheckNumber refuses values outside [low, high], NaN among them.
func CheckNumber(key string, x, low, high float64, unit string) error {
	if x >= low && x <= high {
		return nil
	}
	if unit != "" {
		unit = " (" + unit + ")"
	}
	return Refuse(key, Number(x), "allowed are numbers from %s to %s%s", Number(low), Number(high), unit)
}

// CheckPositive refuses values outside (0, high].
func CheckPositive(key string, x, high float64, unit string) error {
	if x > 0 && x <= high {
		return nil
	}
	return Refuse(key, Number(x), "allowed are numbers above 0 and up to %s (%s)", Number(high), unit)
}

// CheckWhole refuses values outside [low, high].
func CheckWhole(key string, n, low, high int, what string) error {
	if n >= low && n <= high {
		return nil
	}
	return Refuse(key, n, "allowed are whole numbers from %d to %d (%s)", low, high, what)
}

// MaxTime bounds every time; beyond it the limits of float64 show in t + dt.
const MaxTime = 1e7

// Limits of every study.
const (
	MaxWidth  = 1 << 24
	MaxSeeds  = 100_000
	MaxPoints = 1_000_001
)

// CheckTolerance refuses reference tolerances that the solver does not offer.
func CheckTolerance(tolerance float64) error {
	return CheckNumber("tolerance", tolerance, meanfield.MinTolerance, meanfield.MaxTolerance, "absolute error of the reference risk")
}

// CheckWidths refuses lists of widths that are empty, have one twice or one outside [1, MaxWidth], and returns them in
// increasing order.
func CheckWidths(widths []int) ([]int, error) {
	value := strings.ReplaceAll(strings.Trim(fmt.Sprint(widths), "[]"), " ", ",")
	if len(widths) == 0 {
		return nil, Refuse("widths", value, "give at least one width, such as 64,128,256")
	}
	widths = slices.Sorted(slices.Values(widths))
	for i, m := range widths {
		switch {
		case m < 1 || m > MaxWidth:
			return nil, Refuse("widths", value, "%d is not allowed; widths are whole numbers from 1 to %d", m, MaxWidth)
		case i > 0 && m == widths[i-1]:
			return nil, Refuse("widths", value, "%d is there twice; every width may appear once", m)
		}
	}
	return widths, nil
}

// CheckTimes refuses lists that are empty, not increasing, negative or not finite.
func CheckTimes(key string, times []float64) error {
	text := make([]string, len(times))
	for i, t := range times {
		text[i] = Number(t)
	}
	value := strings.Join(text, ",")
	if len(times) == 0 {
		return Refuse(key, value, "give at least one time (paper time), such as 0,2,4")
	}
	for i, t := range times {
		switch {
		case !(t >= 0) || t > MaxTime:
			return Refuse(key, value, "%s is not allowed; times are numbers from 0 to %s (paper time)", Number(t), Number(MaxTime))
		case i > 0 && t <= times[i-1]:
			return Refuse(key, value, "%s comes after %s; times must increase", Number(t), Number(times[i-1]))
		}
	}
	return nil
}

// Number prints the shortest text that reads back as x; the CSV files use it, so that a file read
// again gives the numbers that were written.
func Number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
