package provenance

import (
	"runtime"
	"strings"
	"testing"

	"kac/kernels"
)

func TestCurrent(t *testing.T) {
	i := Current()
	if i.Version == "" || i.GoVersion != runtime.Version() || i.Arch != runtime.GOARCH || i.KernelLevel != kernels.Level() {
		t.Errorf("incomplete: %+v", i)
	}
	if runtime.GOARCH == "amd64" && (i.GOAMD64 == "" || len(i.CPUFeatures) == 0) {
		t.Errorf("on amd64 GOAMD64 %q and %d CPU features", i.GOAMD64, len(i.CPUFeatures))
	}
}

func TestPrint(t *testing.T) {
	var out strings.Builder
	info := Current()
	info.CPUFeatures = strings.Fields(strings.Repeat("AVX512F SSE ", 40))
	info.CPU = "A processor whose maker " + strings.Repeat("praises it at length ", 6)
	info.BF16Engine = ""
	if err := info.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{Version, runtime.Version(), "kernel level  " + kernels.Level(), "AVX512F"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	for line := range strings.Lines(out.String()) {
		if len(strings.TrimRight(line, "\n")) > 80 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 5, ""},
		{"aa bb cc", 5, "aa bb|cc"},
		{"aa bb cc", 8, "aa bb cc"},
		{"toolongword a", 4, "toolongword|a"},
	} {
		t.Run(c.text, func(t *testing.T) {
			if got := wrap(c.text, c.width, "|"); got != c.want {
				t.Errorf("wrap(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
			}
		})
	}
}
