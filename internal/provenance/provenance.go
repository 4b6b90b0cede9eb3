// Package provenance says which program, built how, on which processor, produced a file.
package provenance

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"kac/kernels"
)

// Version of the program and of the numbers it writes.
const Version = "0.1.0"

// revision is set by the linker (make build, make release), for where the go command records none.
var revision string

// Info identifies a build of kac and the processor it runs on. Two runs with equal Info and equal
// parameters write equal numbers; across kernel levels or GOAMD64 values they agree to rounding.
type Info struct {
	Version     string   `json:"version"`
	Revision    string   `json:"revision"` // source revision, with "+dirty" if changed; empty if the build did not record it
	GoVersion   string   `json:"go_version"`
	OS          string   `json:"os"`
	Arch        string   `json:"arch"`
	GOAMD64     string   `json:"goamd64"` // empty on other architectures; from v3 on the compiler fuses x*y+z
	CPU         string   `json:"cpu"`
	CPUFeatures []string `json:"cpu_features"`
	KernelLevel string   `json:"kernel_level"`
	BF16Engine  string   `json:"bf16_engine"` // what precisions bf16x3 and bf16x6 multiply with: amx, avx512-bf16, or empty, where they are refused
}

// Current describes the running program.
func Current() Info {
	info := Info{
		Version:     Version,
		GoVersion:   runtime.Version(),
		OS:          runtime.GOOS,
		Arch:        runtime.GOARCH,
		CPU:         strings.TrimSpace(cpuid.CPU.BrandName),
		CPUFeatures: kernels.Features(),
		KernelLevel: kernels.Level(),
		Revision:    revision,
	}
	info.BF16Engine, _ = kernels.SplitEngine() // why there is none is said where one is asked for
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	dirty, own := false, ""
	for _, s := range build.Settings {
		switch s.Key {
		case "GOAMD64":
			info.GOAMD64 = s.Value
		case "vcs.revision":
			own = s.Value
		case "vcs.modified":
			dirty = s.Value == "true"
		}
	}
	if own != "" {
		if info.Revision = own; dirty {
			info.Revision += "+dirty"
		}
	}
	return info
}

// Print writes the facts for people, one a line, wrapped at 80 columns.
func (i Info) Print(w io.Writer) error {
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	rows := [][2]string{
		{"kac", i.Version},
		{"revision", or(i.Revision, "not recorded in this build")},
		{"Go", i.GoVersion + " " + i.OS + "/" + i.Arch},
		{"GOAMD64", or(i.GOAMD64, "not applicable")},
		{"processor", or(i.CPU, "unknown")},
		{"kernel level", i.KernelLevel + "  (available: " + strings.Join(kernels.Levels(), ", ") + "; KAC_LEVEL chooses)"},
		{"bf16 engine", or(i.BF16Engine, "none: precisions bf16x3 and bf16x6 need AMX-BF16 or AVX512-BF16, and level avx512")},
		{"CPU features", strings.Join(i.CPUFeatures, " ")},
	}
	for _, row := range rows {
		if len(row[1]) > 80-14 { // shorter ones keep their spaces
			row[1] = wrap(row[1], 80-14, "\n              ")
		}
		if _, err := fmt.Fprintf(w, "%-12s  %s\n", row[0], row[1]); err != nil {
			return err
		}
	}
	return nil
}

// wrap breaks text at spaces so that no piece is longer than width, if its words allow it.
func wrap(text string, width int, newline string) string {
	var out strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
		case column+1+len(word) > width:
			out.WriteString(newline)
			column = 0
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += len(word)
	}
	return out.String()
}
