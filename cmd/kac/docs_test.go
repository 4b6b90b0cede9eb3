package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kac/bench"
	"kac/bench/budget"
	"kac/bench/coding"
	"kac/bench/compare"
	"kac/bench/contrast"
	"kac/bench/decision"
	"kac/bench/gap"
	"kac/bench/hessian"
	"kac/bench/localsgd"
	"kac/bench/margin"
	"kac/bench/training"
	"kac/bench/xor"
)

// documents are the pages that print commands.
func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	return append(pages, "../../README.md")
}

// printedCommand is a line of a page that calls kac, without what a shell would do with it.
var printedCommand = regexp.MustCompile(`(?m)^ {4}(?:\./bin/)?kac (.+)$`)

// Every command that README and docs print is one that the program takes: its flags exist and its values
// can be read.
func TestPrintedCommands(t *testing.T) {
	found := 0
	for _, page := range documents(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range printedCommand.FindAllStringSubmatch(string(text), -1) {
			line, _, _ := strings.Cut(match[1], " #")
			words := shellWords(line)
			if len(words) == 0 || words[0] == "help" || words[0] == "--version" || strings.Contains(line, " ... ") {
				continue // "..." stands for the rest of a command that is told elsewhere
			}
			found++
			t.Run(filepath.Base(page)+"/"+strings.TrimSpace(line), func(t *testing.T) {
				ended := false
				parser, err := newParser(&process{stdout: io.Discard, stderr: os.Stderr}, func(int) { ended = true })
				if err != nil {
					t.Fatal(err)
				}
				if _, err := parser.Parse(words); err != nil && !ended {
					t.Error(err)
				}
			})
		}
	}
	if found < 10 {
		t.Errorf("only %d commands found in README and docs", found)
	}
}

// shellWords splits a line as a shell does where only simple quotes occur.
func shellWords(line string) []string {
	var words []string
	var word strings.Builder
	quote, started := rune(0), false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, started = r, true
		case r == ' ':
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words
}

// schemas are those of all systems that can be swept; docs/formats.md has their tables.
var schemas = []*bench.Schema{gap.Schema, training.WithTests, training.GapsSchema, localsgd.Schema, localsgd.BiasSchema, localsgd.ExactSchema, localsgd.FixedPointSchema, localsgd.CompareSchema, xor.Schema, xor.ReachSchema, margin.Schema}

// formats.md names every column that the tables have, and has the declared ones as they are declared.
func TestFormatsNameEveryColumn(t *testing.T) {
	text, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(string(text), -1) {
		for _, column := range strings.Split(code[1], ",") {
			named[column] = true
		}
	}
	for _, s := range schemas {
		if !strings.Contains(string(text), s.Markdown()) {
			t.Errorf("docs/formats.md does not have the columns of %s as they are declared:\n%s", s.Measure, s.Markdown())
		}
	}
	out := t.TempDir()
	headers := map[string]string{
		"gap": gap.Header, "slopes": gap.Schema.SlopesHeader(),
		"kac reference": firstLine(t, "reference", "--dim", "6", "--times", "0", "-q"),
		"reference xor": firstLine(t, "reference", "--problem", "xor", "--dim", "6", "--times", "0", "-q"),
		"xor":           xor.Header, "xor reference": xor.LimitHeader, "xor, reach": xor.ReachHeader, "xor, plan": xor.PlanHeader,
		"theory":   firstLine(t, "theory", "--dim", "6", "--times", "0,1", "--format", "csv", "-q"),
		"decision": decision.Header, "decision dec": decision.DecHeader, "margin law": margin.LawHeader, "margin": margin.Header, "margin, summary": margin.SummaryHeader, "margin, plan": margin.PlanHeader, "margin xor": margin.XORHeader,
		"contrast": contrast.Header, "contrast, gaps": contrast.GapsHeader, "contrast, theorem": contrast.TheoremHeader, "contrast, seeds": contrast.SeedsHeader, "contrast, sweep": contrast.Schema.TableHeader() + "," + contrast.Schema.LimitHeader(),
		"contrast, exact": "noised,beta," + contrast.ExactHeader, "contrast, rate": contrast.RateHeader(3),
		"code": coding.Header, "code, seeds": coding.SeedsHeader, "code, limit": coding.LimitHeader, "code, adversary": coding.AdversaryHeader, "code, descent": coding.DescendHeader,
		"budget":  budget.Header,
		"scaling": firstLine(t, "scaling", "--dims", "4,6", "--delta", ".9", "--format", "csv", "-q"),
		"training": firstLine(t, "train", "--problem", "he4", "--dim", "6", "--samples", "64", "--batch", "64", "--widths", "8", "--eta", ".1", "--horizon", ".2", "--points", "2",
			"--repeats", "1", "--gaps", "--reference", "exact", "--reference-width", "8", "--format", "csv", "--out", filepath.Join(out, "t"), "-q"),
	}
	headers["compare"] = firstLine(t, "compare", "--dims", "6", "--samples", "20", "--widths", "8", "--draws", "1", "--horizon", "1", "--points", "2", "--format", "csv", "--out", filepath.Join(out, "c"), "-q")
	headers["hessian"], headers["hessian, quantiles"] = hessian.Header, hessian.QuantilesHeader
	for k, header := range []string{localsgd.Header, localsgd.SeedsHeader, localsgd.CompareHeader, localsgd.BiasFigureHeader, localsgd.BiasHeader, localsgd.ExactHeader, localsgd.FixedPointHeader} {
		headers[fmt.Sprintf("local, table %d", k+1)] = header
	}
	headers["compare, sweep"] = compare.Schema.TableHeader() + "," + compare.Schema.LimitHeader()
	for _, name := range compare.Files[:4] {
		data, err := os.ReadFile(filepath.Join(out, "c", name))
		if err != nil {
			t.Fatal(err)
		}
		headers["compare's "+name], _, _ = strings.Cut(string(data), "\n")
	}
	for _, name := range []string{"gap.csv", "particles.csv", "histogram.csv"} {
		data, err := os.ReadFile(filepath.Join(out, "t", name))
		if err != nil {
			t.Fatal(err)
		}
		headers["training's "+name], _, _ = strings.Cut(string(data), "\n")
	}
	for file, header := range headers {
		t.Run(file, func(t *testing.T) {
			for _, column := range strings.Split(header, ",") {
				if !named[column] && !named[strings.TrimSuffix(column, "_error")] {
					t.Errorf("%s: docs/formats.md does not name the column %q", file, column)
				}
			}
		})
	}
}

// firstLine runs a command and returns the first line of its standard output.
func firstLine(t *testing.T, arguments ...string) string {
	t.Helper()
	line, _, _ := strings.Cut(good(t, t.TempDir(), arguments...).stdout, "\n")
	return line
}
