package memory

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const unlimited = math.MaxInt64

// machine is a system of files; values are their contents.
func machine(t *testing.T, files map[string]string) system {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return system{root: root, resource: func() (float64, float64) { return math.Inf(1), math.Inf(1) }}
}

const (
	gib     = 1 << 30
	meminfo = "MemTotal:       8388608 kB\nMemFree:        1048576 kB\nMemAvailable:   4194304 kB\nCommitLimit:    3145728 kB\nCommitted_AS:   1048576 kB\n"

	mountTwo    = "30 20 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	mountOne    = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n36 31 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	mountInside = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
)

// The tightest limit of made-up machines.
func TestTightest(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  float64
		says  string
	}{
		{"none known", nil, math.Inf(1), "no limit"},
		{"the machine", map[string]string{"proc/meminfo": meminfo}, 4 * gib, "machine"},
		{"an old kernel", map[string]string{"proc/meminfo": "MemFree: 1048576 kB\nCached: 1048576 kB\n"}, 2 * gib, "machine"},
		{"no overcommit", map[string]string{"proc/meminfo": meminfo, "proc/sys/vm/overcommit_memory": "2\n"}, 2 * gib, "CommitLimit"},
		{"overcommit", map[string]string{"proc/meminfo": meminfo, "proc/sys/vm/overcommit_memory": "0\n"}, 4 * gib, "machine"},
		{"version 2, own group", map[string]string{
			"proc/meminfo": meminfo, "proc/self/mountinfo": mountTwo, "proc/self/cgroup": "0::/job/step\n",
			"sys/fs/cgroup/job/step/memory.max": "2147483648\n", "sys/fs/cgroup/job/step/memory.current": "1610612736\n",
			"sys/fs/cgroup/job/step/memory.stat": "anon 5\ninactive_file 536870912\n",
		}, 1 * gib, "control group /job/step"},
		{"version 2, a group above", map[string]string{
			"proc/meminfo": meminfo, "proc/self/mountinfo": mountTwo, "proc/self/cgroup": "0::/job/step/task\n",
			"sys/fs/cgroup/job/step/task/memory.max": "max\n", "sys/fs/cgroup/job/step/memory.max": "max\n",
			"sys/fs/cgroup/job/memory.max": "1073741824\n", "sys/fs/cgroup/job/memory.current": "0\n",
		}, 1 * gib, "control group /job)"},
		{"version 2, a namespace", map[string]string{ // a container sees its own group as the root
			"proc/meminfo": meminfo, "proc/self/mountinfo": mountTwo, "proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "1073741824\n", "sys/fs/cgroup/memory.current": "536870912\n",
		}, gib / 2, "control group's limit"},
		{"version 2, outside the namespace", map[string]string{
			"proc/meminfo": meminfo, "proc/self/mountinfo": mountTwo, "proc/self/cgroup": "0::/../other\n",
			"sys/fs/cgroup/memory.max": "1073741824\n",
		}, 1 * gib, "control group's limit"},
		{"version 1", map[string]string{
			"proc/meminfo": meminfo, "proc/self/mountinfo": mountOne, "proc/self/cgroup": "5:cpu:/x\n4:memory:/slurm/job_7/step_0\n0::/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":                     "9223372036854771712\n",
			"sys/fs/cgroup/memory/slurm/memory.limit_in_bytes":               "9223372036854771712\n",
			"sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes":         "1073741824\n",
			"sys/fs/cgroup/memory/slurm/job_7/memory.usage_in_bytes":         "805306368\n",
			"sys/fs/cgroup/memory/slurm/job_7/memory.stat":                   "inactive_file 1\ntotal_inactive_file 268435456\n",
			"sys/fs/cgroup/memory/slurm/job_7/step_0/memory.limit_in_bytes":  "9223372036854771712\n",
			"sys/fs/cgroup/memory/slurm/job_7/step_0/memory.usage_in_bytes":  "3\n",
			"sys/fs/cgroup/memory/other/memory.limit_in_bytes":               "5\n",
			"sys/fs/cgroup/memory/slurm/job_7/step_0/below/memory.max":       "5\n",
			"sys/fs/cgroup/cpu/x/memory.limit_in_bytes":                      "5\n",
			"sys/fs/cgroup/memory/slurm/job_7/step_0/b/memory.usage_in_byte": "5\n",
		}, gib / 2, "control group /slurm/job_7)"},
		{"version 1, a container with the host's path", map[string]string{
			"proc/meminfo": meminfo, "proc/self/mountinfo": mountInside, "proc/self/cgroup": "4:memory:/docker/abc/in\n",
			"sys/fs/cgroup/memory/in/memory.limit_in_bytes": "2147483648\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
		}, 1 * gib, "control group's limit"},
		{"both versions", map[string]string{
			"proc/meminfo": meminfo, "proc/self/mountinfo": mountOne + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
			"proc/self/cgroup":                           "4:memory:/\n0::/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
		}, 1 * gib, "control group's limit"},
		{"nonsense", map[string]string{
			"proc/meminfo": "MemAvailable: lots kB\n\n:\nMemFree", "proc/self/mountinfo": "x\n - \n1 2 3 - cgroup2\n", "proc/self/cgroup": "x\n0:\n",
		}, math.Inf(1), "no limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := machine(t, c.files).tightest()
			if got.Left != c.want || !strings.Contains((&Error{Limit: got}).Error(), c.says) {
				t.Errorf("%s: %v of %q, want %v of %q", c.name, got.Left, got.Name, c.want, c.says)
			}
		})
	}
}

