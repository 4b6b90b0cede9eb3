//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shellOf returns a program that the test needs; without KAC_REQUIRE_SHELLS a missing one skips the test.
func shellOf(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err != nil && os.Getenv("KAC_REQUIRE_SHELLS") != "":
		t.Fatalf("%s is not there, and KAC_REQUIRE_SHELLS is set", name)
	case err != nil:
		t.Skipf("%s is not there; make test-shells says what to install, .ci/run installs it", name)
	}
	return path
}

// helpFlags are the flags of a command by what its --help prints.
func helpFlags(t *testing.T, verb string) []string {
	t.Helper()
	var flags []string
	for _, m := range regexp.MustCompile(`(?m)^ +(?:-\w, )?--(\[no-\])?([a-z][a-z0-9-]*)`).FindAllStringSubmatch(good(t, "", append(words(verb), "--help")...).stdout, -1) {
		if flags = append(flags, "--"+m[2]); m[1] != "" {
			flags = append(flags, "--no-"+m[2])
		}
	}
	slices.Sort(flags)
	return slices.Compact(flags)
}

// asked are typed lines with what must be offered for their last word, and what must not.
var asked = []struct{ line, has, not string }{
	{"kac ", "gap train explore completion", "--problem game"},
	{"kac ex", "explore", "gap"},
	{"kac gap --dyn", "--dynamics", "--problem"},
	{"kac gap --dynamics ", "flow descent", "--dim gap"},
	{"kac gap --problem c", "circle", "he4"},
	{"kac train --law b", "boolean", "sphere"},
	{"kac explore --leave ", "pause run", "flow"},
	{"kac decision ", "game dec", "gap"},
	{"kac decision dec --f", "--format", "--gamma"},
	{"kac decision --f", "--format", "gap"},
	{"kac completion ", "bash zsh fish", "gap"},
	{"kac help th", "theory", "gap"},
	{"kac check re", "results", "report"},
	{"kac gap --out re", "results", "readme.txt"},
	{"kac train --data re", "results readme.txt", "report"},
}

// completed asks a shell what it offers, and checks it against the list above and against all of --help.
func completed(t *testing.T, offers func(t *testing.T, dir, line string) []string) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "results"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "readme.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, a := range asked {
		t.Run(a.line, func(t *testing.T) {
			got := offers(t, dir, a.line)
			for i, g := range got {
				got[i] = strings.TrimSuffix(g, "/")
			}
			for _, w := range words(a.has) {
				if !slices.Contains(got, w) {
					t.Errorf("%q offers %q, not %s", a.line, got, w)
				}
			}
			for _, w := range words(a.not) {
				if slices.Contains(got, w) {
					t.Errorf("%q offers %s", a.line, w)
				}
			}
		})
	}
	for _, verb := range []string{"gap", "train", "decision dec", "explore", "version"} {
		t.Run("flags of "+verb, func(t *testing.T) {
			var got []string
			for _, w := range offers(t, dir, "kac "+verb+" --") {
				if strings.HasPrefix(w, "--") {
					got = append(got, w)
				}
			}
			slices.Sort(got)
			if want := helpFlags(t, verb); !slices.Equal(slices.Compact(got), want) {
				t.Errorf("%s: offered %q, in --help %q", verb, got, want)
			}
		})
	}
}

