package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"kac/internal/atomicfile"
)

// Names of a report that is not told otherwise, within the study's directory.
const (
	DefaultDir = "report"
	PageFile   = "report.html"
)

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

// Write writes the page to path and every chart as SVG and PDF beside it, the page last. Directories
// are made; files of these names are replaced. It returns the number of charts.
func (s *Study) Write(path string) (charts int, err error) {
	b := &builder{study: s}
	p := b.page()
	if b.err != nil {
		return 0, b.err
	}
	dir := filepath.Dir(path)
	if err := atomicfile.MakeDir(dir); err != nil {
		return 0, err
	}
	for _, d := range b.drawings {
		if err := atomicfile.WriteBytes(filepath.Join(dir, d.name), d.data); err != nil {
			return 0, err
		}
	}
	if err := atomicfile.Write(path, func(w io.Writer) error { return p.write(w) }); err != nil {
		return 0, fmt.Errorf("the report: %w", err)
	}
	return len(b.drawings) / 2, nil
}
