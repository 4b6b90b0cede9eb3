package kernels

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"kac/kernels/internal/dispatch"
)

// TestSplitEveryCallWorkersAndAllocations: every batched call gives the same bits for 1, 2, 3 and 8 workers, and
// allocates nothing once its workspace has grown.
func TestSplitEveryCallWorkersAndAllocations(t *testing.T) {
	everySplit(t, func(t *testing.T, engine string, s Split) {
		var spaces []*Workspace[float32]
		for _, k := range everyCallWorkers {
			spaces = append(spaces, splitWorkspaceAt(t, k, engine, s).Workspace)
		}
		calls := slices.DeleteFunc(publicCalls[float32](), func(c publicCall[float32]) bool {
			return strings.HasPrefix(c.name, "MomentForwardVelocity") // which refuses such a workspace
		})
		if slow(engine) {
			calls = slices.DeleteFunc(calls, func(c publicCall[float32]) bool {
				for _, name := range []string{"ForwardVelocity relu", "ForwardVelocityPacked", "Velocity tanh"} {
					if strings.HasPrefix(c.name, name) {
						return false
					}
				}
				return true
			})
		}
		checkEveryCall(t, spaces, calls)
	})
}

// TestSplitConcurrently calls from 64 goroutines, with collections beside them, and compares bits: tile registers
// belong to a thread only inside a call.
func TestSplitConcurrently(t *testing.T) {
	everySplit(t, func(t *testing.T, engine string, s Split) {
		rounds, p := 20, newSampleProblem[float32](70, 40, 9, 3)
		if slow(engine) {
			rounds, p = 1, newSampleProblem[float32](33, 31, 5, 3)
		}
		act := HermiteActivation([]float64{0, 0, 0, 1})
		run := func(ws *Workspace[float32], v, f, D []float32) {
			ForwardVelocity(v, f, p.x, p.y, p.w, p.a, p.n, p.m, p.d, act, ws)
			LocalHessian(D, p.x, p.w, p.a, p.r, p.n, p.m, p.d, act, ws)
		}
		v, f, D := make([]float32, p.m*p.d), make([]float32, p.n), make([]float32, p.m*PackedLen(p.d))
		run(splitWorkspaceAt(t, 1, engine, s).Workspace, v, f, D)
		stop := make(chan struct{})
		var collector sync.WaitGroup
		collector.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					runtime.GC()
				}
			}
		})
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				ws, err := NewSplitWorkspaceAt(1+i%2, s, engine)
				if err != nil {
					t.Error(err)
					return
				}
				defer ws.Close()
				for range rounds {
					v2, f2, D2 := make([]float32, len(v)), make([]float32, len(f)), make([]float32, len(D))
					run(ws, v2, f2, D2)
					if !slices.Equal(v, v2) || !slices.Equal(f, f2) || !slices.Equal(D, D2) {
						t.Errorf("goroutine %d: other bits", i)
						return
					}
				}
			})
		}
		wg.Wait()
		close(stop)
		collector.Wait()
	})
}

// TestSplitWorkspaceRefusals: what cannot be had is an error.
func TestSplitWorkspaceRefusals(t *testing.T) {
	for _, engine := range []string{"sse", "", "avx512"} {
		if _, err := NewSplitWorkspaceAt(1, BF16x3, engine); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", engine)) {
			t.Errorf("engine %q: error %v", engine, err)
		}
	}
	engine, err := SplitEngine()
	ws, wsErr := NewSplitWorkspace(1, BF16x6)
	switch {
	case err != nil && wsErr == nil, err == nil && (wsErr != nil || ws.Engine() != engine):
		t.Errorf("SplitEngine: %q, %v; NewSplitWorkspace: %v", engine, err, wsErr)
	case err != nil && !strings.Contains(err.Error(), "AVX512-BF16"):
		t.Errorf("error %v does not say what is missing", err)
	case err == nil && Level() != "avx512":
		t.Errorf("engine %q at level %s", engine, Level())
	}
	if NewWorkspace[float32](1).Engine() != "" {
		t.Error("an ordinary workspace has an engine")
	}
	ws, _ = NewSplitWorkspaceAt(1, BF16x3, "generic")
	var packed PackedSamples[float32]
	packed.Pack(make([]float32, 6), 3, 2, ws)
	defer func() {
		if recover() == nil {
			t.Error("samples packed in parts were taken by an ordinary workspace")
		}
	}()
	ForwardVelocityPacked(make([]float32, 2), make([]float32, 3), &packed, make([]float32, 3), make([]float32, 2), nil, 1, Tanh(), workspaceAt[float32](t, 1, "generic"))
}

// TestRequiredEngines turns an engine that is missing into a failure: KAC_REQUIRE_ENGINES=amx,avx512-bf16.
func TestRequiredEngines(t *testing.T) {
	for _, name := range strings.FieldsFunc(os.Getenv("KAC_REQUIRE_ENGINES"), func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.Contains(SplitEngines(), name) {
			t.Errorf("KAC_REQUIRE_ENGINES=%s, but this processor and build have only %v", name, SplitEngines())
		}
	}
}

// TestEmulationNeedsTheEmulator: the build tag alone does not let AMX instructions run.
func TestEmulationNeedsTheEmulator(t *testing.T) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc")
	}
	if traced := !strings.Contains(string(status), "TracerPid:\t0\n"); dispatch.Emulated() && !traced {
		t.Error("AMX is taken as emulated, and nothing traces this process")
	}
}
