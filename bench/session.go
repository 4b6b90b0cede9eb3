package bench

import (
	"fmt"
	"strings"

	"kac/internal/provenance"
	"kac/internal/visible"
	"kac/particles"
)

// Session is one process that worked on a study.
type Session struct {
	provenance.Info
	CommandLine visible.Arguments `json:"command_line"`
	Workers     int               `json:"workers"`
	StartTime   string            `json:"start_time"` // RFC 3339
	WallTime    float64           `json:"wall_time_seconds"`
	Cells       int               `json:"cells_computed,omitempty"`
}

// Changed says, for people, in what a session differs from a later one, if that can change the last digits of a study
// in the given precision; "" if it does not differ.
func (s *Session) Changed(now *Session, precision string) string {
	return Changed(s.Info, now.Info, precision)
}

// Changed is that of two programs: an earlier one and the present.
func Changed(a, b provenance.Info, precision string) string {
	form, _ := particles.ParsePrecision(precision)
	var out []string
	for _, f := range [][3]string{
		{"version", a.Version, b.Version}, {"revision", a.Revision, b.Revision}, {"architecture", a.Arch, b.Arch},
		{"GOAMD64", a.GOAMD64, b.GOAMD64}, {"kernel level", a.KernelLevel, b.KernelLevel},
		{"bf16 engine", a.BF16Engine, b.BF16Engine},
	} {
		if f[0] == "bf16 engine" && !form.BF16() {
			continue
		}
		if f[1] != f[2] {
			out = append(out, fmt.Sprintf("%s %s, now %s", f[0], OrNone(f[1]), OrNone(f[2])))
		}
	}
	return strings.Join(out, "; ")
}

// OrNone puts words in the place of an empty text.
func OrNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
