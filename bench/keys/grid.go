package keys

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kac/bench"
	"kac/internal/quantity"
)

// Flag is a flag of a verb, and so a key of its study files.
type Flag struct {
	Name     string
	Default  string // "": none
	Switch   bool   // true or false
	Many     bool   // one value of it is a list already, such as widths
	Required bool
}

// Point is one combination of values.
type Point struct {
	Values map[string]string // by flag, as they would be typed
	Slug   string            // tells the point from the others: the keys that vary, with their values
}

// Points are all combinations of the values of a study file: the keys of `lists` may have several, the first of them
// vary most slowly. declared is what the file says, with defaults filled in and one spelling for one number.
func Points(flags []Flag, lists []string, values map[string]any) (declared map[string]string, points []Point, err error) {
	declared = map[string]string{}
	points = []Point{{Values: map[string]string{}}}
	fixed := func(key, value string) {
		for i := range points {
			points[i].Values[key] = value
		}
	}
	for _, f := range flags {
		v, given := values[f.Name]
		switch {
		case !given && f.Required:
			return nil, nil, bench.Refuse(f.Name, "", "is not there, and has no default")
		case !given && f.Default != "":
			declared[f.Name] = canonical(f.Default)
			continue
		case !given:
			continue
		}
		texts, err := f.texts(v, slices.Contains(lists, f.Name), lists)
		if err != nil {
			return nil, nil, err
		}
		if declared[f.Name] = strings.Join(texts, ","); len(texts) == 1 || f.Many {
			fixed(f.Name, declared[f.Name])
		}
	}
	for _, key := range lists {
		texts := strings.Split(declared[key], ",")
		if _, given := values[key]; !given || len(texts) < 2 {
			continue
		}
		if len(points)*len(texts) > MaxPoints {
			return nil, nil, bench.Refuse(key, declared[key], "the grid has more than %d groups", MaxPoints)
		}
		points = times(points, key, texts)
	}
	return declared, points, nil
}

// MaxPoints bounds the combinations of a file.
const MaxPoints = 10_000

// times gives each point every value of a key.
func times(points []Point, key string, texts []string) []Point {
	var out []Point
	for _, p := range points {
		for _, text := range texts {
			own := Point{Values: map[string]string{}, Slug: p.Slug}
			for k, v := range p.Values {
				own.Values[k] = v
			}
			own.Values[key] = text
			if key != "problem" && key != "dim" { // which begin every name
				own.Slug += "-" + key + plain.ReplaceAllString(text, "_")
			}
			out = append(out, own)
		}
	}
	return out
}

// plain is what may not stand in names of files.
var plain = regexp.MustCompile(`[^A-Za-z0-9.+-]+`)

// texts are the values of a key as they would be typed.
func (f *Flag) texts(v any, list bool, lists []string) ([]string, error) {
	r := &Reader{Values: map[string]any{f.Name: v}}
	var items []any
	switch _, isText := v.(string); {
	case f.Switch:
		b, is := v.(bool)
		if !is {
			return nil, bench.Refuse(f.Name, TOML(v), "give true or false")
		}
		return []string{strconv.FormatBool(b)}, nil
	case isText && !list && !f.Many: // a text may have commas
		return []string{canonical(r.Text(f.Name, ""))}, r.Err
	default:
		if items = r.Items(f.Name); r.Err != nil {
			return nil, r.Err
		}
	}
	if len(items) > 1 && !list && !f.Many {
		return nil, bench.Refuse(f.Name, TOML(v), "takes one value; lists are for %s", strings.Join(lists, ", "))
	}
	out := r.typed(f.Name, items, "give a number, or a text in quotes")
	if r.Err != nil {
		return nil, r.Err
	}
	if all, err := quantity.ParseItems(out); err == nil {
		out = expanded(all, out, list)
	}
	r.once(f.Name, out)
	return out, r.Err
}

// expanded writes numbers in one spelling; ranges of keys that vary are written out.
func expanded(all []quantity.Quantity, typed []string, list bool) []string {
	var out []string
	for i, q := range all {
		switch {
		case list && q.Last > 0:
			for _, x := range q.At(0) {
				out = append(out, bench.Number(x))
			}
		case len(all) == len(typed):
			out = append(out, canonical(typed[i]))
		default:
			out = append(out, q.String())
		}
	}
	return out
}

// canonical is a text, a number in one spelling.
func canonical(text string) string {
	text = strings.TrimSpace(text)
	q, err := quantity.Parse(text)
	if err != nil || math.Abs(q.Factor) >= 1<<53 { // a seed may have more digits than a float64
		return text
	}
	return q.String()
}

// Name is that of a point's group. A system without problems has its own name there; a problem without a name is a
// custom one.
func (p *Point) Name(system string, dim int) string {
	problem := p.Values["problem"]
	if problem == "" {
		problem = system
	}
	return fmt.Sprintf("%s-d%d%s", plain.ReplaceAllString(problem, "_"), dim, p.Slug)
}
