package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"kac/bench"
)

// commandLine is what was typed, by flag: messages speak of that, and not of values that nobody wrote.
type commandLine struct {
	known []string          // all flags of the command
	typed map[string]string // those that were given; "" for switches
}

// readCommandLine looks at a parse that went well, or failed after some flags. A flag that is given twice is an
// InputError with both values.
func readCommandLine(ctx *kong.Context) (*commandLine, error) {
	c := &commandLine{typed: map[string]string{}}
	for _, f := range ctx.Flags() {
		c.known = append(c.known, f.Name)
	}
	rest := len(ctx.Args)
	for _, path := range ctx.Path {
		from := rest
		if rest = len(path.Remainder()); path.Flag == nil || rest > from || from > len(ctx.Args) {
			continue
		}
		value := typedValue(ctx.Args[len(ctx.Args)-from : len(ctx.Args)-rest])
		name := path.Flag.Name
		before, twice := c.typed[name]
		if c.typed[name] = value; twice && !path.Flag.IsBool() && !repeats(path.Flag) {
			return c, &bench.InputError{Key: name, Value: value, Reason: fmt.Sprintf("the flag is there twice, --%s %s before it; give it once", name, bench.ShowValue(before))}
		}
	}
	return c, nil
}

// failed adds the flag whose value the parser could not read.
func (c *commandLine) failed(err error) {
	var parse *kong.ParseError
	var input *bench.InputError
	if errors.As(err, &parse) && errors.As(err, &input) {
		c.typed[input.Key] = input.Value
	}
}

// repeats reports whether a flag may be given more than once.
func repeats(f *kong.Flag) bool { return f.Target.Type() == reflect.TypeFor[[]string]() }

// typedValue is the value in the words of one flag: --dim=8, or --dim and 8.
func typedValue(words []string) string {
	if len(words) == 0 {
		return ""
	}
	if _, value, found := strings.Cut(words[0], "="); found && len(words) == 1 {
		return value
	}
	return strings.Join(words[1:], " ")
}

// describe is an InputError as the user knows its parameter: a flag with the words that were typed, a flag that was
// left out with its default, or, with neither, no flag.
func (c *commandLine) describe(e *bench.InputError) string {
	if c == nil {
		return "--" + e.Error()
	}
	if !slices.Contains(c.known, e.Key) {
		return e.Error()
	}
	typed, given := c.typed[e.Key]
	switch {
	case given && (typed == "" || e.Value == "" || typed == e.Value || !isExpression(typed)):
		if typed == "" && (e.Value == "given" || e.Value == "true") { // a switch
			return fmt.Sprintf("--%s: %s", e.Key, e.Reason)
		}
		return fmt.Sprintf("--%s %s: %s", e.Key, bench.ShowValue(typed), e.Reason)
	case given:
		return fmt.Sprintf("--%s %s (%s): %s", e.Key, bench.ShowValue(typed), bench.ShowValue(e.Value), e.Reason)
	case e.Value == "" || e.Value == "0" || e.Value == "given" || e.Value == "true":
		return fmt.Sprintf("--%s is missing: %s", e.Key, e.Reason)
	}
	return fmt.Sprintf("--%s is %s if it is left out: %s", e.Key, bench.ShowValue(e.Value), e.Reason)
}

// isExpression reports whether a typed value stands for others, or is a list of them.
func isExpression(typed string) bool {
	return strings.ContainsAny(typed, ",^*d") || strings.Contains(typed, "..")
}
