package sweep

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Marks that editors put in front of a text.
var (
	utf8Mark     = []byte("\xef\xbb\xbf")
	utf16LowMark = []byte("\xff\xfe")
	utf16TopMark = []byte("\xfe\xff")
)

// decodeTOML returns the keys and values of a study file. A byte order mark in front is no part of it.
func decodeTOML(data []byte) (map[string]any, error) {
	if bytes.HasPrefix(data, utf16LowMark) || bytes.HasPrefix(data, utf16TopMark) {
		return nil, refuse("TOML", "file", "is written in UTF-16; TOML is UTF-8: save it as that")
	}
	data, err := prepareTOML(bytes.TrimPrefix(data, utf8Mark))
	if err != nil {
		return nil, err
	}
	values := map[string]any{}
	if err := toml.Unmarshal(data, &values); err != nil {
		where := "file"
		if decode := (*toml.DecodeError)(nil); errors.As(err, &decode) {
			row, column := decode.Position()
			where = fmt.Sprintf("line %d, column %d", row, column)
		}
		return nil, refuse("TOML", where, "%s", strings.TrimPrefix(firstLine(err.Error()), "toml: "))
	}
	return values, nil
}

// prepareTOML refuses a key that is there twice, with both its values, and puts quotes around a seed beyond the 2^63 -
// 1 at which the whole numbers of TOML end, as seeds go on to 2^64 - 1. Other mistakes are left to the decoder.
func prepareTOML(data []byte) ([]byte, error) {
	var p unstable.Parser
	p.Reset(data)
	seen := map[string]string{}
	inTable := false
	var seed unstable.Range
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind == unstable.Table || e.Kind == unstable.ArrayTable {
			inTable = true
		}
		if e.Kind != unstable.KeyValue || inTable {
			continue
		}
		keys := e.Key()
		keys.Next()
		key, nested := string(keys.Node().Data), keys.Next()
		if nested {
			continue
		}
		text, raw := valueText(&p, e.Value())
		if before, twice := seen[key]; twice {
			return nil, refuse(key, text, "%s is there twice, %s before it; every key is given once", key, before)
		}
		if seen[key] = text; key == "seed" && e.Value().Kind == unstable.Integer {
			seed = raw
		}
	}
	if seed.Length == 0 {
		return data, nil
	}
	from, to := int(seed.Offset), int(seed.Offset+seed.Length)
	number := strings.ReplaceAll(string(data[from:to]), "_", "")
	if _, err := strconv.ParseInt(number, 0, 64); err == nil || !errors.Is(err, strconv.ErrRange) {
		return data, nil
	}
	return []byte(string(data[:from]) + strconv.Quote(number) + string(data[to:])), nil
}

// valueText is a value as the file has it, and where.
func valueText(p *unstable.Parser, value *unstable.Node) (string, unstable.Range) {
	switch value.Kind {
	case unstable.Array:
		var items []string
		for it := value.Children(); it.Next(); {
			text, _ := valueText(p, it.Node())
			items = append(items, text)
		}
		return "[" + strings.Join(items, ", ") + "]", value.Raw
	case unstable.String:
		return strconv.Quote(string(value.Data)), value.Raw
	}
	raw := value.Raw
	if raw.Length == 0 && len(value.Data) > 0 {
		raw = p.Range(value.Data)
	}
	return string(value.Data), raw
}
