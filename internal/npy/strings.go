package npy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// strings reads a string whose prefix is read already, and those that follow it, which Python joins.
func (p *parser) strings(prefix string, depth int) (any, error) {
	var all strings.Builder
	bytes := strings.Contains(prefix, "b")
	for {
		s, err := p.string(strings.Contains(prefix, "r"))
		if err != nil {
			return nil, err
		}
		all.WriteString(s)
		end := p.at
		p.space(depth > 0)
		if c := p.peek(); c != '"' && c != '\'' {
			next := strings.ToLower(p.letters())
			if c := p.peek(); c != '"' && c != '\'' || !isPrefix(next) {
				p.at = end
				break
			}
			prefix = next
		} else {
			prefix = ""
		}
		if bytes != strings.Contains(prefix, "b") {
			return nil, errors.New("it joins bytes and a string")
		}
	}
	if bytes {
		return other("bytes " + strconv.Quote(all.String())), nil
	}
	return all.String(), nil
}

func isPrefix(s string) bool { return s == "u" || s == "r" || s == "b" || s == "br" || s == "rb" }

// string reads one string from its opening quotes on.
func (p *parser) string(raw bool) (string, error) {
	quotes := p.text[p.at : p.at+1]
	if triple := strings.Repeat(quotes, 3); strings.HasPrefix(p.text[p.at:], triple) {
		quotes = triple
	}
	p.at += len(quotes)
	var out strings.Builder
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case strings.HasPrefix(p.text[p.at:], quotes):
			p.at += len(quotes)
			return out.String(), nil
		case len(quotes) == 1 && (c == '\n' || c == '\r'):
			return "", errors.New("a string does not end")
		case c == '\\' && raw:
			_, size := utf8.DecodeRuneInString(p.text[p.at+1:])
			out.WriteString(p.text[p.at : p.at+1+size])
			p.at += 1 + size
		case c == '\\':
			if err := p.escape(&out); err != nil {
				return "", err
			}
		default:
			out.WriteByte(c)
			p.at++
		}
	}
	return "", errors.New("a string does not end")
}

// simple escapes.
var escapes = map[byte]string{
	'\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v", '\n': "",
}

// escape reads an escape; one that Python does not know stands for itself.
func (p *parser) escape(out *strings.Builder) error {
	p.at++
	c := p.peek()
	if s, ok := escapes[c]; ok {
		out.WriteString(s)
		p.at++
		return nil
	}
	digits := 0
	switch {
	case c == 'x':
		digits = 2
	case c == 'u':
		digits = 4
	case c == 'U':
		digits = 8
	case c == 'N':
		return errors.New(`an escape \N by name`)
	case c >= '0' && c <= '7':
		n := 0
		for range 3 {
			if d := p.peek(); d >= '0' && d <= '7' {
				n = 8*n + int(d-'0')
				p.at++
			}
		}
		out.WriteRune(rune(n))
		return nil
	default:
		out.WriteByte('\\')
		return nil
	}
	p.at++
	if p.at+digits > len(p.text) {
		return errEnds
	}
	n, err := strconv.ParseUint(p.text[p.at:p.at+digits], 16, 32)
	if err != nil || n > utf8.MaxRune {
		return fmt.Errorf(`\%c%s is no character`, c, p.text[p.at:p.at+digits])
	}
	p.at += digits
	out.WriteRune(rune(n))
	return nil
}
