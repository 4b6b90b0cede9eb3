package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"kac/bench"
)

// The types of flag values. They differ from plain Go types in their error, a bench.InputError that
// names flag, value and what is allowed.
type (
	wholeNumber  int
	seedNumber   uint64
	realNumber   float64
	wholeNumbers []int
	realNumbers  []float64
)

func (n *wholeNumber) Decode(ctx *kong.DecodeContext) error {
	text, err := pop(ctx, "a whole number")
	if err != nil {
		return err
	}
	v, err := strconv.Atoi(text)
	if err != nil {
		return bad(ctx, text, "a whole number", err)
	}
	*n = wholeNumber(v)
	return nil
}

func (n *seedNumber) Decode(ctx *kong.DecodeContext) error {
	const what = "a whole number from 0 to 18446744073709551615"
	text, err := pop(ctx, what)
	if err != nil {
		return err
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return bad(ctx, text, what, err)
	}
	*n = seedNumber(v)
	return nil
}

func (n *realNumber) Decode(ctx *kong.DecodeContext) error {
	text, err := pop(ctx, "a number")
	if err != nil {
		return err
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return bad(ctx, text, "a number", err)
	}
	*n = realNumber(v)
	return nil
}

func (n *wholeNumbers) Decode(ctx *kong.DecodeContext) error {
	const what = "whole numbers separated by commas, such as 64,128,256 or 64,128,...,1024"
	text, err := pop(ctx, what)
	if err != nil {
		return err
	}
	first, last, dots := strings.Cut(text, ",...,")
	values, err := list(ctx, text, first, what, strconv.Atoi)
	if err != nil || !dots {
		*n = values
		return err
	}
	end, err := strconv.Atoi(strings.TrimSpace(last))
	if err != nil {
		return bad(ctx, text, what, err)
	}
	if *n = multiply(values, end); *n == nil {
		return bad(ctx, text, what+", where the last two numbers before the dots give the ratio that leads to the end", nil)
	}
	return nil
}

// multiply goes on with the ratio of the last two values up to end; nil if it does not get there.
func multiply(values []int, end int) []int {
	n := len(values)
	if n < 2 || values[n-2] < 1 || values[n-1]%values[n-2] != 0 || values[n-1] == values[n-2] {
		return nil
	}
	ratio := values[n-1] / values[n-2]
	for values[len(values)-1] < end {
		next := values[len(values)-1]
		if next > end/ratio {
			return nil
		}
		values = append(values, next*ratio)
	}
	if values[len(values)-1] != end {
		return nil
	}
	return values
}

func (n *realNumbers) Decode(ctx *kong.DecodeContext) error {
	const what = "numbers separated by commas, such as 0,2,4.5"
	text, err := pop(ctx, what)
	if err != nil {
		return err
	}
	*n, err = list(ctx, text, text, what, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
	return err
}

// list parses pieces, which is the flag's text or a part of it.
func list[T any](ctx *kong.DecodeContext, text, pieces, what string, parse func(string) (T, error)) ([]T, error) {
	var values []T
	for piece := range strings.SplitSeq(pieces, ",") {
		v, err := parse(strings.TrimSpace(piece))
		if err != nil {
			return nil, bad(ctx, text, what, err)
		}
		values = append(values, v)
	}
	return values, nil
}

// pop takes the flag's value off the command line.
func pop(ctx *kong.DecodeContext, what string) (string, error) {
	var text string
	if ctx.Scan.Peek().IsEOL() || ctx.Scan.PopValueInto("value", &text) != nil {
		return "", &bench.InputError{Key: ctx.Value.Name, Reason: "has no value; give " + what}
	}
	return text, nil
}

func bad(ctx *kong.DecodeContext, text, what string, err error) error {
	reason := "give " + what
	if errors.Is(err, strconv.ErrRange) {
		reason = fmt.Sprintf("beyond what the program can hold; give %s", what)
	}
	return &bench.InputError{Key: ctx.Value.Name, Value: text, Reason: reason}
}
