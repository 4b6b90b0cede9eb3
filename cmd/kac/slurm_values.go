package main

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"kac/bench"
)

// clockTime is a flag: a time limit. A bare number is refused: it is minutes to Slurm and seconds to
// kac's other flags.
type clockTime time.Duration

var clockForm = regexp.MustCompile(`^(?:(\d{1,4})-)?(\d{1,4}):([0-5]\d):([0-5]\d)$`)

func (c *clockTime) Decode(ctx *kong.DecodeContext) error {
	const what = "a time limit such as 04:00:00, 1-12:00:00 (days-hours:minutes:seconds), 90m or 12h"
	text, err := pop(ctx, "give "+what)
	if err != nil {
		return err
	}
	if m := clockForm.FindStringSubmatch(text); m != nil {
		seconds := 0
		for i, unit := range []int{86400, 3600, 60, 1} {
			n, _ := strconv.Atoi(m[i+1]) // digits, or nothing: no days
			seconds += n * unit
		}
		*c = clockTime(time.Duration(seconds) * time.Second)
		if seconds > 0 {
			return nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 && strings.ContainsAny(text, "hms") {
		*c = clockTime(d)
		return nil
	}
	return &bench.InputError{Key: ctx.Value.Name, Value: text, Reason: "give " + what}
}

// mebibytes is a flag: an amount of memory.
type mebibytes int

var memoryForm = regexp.MustCompile(`^(\d{1,9})([MGT])$`)

func (b *mebibytes) Decode(ctx *kong.DecodeContext) error {
	const what = "a whole number with M, G or T, such as 800M or 4G"
	text, err := pop(ctx, "give "+what)
	if err != nil {
		return err
	}
	m := memoryForm.FindStringSubmatch(text)
	if m == nil {
		return &bench.InputError{Key: ctx.Value.Name, Value: text, Reason: "give " + what}
	}
	n, _ := strconv.Atoi(m[1]) // digits
	n *= map[string]int{"M": 1, "G": 1 << 10, "T": 1 << 20}[m[2]]
	if n < 1 || n > math.MaxInt32 {
		return &bench.InputError{Key: ctx.Value.Name, Value: text, Reason: "give " + what}
	}
	*b = mebibytes(n)
	return nil
}
