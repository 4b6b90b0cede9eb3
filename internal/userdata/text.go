package userdata

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kac/internal/quantity"
)

// Text is read as people and programs write tables of numbers: one row a line; fields between commas,
// semicolons, tabs or blanks, whichever the first line with numbers or names has (in this order); quotes
// around fields; any end of lines; a mark of UTF-8 in front; empty lines and # comments, which are skipped;
// one line of names at the top, which is skipped and noted; and a delimiter at the end of lines, if at the
// end of all. What is neither is refused by line and column.

// minGrowth is the first number of numbers that memory is taken for.
const minGrowth = 1 << 12

type textReader struct {
	fields
	m      *Matrix
	afford func(bytes float64) error

	header   string // the line of names, for messages; "": none
	names    int    // in it
	trailing bool   // every line ends in a delimiter
	rows     int
	plain    bool // the present line is of whole numbers without a point
	counting bool // the present line is 0, 1, 2, ...
	first    int  // line of the first row
}

func readText(ctx context.Context, r *bufio.Reader, afford func(bytes float64) error) (*Matrix, error) {
	t := &textReader{fields: fields{r: r, line: 1}, m: &Matrix{text: true}, afford: afford}
	if start, _ := r.Peek(3); string(start) == "\xef\xbb\xbf" {
		_, _ = r.Discard(3) // peeked at
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		more, err := t.skip()
		if err == nil && more {
			err = t.row()
		}
		if err != nil {
			return nil, unnamed(err)
		}
		if !more {
			break
		}
	}
	switch {
	case t.rows == 0 && t.header != "":
		return nil, fmt.Errorf("it has no numbers; %s", t.header)
	case t.rows == 0:
		return nil, errors.New("it has no numbers")
	}
	t.m.Rows = t.rows
	return t.m, nil
}

// row reads a line that is neither empty nor a comment.
func (t *textReader) row() error {
	if t.delimiter == 0 {
		t.guess()
	}
	line, from := t.line, len(t.m.X)
	words, empties, word, badColumn, named := 0, 0, "", 0, true
	t.plain, t.counting = true, true
	count := 0
	for last := false; !last; {
		text, at, err := t.next()
		if err != nil {
			if errors.Is(err, errField) {
				return fmt.Errorf("line %d, column %d has %w", line, count+1, err)
			}
			return err
		}
		last = at
		if last && len(text) == 0 && count > 0 && (t.rows == 0 || t.trailing) && !t.blanks() {
			t.trailing = true
			break
		} else if last && t.trailing {
			return fmt.Errorf("line %d does not end in a delimiter, as line %d does", line, t.first)
		}
		if count == MaxRows {
			return fmt.Errorf("line %d has more than %d numbers", line, MaxRows)
		}
		count++
		x, err := parse(text)
		if err == nil {
			t.look(text, count-1)
			if err := t.grow(); err != nil {
				return err
			}
			t.m.X = append(t.m.X, x)
			continue
		}
		if len(text) == 0 {
			empties++
		}
		if words++; words == 1 {
			word, badColumn = err.Error(), count
		}
		named = named && isName(text)
	}
	switch {
	case words == 0:
		return t.finish(line, count)
	case t.rows == 0 && t.header == "" && words == count && named:
		if t.names = count; t.blanks() {
			t.names = 0 // the blanks may be within one name
		}
		t.header = fmt.Sprintf("line %d has names of columns", line)
		t.m.Notes = append(t.m.Notes, fmt.Sprintf("line %d, names of columns, is skipped", line))
		t.delimiter, t.trailing = 0, false // the numbers say again what is between them
		return nil
	}
	t.m.X = t.m.X[:from]
	hint := ""
	if t.rows == 0 && badColumn == 1 && empties > 0 {
		hint = "; an empty first name is that of pandas' index: write with index=False"
	}
	return fmt.Errorf("line %d, column %d %s%s", line, badColumn, word, hint)
}

// finish takes a line of count numbers.
func (t *textReader) finish(line, count int) error {
	m := t.m
	switch {
	case t.rows == 0:
		m.Columns, t.first = count, line
		if t.names != 0 && t.names != count {
			return fmt.Errorf("%s, %d of them; line %d has %d numbers", t.header, t.names, line, count)
		}
		m.Names = t.header == "" && t.counting
	case count != m.Columns:
		return fmt.Errorf("line %d has %d numbers, line %d has %d", line, count, t.first, m.Columns)
	case t.rows == 1:
		m.Sure = m.Names && !t.plain
	}
	if err := checkShape(t.rows+1, count); err != nil {
		return err
	}
	if k := len(m.jumps); k == 0 || m.jumps[k-1].line-m.jumps[k-1].row != line-t.rows {
		m.jumps = append(m.jumps, jump{t.rows, line})
	}
	t.rows++
	return nil
}

// look notes how a number is spelled.
func (t *textReader) look(text []byte, column int) {
	if t.rows > 1 {
		return
	}
	if bytes.ContainsAny(text, ".eE") {
		t.plain = false
	}
	t.counting = t.counting && string(text) == strconv.Itoa(column)
}

// grow makes place for a number, if there is memory.
func (t *textReader) grow() error {
	x := t.m.X
	if len(x) < cap(x) {
		return nil
	}
	next := max(minGrowth, cap(x)+cap(x)/2)
	if err := t.afford(8 * float64(next)); err != nil {
		return fmt.Errorf("line %d: %w", t.line, err)
	}
	t.m.X = append(make([]float64, 0, next), x...)
	return nil
}

// parse reads a number; its error goes on after "line 3, column 2".
func parse(text []byte) (float64, error) {
	if len(text) == 0 {
		return 0, errors.New("is empty")
	}
	x, err := strconv.ParseFloat(string(text), 64)
	switch {
	case bytes.ContainsAny(text, "_xX"): // 1_000 and 0x1p4 are numbers of Go's
	case err == nil:
		return x, nil
	case errors.Is(err, strconv.ErrRange) && math.IsInf(x, 0):
		return 0, fmt.Errorf("is %.40s, which float64 cannot hold", text)
	case bytes.Count(text, []byte(",")) == 1 && isNumber(strings.Replace(string(text), ",", ".", 1)):
		return 0, fmt.Errorf("is %.40s; write a decimal point, not a comma", text)
	}
	return 0, fmt.Errorf("is %.40q, not a number", text)
}

// isName tells a name of a column from a number that is spelled wrongly.
func isName(text []byte) bool {
	r, _ := utf8.DecodeRune(text)
	return unicode.IsLetter(r) || r == '_'
}

func isNumber(s string) bool {
	_, err := quantity.Number(s)
	return err == nil
}
