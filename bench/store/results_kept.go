package store

import (
	"fmt"
	"path/filepath"

	"kac/internal/disk"
)

// keptLimit bounds the tables that Kept reads.
const keptLimit = 1 << 32

// Kept returns the content of a table that an earlier process of the same study left and that is as it was written;
// nil: there is none.
func (s *Results) Kept(name string) ([]byte, error) {
	if !s.Whole(name) {
		return nil, nil
	}
	data, err := disk.ReadFile(s.on, filepath.Join(s.path, name), keptLimit)
	if err != nil {
		return nil, fmt.Errorf("reading what the output directory holds: %w", err)
	}
	return data, nil
}

// Save replaces tables of a run under way, which a later process finds by Kept.
func (s *Results) Save(tables ...File) error { return s.Replace(tables...) }
