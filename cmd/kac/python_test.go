//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python is Debian's, for which NumPy and pandas are packages; KAC_PYTHON names another. Without them the test is
// skipped, unless KAC_REQUIRE_READERS is set (make test-readers; .ci/run installs the packages).
func python(t *testing.T) string {
	t.Helper()
	program := "/usr/bin/python3"
	if own := os.Getenv("KAC_PYTHON"); own != "" {
		program = own
	}
	if out, err := exec.Command(program, "-c", "import numpy, pandas").CombinedOutput(); err != nil {
		if os.Getenv("KAC_REQUIRE_READERS") != "" {
			t.Fatalf("%s has no NumPy and pandas: %v\n%s", program, err, out)
		}
		t.Skip("no NumPy and pandas for " + program + "; make test-readers says what to install")
	}
	return program
}

// runPython runs code in a directory with docs/python/kac.py and the program under test.
func runPython(t *testing.T, dir string, arguments ...string) string {
	t.Helper()
	module, err := filepath.Abs("../../docs/python")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python(t), arguments...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PYTHONPATH="+module, "KAC_PROGRAM="+binary, "PYTHONDONTWRITEBYTECODE=1", "PYTHONWARNINGS=error::ResourceWarning")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return string(out)
}

// The page docs/python.md shows what Python shows.
func TestPythonReadersPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/python.md")
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder // doctest takes the end of a block for output
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "```") {
			line = "\n"
		}
		page.WriteString(line)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.txt"), []byte(page.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	out := runPython(t, dir, "-c", `import doctest, sys
failed, tried = doctest.testfile("page.txt", module_relative=False, optionflags=doctest.ELLIPSIS)
print(tried, "examples")
sys.exit(failed > 0 or tried < 15)`)
	t.Log(strings.TrimSpace(out))
}

// What the module promises beyond its page: bits, arrays of all kinds, mistakes, Ctrl-C.
func TestPythonReadersClient(t *testing.T) {
	script, err := filepath.Abs("testdata/python_client.py")
	if err != nil {
		t.Fatal(err)
	}
	if out := runPython(t, t.TempDir(), script); !strings.HasSuffix(strings.TrimSpace(out), "in order") {
		t.Error(out)
	}
}
