package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/shell"
)

// inOut says of an error that it is about the output directory; nil stays nil.
func inOut(out string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, disk.ErrLocked):
		return fmt.Errorf("--out %s: another kac process is writing there; wait for it or choose another directory", out)
	}
	return fmt.Errorf("--out %s: %w", out, err)
}

// hasRun reports whether a directory holds a run, perhaps a finished one, which needs no memory to be printed again.
func hasRun(out string) bool {
	_, err := os.Lstat(filepath.Join(out, store.RunFile))
	return out != "" && err == nil
}

// picturesOf tells pictures that could not be made, which are told of once the tables are printed, from
// every other error.
func picturesOf(err error) (undrawn, other error) {
	if pictures := (*store.PictureError)(nil); errors.As(err, &pictures) {
		return err, nil
	}
	return nil, err
}

// fileList names files in a sentence; many of one kind are counted.
func fileList(files []string) string {
	var names []string
	arrays := 0
	for _, name := range files {
		if filepath.Ext(name) == ".npy" {
			arrays++
			continue
		}
		names = append(names, name)
	}
	switch {
	case arrays == 1:
		names = append([]string{"1 file of particles (.npy)"}, names...)
	case arrays > 1:
		names = append([]string{fmt.Sprintf("%d files of particles (.npy)", arrays)}, names...)
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// kept says how many cells of an interrupted study need not be run again.
func kept(finished, all int, out string) string {
	if finished == 0 {
		return fmt.Sprintf("none of the %d cells was finished yet", all)
	}
	return fmt.Sprintf("%d of %d cells are finished and kept in %s", finished, all, out)
}

// afterKeeping is the error of a study that ended early, with what is kept of it and, after an interruption, how to go
// on.
func afterKeeping(p *process, err error, finished, all int, out string) error {
	note := kept(finished, all, out)
	if errors.Is(err, context.Canceled) {
		note += "; go on with: " + shell.Quote(p.arguments...)
	}
	return &failure{err: err, note: note}
}
