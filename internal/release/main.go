// Command release builds the archives of a release, one a platform, and starts each program where this machine or an
// emulator can.
//
//	platforms -> go build (no cgo, trimmed paths, revision) -> start -> .tar.gz, .zip for Windows -> SHA256SUMS
//
// Archives hold the program, its papers, the manual page and the completions, made by the program itself. Their bytes
// depend on the sources and the Go version alone.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"kac/internal/provenance"
)

// all are the platforms of a release.
var all = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

// emulators start programs of a platform on Linux; the first that is there.
var emulators = map[string][]string{
	"linux/arm64":   {"qemu-aarch64-static", "qemu-aarch64"},
	"linux/amd64":   {"qemu-x86_64-static", "qemu-x86_64"},
	"windows/amd64": {"wine64", "wine"},
}

func main() {
	out := flag.String("out", "dist", "directory of the archives")
	platforms := flag.String("platforms", strings.Join(all, ","), "platforms, separated by commas")
	require := flag.String("require", "", "platforms that must have been started, separated by commas")
	tool := flag.String("go", "go", "the go command")
	flag.Parse()
	if err := release(*tool, *out, list(*platforms), list(*require)); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

func release(tool, out string, platforms, require []string) error {
	for _, p := range slices.Concat(platforms, require) {
		if !slices.Contains(all, p) {
			return fmt.Errorf("platform %s: allowed are %s", p, strings.Join(all, ", "))
		}
	}
	work, err := os.MkdirTemp("", "kac-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	shared, err := papers(tool, work)
	if err != nil {
		return err
	}
	when := stamp()
	var sums strings.Builder
	for _, platform := range platforms {
		program, err := build(tool, work, platform)
		if err != nil {
			return err
		}
		said, err := start(program, platform)
		if err != nil {
			return err
		}
		if said == "" && slices.Contains(require, platform) {
			return fmt.Errorf("%s could not be started here: no emulator of %v", platform, emulators[platform])
		}
		name := "kac-" + provenance.Version + "-" + strings.ReplaceAll(platform, "/", "-")
		files := append([]file{{"kac" + suffix(platform), program, 0o755}}, shared...)
		write, ending := writeTar, ".tar.gz"
		if strings.HasPrefix(platform, "windows/") {
			write, ending = writeZip, ".zip"
		}
		sum, size, err := save(filepath.Join(out, name+ending), func(w io.Writer) error { return write(w, name, files, when) })
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sum, name+ending)
		if said == "" {
			said = "not started: nothing here runs it"
		}
		fmt.Printf("%-32s  %5.1f MiB  %s\n", name+ending, float64(size)/(1<<20), said)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

func suffix(platform string) string {
	if strings.HasPrefix(platform, "windows/") {
		return ".exe"
	}
	return ""
}

// build compiles the program for a platform.
func build(tool, work, platform string) (string, error) {
	system, arch, _ := strings.Cut(platform, "/")
	program := filepath.Join(work, system+"-"+arch+"-kac"+suffix(platform))
	cmd := exec.Command(tool, "build", "-trimpath", "-buildvcs=auto", "-ldflags=-s -w -X kac/internal/provenance.revision="+revision(), "-o", program, "./cmd/kac")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+arch, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("building for %s: %w", platform, err)
	}
	return program, nil
}

// revision is that of the sources, "" where git does not know.
func revision() string {
	head, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if err != nil {
		return ""
	}
	if changed, err := exec.Command("git", "status", "--porcelain").Output(); err != nil || len(changed) > 0 {
		return strings.TrimSpace(string(head)) + "+dirty"
	}
	return strings.TrimSpace(string(head))
}

// start runs the program, here or by an emulator, and returns what it said of itself; "" where nothing runs it.
func start(program, platform string) (string, error) {
	command, by := []string{program}, "here"
	if platform != runtime.GOOS+"/"+runtime.GOARCH {
		command = nil
		for _, emulator := range emulators[platform] {
			if found, err := exec.LookPath(emulator); err == nil && runtime.GOOS == "linux" {
				command, by = []string{found, program}, "by "+emulator
				break
			}
		}
		if command == nil {
			return "", nil
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	run := func(arguments ...string) (string, error) {
		cmd := exec.CommandContext(ctx, command[0], append(command[1:len(command):len(command)], arguments...)...)
		cmd.Env = append(os.Environ(), "WINEDEBUG=-all")
		text, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("%s, started %s: %w", platform, by, err)
		}
		return string(text), nil
	}
	version, err := run("version", "--format", "csv")
	if err != nil {
		return "", err
	}
	system, arch, _ := strings.Cut(platform, "/")
	if !strings.Contains(version, ","+system+","+arch+",") {
		return "", fmt.Errorf("%s, started %s, says that it is %q", platform, by, version)
	}
	risks, err := run("reference", "--problem", "he4", "--dim", "16", "--times", "0,4", "--tolerance", "1e-8", "-q")
	if err != nil {
		return "", err
	}
	if !strings.Contains(risks, "\n4,0.353354631") && !strings.Contains(risks, "\n4,0.353354630") { // docs/tutorial.md
		return "", fmt.Errorf("%s, started %s, computes %q", platform, by, risks)
	}
	return "started " + by, nil
}

// file is one of an archive: its name there, and where it is.
type file struct {
	name, path string
	mode       int64
}

// papers are the files that all archives share; the manual and the completions come from a program for this machine.
func papers(tool, work string) ([]file, error) {
	program, err := build(tool, work, runtime.GOOS+"/"+runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	files := []file{{"LICENSE", "LICENSE", 0o644}, {"NOTICE", "NOTICE", 0o644}, {"README.md", "README.md", 0o644}, {"CHANGELOG.md", "CHANGELOG.md", 0o644}}
	for name, arguments := range map[string][]string{
		"share/man/man1/kac.1": {"manual"}, "share/bash-completion/completions/kac": {"completion", "bash"},
		"share/zsh/site-functions/_kac": {"completion", "zsh"}, "share/fish/vendor_completions.d/kac.fish": {"completion", "fish"},
	} {
		text, err := exec.Command(program, arguments...).Output()
		if err != nil {
			return nil, fmt.Errorf("kac %s: %w", strings.Join(arguments, " "), err)
		}
		place := filepath.Join(work, path.Base(name)+arguments[0])
		if err := os.WriteFile(place, text, 0o644); err != nil {
			return nil, err
		}
		files = append(files, file{name, place, 0o644})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

// stamp is the time of all files: that of the commit, or of SOURCE_DATE_EPOCH.
func stamp() time.Time {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		commit, err := exec.Command("git", "log", "-1", "--format=%ct").Output()
		if err != nil {
			return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		text = strings.TrimSpace(string(commit))
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Unix(seconds, 0).UTC()
}

// save writes a file whole, and returns its checksum and size.
func save(name string, write func(io.Writer) error) (sum []byte, size int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".partial-*")
	if err != nil {
		return nil, 0, err
	}
	defer os.Remove(f.Name())
	h := sha256.New()
	err = write(io.MultiWriter(f, h))
	if err == nil {
		size, err = f.Seek(0, io.SeekCurrent)
	}
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return nil, 0, err
	}
	return h.Sum(nil), size, os.Rename(f.Name(), name)
}
