package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kac/internal/disk"
)

// A temporary name is .kac-HOST-PID-RANDOM.partial. The leading dot keeps it out of listings; host and
// process say who must be gone before another process may take the file for a leftover. That holds
// without locks too, which some network file systems do not have, or each machine for itself.
const (
	prefix = ".kac-"
	suffix = ".partial"
)

var (
	thisHost = hostName()
	pattern  = fmt.Sprintf("%s%s-%d-*%s", prefix, thisHost, os.Getpid(), suffix)
)

// leftoverAge is from when on a temporary file is one that a process left whose end nobody here can
// see: that of another host, or of one whose number another process has by now.
const leftoverAge = 24 * time.Hour

// hostName is the machine's name, or that of a container on it, whose processes are numbered anew.
func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		name = "unknown"
	}
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return '_'
	}, name)
	return name[:min(len(name), 64)] + processNumbering()
}

// ownerOf reads the name of a temporary file; known is false for those of earlier versions.
func ownerOf(name string) (host string, process int, known bool) {
	fields := strings.Split(strings.TrimSuffix(strings.TrimPrefix(name, prefix), suffix), "-")
	if len(fields) != 3 {
		return "", 0, false
	}
	process, err := strconv.Atoi(fields[1])
	return fields[0], process, err == nil && process > 0
}

// RemoveLeftovers deletes temporary files in dir whose process is gone, and those that are old.
func RemoveLeftovers(dir string) error { return RemoveLeftoversOn(disk.Real, dir) }

// RemoveLeftoversOn is RemoveLeftovers on any file system.
func RemoveLeftoversOn(on disk.FS, dir string) error {
	entries, err := on.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("listing leftovers in %s: %w", dir, err)
	}
	var errs []error
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, prefix) || !strings.HasSuffix(name, suffix) || !entry.Type().IsRegular() {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // its process has put it in its place
		}
		host, process, known := ownerOf(name)
		gone := known && host == thisHost && process != os.Getpid() && !alive(process)
		if !gone && time.Since(info.ModTime()) < leftoverAge {
			continue
		}
		if err := on.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
