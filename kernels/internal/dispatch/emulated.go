//go:build amxemulator

package dispatch

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// Emulated reports whether AMX instructions are carried out by the emulator of the tests, internal/tilemu: this process
// is traced by a program of that name. Without it the build tag changes nothing.
var Emulated = sync.OnceValue(func() bool {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(status)) {
		if tracer, found := strings.CutPrefix(line, "TracerPid:"); found {
			name, err := os.ReadFile(fmt.Sprintf("/proc/%s/comm", strings.TrimSpace(tracer)))
			return err == nil && strings.TrimSpace(string(name)) == "tilemu"
		}
	}
	return false
})
