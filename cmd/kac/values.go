package main

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"kac/bench"
	"kac/internal/quantity"
)

// The types of flag values. They differ from plain Go types in their error, a bench.InputError that
// names flag, value and what is allowed, and in their grammar, that of package quantity.
type (
	wholeNumber int
	seedNumber  uint64
	realNumber  float64
	realNumbers []float64
	// quantities may depend on the dimension, or be times at which a risk is reached.
	quantities []quantity.Quantity
	// timeQuantity is one of them: the last time of a study.
	timeQuantity quantity.Quantity
)

func (n *wholeNumber) Decode(ctx *kong.DecodeContext) error {
	return decode(ctx, "a whole number", quantity.Whole, (*int)(n))
}

func (n *seedNumber) Decode(ctx *kong.DecodeContext) error {
	return decode(ctx, "a whole number from 0 to 18446744073709551615", quantity.Seed, (*uint64)(n))
}

func (n *realNumber) Decode(ctx *kong.DecodeContext) error {
	return decode(ctx, "a number", quantity.Value, (*float64)(n))
}

func (n *realNumbers) Decode(ctx *kong.DecodeContext) error {
	return decode(ctx, "numbers separated by commas, such as 0,2,4.5", func(text string) ([]float64, error) {
		list, err := quantity.ParseList(text)
		var out []float64
		for _, q := range list {
			if q.Power != 0 || q.Reach > 0 {
				return nil, fmt.Errorf("%s has no meaning here", q)
			}
			out = append(out, q.At(0)...)
		}
		return out, err
	}, (*[]float64)(n))
}

func (n *quantities) Decode(ctx *kong.DecodeContext) error {
	what := "whole numbers separated by commas, such as 64,128,256, 64,128,...,1024, 2^6..2^10 or d^1.5,d^2"
	if ctx.Value.Tag.PlaceHolder == "T,T,..." {
		what = `numbers separated by commas, such as 0,2,4.5, 1..16, d^1.5 or "reach 0.1"`
	}
	return decode(ctx, what, quantity.ParseList, (*[]quantity.Quantity)(n))
}

func (n *timeQuantity) Decode(ctx *kong.DecodeContext) error {
	return decode(ctx, `a number, or d^1.5, or "reach 0.1"`, func(text string) (quantity.Quantity, error) {
		q, err := quantity.Parse(text)
		if err == nil && q.Last > 0 {
			err = fmt.Errorf("%q is more than one time", text)
		}
		return q, err
	}, (*quantity.Quantity)(n))
}

// decode reads the flag's value.
func decode[T any](ctx *kong.DecodeContext, what string, parse func(string) (T, error), into *T) error {
	text, err := pop(ctx, "give "+what)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return &bench.InputError{Key: ctx.Value.Name, Value: text, Reason: "is empty; give " + what}
	}
	value, err := parse(text)
	if err != nil {
		reason := "give " + what
		if errors.Is(err, quantity.ErrRange) {
			reason = fmt.Sprintf("%s; %s", quantity.ErrRange, reason)
		} else if strings.ContainsAny(text, ".,^*d") && err != strconv.ErrSyntax { // bare, it says no more than the reason does
			reason = fmt.Sprintf("%s; %s", err, reason)
		}
		return &bench.InputError{Key: ctx.Value.Name, Value: text, Reason: reason}
	}
	*into = value
	return nil
}

// pop takes the flag's value, as its bytes are, off the command line. A flag in its place means that it was left out.
func pop(ctx *kong.DecodeContext, give string) (string, error) {
	missing := &bench.InputError{Key: ctx.Value.Name, Reason: "has no value; " + give}
	if ctx.Scan.Peek().IsEOL() {
		return "", missing
	}
	token, err := ctx.Scan.PopValue("value")
	if err != nil {
		return "", missing
	}
	text, isText := token.Value.(string)
	if !isText {
		text = fmt.Sprint(token.Value)
	}
	if token.Type != kong.FlagValueToken && strings.HasPrefix(text, "--") && ctx.Value.Flag != nil {
		missing.Reason = fmt.Sprintf("has no value, %s comes next; %s", text, give)
		return "", missing
	}
	return text, nil
}

// textMapper reads the values of all flags and arguments that are texts. kong's own would turn bytes that are not UTF-8
// into others, and takes an empty one for none at all.
type textMapper struct{}

func (textMapper) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	give := "give a word"
	path := isPath(ctx.Value)
	if path {
		give = "give a path"
	}
	text, err := pop(ctx, give)
	if err != nil {
		return err
	}
	switch {
	case text == "" && ctx.Value.Flag != nil:
		return &bench.InputError{Key: ctx.Value.Name, Reason: "is empty; " + give + ", or leave the flag out"}
	case text == "" && path:
		return &bench.InputError{Key: ctx.Value.Tag.PlaceHolder, Reason: "is empty; " + give}
	case path && strings.HasPrefix(text, "-"):
		key := ctx.Value.Name
		if ctx.Value.Flag == nil {
			key = ctx.Value.Tag.PlaceHolder
		}
		return &bench.InputError{Key: key, Value: text, Reason: "begins with a dash like a flag; for the path write ./" + text}
	}
	target.SetString(text)
	return nil
}

// isPath reports whether a flag or argument is a path: its placeholder says so.
func isPath(v *kong.Value) bool {
	switch v.Tag.PlaceHolder {
	case "DIR", "FILE", "PATH", "STUDY":
		return true
	}
	return false
}
