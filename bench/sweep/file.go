package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/pelletier/go-toml/v2"

	"kac/bench"
	"kac/internal/quantity"
	"kac/internal/regular"
)

// Keys are the keys of a study file: the flags of kac gap, without their dashes.
var Keys = []string{
	"problem", "dim", "activation", "link", "rank", "widths", "seeds", "seed", "horizon", "points",
	"dynamics", "eta", "tolerance", "flow-tolerance", "form", "precision",
}

// maxFile bounds a study file; real ones have a dozen lines.
const maxFile = 1 << 20

// FileError is bad input in a study file or an override, or a path that is not what was asked for. It
// unwraps to a *bench.InputError.
type FileError struct {
	Path     string
	Err      *bench.InputError // without a key if the path is what is wrong
	Override string            // the argument key=value that is wrong, "": it is in the file
}

func (e *FileError) Error() string {
	if e.Override != "" {
		_, typed, _ := strings.Cut(e.Override, "=")
		value := ""
		if v := e.Err.Value; v != "" && e.Err.Key != "key" && v != e.Override && v != strings.TrimSpace(typed) {
			value = " (" + bench.ShowValue(v) + ")"
		}
		return "argument " + bench.ShowValue(e.Override) + value + ": " + e.Err.Reason
	}
	if e.Err.Key == "" {
		return e.Path + ": " + e.Err.Reason
	}
	return e.Path + ": " + e.Err.Error()
}
func (e *FileError) Unwrap() error { return e.Err }

func refuse(key, value, format string, arguments ...any) error {
	return &bench.InputError{Key: key, Value: value, Reason: fmt.Sprintf(format, arguments...)}
}

// Load reads a study file and key=value overrides, whose values are TOML or bare words, and checks
// everything that can be checked before the references are solved. Bad input is a *FileError.
func Load(path string, overrides []string) (*Study, error) {
	data, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	study, err := Parse(data, overrides)
	return study, InStudy(path, overrides, err)
}

// InStudy says of bad input where it is: in the override that gives the key its value, or in the file.
func InStudy(path string, overrides []string, err error) error {
	input, file := (*bench.InputError)(nil), (*FileError)(nil)
	if errors.As(err, &file) || !errors.As(err, &input) {
		return err
	}
	in := &FileError{Path: path, Err: input}
	for _, o := range overrides {
		key, _, _ := strings.Cut(o, "=")
		if key = strings.TrimSpace(key); key == input.Key || input.Key == "key" && key == input.Value || input.Key == "override" && o == input.Value {
			in.Override = o
		}
	}
	if input.Key == "override" && in.Override == "" { // an empty one
		in.Override = `""`
	}
	return in
}

// refusePath is bad input that is a path.
func refusePath(path, format string, arguments ...any) error {
	return &FileError{Path: path, Err: &bench.InputError{Value: path, Reason: fmt.Sprintf(format, arguments...)}}
}

// ReadFile returns the bytes of a study file, which is a regular one of bounded size; anything else is a *FileError.
func ReadFile(path string) ([]byte, error) {
	data, err := regular.ReadFile(path, maxFile)
	kind, size := (*regular.KindError)(nil), (*regular.SizeError)(nil)
	switch {
	case errors.As(err, &kind):
		return nil, refusePath(path, "it is %s; a study file is a file of at most %d bytes", kind.Kind, maxFile)
	case errors.As(err, &size):
		return nil, refusePath(path, "it has %d bytes; a study file is a file of at most %d", size.Size, maxFile)
	case err != nil:
		return nil, refusePath(path, "the study file cannot be read (%v)", cause(err))
	}
	return data, nil
}

// cause is a path error without its path.
func cause(err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}

// Parse is Load for the bytes of a file. Bad input is a *bench.InputError.
func Parse(data []byte, overrides []string) (*Study, error) {
	values, err := decodeTOML(data)
	if err != nil {
		return nil, err
	}
	typed := map[string]string{}
	for _, o := range overrides {
		key, text, ok := strings.Cut(o, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return nil, refuse("override", o, "write key=value, such as dim=16")
		}
		if before, twice := typed[key]; twice {
			return nil, refuse("override", o, "%s is there twice, %s before it; every key is given once", key, before)
		}
		if typed[key] = o; strings.TrimSpace(text) == "" {
			return nil, refuse("override", o, "%s has no value; leave the override out for what the file says", key)
		}
		values[key] = overrideValue(text)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(Keys, key) {
			return nil, refuse("key", key, "unknown; did you mean %s? Known are %s", nearest(key), strings.Join(Keys, ", "))
		}
	}
	return declare(values)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// overrideValue reads one TOML value; anything else is a string, so that a shell needs no quotes.
func overrideValue(text string) any {
	var one map[string]any
	err := toml.Unmarshal([]byte("value = "+text), &one)
	text = strings.TrimSpace(text)
	if err == nil && len(one) == 1 {
		switch v := one["value"].(type) {
		case int64, float64: // typed on a command line, numbers are those of flags: not 1_0, 0x10 or inf
			if _, err := quantity.Number(text); err != nil {
				return text
			}
			return v
		case []any:
			if !plainNumbers(text) {
				break
			}
			return v
		default:
			return v
		}
	}
	// TOML wants a digit on both sides of the point, kac gap's flags do not.
	if x, err := quantity.Number(text); err == nil && strings.Contains(text, ".") {
		return x
	}
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]")
	}
	return text
}

