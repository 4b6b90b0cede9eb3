package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"
)

// TestGenericLevelOnEveryProcessor runs the program on an emulated processor without fused multiply-adds and on one
// with them: level generic must print the same bytes, where package math does not give the same bits. Without
// qemu-x86_64 it is skipped, unless KAC_REQUIRE_QEMU is set.
func TestGenericLevelOnEveryProcessor(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the emulated processors are of amd64")
	}
	qemu, err := exec.LookPath("qemu-x86_64")
	if err != nil {
		if os.Getenv("KAC_REQUIRE_QEMU") != "" {
			t.Fatal("KAC_REQUIRE_QEMU is set, and there is no qemu-x86_64")
		}
		t.Skip("no qemu-x86_64; make test-processors installs it")
	}
	for name, command := range map[string]string{
		"gap":       "gap --problem he4 --dim 6 --widths 4,8 --seeds 2 --horizon 0.2 --points 2 --format csv",
		"reference": "reference --activation 3:.7,4:.5 --link 3:.6,4:.8 --dim 8 --times 0,1",
		"theory":    "theory --activation 2:1 --link 2:1 --dim 4 --times 0,1 --tolerance 1e-4",
		"training":  "train --law sphere --activation 2:1,4:1 --link 2:.6,4:.45 --dim 5 --widths 4,8 --samples 64 --batch 64 --horizon .3 --eta .1 --points 2 --repeats 1 --format csv",
		"tanh":      "train --law gaussian --activation tanh --link 2:.6,4:.45 --dim 5 --widths 4,8 --samples 64 --batch 64 --horizon .3 --eta .1 --points 2 --repeats 1 --format csv",
		"gelu":      "train --law gaussian --activation gelu --link 2:.6,4:.45 --dim 5 --widths 4 --samples 64 --batch 64 --horizon .3 --eta .1 --points 2 --repeats 1 --format csv",
		"softplus":  "train --law boolean --activation softplus:16 --link 2:.6,4:.45 --dim 5 --widths 4 --samples 64 --batch 64 --horizon .3 --eta .1 --points 2 --repeats 1 --format csv",
	} {
		t.Run(name, func(t *testing.T) {
			var first string
			for _, processor := range []string{"max", "Nehalem"} {
				arguments := append([]string{qemu, "-cpu", processor, binary}, strings.Fields(command+" --quiet")...)
				if processor == "max" && cpu.X86.HasAVX && cpu.X86.HasFMA {
					arguments = arguments[3:] // this machine is such a processor, and faster
				}
				cmd := exec.Command(arguments[0], arguments[1:]...)
				cmd.Dir = t.TempDir()
				cmd.Env = append(os.Environ(), "KAC_LEVEL=generic")
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Fatalf("%s: %v\n%s", processor, err, out)
				}
				if first == "" {
					first = string(out)
				} else if first != string(out) {
					t.Errorf("%s prints\n%s\nwith fused multiply-adds, and without\n%s", command, first, out)
				}
			}
		})
	}
}
