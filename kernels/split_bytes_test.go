//go:build amd64 && !purego

package kernels

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	// An instruction for asm2plan9s: bytes, if it has been there, and the instruction in a comment.
	encodedLine = regexp.MustCompile(`^\s*((?:(?:QUAD|LONG|WORD|BYTE) \$0x[0-9a-f]+(?:; )?)*)\s*// ([A-Z][A-Z0-9]{4,}(?: .*)?)$`)
	textLine    = regexp.MustCompile(`^TEXT ·(\w+)\(SB\)`)
)

// encodedInstructions returns the instructions in comments by function, and the lines that have no bytes.
func encodedInstructions(t *testing.T, file string) (byFunction map[string][]string, bare []string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	byFunction = map[string][]string{}
	function := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		if m := textLine.FindStringSubmatch(line); m != nil {
			function = m[1]
		}
		if m := encodedLine.FindStringSubmatch(line); m != nil {
			if m[1] == "" {
				bare = append(bare, line)
			}
			byFunction[function] = append(byFunction[function], m[2])
		}
	}
	return byFunction, bare
}

// TestNoInstructionIsSkipped: asm2plan9s leaves out, without an error, an instruction that is not at its column.
func TestNoInstructionIsSkipped(t *testing.T) {
	files, err := filepath.Glob("internal/*/*.s")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d assembly files, %v", len(files), err)
	}
	total := 0
	for _, file := range files {
		byFunction, bare := encodedInstructions(t, file)
		for _, line := range bare {
			t.Errorf("%s: no bytes for %q", file, line)
		}
		for _, list := range byFunction {
			total += len(list)
		}
	}
	if total < 600 {
		t.Errorf("only %d encoded instructions; the pattern does not see them", total)
	}
	for _, line := range []string{"\t// TILERELEASE", "        // TDPBF16PS TMM0, TMM4, TMM6"} {
		if m := encodedLine.FindStringSubmatch(line); m == nil || m[1] != "" {
			t.Errorf("%q passes the guard", line)
		}
	}
}

// TestObjdumpReadsTheComments: what the built object does is what the comments say, by another reader than the one that
// encoded them.
func TestObjdumpReadsTheComments(t *testing.T) {
	if testing.Short() {
		t.Skip("builds all tests once more; make test-encoding runs it")
	}
	objdump, err := exec.LookPath("objdump")
	if err != nil {
		if os.Getenv("KAC_REQUIRE_BINUTILS") != "" {
			t.Fatal("KAC_REQUIRE_BINUTILS is set, and there is no objdump")
		}
		t.Skip("no objdump: install binutils")
	}
	binary := filepath.Join(t.TempDir(), "kernels.test")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the object: %v\n%s", err, out)
	}
	for _, file := range []string{"internal/bf16/bf16_amd64.s", "internal/amx/amx_amd64.s"} {
		byFunction, _ := encodedInstructions(t, file)
		if len(byFunction) < 2 {
			t.Fatalf("%s: instructions in %d functions", file, len(byFunction))
		}
		for function, want := range byFunction {
			out, err := exec.Command(objdump, "-d", "-M", "intel", "--no-show-raw-insn", "--disassemble=kac/kernels/internal/"+filepath.Base(filepath.Dir(file))+"."+function+".abi0", binary).Output()
			if err != nil {
				t.Fatalf("objdump: %v", err)
			}
			if strings.Contains(string(out), "(bad)") {
				t.Errorf("%s: objdump meets bytes that are no instruction", function)
			}
			var got []string
			for line := range strings.Lines(string(out)) {
				_, text, found := strings.Cut(line, ":\t")
				if text = strings.TrimSpace(text); found && encodedByTool.MatchString(text) {
					got = append(got, normalInstruction(text))
				}
			}
			for i := range want {
				want[i] = normalInstruction(want[i])
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: the object has %d instructions, the comments %d; first different: %s", function, len(got), len(want), firstDifferent(got, want))
			}
		}
	}
}

// encodedByTool matches the instructions that Go's assembler does not know.
var encodedByTool = regexp.MustCompile(`^(tile|ldtile|tdp|vdpbf16|vcvtne)`)

// normalInstruction writes an instruction as objdump does, but for the base of displacements, of which 0 is left out.
func normalInstruction(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	s = strings.ReplaceAll(s, ", ", ",")
	s = hexNumber.ReplaceAllStringFunc(s, func(h string) string {
		n, _ := strconv.ParseUint(h, 0, 64) // matched
		return strconv.FormatUint(n, 10)
	})
	return strings.ReplaceAll(s, "+0]", "]")
}

var hexNumber = regexp.MustCompile(`0x[0-9a-f]+`)

func firstDifferent(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i] + " for " + b[i]
		}
	}
	return "the end"
}
