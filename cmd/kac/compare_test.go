package main

import (
	"strings"
	"testing"
)

// Every refusal is one line, before any work.
func TestCompareBadInput(t *testing.T) {
	for command, says := range map[string]string{
		"--dims 2": "--dims 2: allowed are dimensions from 3", "--dims 8,8": "twice", "--dims 8.5": "whole number", "--dims d": "dimension d is not known",
		"--samples 0": "--samples 0: 0 is not allowed", "--samples -5": "not allowed", "--samples 1.5": "whole number", "--samples d^1.5..d^3": "by a step of the exponent",
		"--samples d^1..d^2:.3": "does not arrive", "--samples 64,64": "twice", "--samples x": "not a number", "--samples d^99": "not allowed in dimension 10",
		"--noise -1": "--noise -1: allowed are numbers from 0", "--noise nan": "a number", "--ridges -1": "ridges are auto, or numbers from 0", "--ridges auto,auto": "twice", "--ridges x": "ridges are auto",
		"--predictors kernel": "kernel is not known", "--predictors ntk,ntk": "twice", "--predictors=": "is empty",
		"--problem he4": "known here is quartic", "--problem quartic --link 2:1": "not together", "--activation 2:1": "--link is missing", "--link 2:1": "--activation is missing",
		"--activation relu --link 2:1": "no polynomial", "--activation 2:1 --link 2:1,4:.3": "no counterpart", "--activation 0:1,2:1 --link 2:1": "degrees from 1", "--activation 2:1,40:1 --link 2:1": "between 0 and 32",
		"--activation 2:x --link 2:1": "finite",
		"--widths 0":                  "--widths 0", "--widths 8,8": "twice", "--draws 0": "--draws 0: allowed are whole numbers from 1", "--eta 0": "--eta 0", "--eta .7": "whole number of steps", "--horizon -1": "--horizon -1",
		"--points 1": "from 2", "--kernel-limit -1": "--kernel-limit -1", "--level 2": "not between 0", "--level .5*h3": "no degree", "--level half": "give a risk", "--level 0": "not between",
		"--targets all": "--targets all: allowed are one", "--targets mean --samples 60,900 --dims 8 --ridges 0,1": "has no inverse", "--targets mean --samples 900 --dims 8 --noise .1 --ridges 0": "has no inverse",
		"--format xml": "text, csv and json", "--equivalents --predictors network": "equivalents are those of", "--equivalents --out o": "not together with --equivalents", "--equivalents --plan": "take no time",
		"--samples 10^12": "memory", "--widths 2^24 --dims 4000": "memory",
	} {
		t.Run(command, func(t *testing.T) {
			got := kac(t, "", append([]string{"compare"}, words(command)...)...)
			if got.code != 2 || !strings.Contains(got.stderr, says) || strings.Count(got.stderr, "\n") != 1 || got.stdout != "" {
				t.Errorf("code %d, stdout %q, stderr %q; want %q", got.code, got.stdout, got.stderr, says)
			}
		})
	}
}

// The spelling that scripts rely on, and the values of an independent implementation.
func TestCompareEquivalents(t *testing.T) {
	got := good(t, "", words("compare --equivalents --problem quartic --dims 32 --samples 5793 --predictors ntk,best,floor --format csv")...).stdout
	lines := strings.Split(got, "\n")
	if !strings.HasPrefix(lines[0], "dim,samples,predictor,risk,") || len(lines) != 5 {
		t.Fatalf("printed %q", got)
	}
	for i, want := range []string{"32,5793,ntk,0.2045355", "32,5793,best,0.1990703", "32,5793,floor,0.1798676"} {
		if !strings.HasPrefix(lines[i+1], want) {
			t.Errorf("line %q, want %s...", lines[i+1], want)
		}
	}
}

// A study leaves its files, the same command does nothing more, and what is printed are its means.
func TestCompareStudy(t *testing.T) {
	dir := t.TempDir()
	command := words("compare --dims 6,8 --samples 40,80 --widths 32 --draws 2 --horizon 2 --points 3 --out o --format csv")
	first := good(t, dir, command...)
	if !strings.HasPrefix(first.stdout, "dim,samples,predictor,width,ridge,risk,risk_se,draws,equivalent\n6,40,network,32,,") {
		t.Errorf("printed %q", first.stdout)
	}
	good(t, dir, "check", "o")
	again := good(t, dir, command...)
	if again.stdout != first.stdout || !strings.Contains(again.stderr, "nothing to compute") {
		t.Errorf("again: %q, notes %q", again.stdout, again.stderr)
	}
	other := kac(t, dir, words("compare --dims 6,8 --samples 40,80 --widths 32 --draws 3 --horizon 2 --points 3 --out o")...)
	if other.code != 2 || !strings.Contains(other.stderr, "draws") {
		t.Errorf("other parameters into the same directory: code %d, %q", other.code, other.stderr)
	}
	for _, format := range []string{"text", "json"} {
		if got := good(t, dir, append(command[:len(command)-1:len(command)-1], format)...).stdout; len(got) < 200 {
			t.Errorf("--format %s prints %q", format, got)
		}
	}
	for _, format := range []string{"text", "csv", "json"} {
		if got := good(t, dir, words("compare --dims 6 --samples 40 --widths 32 --draws 2 --plan --format "+format)...).stdout; !strings.Contains(got, "network_seconds") {
			t.Errorf("--plan --format %s prints %q", format, got)
		}
	}
}
