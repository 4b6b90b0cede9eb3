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

	"kac/bench"
	"kac/internal/disk"
)

// ErrIncomplete says that a study has no tables yet.
var ErrIncomplete = errors.New("the study is not finished")

var nan = math.NaN()

// Results are a finished study, in memory.
type Results struct {
	Study  *Study
	Record *Record
	Groups []*bench.Result
}

// Results reads a finished study after comparing every file with its checksum. Errors:
// ErrIncomplete (wrapped), sealed.ErrDamaged (wrapped) with the first file that is not as it was
// written, an InputError for a directory without a study.
func (ms Measures) Results(dir string) (*Results, error) { return ms.results(disk.Real, dir) }

// results is Results of a directory that is the study's.
func (s *Study) results(on disk.FS, dir string) (*Results, error) {
	return Measures{*s.Measure}.results(on, dir)
}

func (ms Measures) results(on disk.FS, dir string) (*Results, error) {
	checked, err := ms.check(on, dir)
	if err != nil {
		return nil, err
	}
	if len(checked.Bad) > 0 {
		b := checked.Bad[0]
		if b == missingSums { // they are written last, so this is a merge that was killed
			return nil, fmt.Errorf("%s: %w", dir, ErrIncomplete)
		}
		return nil, b.In(dir)
	}
	if !checked.Complete {
		return nil, fmt.Errorf("%s: %w", dir, ErrIncomplete)
	}
	record, study, err := ms.recorded(on, dir)
	if err != nil {
		return nil, err
	}
	limits, err := study.readLimits(on, dir)
	if err != nil {
		return nil, err
	}
	out := &Results{Study: study, Record: record}
	for i, g := range study.Groups {
		cells, _, absent, err := g.read(dir, Options{FS: on}, map[string]*SessionRecord{})
		if err != nil {
			return nil, err
		}
		var limit *bench.Limit
		if limits != nil {
			limit = &bench.Limit{Rows: limits[g.csvKey()], Record: record.Groups[i].Reference, Note: record.Groups[i].NoConstant}
		}
		if absent > 0 || limit != nil && len(limit.Rows) != len(g.Facts.Times) {
			return nil, fmt.Errorf("%s: %d cells, and not as many or not as long a limit as there should be: %w", g.Name, len(cells), ErrIncomplete)
		}
		r, err := g.result(cells, limit, &record.Groups[i])
		if err != nil {
			return nil, err
		}
		out.Groups = append(out.Groups, r)
	}
	return out, nil
}

// csvKey is how reference.csv names the group's limit.
func (g *Group) csvKey() string {
	f := &g.Facts
	t := &table{}
	t.problem(f)
	t.labels(f.Labels[:f.Schema.LimitLabels])
	return string(t.line)
}

// readLimits reads reference.csv; nil if the study has none.
func (s *Study) readLimits(on disk.FS, dir string) (map[string][][]float64, error) {
	if len(s.schema().Limit) == 0 {
		return nil, nil
	}
	path := filepath.Join(dir, ReferenceFile)
	data, err := disk.ReadFile(on, path, s.limit())
	if err != nil {
		return nil, fmt.Errorf("reading the references: %w", err)
	}
	limits, err := parseReference(data, s.schema())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return limits, nil
}

func parseReference(data []byte, schema *bench.Schema) (map[string][][]float64, error) {
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 || strings.Join(lines[0], ",") != schema.LimitHeader() {
		return nil, fmt.Errorf("the first line is not %q", schema.LimitHeader())
	}
	out := map[string][][]float64{}
	keys := len(lines[0]) - len(schema.Limit)
	for n, line := range lines[1:] {
		row := make([]float64, len(schema.Limit))
		for i, text := range line[keys:] {
			row[i] = nan
			if text != "" {
				if row[i], err = strconv.ParseFloat(text, 64); err != nil {
					return nil, fmt.Errorf("line %d: %w", n+2, err)
				}
			}
		}
		key := strings.Join(line[:keys], ",")
		out[key] = append(out[key], row)
	}
	return out, nil
}
