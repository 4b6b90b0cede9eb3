package xor

import (
	"fmt"
	"io"

	"kac/bench"
	"kac/internal/npy"
)

// Name of the file of a snapshot.
func (s *Snapshot) Name() string {
	return fmt.Sprintf("neurons-m%d-s%d-t%s.npy", s.Width, s.Seed, bench.Number(s.Time))
}

// Write writes the neurons as a .npy matrix of float64, Width x (d+1): w, then a.
func (s *Snapshot) Write(w io.Writer, dim int) error {
	return npy.Write(w, s.Rows, s.Width, dim+1)
}
