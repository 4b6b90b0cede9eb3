package hessian

import (
	"fmt"
	"io"
	"math"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/npy"
	"kac/kernels"
)

// Files of a run: the table by quantiles, the particles' rows, the picture; the particles themselves have names of
// their own, and Pattern matches them.
const (
	File          = "hessian.csv"
	ParticlesFile = "particles.csv"
	PictureFile   = "hessian.svg"
	Pattern       = "particles-m*.npy"
)

// Tables are the files of numbers.
func (s *Study) Tables() []store.File {
	files := []store.File{{Name: File, Fill: s.WriteQuantiles}, {Name: ParticlesFile, Fill: s.WriteCSV}}
	for i := range s.States {
		state := &s.States[i]
		files = append(files, store.File{Name: s.Parameters.stateName(state.Time), Fill: func(w io.Writer) error {
			return npy.Write(w, state.W, s.Parameters.Width, s.Parameters.Dim)
		}})
	}
	return files
}

// Names are those of the files that a run will write.
func (p *Parameters) Names() []string {
	names := []string{File, ParticlesFile, PictureFile}
	if len(p.Times) == 0 {
		return append(names, p.stateName(math.NaN()))
	}
	for _, t := range p.Times {
		names = append(names, p.stateName(t))
	}
	return names
}

func (p *Parameters) stateName(t float64) string {
	name := fmt.Sprintf("particles-m%d", p.Width)
	if p.Particles == nil {
		name += fmt.Sprintf("-s%d", p.Seed)
	}
	if !math.IsNaN(t) {
		name += "-t" + bench.Number(t)
	}
	return name + ".npy"
}

// WriteTensor writes the packed local Hessians of the last state, m x d(d+1)/2: the upper triangle of D_i row by row.
func (s *Study) WriteTensor(w io.Writer) error {
	return npy.Write(w, s.D, s.Parameters.Width, kernels.PackedLen(s.Parameters.Dim))
}