// script writes the completion of a shell to a file.
func script(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "completion")
	if err := os.WriteFile(path, []byte(good(t, "", "completion", name).stdout), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func runShell(t *testing.T, dir, program string, arguments ...string) []string {
	t.Helper()
	cmd := exec.Command(program, arguments...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "TERM=dumb")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Fatalf("%s: %v\n%s", program, err, said.String())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestCompletionBash(t *testing.T) {
	program, path := shellOf(t, "bash"), script(t, "bash")
	offers := func(t *testing.T, dir, line string) []string {
		return runShell(t, dir, program, "--norc", "-c", `source "$1"; read -ra COMP_WORDS <<<"$2"; [[ $2 == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _kac; printf '%s\n' "${COMPREPLY[@]}"`, "bash", path, line)
	}
	completed(t, offers)
	t.Run("equals", func(t *testing.T) { // readline splits --format=c into three words
		got := runShell(t, t.TempDir(), program, "--norc", "-c", `source "$1"; COMP_WORDS=(kac gap --format = c); COMP_CWORD=4; _kac; printf '%s\n' "${COMPREPLY[@]}"`, "bash", path)
		if strings.Join(got, " ") != "csv" {
			t.Errorf("--format=c offers %q", got)
		}
	})
}

func TestCompletionFish(t *testing.T) {
	program, path := shellOf(t, "fish"), script(t, "fish")
	completed(t, func(t *testing.T, dir, line string) []string {
		got := runShell(t, dir, program, "--no-config", "-c", `source $argv[1]; complete -C $argv[2]`, path, line)
		for i, g := range got {
			got[i], _, _ = strings.Cut(g, "\t")
		}
		return got
	})
}

// zsh's own completion needs a terminal; its functions that offer are replaced by ones that print.
func TestCompletionZsh(t *testing.T) {
	program, path := shellOf(t, "zsh"), script(t, "zsh")
	completed(t, func(t *testing.T, dir, line string) []string {
		return runShell(t, dir, program, "-f", "-c", `
offer() { local o; for o in "$@"; do [[ $o == ${words[CURRENT]}* ]] && print -r -- "$o"; done; return 0; }
compadd() { shift; offer "$@"; }
compset() { :; }
_message() { :; }
_files() { if [[ $1 == -/ ]]; then offer *(N/); else offer *(N); fi; }
_describe() { local -a l; l=(${(P)2}); offer ${l%%:*}; }
source "$1"
words=(${(z)2}); [[ $2 == *" " ]] && words+=("")
CURRENT=$#words
_kac`, "zsh", path, line)
	})
}

// The manual has every command and flag of --help, and troff has nothing to say about it.
func TestManual(t *testing.T) {
	page := good(t, "", "manual").stdout
	for _, verb := range []string{"gap", "train", "sweep", "explore", "decision dec", "roofline"} {
		_, section, found := strings.Cut(page, "\n.SS kac "+verb+"\n")
		section, _, _ = strings.Cut(section, "\n.SS ")
		if !found {
			t.Errorf("no section on %s", verb)
		}
		for _, flag := range helpFlags(t, verb) {
			if name := strings.ReplaceAll(flag, "-", `\-`); flag != "--help" && flag != "--version" && !strings.Contains(section, name+`\fR`) {
				t.Errorf("%s: %s is not there", verb, flag)
			}
		}
	}
	if !strings.Contains(page, "\n.B 4\ninterrupted") {
		t.Error("no exit codes")
	}
	path := filepath.Join(t.TempDir(), "kac.1")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(shellOf(t, "mandoc"), "-T", "lint", "-W", "warning", path).CombinedOutput()
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if line != "" && !strings.Contains(line, "missing date") { // a page of a version has none
			t.Error(line)
		}
	}
	if err != nil {
		t.Log(err)
	}
	text, err := exec.Command(shellOf(t, "mandoc"), "-T", "utf8", path).Output()
	if err != nil || !strings.Contains(string(text), "Number of equally spaced times") && !strings.Contains(string(text), "equally spaced") {
		t.Errorf("mandoc: %v, %.200s", err, text)
	}
}

// make install puts everything below PREFIX, with the revision where there is one; make uninstall takes it away.
func TestInstall(t *testing.T) {
	if os.Getenv("KAC_REQUIRE_SHELLS") == "" {
		t.Skip("KAC_REQUIRE_SHELLS is not set; make test-shells sets it and runs this")
	}
	dir := t.TempDir()
	run := func(arguments ...string) {
		t.Helper()
		cmd := exec.Command("make", append([]string{"-C", "../..", "DESTDIR=" + dir, "PREFIX=/usr"}, arguments...)...)
		cmd.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -buildvcs=false")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("make %v: %v\n%s", arguments, err, out)
		}
	}
	run("install")
	files := []string{"bin/kac", "share/man/man1/kac.1", "share/bash-completion/completions/kac", "share/zsh/site-functions/_kac", "share/fish/vendor_completions.d/kac.fish"}
	for _, name := range files {
		if info, err := os.Stat(filepath.Join(dir, "usr", name)); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	version, err := exec.Command(filepath.Join(dir, "usr/bin/kac"), "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if head, err := exec.Command("git", "rev-parse", "HEAD").Output(); err == nil && !strings.Contains(string(version), strings.TrimSpace(string(head))) {
		t.Errorf("GOFLAGS=-buildvcs=false make build: the program of revision %s says\n%s", head, version)
	}
	run("uninstall")
	for _, name := range files {
		if _, err := os.Stat(filepath.Join(dir, "usr", name)); !os.IsNotExist(err) {
			t.Errorf("after make uninstall %s: %v", name, err)
		}
	}
}
