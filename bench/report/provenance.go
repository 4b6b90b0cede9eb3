package report

import (
	"fmt"
	"strconv"
	"strings"

	"kac/bench/sweep"
	"kac/internal/plotting"
	"kac/internal/provenance"
	"kac/internal/shell"
)

// provenanceTables say what made the study: programs, processes, costs, checksums.
func (s *Study) provenanceTables() []table {
	out := []table{s.buildTable(), s.sessionTable()}
	if t := s.costTable(); len(t.Rows) > 0 {
		out = append(out, t)
	}
	if len(s.Sums) > 0 {
		out = append(out, s.sumTable())
	}
	return out
}

// buildTable is the programs and processors of the study, one column for all that are equal.
func (s *Study) buildTable() table {
	t := table{ID: "builds", Title: "Program and processor", Left: 2, Wrap: true}
	var infos []provenance.Info
	add := func(i provenance.Info) {
		for _, known := range infos {
			if fmt.Sprint(known) == fmt.Sprint(i) {
				return
			}
		}
		infos = append(infos, i)
	}
	for _, session := range s.Sessions {
		add(session.Info)
	}
	if s.Merged != nil {
		add(s.Merged.Info)
	}
	for n, i := range infos {
		if n > 0 {
			t.Rows = append(t.Rows, []string{"also", ""})
		}
		t.Rows = append(t.Rows,
			[]string{"program", fmt.Sprintf("%s of kac %s", s.Program, plotting.Escape(i.Version))},
			[]string{"revision", plotting.Escape(or(i.Revision, "not recorded in this build"))},
			[]string{"built by", plotting.Escape(strings.TrimSpace(fmt.Sprintf("%s, %s/%s %s", i.GoVersion, i.OS, i.Arch, i.GOAMD64)))},
			[]string{"processor", plotting.Escape(or(i.CPU, "unknown"))},
			[]string{"kernel level", plotting.Escape(i.KernelLevel)},
		)
	}
	arithmetic := join(s.precisions())
	if len(s.Groups) > 0 {
		arithmetic += ", matrix form of the interaction: " + plotting.Escape(s.Groups[0].Parameters.Form)
	}
	if arithmetic != "" {
		t.Rows = append(t.Rows, []string{"arithmetic", arithmetic})
	}
	return t
}

func (s *Study) precisions() []string {
	var out []string
	seen := map[string]bool{}
	add := func(p string) {
		if p != "" && !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	for _, g := range s.Groups {
		add(g.Parameters.Precision)
	}
	for _, r := range s.General {
		add(r.Facts.Precision)
	}
	return out
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// sessionTable is the processes that computed.
func (s *Study) sessionTable() table {
	t := table{ID: "sessions", Title: "Processes", Left: 1, Wrap: true, Header: []string{"command", "start (UTC)", "workers", "networks", "seconds of networks"}}
	for _, p := range s.Sessions {
		t.Rows = append(t.Rows, []string{command(p.CommandLine), plotting.Escape(p.StartTime), strconv.Itoa(p.Workers), strconv.Itoa(p.Cells), seconds(p.Seconds)})
	}
	if m := s.Merged; m != nil {
		t.Note = "Tables made by " + command(m.CommandLine) + ", started " + plotting.Escape(m.StartTime) + "."
	}
	if s.Program != sweepProgram {
		t.Header[4] = "seconds"
	}
	return t
}

func command(line []string) string {
	if len(line) == 0 {
		return "not recorded"
	}
	return plotting.Escape(shell.Quote(line...))
}

// costTable is what the networks of each width took.
func (s *Study) costTable() table {
	t := table{ID: "cost", Title: "Cost", Left: 1, Folded: true, Header: []string{"group", "*m*", "networks", "seconds each", "worker seconds in all"}}
	add := func(name string, costs []sweep.CostRecord) {
		for _, c := range costs {
			t.Rows = append(t.Rows, []string{plotting.Escape(name), sizeOf(c), strconv.Itoa(c.Cells), seconds(c.MeanSeconds), seconds(c.CPUSeconds)})
		}
	}
	for _, g := range s.Groups {
		add(g.Name, g.Cost)
	}
	for _, g := range s.Costs {
		add(g.Name, g.Cost)
	}
	return t
}

// sizeOf is the size of the networks of a cost.
func sizeOf(c sweep.CostRecord) string {
	if size := max(c.Size, c.Width); size > 0 {
		return strconv.Itoa(size)
	}
	return "all"
}

func seconds(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) }

func (s *Study) sumTable() table {
	t := table{ID: "sums", Title: "Files and their SHA-256", Left: 2, Folded: true, Header: []string{"file", "SHA-256"}}
	for _, sum := range s.Sums {
		t.Rows = append(t.Rows, []string{plotting.Escape(sum.Name), sum.SHA256})
	}
	if s.Program == sweepProgram {
		t.Note = "Compared with the files when this report was made. sha256sum -c " + sweep.SumsFile + " compares them again, with those of every network."
	}
	return t
}
