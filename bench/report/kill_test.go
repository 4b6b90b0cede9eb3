package report

import (
	"io"
	"strings"
	"testing"

	"kac/bench"
	"kac/bench/internal/benchtest"
	"kac/internal/disk"
)

// inMemory writes a page and two charts, as the command does once it has made them.
func inMemory() *benchtest.Durable {
	run := func(on disk.FS) error {
		b := &builder{drawings: []drawing{{name: "chart.svg", data: []byte("<svg/>")}, {name: "chart.pdf", data: []byte("%PDF-")}}}
		_, err := b.save(on, "out/report.html", bench.Session{}, func(w io.Writer) error {
			_, err := io.WriteString(w, strings.Repeat("<p>page</p>\n", 20000))
			return err
		})
		return err
	}
	check := func(on disk.FS) ([]string, error) {
		checked, err := Check(on, "out")
		if checked == nil || err != nil {
			return nil, err
		}
		return checked.Texts(), nil
	}
	return &benchtest.Durable{Run: run, Check: check}
}

// Killed before any operation, a report leaves no damaged file, and the same command writes the report.
func TestKilledAtEveryOperation(t *testing.T) {
	if n := inMemory().Killed(t); n < 40 {
		t.Errorf("only %d operations", n)
	}
}

// A disk that is full, broken or writes short is told of; the same command then writes the report.
func TestFailingDisks(t *testing.T) {
	if n := inMemory().Failing(t); n < 60 {
		t.Errorf("only %d failures", n)
	}
}
