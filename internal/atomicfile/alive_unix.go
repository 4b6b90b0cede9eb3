//go:build unix

package atomicfile

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// alive reports whether a process of this machine has the number. One that may not be signalled is.
func alive(process int) bool { return unix.Kill(process, 0) != unix.ESRCH }

// processNumbering tells containers apart that have the same host name, by their PID namespace; it is
// empty on systems without them.
func processNumbering() string {
	link, err := os.Readlink("/proc/self/ns/pid") // pid:[4026531836]
	if err != nil {
		return ""
	}
	return "." + strings.Trim(strings.TrimPrefix(link, "pid:"), "[]")
}
