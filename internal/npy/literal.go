package npy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A header is a Python literal: text that Python's ast.literal_eval would take. parseLiteral reads the part
// of that language which can stand in a header: dictionaries, tuples, lists, strings, whole numbers, True,
// False and None, in any spacing, with comments, either quotes, escapes and commas after the last item.

// The values of literals, beside string, int64 and bool.
type (
	tuple []any
	list  []any
	dict  []pair // in the order of the text
	other string // a literal that no header has a use for: a number with a point, bytes, None
)

type pair struct{ key, value any }

// maxDepth of brackets within brackets; Python has such a limit too.
const maxDepth = 50

type parser struct {
	text  string
	at    int
	longs bool // whole numbers may end in L, as Python 2 wrote them
}

var errEnds = errors.New("it ends too early")

// parseLiteral returns the value of the whole text.
func parseLiteral(text string, longs bool) (any, error) {
	if strings.Contains(text, "\x00") {
		return nil, errors.New("it contains a zero byte")
	}
	p := &parser{text: strings.TrimLeft(text, " \t"), longs: longs}
	p.space(true)
	if p.at > 0 && strings.ContainsAny(p.text[p.at-1:p.at], " \t") { // Python's lines do not begin with spaces
		return nil, errors.New("it begins with an indented line")
	}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	// After the value a new line may follow, and then nothing but empty lines and comments.
	p.space(true)
	if p.at < len(p.text) {
		return nil, p.unexpected()
	}
	return v, nil
}

func (p *parser) unexpected() error {
	if p.at >= len(p.text) {
		return errEnds
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return fmt.Errorf("%q at character %d is out of place", r, utf8.RuneCountInString(p.text[:p.at])+1)
}

// space skips spaces and comments, and, if lines, ends of lines.
func (p *parser) space(lines bool) {
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == ' ' || c == '\t' || c == '\f':
		case lines && (c == '\n' || c == '\r'):
		case c == '\\' && strings.HasPrefix(p.text[p.at+1:], "\n"): // a line that goes on
			p.at++
		case c == '#':
			for p.at+1 < len(p.text) && p.text[p.at+1] != '\n' && p.text[p.at+1] != '\r' {
				p.at++
			}
		default:
			return
		}
	}
}

// peek returns the next byte, or 0 at the end.
func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// take skips c if it is next.
func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.at++
	return true
}

// value reads one value that begins here. Inside brackets (depth > 0) ends of lines are space.
func (p *parser) value(depth int) (v any, err error) {
	if depth > maxDepth {
		return nil, errors.New("brackets are nested too deeply")
	}
	switch c := p.peek(); {
	case p.take('{'):
		return p.dict(depth + 1)
	case p.take('('):
		items, comma, err := p.items(')', depth+1)
		if err == nil && len(items) == 1 && !comma { // brackets around a value
			return items[0], nil
		}
		return tuple(items), err
	case p.take('['):
		items, _, err := p.items(']', depth+1)
		return list(items), err
	case c >= '0' && c <= '9', c == '+', c == '-', c == '.':
		return p.number(depth)
	case c == '"' || c == '\'':
		return p.strings("", depth)
	}
	return p.word(depth)
}

// items reads values up to the closing bracket; comma: one followed the last.
func (p *parser) items(closing byte, depth int) (items []any, comma bool, err error) {
	for {
		p.space(true)
		if p.take(closing) {
			return items, comma, nil
		}
		if len(items) > 0 && !comma {
			return nil, false, p.unexpected()
		}
		v, err := p.value(depth)
		if err != nil {
			return nil, false, err
		}
		items = append(items, v)
		p.space(true)
		comma = p.take(',')
	}
}

func (p *parser) dict(depth int) (any, error) {
	out := dict{}
	for comma := true; ; {
		p.space(true)
		if p.take('}') {
			return out, nil
		}
		if !comma {
			return nil, p.unexpected()
		}
		key, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		if p.space(true); !p.take(':') {
			return nil, p.unexpected()
		}
		p.space(true)
		value, err := p.value(depth)
		if err != nil {
			return nil, err
		}
		out = append(out, pair{key, value})
		p.space(true)
		comma = p.take(',')
	}
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}

// letters reads letters, digits and underscores.
func (p *parser) letters() string {
	from := p.at
	for p.at < len(p.text) && isWord(p.text[p.at]) {
		p.at++
	}
	return p.text[from:p.at]
}

// number reads a whole number; one with a point or an exponent is an other.
func (p *parser) number(depth int) (any, error) {
	from, sign := p.at, ""
	if c := p.peek(); c == '+' || c == '-' {
		p.at++
		p.space(depth > 0)
		sign = string(c)
		if c := p.peek(); c != '.' && (c < '0' || c > '9') {
			return nil, p.unexpected()
		}
	}
	digits := p.letters()
	exponent := len(digits) > 1 && strings.ContainsAny(digits, "eE") && !strings.ContainsAny(digits[:2], "xX")
	if c := p.peek(); c == '.' || exponent {
		if c == '.' || c == '+' || c == '-' {
			p.at++
		}
		p.letters()
		return other(p.text[from:p.at]), nil
	}
	if p.longs && strings.HasSuffix(digits, "L") {
		digits = strings.TrimSuffix(digits, "L")
	} else if p.longs { // with a space between, as NumPy allows
		end := p.at
		if p.space(depth > 0); p.letters() != "L" {
			p.at = end
		}
	}
	// As Go's, but 08 and 010 are no numbers in Python, and 00 is.
	if len(digits) > 1 && digits[0] == '0' && (digits[1] <= '9' || digits[1] == '_') && strings.Trim(digits, "0_") != "" {
		return nil, fmt.Errorf("%s is no number", digits)
	}
	n, err := strconv.ParseInt(sign+digits, 0, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return nil, fmt.Errorf("%s is too large", digits)
	case err != nil:
		return nil, fmt.Errorf("%s is no whole number", digits)
	}
	return n, nil
}

// word reads a name of Python's, or the prefix of a string.
func (p *parser) word(depth int) (any, error) {
	from := p.at
	switch w := p.letters(); w {
	case "":
		return nil, p.unexpected()
	case "True", "False":
		return w == "True", nil
	case "None":
		return other(w), nil
	default:
		if c := p.peek(); c == '"' || c == '\'' {
			switch prefix := strings.ToLower(w); prefix {
			case "u", "r", "b", "br", "rb":
				return p.strings(prefix, depth)
			}
		}
		p.at = from
		return nil, fmt.Errorf("%.20q is no value", w)
	}
}
