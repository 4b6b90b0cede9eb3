package userdata

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxField bounds a field, in bytes: no number is that long.
const maxField = 512

// errField says that a field is longer than maxField.
var errField = errors.New("more than 512 characters without a delimiter")

// fields cuts lines into fields, in memory of one field.
type fields struct {
	r         *bufio.Reader
	delimiter byte // ' ': blanks and tabs; 0: not known yet
	line      int  // the present one, from 1
	text      []byte
}

func (f *fields) blanks() bool { return f.delimiter == ' ' }

// guess chooses the delimiter by the beginning of the line.
func (f *fields) guess() {
	start, _ := f.r.Peek(f.r.Size())
	if k := bytes.IndexAny(start, "\r\n"); k >= 0 {
		start = start[:k]
	}
	start, _, _ = bytes.Cut(start, []byte("#"))
	f.delimiter = ' '
	for _, c := range []byte(";,\t") {
		if bytes.IndexByte(bytes.TrimSpace(start), c) >= 0 {
			f.delimiter = c
			return
		}
	}
}

// skip passes empty lines and comments; more is false at the end of the file.
func (f *fields) skip() (more bool, err error) {
	for {
		c, err := f.r.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case c == ' ' || c == '\t':
			if f.delimiter == '\t' && c == '\t' { // a first field that is empty
				return true, f.r.UnreadByte()
			}
		case c == '\n' || c == '\r':
			if err := f.endLine(c); err != nil {
				return false, err
			}
		case c == '#':
			if err := f.comment(); err != nil {
				return false, err
			}
		default:
			return true, f.r.UnreadByte()
		}
	}
}

// endLine passes the rest of a line's end whose first byte is c.
func (f *fields) endLine(c byte) error {
	f.line++
	if c != '\r' {
		return nil
	}
	next, err := f.r.ReadByte()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil && next != '\n' {
		err = f.r.UnreadByte()
	}
	return err
}

// comment passes the rest of a line but for its end.
func (f *fields) comment() error {
	for {
		c, err := f.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if c == '\n' || c == '\r' {
			return f.r.UnreadByte()
		}
	}
}

// next returns the next field of the line without blanks and quotes around it, valid until the next call,
// and whether it is the last one. After the last one the line's end is passed.
func (f *fields) next() (text []byte, last bool, err error) {
	f.text = f.text[:0]
	quote, closed, quoted := byte(0), byte(0), false
	for {
		c, err := f.r.ReadByte()
		if errors.Is(err, io.EOF) {
			if quote != 0 {
				return nil, false, fmt.Errorf("line %d: a quoted field does not end", f.line)
			}
			return f.trimmed(), true, nil
		}
		if err != nil {
			return nil, false, err
		}
		switch {
		case c == '\n' || c == '\r':
			if quote != 0 {
				return nil, false, fmt.Errorf("line %d: a quoted field does not end", f.line)
			}
			return f.trimmed(), true, f.endLine(c)
		case quote != 0:
			if c == quote {
				quote, closed = 0, c
				continue
			}
			f.text = append(f.text, c)
		case closed != 0 && c == closed: // two quotes within quotes are one
			f.text = append(f.text, c)
			quote, closed = c, 0
		case closed != 0 && c != f.delimiter && c != ' ' && c != '\t' && c != '#':
			return nil, false, fmt.Errorf("line %d: %q follows a quoted field", f.line, c)
		case (c == '"' || c == '\'') && !quoted && len(bytes.TrimSpace(f.text)) == 0:
			quote, quoted = c, true
		case c == '#':
			if err := f.comment(); err != nil {
				return nil, false, err
			}
		case c == f.delimiter || f.blanks() && c == '\t':
			if f.blanks() {
				if last, err := f.passBlanks(); err != nil || last {
					return f.trimmed(), last, err
				}
			}
			return f.trimmed(), false, nil
		default:
			f.text = append(f.text, c)
		}
		if len(f.text) > maxField {
			return nil, false, errField
		}
	}
}

func (f *fields) trimmed() []byte { return bytes.TrimSpace(f.text) }

// passBlanks passes blanks between fields, and the end of the line if nothing but a comment comes before it.
func (f *fields) passBlanks() (last bool, err error) {
	for {
		c, err := f.r.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			return false, err
		case c == ' ' || c == '\t':
		case c == '#':
			if err := f.comment(); err != nil {
				return false, err
			}
		case c == '\n' || c == '\r':
			return true, f.endLine(c)
		default:
			return false, f.r.UnreadByte()
		}
	}
}
