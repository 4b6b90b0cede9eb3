// Package keys reads the typed values of a study file; the first mistake stays, as an InputError.
package keys

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"kac/bench"
	"kac/internal/quantity"
)

// Reader takes typed values out of a file's; the first mistake stays.
type Reader struct {
	Values map[string]any
	Err    error
}

func (r *Reader) Fail(key string, value any, format string, arguments ...any) {
	if r.Err == nil {
		r.Err = bench.Refuse(key, value, format, arguments...)
	}
}

// Items are the entries of a value that may be a list, or a string with commas.
func (r *Reader) Items(key string) []any {
	v, ok := r.Values[key]
	if !ok {
		return nil
	}
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	if text, isText := v.(string); isText && strings.TrimSpace(text) == "" {
		r.Fail(key, "", "is empty; leave the key out for its default")
		return nil
	}
	var out []any
	for _, item := range list {
		text, isText := item.(string)
		if !isText {
			out = append(out, item)
			continue
		}
		for piece := range strings.SplitSeq(text, ",") {
			out = append(out, strings.TrimSpace(piece))
		}
	}
	if len(out) == 0 {
		r.Fail(key, "[]", "the list is empty")
	}
	return out
}

// Words are strings; `otherwise` if the key is absent.
func (r *Reader) Words(key string, otherwise ...string) []string {
	items := r.Items(key)
	if items == nil {
		return otherwise
	}
	words := make([]string, len(items))
	for i, item := range items {
		w, ok := item.(string)
		if !ok {
			r.Fail(key, item, "write a word in quotes, or a list of words")
		}
		words[i] = w
	}
	r.once(key, words)
	return words
}

// once fails for what is there twice.
func (r *Reader) once(key string, list []string) {
	for i, text := range list {
		if slices.Contains(list[:i], text) {
			r.Fail(key, text, "is there twice")
		}
	}
}

// typed are numbers and texts as they would be typed; otherwise the failure says what to give.
func (r *Reader) typed(key string, items []any, give string) []string {
	var out []string
	for _, item := range items {
		switch x := item.(type) {
		case int64:
			out = append(out, strconv.FormatInt(x, 10))
		case float64:
			out = append(out, bench.Number(x))
		case string:
			out = append(out, x)
		default:
			r.Fail(key, TOML(item), "%s", give)
		}
	}
	return out
}

// Text is one string, commas allowed.
func (r *Reader) Text(key, otherwise string) string {
	switch v := r.Values[key].(type) {
	case nil:
		return otherwise
	case string:
		if strings.TrimSpace(v) == "" {
			r.Fail(key, "", "is empty; leave the key out")
		}
		return v
	case int64: // activation = 4
		return strconv.FormatInt(v, 10)
	default:
		r.Fail(key, v, "write a text in quotes")
		return otherwise
	}
}

func (r *Reader) Whole(key string, otherwise int) int {
	switch v := r.Values[key].(type) {
	case nil:
		return otherwise
	case int64:
		if v == 0 {
			r.Fail(key, v, "give a whole number above 0")
		}
		if int64(int(v)) == v {
			return int(v)
		}
		r.Fail(key, v, "beyond what the program can hold")
	case string:
		n, err := quantity.Whole(v)
		switch {
		case quoted(v):
			r.Fail(key, TOML(v), "give a whole number, without quotes")
		case err != nil || n == 0:
			r.Fail(key, v, "give a whole number above 0")
		}
		return n
	default:
		r.Fail(key, TOML(v), "give a whole number")
	}
	return otherwise
}

// Seed also takes a text, because the whole numbers of TOML end at 2^63 - 1.
func (r *Reader) Seed(key string, otherwise uint64) uint64 {
	v, ok := r.Values[key]
	if !ok {
		return otherwise
	}
	switch v.(type) {
	case int64, string:
	default:
		r.Fail(key, TOML(v), "give a whole number")
		return otherwise
	}
	n, err := quantity.Seed(fmt.Sprint(v))
	if err != nil {
		r.Fail(key, v, "give a whole number from 0 to %d", uint64(math.MaxUint64))
	}
	return n
}

func (r *Reader) Number(key string) (float64, bool) {
	switch v := r.Values[key].(type) {
	case nil:
		return 0, false
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case string:
		x, err := quantity.Value(v)
		switch {
		case quoted(v):
			r.Fail(key, TOML(v), "give a number, without quotes")
		case err != nil:
			r.Fail(key, v, "give a number")
		}
		return x, true
	default:
		r.Fail(key, TOML(v), "give a number")
		return 0, true
	}
}

func (r *Reader) Quantities(key string) []quantity.Quantity {
	texts := r.typed(key, r.Items(key), "give numbers, or texts such as \"d^2\"")
	list, err := quantity.ParseItems(texts)
	if err != nil {
		r.Fail(key, strings.Join(texts, ","), "%s", err)
	}
	return list
}

// quoted reports whether a text is a plain number, for which TOML has no quotes; an expression such as 2^3 needs them.
func quoted(text string) bool {
	_, err := quantity.Number(text)
	return err == nil
}

// TOML is a value as a study file writes it.
func TOML(v any) string {
	if text, isText := v.(string); isText {
		return strconv.Quote(text)
	}
	return fmt.Sprint(v)
}
