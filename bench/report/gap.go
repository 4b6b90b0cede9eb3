package report

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"kac/bench"
	"kac/bench/sweep"
	"kac/internal/sealed"
	"kac/meanfield"
)

// openGap reads the directory of a kac gap, a study of one group. Its files hold no C(t): the
// reference is solved again for it.
func openGap(ctx context.Context, dir string, progress func(float64, string)) (*Study, error) {
	path := filepath.Join(dir, bench.RunFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a run: %w", err)
	}
	var record bench.RunRecord
	if err := json.Unmarshal(data, &record); err != nil {
		return nil, fmt.Errorf("%s is not as it was written (%v): %w", path, err, sealed.ErrDamaged)
	}
	if record.Program != "kac gap" {
		return nil, refuse(dir, "holds a run of %q; a report is made of kac sweep and kac gap", record.Program)
	}
	if !record.Complete {
		return nil, fmt.Errorf("%s: %w", dir, sweep.ErrIncomplete)
	}
	p := record.Parameters
	problem, err := p.Check()
	if err != nil {
		return nil, fmt.Errorf("%s is not as it was written (%v): %w", path, err, sealed.ErrDamaged)
	}
	table := filepath.Join(dir, bench.GapFile)
	text, err := os.ReadFile(table)
	if err != nil {
		return nil, fmt.Errorf("reading the table: %w", err)
	}
	cells, err := bench.ReadGapCSV(strings.NewReader(string(text)), problem.Name(), &p)
	if err != nil {
		return nil, fmt.Errorf("%s is not as it was written (%v): %w", table, err, sealed.ErrDamaged)
	}
	if len(cells) != len(p.Widths)*p.Seeds {
		return nil, fmt.Errorf("%s holds %d networks of %d: %w", table, len(cells), len(p.Widths)*p.Seeds, sealed.ErrDamaged)
	}
	g := &Group{Solved: record.Reference}
	reference, err := g.solve(ctx, &p, progress)
	if err != nil {
		return nil, err
	}
	name := p.Problem
	if name == "" {
		name = "custom"
	}
	g.GroupResults = sweep.NewGroupResults(&sweep.Group{Name: fmt.Sprintf("%s-d%d", name, p.Dim), Parameters: p, Problem: problem}, cells, reference)
	s := &Study{Program: record.Program, Groups: []*Group{g}}
	for _, session := range append(record.Earlier, record.Session) {
		s.Sessions = append(s.Sessions, sweep.SessionRecord{
			Session: sweep.Session{Info: session.Info, CommandLine: session.CommandLine, Workers: session.Workers, StartTime: session.StartTime},
			Cells:   session.Cells, Seconds: session.WallTime,
		})
	}
	for _, name := range []string{bench.GapFile, bench.ReferenceFile, bench.RunFile} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading a result: %w", err)
		}
		sum := sha256.Sum256(data)
		s.Sums = append(s.Sums, Sum{hex.EncodeToString(sum[:]), name})
	}
	return s, nil
}

// solve returns the infinite-width network with C(t), if that is known for the problem.
func (g *Group) solve(ctx context.Context, p *bench.GapParameters, progress func(float64, string)) ([]sweep.ReferenceRow, error) {
	gap, err := bench.SolveGap(ctx, *p, func(share float64) { progress(share/2, "reference") })
	if err != nil {
		return nil, err
	}
	times := p.Times()
	f, err := meanfield.Fluctuations(ctx, gap.Reference, times, meanfield.FluctuationOptions{Progress: func(share float64) { progress(.5+share/2, "C(t)") }})
	if stop := ctx.Err(); stop != nil {
		return nil, stop
	}
	if err != nil {
		g.NoConstant = err.Error()
	}
	var out []sweep.ReferenceRow
	for i, row := range bench.ReferenceRows(gap.Reference, times) {
		r := sweep.ReferenceRow{ReferenceRow: row, Constant: math.NaN(), ConstantError: math.NaN(), Coupling: math.NaN()}
		if err == nil {
			r.Constant, r.ConstantError, r.Coupling = f.Constant[i], f.ConstantError[i], f.Coupling[i]
		}
		out = append(out, r)
	}
	return out, nil
}
