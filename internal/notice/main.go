// Command notice prints the licences of all that is linked into bin/kac or embedded in it; make notice writes them to
// NOTICE. go list says which packages are linked on the systems that the program is built for; a licence is what lies
// under such a name in a package's folder or one above it.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// systems are those whose packages are listed, so that NOTICE does not depend on where it is made.
var systems = [][2]string{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "arm64"}, {"windows", "amd64"}}

// embedded are folders of this module with files of others that go:embed puts into the program.
var embedded = map[string]string{"uPlot, embedded in reports": "bench/report/uplot"}

// isLicence matches the names of licences, and of folders with several.
var isLicence = regexp.MustCompile(`(?i)^(third_party_|un)?(licen[cs]es?|copying|notice|patents|ofl)([-_.].*)?$`)

// part is a text with all that it was found for.
type part struct {
	text string
	from []string
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	folders, err := linked()
	if err != nil {
		return err
	}
	root, err := goCommand(nil, "env", "GOROOT")
	if err != nil {
		return err
	}
	folders["Go's standard library"] = map[string]bool{strings.TrimSpace(string(root)): true}
	for title, folder := range embedded {
		folders[title] = map[string]bool{folder: true}
	}
	var parts []part
	for _, title := range slices.Sorted(maps.Keys(folders)) {
		found := 0
		for _, folder := range slices.Sorted(maps.Keys(folders[title])) {
			texts, err := licences(folder)
			if err != nil {
				return err
			}
			for _, text := range texts {
				parts = add(parts, text, title)
			}
			found += len(texts)
		}
		if found == 0 {
			return fmt.Errorf("no licence found for %s", title)
		}
	}
	return write(out, parts)
}

func goCommand(environment []string, arguments ...string) ([]byte, error) {
	cmd := exec.Command("go", arguments...)
	cmd.Env = append(os.Environ(), environment...)
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(arguments, " "), err, exit.Stderr)
	}
	return out, err
}

// linked returns the folders in which the licence of each linked module is looked for: those of its packages and all
// above them in the module.
func linked() (map[string]map[string]bool, error) {
	folders := map[string]map[string]bool{}
	for _, system := range systems {
		out, err := goCommand([]string{"GOOS=" + system[0], "GOARCH=" + system[1], "CGO_ENABLED=0"}, "list", "-deps", "-json=Dir,Module", "./cmd/kac")
		if err != nil {
			return nil, err
		}
		for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
			var listed struct {
				Dir    string
				Module *struct {
					Path, Version, Dir string
					Main               bool
				}
			}
			if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("reading go list's output: %w", err)
			}
			m := listed.Module
			if m == nil || m.Main {
				continue
			}
			title := m.Path + " " + m.Version
			if folders[title] == nil {
				folders[title] = map[string]bool{m.Dir: true}
			}
			for dir := listed.Dir; len(dir) > len(m.Dir); dir = filepath.Dir(dir) {
				folders[title][dir] = true
			}
		}
	}
	return folders, nil
}

// licences returns the texts of the licences of a folder.
func licences(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, entry := range entries {
		if !isLicence.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		err := filepath.WalkDir(filepath.Join(folder, entry.Name()), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			texts = append(texts, strings.Trim(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return texts, nil
}

// add puts a text to the others, or what it is for to the same text.
func add(parts []part, text, title string) []part {
	for i := range parts {
		if parts[i].text == text {
			if !slices.Contains(parts[i].from, title) {
				parts[i].from = append(parts[i].from, title)
			}
			return parts
		}
	}
	return append(parts, part{text, []string{title}})
}

func write(out io.Writer, parts []part) error {
	var b bytes.Buffer
	b.WriteString("The program kac contains software and fonts of others, under these licences. Made by make notice.\n")
	for _, p := range parts {
		fmt.Fprintf(&b, "\n%s\n", strings.Repeat("=", 80))
		for _, title := range p.from {
			fmt.Fprintln(&b, title)
		}
		fmt.Fprintf(&b, "%s\n\n%s\n", strings.Repeat("-", 80), p.text)
	}
	_, err := out.Write(b.Bytes())
	return err
}