// The resource limits count what the process has: VmSize against ulimit -v, VmData against ulimit -d.
func TestResourceLimits(t *testing.T) {
	s := machine(t, map[string]string{"proc/self/status": "Name: kac\nVmSize:  1048576 kB\nVmData:  524288 kB\n"})
	for _, c := range []struct {
		space, data, want float64
		says              string
	}{
		{4 * gib, math.Inf(1), 3*gib - spaceReserve, "ulimit -v"},
		{math.Inf(1), 4 * gib, 3.5*gib - dataReserve, "ulimit -d"},
		{4 * gib, 1 * gib, .5*gib - dataReserve, "ulimit -d"},
		{1 * gib, math.Inf(1), 0, "ulimit -v"}, // more than that is taken: nothing is left
	} {
		t.Run(fmt.Sprint(c.space/gib, c.data/gib), func(t *testing.T) {
			s.resource = func() (float64, float64) { return c.space, c.data }
			if got := s.tightest(); got.Left != c.want || !strings.Contains(got.Name, c.says) {
				t.Errorf("%v and %v: %v of %q, want %v of %q", c.space, c.data, got.Left, got.Name, c.want, c.says)
			}
		})
	}
}

// This machine has some memory, and not more than there can be.
func TestHere(t *testing.T) {
	if err := Check(1); err != nil {
		t.Error(err)
	}
	err := Check(1e21)
	if l := Tightest(); math.IsInf(l.Left, 1) {
		if err != nil {
			t.Error(err)
		}
		t.Skip("no limit is known here")
	}
	if e := (*Error)(nil); !errors.As(err, &e) || e.Need != 1e21 || !strings.Contains(err.Error(), "needs about 867 EiB of memory, and ") {
		t.Errorf("%v", err)
	}
}

func TestText(t *testing.T) {
	for bytes, want := range map[float64]string{0: "0 B", 999: "999 B", 1000: "0.977 KiB", 1 << 20: "1 MiB", 150 << 20: "150 MiB", 1.5 * gib: "1.5 GiB", 1e16: "8.88 PiB", 1e25: "8673617 EiB", unlimited: "8 EiB"} {
		t.Run(fmt.Sprint(bytes), func(t *testing.T) {
			if got := Text(bytes); got != want {
				t.Errorf("%v bytes are %q, want %q", bytes, got, want)
			}
		})
	}
}
