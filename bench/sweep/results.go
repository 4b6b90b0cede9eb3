package sweep

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"kac/internal/disk"
)

// ErrIncomplete says that a study has no tables yet.
var ErrIncomplete = errors.New("the study is not finished")

var nan = math.NaN()

// Results are a finished study, in memory.
type Results struct {
	Record *Record
	Groups []*GroupResults
}

// OpenResults reads a finished study after comparing every file with its checksum. Errors:
// ErrIncomplete (wrapped), sealed.ErrDamaged (wrapped) with the first file that is not as it was
// written, an InputError for a directory without a study.
func OpenResults(dir string) (*Results, error) { return openResults(disk.Real, dir) }

func openResults(on disk.FS, dir string) (*Results, error) {
	checked, err := check(on, dir)
	if err != nil {
		return nil, err
	}
	if len(checked.Bad) > 0 {
		b := checked.Bad[0]
		if b == missingSums { // they are written last, so this is a merge that was killed
			return nil, fmt.Errorf("%s: %w", dir, ErrIncomplete)
		}
		return nil, damaged(dir, b)
	}
	if !checked.Complete {
		return nil, fmt.Errorf("%s: %w", dir, ErrIncomplete)
	}
	record, err := readRecord(on, dir)
	if err != nil {
		return nil, err
	}
	study, err := studyOf(record)
	if err != nil {
		return nil, err
	}
	data, err := disk.ReadFile(on, filepath.Join(dir, ReferenceFile), study.limit())
	if err != nil {
		return nil, fmt.Errorf("reading the references: %w", err)
	}
	references, err := parseReference(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, ReferenceFile), err)
	}
	out := &Results{Record: record}
	for _, g := range study.Groups {
		cells, _, absent, err := g.read(dir, Options{FS: on}, map[string]*SessionRecord{})
		if err != nil {
			return nil, err
		}
		rows := references[g.csvKey()]
		if absent > 0 || len(rows) != g.Parameters.Points {
			return nil, fmt.Errorf("%s: %d cells and %d rows of the reference: %w", g.Name, len(cells), len(rows), ErrIncomplete)
		}
		out.Groups = append(out.Groups, NewGroupResults(g, cells, rows))
	}
	return out, nil
}

// csvKey is how reference.csv names the group's infinite-width network.
func (g *Group) csvKey() string {
	return fmt.Sprintf("%s,%d,%s", g.Problem.Name(), g.Parameters.Dim, number(g.Parameters.Horizon))
}

func parseReference(data []byte) (map[string][]ReferenceRow, error) {
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 || strings.Join(lines[0], ",") != ReferenceHeader {
		return nil, fmt.Errorf("the first line is not %q", ReferenceHeader)
	}
	out := map[string][]ReferenceRow{}
	for n, line := range lines[1:] {
		var r ReferenceRow
		for i, x := range [...]*float64{&r.Time, &r.Risk, &r.Error, &r.SelfEnergy, &r.Constant, &r.ConstantError, &r.Coupling} {
			*x = nan
			if text := line[3+i]; text != "" {
				if *x, err = strconv.ParseFloat(text, 64); err != nil {
					return nil, fmt.Errorf("line %d: %w", n+2, err)
				}
			}
		}
		key := strings.Join(line[:3], ",")
		out[key] = append(out[key], r)
	}
	return out, nil
}
