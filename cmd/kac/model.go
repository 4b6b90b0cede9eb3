package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"kac/particles"
)

// The command line is declared once, in grammar; --help, completions and the manual are made from kong's model of it.

// verb is a command as the shells see it: its words behind "kac", what may follow, and its flags.
type verb struct {
	words    string // "gap", "decision dec"; "" is kac alone
	node     *kong.Node
	flags    []*kong.Flag
	children []*kong.Node
	places   []*kong.Value // arguments without a flag
}

// verbs lists kac itself, then all commands, each before its own. A command with a default one takes the latter's
// flags.
func verbs(app *kong.Node) []verb {
	var list []verb
	var walk func(n *kong.Node, words string)
	walk = func(n *kong.Node, words string) {
		v := verb{words: words, node: n, places: n.Positional}
		for _, child := range n.Children {
			if !child.Hidden && child.Type == kong.CommandNode {
				v.children = append(v.children, child)
			}
		}
		for _, group := range n.AllFlags(true) {
			v.flags = append(v.flags, group...)
		}
		if n.DefaultCmd != nil {
			v.flags, v.places = append(v.flags, n.DefaultCmd.Flags...), n.DefaultCmd.Positional
		}
		list = append(list, v)
		for _, child := range v.children {
			walk(child, strings.TrimSpace(words+" "+child.Name))
		}
	}
	walk(app, "")
	return list
}

// What may stand in the place of a value.
type valueKind int

const (
	anyValue valueKind = iota // a number, a text
	ofWords                   // of words
	directory
	file
)

// knownWords are values that are words. A flag takes those of its name that its help speaks of.
var knownWords = map[string][]string{
	"format":      {"text", "csv", "json"},
	"dynamics":    {"flow", "descent"},
	"form":        {"auto", "pairwise", "moment"},
	"precision":   {"float64", "float32", "bf16x3", "bf16x6"},
	"basis":       {"hermite", "legendre"},
	"law":         {"gaussian", "sphere", "boolean"},
	"eigenvalues": {"auto", "network", "limit"},
	"leave":       {"pause", "run"},
	"reference":   {"exact", "wide", "reduced"},
	"activation":  {"relu", "tanh", "sigmoid", "erf", "gelu", "softplus:1"},
	"link":        {"relu", "tanh", "sigmoid", "erf", "gelu", "softplus:1"},
}

// kindOf says what a flag or an argument takes, by its placeholder and its help.
func kindOf(name, placeholder, help string) (valueKind, []string) {
	switch placeholder {
	case "DIR":
		return directory, nil
	case "FILE", "PATH", "STUDY":
		return file, nil
	case "SHELL":
		return ofWords, shells
	case "SIGMA":
		return ofWords, knownWords["activation"]
	}
	known := knownWords[name]
	if name == "problem" {
		for _, info := range particles.Presets() {
			known = append(known, info.Name)
		}
	}
	var words []string
	for _, w := range known {
		if regexp.MustCompile(`\b` + regexp.QuoteMeta(w) + `\b`).MatchString(help) {
			words = append(words, w)
		}
	}
	if len(words) > 1 {
		return ofWords, words
	}
	return anyValue, nil
}

func kindOfFlag(f *kong.Flag) (valueKind, []string) { return kindOf(f.Name, f.PlaceHolder, f.Help) }

// kindOfPlace is the kind of the first argument without a flag; kac help takes a command.
func (v *verb) kindOfPlace(all []verb) (valueKind, []string) {
	if len(v.places) == 0 {
		return anyValue, nil
	}
	p := v.places[0]
	placeholder := p.Name
	if p.Tag != nil && p.Tag.PlaceHolder != "" {
		placeholder = p.Tag.PlaceHolder
	}
	if placeholder == "VERB" {
		var names []string
		for _, other := range all {
			if other.words != "" && !strings.Contains(other.words, " ") {
				names = append(names, other.words)
			}
		}
		return ofWords, names
	}
	return kindOf(p.Name, strings.ToUpper(placeholder), p.Help)
}

// namesOf are the long spellings of a flag, without dashes: its own, and the one that takes it back.
func namesOf(f *kong.Flag) []string {
	if f.Tag != nil && f.Tag.Negatable != "" { // everywhere by its default, no-
		return []string{f.Name, "no-" + f.Name}
	}
	return []string{f.Name}
}

// options are the spellings of all flags.
func (v *verb) options() (names []string) {
	for _, f := range v.flags {
		for _, name := range namesOf(f) {
			names = append(names, "--"+name)
		}
		if f.Short != 0 {
			names = append(names, "-"+string(f.Short))
		}
	}
	return slices.Compact(names)
}

// brief is the first sentence of a help, short enough for a line of a menu.
func brief(help string) string {
	help = strings.Join(strings.Fields(help), " ")
	for _, end := range []string{". ", ": ", "; "} {
		help, _, _ = strings.Cut(help, end)
	}
	help = strings.TrimRight(help, ".:;")
	if runes := []rune(help); len(runes) > 72 {
		help = strings.TrimSpace(string(runes[:71])) + "…"
	}
	return help
}
