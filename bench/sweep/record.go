package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"kac/bench"
	"kac/internal/atomicfile"
	"kac/internal/disk"
	"kac/internal/provenance"
	"kac/internal/regular"
	"kac/internal/sealed"
)

const (
	recordProgram = "kac sweep"
	recordFormat  = 1 // raised when an old study can no longer be continued
)

// Record is study.json: what was asked, by whom it was computed, and whether it is all there.
type Record struct {
	Program  string          `json:"program"`
	Format   int             `json:"format"`
	Complete bool            `json:"complete"`
	Study    json.RawMessage `json:"study"`
	Groups   []GroupRecord   `json:"groups"`
	Sessions []SessionRecord `json:"sessions,omitempty"` // by start; known once the tables are made
	// Merged is the process that made the tables.
	Merged   *Session `json:"merged_by,omitempty"`
	Checksum string   `json:"checksum"` // SHA-256 of this file with zeros in place of these 64 digits
}

// GroupRecord is a group in study.json.
type GroupRecord struct {
	Name       string          `json:"name"`
	Parameters json.RawMessage `json:"parameters"`
	Reach      float64         `json:"reach,omitempty"` // the risk that defines the horizon
	// Reference and what follows are known once the tables are made.
	Reference  json.RawMessage `json:"reference,omitempty"`
	NoConstant string          `json:"no_gap_constant,omitempty"` // what is not known of the limit, and why
	Cost       []CostRecord    `json:"cost,omitempty"`            // by size
}

// CostRecord is what the cells of one size took.
type CostRecord struct {
	Size        int     `json:"size,omitempty"`  // 0: all sizes together
	Width       int     `json:"width,omitempty"` // the size, of earlier versions
	Cells       int     `json:"cells"`
	MeanSeconds float64 `json:"mean_seconds"` // of a cell, on the workers that it had
	CPUSeconds  float64 `json:"worker_seconds"`
}

// SessionRecord is a process and what it did.
type SessionRecord struct {
	Session
	Cells   int     `json:"cells_computed"`
	Seconds float64 `json:"cell_seconds"` // of the cells it finished, earlier processes included
}

// session describes this process.
func session(o Options) Session {
	return Session{
		Info: provenance.Current(), CommandLine: o.CommandLine, Workers: o.Workers,
		StartTime: o.start.UTC().Format("2006-01-02T15:04:05.000Z"), Process: o.process,
	}
}

// encode writes the record with its checksum.
func (r Record) encode() ([]byte, error) {
	r.Checksum = sealed.NoSum
	data, err := json.MarshalIndent(&r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", StudyFile, err)
	}
	return sealed.Sign(append(data, '\n')), nil
}

// decodeRecord reads study.json. The error wraps sealed.ErrDamaged or is a *sealed.VersionError.
func decodeRecord(data []byte) (*Record, error) {
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", sealed.ErrDamaged, err)
	}
	if err := sealed.Verify(data, r.Checksum); err != nil {
		return nil, err
	}
	if r.Program != recordProgram || r.Format != recordFormat {
		return nil, &sealed.VersionError{Kind: fmt.Sprintf("%q study", r.Program), Got: uint32(r.Format), Want: recordFormat}
	}
	return &r, nil
}

// readRecord returns nil without an error where there is no study.json.
func readRecord(on disk.FS, dir string) (*Record, error) {
	path := filepath.Join(dir, StudyFile)
	data, err := disk.ReadFile(on, path, textLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if size := (*regular.SizeError)(nil); errors.As(err, &size) {
		return nil, fmt.Errorf("%w: %w", sealed.ErrDamaged, err)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	r, err := decodeRecord(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func writeRecord(on disk.FS, dir string, r Record) error {
	data, err := r.encode()
	if err != nil {
		return err
	}
	return atomicfile.WriteOn(on, filepath.Join(dir, StudyFile), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// record is a study that is not complete.
func (s *Study) record() (Record, error) {
	r := Record{Program: recordProgram, Format: recordFormat}
	var err error
	if r.Study, err = raw(s.Declared); err != nil {
		return r, err
	}
	for _, g := range s.Groups {
		parameters, err := raw(g.Facts.Parameters)
		if err != nil {
			return r, err
		}
		r.Groups = append(r.Groups, GroupRecord{Name: g.Name, Parameters: parameters, Reach: g.Facts.Reach})
	}
	return r, nil
}

// raw is a value as JSON.
func raw(v any) (json.RawMessage, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding the study: %w", err)
	}
	return data, nil
}

// adopt takes what an earlier process found, such as horizons. A record of another study is refused with
// an InputError.
func (s *Study) adopt(dir string, r *Record) error {
	if err := bench.OtherParameters(dir, r.Study, s.Declared); err != nil {
		return err
	}
	other := refuse("out", dir, "holds the same study with other groups, made by another version; choose another directory")
	if len(r.Groups) != len(s.Groups) {
		return other
	}
	found := make([]bench.Study, len(s.Groups))
	for i, g := range s.Groups {
		if r.Groups[i].Name != g.Name {
			return other
		}
		var err error
		if found[i], err = s.adoptGroup(g, &r.Groups[i]); err != nil {
			return refuse("out", dir, "holds this study with %v: remove the directory, or choose another one, and give the same command", err)
		}
	}
	for i, g := range s.Groups {
		g.set(found[i])
	}
	return nil
}

// adoptGroup is the group's study with what an earlier process found.
func (s *Study) adoptGroup(g *Group, r *GroupRecord) (bench.Study, error) {
	if adopter, is := g.Study.(bench.Adopter); is {
		return adopter.Adopt(r.Parameters)
	}
	there, err := s.Measure.Restore(r.Parameters, r.Reach)
	if err != nil {
		return nil, err
	}
	// As they are recorded: what was read for them, data of the user among it, need not be equal in memory.
	before, err1 := raw(there.Facts().Parameters)
	now, err2 := raw(g.Facts.Parameters)
	if err1 == nil && err2 == nil && !bytes.Equal(before, now) {
		err = errors.New("other parameters of " + g.Name + ", made by another version")
	}
	return g.Study, errors.Join(err, err1, err2)
}

// recorded reads a directory's record and its study, and refuses a directory without one.
func (ms Measures) recorded(on disk.FS, dir string) (*Record, *Study, error) {
	record, err := readRecord(on, dir)
	if err != nil {
		return nil, nil, err
	}
	if record == nil {
		return nil, nil, noStudy(dir)
	}
	study, err := ms.restore(record)
	return record, study, err
}

// noStudy is the InputError of a directory that holds no study.
func noStudy(dir string) error {
	return refusePath(dir, "holds no %s; give the --out directory of kac sweep", StudyFile)
}
