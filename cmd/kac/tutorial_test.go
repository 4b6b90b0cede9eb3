//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kac/internal/npy"
	"kac/particles"
)

// The tutorial is run from top to bottom in one directory: its files are written, its commands must succeed, and print
// what stands behind them where the page shows it. train.py runs where Python has PyTorch; elsewhere the same
// network is trained here. KAC_TUTORIAL names a directory for the pictures.
func TestTutorial(t *testing.T) {
	text, err := os.ReadFile("../../docs/tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	printed, commands := "", 0
	piece := regexp.MustCompile("(?m)^```(\\w+)\n((?s:.*?))^```$|^ {4}kac (.+)$")
	for _, m := range piece.FindAllStringSubmatch(string(text), -1) {
		kind, content, command := m[1], m[2], m[3]
		switch {
		case command != "":
			commands++
			t.Run(command, func(t *testing.T) { printed = good(t, dir, shellWords(command)...).stdout })
		case kind == "text":
			if !strings.Contains(printed, content) {
				t.Errorf("the page shows\n%s, printed is\n%s", content, printed)
			}
		default:
			name, _, found := strings.Cut(strings.TrimPrefix(content, "# "), "\n")
			if !found || !strings.HasPrefix(content, "# ") {
				t.Fatalf("a file without a name: %.60q", content)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			if name == "train.py" {
				trained(t, dir)
			}
		}
		if t.Failed() {
			return
		}
	}
	if commands < 14 {
		t.Errorf("only %d commands found", commands)
	}
	for _, name := range []string{"first/gap.svg", "live/explore.html", "study/report/report.html", "curvature/hessian.svg"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("the page speaks of %s: %v", name, err)
		}
	}
	if to := os.Getenv("KAC_TUTORIAL"); to != "" {
		for from, name := range map[string]string{"first/gap.svg": "tutorial-gap.svg", "curvature/hessian.svg": "tutorial-hessian.svg"} {
			t.Run(from, func(t *testing.T) {
				if err := os.WriteFile(filepath.Join(to, name), []byte(readText(t, filepath.Join(dir, from))), 0o644); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// trained makes w0.npy and w.npy by the tutorial's train.py, or by a descent of the same steps.
func trained(t *testing.T, dir string) {
	t.Helper()
	program := "/usr/bin/python3"
	if own := os.Getenv("KAC_PYTHON"); own != "" {
		program = own
	}
	if exec.Command(program, "-c", "import torch").Run() == nil {
		cmd := exec.Command(program, "train.py")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("train.py: %v\n%s", err, out)
		}
		return
	}
	t.Log(program + " has no PyTorch; the network is trained here")
	task, err := particles.Preset("he4", 16)
	if err != nil {
		t.Fatal(err)
	}
	problem, err := task.Closed()
	if err != nil {
		t.Fatal(err)
	}
	e := particles.NewUniform(64, 16, 1)
	save := func(name string) {
		var file bytes.Buffer
		if err := npy.Write(&file, e.W, e.M, e.D); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	save("w0.npy")
	if _, err := particles.Descend(t.Context(), e, particles.NewPopulation(problem, particles.Auto, 1), 0.1, []float64{5}, func(float64, []float64) error { return nil }); err != nil {
		t.Fatal(err)
	}
	save("w.npy")
}
