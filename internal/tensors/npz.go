package tensors

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"kac/internal/npy"
	"kac/internal/regular"
	"kac/internal/stopping"
)

// mostEntries bounds the arrays of an archive.
const mostEntries = 1 << 16

// readNPZ reads an array of NumPy's archives (numpy.savez, savez_compressed): a zip of .npy files, whose names are
// those of the arrays.
func readNPZ(ctx context.Context, path, name string, afford func(bytes float64) error) (*Tensor, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, unnamed(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, unnamed(err)
	}
	archive, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("no .npz archive that can be read: %w", err)
	}
	if len(archive.File) > mostEntries {
		return nil, fmt.Errorf("an archive of %d files; allowed are %d", len(archive.File), mostEntries)
	}
	var list []listed
	var files []*zip.File
	seen := map[string]bool{}
	for _, entry := range archive.File {
		array, is := strings.CutSuffix(entry.Name, ".npy")
		if !is {
			continue
		}
		if seen[array] {
			return nil, fmt.Errorf("the array %q is there twice", array)
		}
		seen[array] = true
		list, files = append(list, listed{array, shapeOf(entry)}), append(files, entry)
	}
	i, err := choose(list, name)
	if err != nil {
		return nil, err
	}
	entry, err := files[i].Open()
	if err != nil {
		return nil, fmt.Errorf("the array %q cannot be read: %w", list[i].name, err)
	}
	defer entry.Close()
	size := int64(files[i].UncompressedSize64)
	if size < 0 {
		return nil, fmt.Errorf("the array %q has a size that cannot be counted", list[i].name)
	}
	a, err := readArray(stopping.Reader(ctx, entry), size, afford)
	if err != nil {
		return nil, fmt.Errorf("the array %q: %w", list[i].name, err)
	}
	return &Tensor{Name: list[i].name, Shape: a.Shape, Data: a.Data}, nil
}

// shapeOf is the shape of an array in an archive, nil if it cannot be read.
func shapeOf(entry *zip.File) []int {
	r, err := entry.Open()
	if err != nil {
		return nil
	}
	defer r.Close()
	h, err := npy.ReadHeader(io.LimitReader(r, 1<<17))
	if err != nil {
		return nil
	}
	return h.Shape
}

// unnamed takes the path out of an error; who calls names it.
func unnamed(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
