package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"kac/internal/provenance"
)

type manualCommand struct{}

func (c *manualCommand) Help() string {
	return "Prints the manual page kac(1), made from the same declarations as --help. make install puts it where man looks. To read it:\n\n" +
		"  kac manual | man -l -"
}

func (c *manualCommand) Run(p *process, app *kong.Kong) error {
	if _, err := fmt.Fprint(p.stdout, manual(app)); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	return nil
}

// roff writes a text so that no character of it is a request of troff.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "^", `\(ha`, "~", `\(ti`, "`", `\(ga`, "…", "...").Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}

// roffText is a help of several paragraphs; lines that begin with two blanks are shown as typed.
func roffText(out *strings.Builder, s string) {
	for _, paragraph := range strings.Split(s, "\n\n") {
		if strings.HasPrefix(paragraph, "  ") {
			out.WriteString(".PP\n.RS 4\n.nf\n")
			for _, line := range strings.Split(paragraph, "\n") {
				out.WriteString(roff(strings.TrimSpace(line)) + "\n")
			}
			out.WriteString(".fi\n.RE\n")
			continue
		}
		out.WriteString(".PP\n" + roff(strings.Join(strings.Fields(paragraph), " ")) + "\n")
	}
}

// exitCodes are those of README.md and main.go.
var exitCodes = [][2]string{
	{"0", "done"},
	{"1", "input or output failed, or a solver could not reach its tolerance"},
	{"2", "bad input; one line names the flag, the value and what is allowed; nothing was written"},
	{"3", "a state that is not finite; the line says where"},
	{"4", "interrupted; finished work is kept, and the command to go on is printed"},
}

// environment are the variables that the program reads.
var environment = [][2]string{
	{"KAC_LEVEL", "Level of the kernels: generic, avx2 or avx512. Default: the best that the processor has."},
	{"BROWSER", "Program that kac explore has show its page. Default: the system's."},
	{"GOMEMLIMIT", "Memory that the garbage collector keeps the process below. Default: nine tenths of the tightest limit."},
}

// manual is the page kac(1).
func manual(app *kong.Kong) string {
	var out strings.Builder
	fmt.Fprintf(&out, ".\\\" Made by: kac manual\n.TH KAC 1 \"\" \"kac %s\" \"User Commands\"\n.nh\n.ad l\n", roff(provenance.Version))
	all := verbs(app.Model.Node)
	out.WriteString(".SH NAME\nkac \\- finite networks beside their infinite\\-width limit\n.SH SYNOPSIS\n")
	between := ""
	for _, v := range all[1:] {
		if len(v.children) > 0 && v.node.DefaultCmd == nil {
			continue
		}
		out.WriteString(between)
		between = ".br\n"
		fmt.Fprintf(&out, ".B kac %s\n", roff(v.words))
		for _, p := range v.places {
			fmt.Fprintf(&out, ".I %s\n", roff(p.Summary()))
		}
		if len(v.flags) > 0 {
			out.WriteString("[\n.I flags\n]\n")
		}
	}
	out.WriteString(".SH DESCRIPTION\n" + roff(app.Model.Help) + "\n")
	out.WriteString(".PP\nData go to standard output, everything else to standard error. Numbers, lists and times have one grammar in all commands.\n")
	out.WriteString(".SH COMMANDS\n")
	for _, v := range all[1:] {
		fmt.Fprintf(&out, ".SS kac %s\n%s\n", roff(v.words), roff(v.node.Help))
		if v.node.Detail != "" {
			roffText(&out, v.node.Detail)
		}
		for _, p := range v.places {
			fmt.Fprintf(&out, ".TP\n.I %s\n%s\n", roff(p.Summary()), roff(p.Help))
		}
		if v.node.DefaultCmd != nil {
			fmt.Fprintf(&out, ".PP\nAlone it is kac %s %s, and takes its flags.\n", roff(v.words), roff(v.node.DefaultCmd.Name))
			continue
		}
		for _, f := range v.node.Flags {
			name := `\fB\-\-` + roff(f.Name) + `\fR`
			if f.Short != 0 {
				name = `\fB\-` + string(f.Short) + `\fR, ` + name
			}
			for _, other := range namesOf(f)[1:] {
				name += `, \fB\-\-` + roff(other) + `\fR`
			}
			if !f.IsBool() {
				name += `=\fI` + roff(f.FormatPlaceHolder()) + `\fR`
			}
			fmt.Fprintf(&out, ".TP\n%s\n%s\n", name, roff(f.Help))
		}
	}
	list := func(title string, rows [][2]string) {
		fmt.Fprintf(&out, ".SH %s\n", title)
		for _, r := range rows {
			fmt.Fprintf(&out, ".TP\n.B %s\n%s\n", roff(r[0]), roff(r[1]))
		}
	}
	list("EXIT STATUS", exitCodes)
	list("ENVIRONMENT", environment)
	return out.String()
}
