package bench

import (
	"fmt"
	"strconv"
	"strings"
)

// InputError says which parameter has which value and what is allowed. Keys are the words that the
// command line and parameter files use.
type InputError struct {
	Key    string
	Value  string
	Reason string // what is wrong and what is allowed, one line
}

func (e *InputError) Error() string {
	value := e.Value
	if value == "" || strings.ContainsAny(value, " \t\n\"'") {
		value = strconv.Quote(value)
	}
	return fmt.Sprintf("%s %s: %s", e.Key, value, e.Reason)
}

func refuse(key string, value any, format string, arguments ...any) error {
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
	return refuse(key, number(x), "allowed are numbers from %s to %s%s", number(low), number(high), unit)
}

// CheckPositive refuses values outside (0, high].
func CheckPositive(key string, x, high float64, unit string) error {
	if x > 0 && x <= high {
		return nil
	}
	return refuse(key, number(x), "allowed are numbers above 0 and up to %s (%s)", number(high), unit)
}

// CheckWhole refuses values outside [low, high].
func CheckWhole(key string, n, low, high int, what string) error {
	if n >= low && n <= high {
		return nil
	}
	return refuse(key, n, "allowed are whole numbers from %d to %d (%s)", low, high, what)
}

// MaxTime bounds every time; beyond it the limits of float64 show in t + dt.
const MaxTime = 1e7

// CheckTimes refuses lists that are empty, not increasing, negative or not finite.
func CheckTimes(key string, times []float64) error {
	text := make([]string, len(times))
	for i, t := range times {
		text[i] = number(t)
	}
	value := strings.Join(text, ",")
	if len(times) == 0 {
		return refuse(key, value, "give at least one time (paper time), such as 0,2,4")
	}
	for i, t := range times {
		switch {
		case !(t >= 0) || t > MaxTime:
			return refuse(key, value, "%s is not allowed; times are numbers from 0 to %s (paper time)", number(t), number(MaxTime))
		case i > 0 && t <= times[i-1]:
			return refuse(key, value, "%s comes after %s; times must increase", number(t), number(times[i-1]))
		}
	}
	return nil
}

// number prints the shortest text that reads back as x; the CSV files use it, so that a file read
// again gives the numbers that were written.
func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
