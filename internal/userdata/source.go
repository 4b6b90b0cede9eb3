// Package userdata reads the matrices that users bring: .npy files and text with one row a line, from
// regular files or pipes. Everything is read once, in bounded memory, and can be stopped.
package userdata

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kac/internal/regular"
	"kac/internal/stopping"
)

// source is an open file or pipe.
type source struct {
	io.ReadCloser
	size int64 // -1: not known, of a pipe
}

// open opens a regular file, or a pipe (so that `<(zcat x.csv.gz)` serves), and nothing else. Reading ends
// with the context; a pipe whose other end does not come waits no longer than it.
func open(ctx context.Context, path string) (*source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unnamed(err)
	}
	if info.Mode()&fs.ModeNamedPipe != 0 {
		pipe, err := openPipe(ctx, path)
		if err != nil {
			return nil, unnamed(err)
		}
		return &source{pipe, -1}, nil
	}
	if kind := regular.Kind(info.Mode()); kind != "" {
		return nil, fmt.Errorf("it is %s; allowed are files and pipes", kind)
	}
	if !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))) {
		return nil, fmt.Errorf("unknown kind of file %q; allowed are .npy, and .csv, .tsv, .txt or .dat with numbers as text", filepath.Ext(path))
	}
	file, err := regular.Open(path)
	if err != nil {
		return nil, unnamed(err)
	}
	if info, err = file.Stat(); err != nil {
		_ = file.Close() // the first error is the one to tell
		return nil, unnamed(err)
	}
	return &source{struct {
		io.Reader
		io.Closer
	}{stopping.Reader(ctx, file), file}, info.Size()}, nil
}

// extensions of files that are opened.
var extensions = []string{"", ".npy", ".csv", ".tsv", ".txt", ".dat"}

// unnamed takes the path out of an error; who calls names it.
func unnamed(err error) error {
	if e, ok := err.(*fs.PathError); ok { //nolint:errorlint // the outermost one
		return e.Err
	}
	return err
}