// quotes are the texts in a list of TOML's.
var quotes = regexp.MustCompile(`"[^"]*"|'[^']*'`)

// plainNumbers reports whether the numbers of a list are spelled as in flags.
func plainNumbers(list string) bool {
	bare := strings.Trim(quotes.ReplaceAllString(list, ""), "[] ")
	for piece := range strings.SplitSeq(bare, ",") {
		if _, err := quantity.Number(piece); err != nil && strings.TrimSpace(piece) != "" {
			return false
		}
	}
	return true
}

// nearest returns the known key that a typing error is most likely to have come from.
func nearest(key string) string {
	distance := func(k string) int { return levenshtein.ComputeDistance(strings.ToLower(key), k) }
	return slices.MinFunc(Keys, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
}

// reader takes typed values out of a file's; the first mistake stays.
type reader struct {
	values map[string]any
	err    error
}

func (r *reader) fail(key string, value any, format string, arguments ...any) {
	if r.err == nil {
		r.err = refuse(key, fmt.Sprint(value), format, arguments...)
	}
}

// items are the entries of a value that may be a list, or a string with commas.
func (r *reader) items(key string) []any {
	v, ok := r.values[key]
	if !ok {
		return nil
	}
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	if text, isText := v.(string); isText && strings.TrimSpace(text) == "" {
		r.fail(key, "", "is empty; leave the key out for its default")
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
		r.fail(key, "[]", "the list is empty")
	}
	return out
}

// words are strings; `otherwise` if the key is absent.
func (r *reader) words(key string, otherwise ...string) []string {
	items := r.items(key)
	if items == nil {
		return otherwise
	}
	words := make([]string, len(items))
	for i, item := range items {
		w, ok := item.(string)
		if !ok {
			r.fail(key, item, "write a word in quotes, or a list of words")
		}
		if slices.Contains(words[:i], w) {
			r.fail(key, w, "is there twice")
		}
		words[i] = w
	}
	return words
}

// text is one string, commas allowed.
func (r *reader) text(key, otherwise string) string {
	switch v := r.values[key].(type) {
	case nil:
		return otherwise
	case string:
		if v == "" {
			r.fail(key, "", "is empty; leave the key out")
		}
		return v
	case int64: // activation = 4
		return strconv.FormatInt(v, 10)
	default:
		r.fail(key, v, "write a text in quotes")
		return otherwise
	}
}

func (r *reader) whole(key string, otherwise int) int {
	switch v := r.values[key].(type) {
	case nil:
		return otherwise
	case int64:
		if v == 0 {
			r.fail(key, v, "give a whole number above 0")
		}
		if int64(int(v)) == v {
			return int(v)
		}
		r.fail(key, v, "beyond what the program can hold")
	case string:
		n, err := quantity.Whole(v)
		switch {
		case quoted(v):
			r.fail(key, tomlText(v), "give a whole number, without quotes")
		case err != nil || n == 0:
			r.fail(key, v, "give a whole number above 0")
		}
		return n
	default:
		r.fail(key, tomlText(v), "give a whole number")
	}
	return otherwise
}

// seed also takes a text, because the whole numbers of TOML end at 2^63 - 1.
func (r *reader) seed(key string, otherwise uint64) uint64 {
	v, ok := r.values[key]
	if !ok {
		return otherwise
	}
	switch v.(type) {
	case int64, string:
	default:
		r.fail(key, tomlText(v), "give a whole number")
		return otherwise
	}
	n, err := quantity.Seed(fmt.Sprint(v))
	if err != nil {
		r.fail(key, v, "give a whole number from 0 to %d", uint64(math.MaxUint64))
	}
	return n
}

func (r *reader) number(key string) (float64, bool) {
	switch v := r.values[key].(type) {
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
			r.fail(key, tomlText(v), "give a number, without quotes")
		case err != nil:
			r.fail(key, v, "give a number")
		}
		return x, true
	default:
		r.fail(key, tomlText(v), "give a number")
		return 0, true
	}
}

func (r *reader) quantities(key string) []Quantity {
	var texts []string
	for _, item := range r.items(key) {
		switch v := item.(type) {
		case int64:
			texts = append(texts, strconv.FormatInt(v, 10))
		case float64:
			texts = append(texts, number(v))
		case string:
			texts = append(texts, v)
		default:
			r.fail(key, tomlText(v), "give numbers, or texts such as \"d^2\"")
		}
	}
	list, err := quantity.ParseItems(texts)
	if err != nil {
		r.fail(key, strings.Join(texts, ","), "%s", err)
	}
	return list
}

// quoted reports whether a text is a plain number, for which TOML has no quotes; an expression such as 2^3 needs them.
func quoted(text string) bool {
	_, err := quantity.Number(text)
	return err == nil
}

// tomlText is a value as a study file writes it.
func tomlText(v any) string {
	if text, isText := v.(string); isText {
		return strconv.Quote(text)
	}
	return fmt.Sprint(v)
}
