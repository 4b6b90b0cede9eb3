package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/sealed"
)

// Names of a report that is not told otherwise, within the study's directory.
const (
	DefaultDir = "report"
	PageFile   = "report.html"
)

const program = "kac report"

// Record is beside every page, under its name with the ending .json: checksums of page and charts.
type Record struct {
	Program  string `json:"program"`
	Format   int    `json:"format"`
	Complete bool   `json:"complete"`
	Page     string `json:"page"`
	bench.Session
	store.Seals
}

// Path is where the page of the study in dir goes: out is a directory, a name that ends in .html, or
// empty.
func Path(dir, out string) string {
	switch {
	case out == "":
		return filepath.Join(dir, DefaultDir, PageFile)
	case strings.EqualFold(filepath.Ext(out), ".html"):
		return out
	}
	return filepath.Join(out, PageFile)
}

func recordName(page string) string { return strings.TrimSuffix(page, filepath.Ext(page)) + ".json" }

// Write writes the page to path, its record, and every chart as SVG and PDF beside it. Directories are
// made; files that a report wrote are replaced, and any other of these names is refused with an
// InputError. A chart that cannot be drawn is left out of the page; the error is then a
// *store.PictureError. It returns the number of charts.
func (s *Study) Write(path string, session bench.Session) (charts int, err error) {
	b := &builder{study: s}
	p := b.page()
	return b.save(disk.Real, path, session, p.write)
}

// save writes the page, by write, and the charts that were drawn for it.
func (b *builder) save(on disk.FS, path string, session bench.Session, write func(io.Writer) error) (charts int, err error) {
	dir, name := filepath.Split(path)
	dir = filepath.Clean(dir)
	record := &Record{Program: program, Format: store.RecordFormat, Page: name, Session: session}
	patterns := []string{store.Literal(name)}
	var pictures []store.File
	for _, d := range b.drawings {
		patterns = append(patterns, store.Literal(d.name))
		pictures = append(pictures, store.File{Name: d.name, Fill: func(w io.Writer) error {
			_, err := io.Copy(w, bytes.NewReader(d.data))
			return err
		}})
	}
	out, err := store.Share(on, dir, recordName(name), func() error { return record.look(on, dir, name, patterns) })
	if err != nil {
		return 0, err
	}
	out.Record(record, &record.Seals, nil)
	if err := out.Replace(store.File{Name: name, Fill: write}); err != nil {
		return 0, fmt.Errorf("the report: %w", err)
	}
	record.Complete = true
	if err := out.WriteRecord(); err != nil {
		return 0, err
	}
	if err := out.Draw(pictures...); err != nil {
		return 0, err
	}
	if b.undrawn != nil {
		return len(b.drawings) / 2, b.undrawn
	}
	return len(b.drawings) / 2, nil
}

// look reads the record of the report that is there, and takes over the checksums of what is whole.
func (r *Record) look(on disk.FS, dir, page string, patterns []string) error {
	name := recordName(page)
	data, err := store.Read(on, dir, name, program, patterns...)
	if data == nil {
		return err
	}
	var before Record
	if err := json.Unmarshal(data, &before); err != nil {
		return store.Damaged(filepath.Join(dir, name), fmt.Errorf("%w: %w", sealed.ErrDamaged, err))
	}
	for file := range before.Sums {
		one, err := before.Verify(on, dir, name, file)
		switch {
		case err == nil:
			r.Adopt(one)
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, sealed.ErrDamaged):
			return fmt.Errorf("reading what the output directory holds: %w", err)
		}
	}
	return nil
}

// Check compares the files of all reports in a directory with their checksums; nil if it holds none.
func Check(on disk.FS, dir string) (*store.Checked, error) {
	entries, err := on.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading what the directory holds: %w", err)
	}
	var all *store.Checked
	for _, e := range entries {
		page := e.Name()
		if !strings.EqualFold(filepath.Ext(page), ".html") {
			continue
		}
		name := recordName(page)
		var one *store.Checked
		switch known := store.Holds(on, dir, name); {
		case !known && page != PageFile, known && store.ProgramOf(on, dir, name) != program && page != PageFile:
			continue // not a report's
		case !known:
			one = &store.Checked{}
			one.Add(dir, name, errors.New("is missing"))
		default:
			if one, err = store.Check(on, dir, name); err != nil {
				return nil, err
			}
		}
		if all == nil {
			all = &store.Checked{Program: program, Complete: true}
		}
		all.Files, all.Bad, all.Complete = all.Files+one.Files, append(all.Bad, one.Bad...), all.Complete && one.Complete
		all.Undrawn = append(all.Undrawn, one.Undrawn...)
	}
	return all, nil
}
