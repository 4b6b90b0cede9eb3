package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/pelletier/go-toml/v2"

	"kac/bench"
	"kac/bench/keys"
	"kac/internal/quantity"
	"kac/internal/regular"
)

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

var refuse = bench.Refuse

// Load reads a study file and key=value overrides, whose values are TOML or bare words, and checks
// everything that can be checked before the references are solved. Bad input is a *FileError.
func (ms Measures) Load(path string, overrides []string) (*Study, error) {
	data, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	study, err := ms.Parse(data, overrides)
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
func (ms Measures) Parse(data []byte, overrides []string) (*Study, error) {
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
	measure, err := ms.measureOf(values)
	if err != nil {
		return nil, err
	}
	known := append(slices.Clone(measure.Keys), measureKey)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, key) {
			return nil, refuse("key", key, "unknown; did you mean %s? Known are %s", nearest(known, key), strings.Join(known, ", "))
		}
	}
	delete(values, measureKey)
	said, err := measure.Read(values)
	if err != nil {
		return nil, err
	}
	s := OfGroups(measure, said.Groups...)
	s.Declared = said.Declared
	return s, s.checkSize()
}

// measureOf is the measure that a file names.
func (ms Measures) measureOf(values map[string]any) (*bench.Measure, error) {
	r := &keys.Reader{Values: values}
	name := r.Text(measureKey, "")
	if r.Err != nil {
		return nil, r.Err
	}
	return ms.find(name)
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
func nearest(known []string, key string) string {
	distance := func(k string) int { return levenshtein.ComputeDistance(strings.ToLower(key), k) }
	return slices.MinFunc(known, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
}
