package memory

import (
	"math"
	"os"
	"path"
	"slices"
	"strings"
)

// A hierarchy of control groups that accounts memory, as it is mounted.
type hierarchy struct {
	point string // where
	base  string // the group that is seen there
	two   bool   // version 2
}

// groups returns the limits of the process's control groups and of all groups above them: a limit binds
// everything below it, and what siblings use counts against it.
func (s system) groups() []Limit {
	var out []Limit
	for _, h := range s.mounted() {
		own, ok := s.group(h.two)
		if !ok {
			continue
		}
		// In a container the path may be the host's, the mount the container's.
		if rest, inside := strings.CutPrefix(own, strings.TrimSuffix(h.base, "/")); inside && (rest == "" || rest[0] == '/') {
			own = rest
		}
		dir := path.Join(h.point, own)
		if _, err := os.Stat(s.root + dir); err != nil || strings.Contains(own, "..") {
			dir, own = h.point, ""
		}
		for {
			if l, ok := s.groupLimit(dir, h.two); ok {
				if l.Name = "the control group's limit"; dir != h.point {
					l.Name = "the limit of the control group " + strings.TrimPrefix(dir, h.point)
				}
				out = append(out, l)
			}
			if dir == h.point || len(dir) <= len(h.point) {
				break
			}
			dir = path.Dir(dir)
		}
	}
	return out
}

// groupLimit is what is left to a group: its limit less what is in use, of which cached pages of files that
// nobody touched lately can be taken back.
func (s system) groupLimit(dir string, two bool) (Limit, bool) {
	limit, usage, idle := "/memory.limit_in_bytes", "/memory.usage_in_bytes", "total_inactive_file"
	if two {
		limit, usage, idle = "/memory.max", "/memory.current", "inactive_file"
	}
	most, ok := s.number(dir + limit)
	if !ok || math.IsInf(most, 1) {
		return none, false
	}
	used, ok := s.number(dir + usage)
	if ok {
		used = math.Max(0, used-s.table(dir + "/memory.stat")[idle])
	}
	return Limit{Left: most - used}, true
}

// mounted lists the hierarchies by /proc/self/mountinfo: "36 35 98:0 /root /point opts tags - type source options".
func (s system) mounted() []hierarchy {
	data, err := os.ReadFile(s.root + "/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	var out []hierarchy
	for line := range strings.Lines(string(data)) {
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 3 {
			continue
		}
		two := right[0] == "cgroup2"
		if two || right[0] == "cgroup" && slices.Contains(strings.Split(right[2], ","), "memory") {
			out = append(out, hierarchy{point: unescape(left[4]), base: unescape(left[3]), two: two})
		}
	}
	return out
}

// group is the process's group by /proc/self/cgroup: "4:memory:/a/b", or "0::/a/b" in version 2.
func (s system) group(two bool) (string, bool) {
	data, err := os.ReadFile(s.root + "/proc/self/cgroup")
	if err != nil {
		return "", false
	}
	for line := range strings.Lines(string(data)) {
		part := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(part) != 3 {
			continue
		}
		if two && part[0] == "0" && part[1] == "" || !two && slices.Contains(strings.Split(part[1], ","), "memory") {
			return part[2], true
		}
	}
	return "", false
}

// unescape undoes what mountinfo does to blanks and backslashes.
func unescape(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}
