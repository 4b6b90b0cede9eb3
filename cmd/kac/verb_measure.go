package main

import (
	"errors"
	"reflect"
	"slices"

	"github.com/alecthomas/kong"

	"kac/bench"
	"kac/bench/keys"
)

// declared is what a study file of a verb says.
type declared struct {
	Measure string            `json:"measure"`
	Keys    map[string]string `json:"keys"`
}

// verbMeasure completes the measure of a verb C. The keys of its study files are the verb's flags, but those of its
// output and `without`; keys of `lists` may have lists, and every combination is a group: what the verb would do with
// these flags.
func verbMeasure[C any](m bench.Measure, lists, without []string, study func(*C) (bench.Study, error)) bench.Measure {
	flags, err := verbFlags(new(C), without)
	for _, f := range flags {
		m.Keys = append(m.Keys, f.Name)
	}
	m.Read = func(values map[string]any) (*bench.Sweep, error) {
		if err != nil {
			return nil, err
		}
		said, points, err := keys.Points(flags, lists, values)
		if err != nil {
			return nil, err
		}
		out := &bench.Sweep{Declared: declared{m.Name, said}}
		system := m.Name
		if slices.Contains(m.Keys, "problem") {
			system = "custom"
		}
		taken := map[string]bool{}
		for _, point := range points {
			command := new(C)
			if err := parsePoint(command, flags, &point); err != nil {
				return nil, err
			}
			s, err := study(command)
			if err != nil {
				return nil, err
			}
			name := point.Name(system, s.Facts().Dim)
			if taken[name] {
				return nil, bench.Refuse("problem", point.Values["problem"], "two groups would be named %s", name)
			}
			taken[name] = true
			out.Groups = append(out.Groups, bench.Group{Name: name, Study: s})
		}
		return out, nil
	}
	return m
}

// newVerbParser parses the flags of one verb.
func newVerbParser(command any) (*kong.Kong, error) {
	return kong.New(command, kong.Name("kac"), kong.NoDefaultHelp(), kong.KindMapper(reflect.String, textMapper{}), kong.WithHyphenPrefixedParameters(true))
}

// verbFlags are the flags of a verb, but those of its output and some others.
func verbFlags(command any, without []string) ([]keys.Flag, error) {
	parser, err := newVerbParser(command)
	if err != nil {
		return nil, err
	}
	var out []keys.Flag
	for _, f := range parser.Model.Flags {
		if f.Group != nil && f.Group.Title == "Output:" || slices.Contains(without, f.Name) {
			continue
		}
		out = append(out, keys.Flag{Name: f.Name, Default: f.Default, Switch: f.IsBool(), Many: f.Target.Kind() == reflect.Slice, Required: f.Required})
	}
	return out, nil
}

// parsePoint reads a point as the verb would read its flags.
func parsePoint(command any, flags []keys.Flag, point *keys.Point) error {
	parser, err := newVerbParser(command)
	if err != nil {
		return err
	}
	var arguments []string
	for _, f := range flags {
		value, given := point.Values[f.Name]
		switch {
		case !given || f.Switch && value == "false":
		case f.Switch:
			arguments = append(arguments, "--"+f.Name)
		default:
			arguments = append(arguments, "--"+f.Name+"="+value)
		}
	}
	for _, f := range parser.Model.Flags { // of the output: a sweep has its own
		f.Required = f.Required && slices.ContainsFunc(flags, func(k keys.Flag) bool { return k.Name == f.Name })
	}
	_, err = parser.Parse(arguments)
	if input := (*bench.InputError)(nil); errors.As(err, &input) {
		return input
	}
	return err
}
