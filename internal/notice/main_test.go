package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestNotice: licences of linked modules, embedded files, fonts and Go itself are there, and folders with several are
// read.
func TestNotice(t *testing.T) {
	t.Chdir("../..")
	var b bytes.Buffer
	if err := run(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Go's standard library\n", "uPlot, embedded", "SIL OPEN FONT LICENSE", "gonum.org/v1/gonum v", "The FreeType Project LICENSE", "github.com/alecthomas/kong v"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(b.String(), "staticcheck") {
		t.Error("a tool that is not linked is named")
	}
	kept, err := os.ReadFile("NOTICE")
	if err != nil || len(kept) < 10_000 {
		t.Errorf("NOTICE has %d bytes: %v", len(kept), err)
	}
}

// TestNoLicence: a module without a licence is an error, not a gap.
func TestNoLicence(t *testing.T) {
	texts, err := licences(t.TempDir())
	if err != nil || len(texts) != 0 {
		t.Errorf("%v, %v", texts, err)
	}
}
