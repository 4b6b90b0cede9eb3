package margin

import (
	"context"
	"fmt"
	"math"

	"kac/internal/rng"
	"kac/kernels"
)

// Data is the law of a data set with its seed: points x_i = y_i mu + xi_i, i < Samples, |mu| = 1, xi_i ~ N(0, Variance
// (I - mu mu')) in R^Dim. Labels are absorbed: y_i xi_i has the law of xi_i and is called noise vector i. mu is the
// last unit vector, so that noise vectors have Dim-1 coordinates.
type Data struct {
	Samples, Dim int
	Variance     float64
	Seed         uint64
}

// Block coordinates of a noise vector are drawn at once.
const Block = 512

// Noise writes coordinates [first, first+count) of all noise vectors, Samples x count, row-major; first is a multiple
// of Block, and count at most Block. The numbers are a pure function of seed, point and coordinate.
func (d *Data) Noise(dst []float64, first, count int) {
	for i := range d.Samples {
		d.row(dst[i*count:(i+1)*count], i, first)
	}
}

func (d *Data) row(dst []float64, i, first int) {
	rng.Normal(d.Seed, rng.Noise, uint64(i)|uint64(first/Block)<<32, dst)
	sd := math.Sqrt(d.Variance)
	for k := range dst {
		dst[k] *= sd
	}
}

// Gram writes the Gram matrix N of the noise vectors, Samples x Samples: their coordinates are drawn and multiplied
// block after block, so that Samples x Dim numbers are never held. The result does not depend on the workspace's
// workers.
func (d *Data) Gram(ctx context.Context, gram []float64, ws *kernels.Workspace[float64]) error {
	if len(gram) != d.Samples*d.Samples {
		return fmt.Errorf("a Gram matrix of %d numbers for %d points", len(gram), d.Samples)
	}
	clear(gram)
	return d.AddGram(ctx, gram, 0, ws, nil)
}

// AddGram adds the part of coordinates from first on, a multiple of Block, to the Gram matrix of those before. after,
// if set, is called after each block with the next coordinate, when gram is whole up to it; an error of it ends the
// call.
func (d *Data) AddGram(ctx context.Context, gram []float64, first int, ws *kernels.Workspace[float64], after func(next int) error) error {
	noise := make([]float64, d.Samples*min(Block, d.Dim-1))
	if d.Samples > Quick {
		ws.StopWhen(ctx.Done())
		defer ws.StopWhen(nil)
	}
	for ; first < d.Dim-1; first += Block {
		if err := ctx.Err(); err != nil {
			return err
		}
		count := min(Block, d.Dim-1-first)
		part := noise[:d.Samples*count]
		d.fill(part, first, count, ws.Workers())
		kernels.Gram(gram, part, d.Samples, count, ws)
		if d.Samples > Quick && ctx.Err() != nil { // gram is not whole
			return ctx.Err()
		}
		if after != nil {
			if err := after(first + Block); err != nil {
				return err
			}
		}
	}
	return nil
}

// Quick is up to how many points a block is done within half a second, so that it is never stopped on its way: gram is
// whole when AddGram returns.
const Quick = 2000

// fill is Noise by several goroutines.
func (d *Data) fill(dst []float64, first, count, workers int) {
	if workers <= 1 || d.Samples < 2*workers {
		d.Noise(dst, first, count)
		return
	}
	done := make(chan struct{})
	for w := range workers {
		go func() {
			for i := w; i < d.Samples; i += workers {
				d.row(dst[i*count:(i+1)*count], i, first)
			}
			done <- struct{}{}
		}()
	}
	for range workers {
		<-done
	}
}

// GramOfLaw writes a Gram matrix drawn by its law instead of out of noise vectors, whose dimension then costs nothing:
// N = s2 B B', B lower triangular with independent normals below the diagonal and chi of Dim-1-i degrees on it
// (Bartlett 1933; Anderson, An Introduction to Multivariate Statistical Analysis, 7.2). It needs Samples < Dim.
func (d *Data) GramOfLaw(ctx context.Context, gram []float64, ws *kernels.Workspace[float64]) error {
	n := d.Samples
	if n >= d.Dim || len(gram) != n*n {
		return fmt.Errorf("a Gram matrix of %d numbers for %d points in %d dimensions; there must be fewer points than dimensions", len(gram), n, d.Dim)
	}
	b := make([]float64, n*n)
	sd := math.Sqrt(d.Variance)
	for i := range n {
		s := rng.New(d.Seed, rng.GramNoise, uint64(i))
		row := b[i*n:][:i+1]
		row[i] = chi(&s, d.Dim-1-i)
		s.FillNormal(row[:i])
		for k := range row {
			row[k] *= sd
		}
	}
	clear(gram)
	ws.StopWhen(ctx.Done())
	defer ws.StopWhen(nil)
	kernels.Gram(gram, b, n, n, ws)
	return ctx.Err()
}

// chi draws the square root of a chi-square number of k degrees, twice a gamma number of shape k/2, by Marsaglia and
// Tsang, "A simple method for generating gamma variables", doi:10.1145/358407.358414; one degree is a normal number.
func chi(s *rng.Stream, k int) float64 {
	if k < 2 {
		return math.Abs(s.NormFloat64())
	}
	d := float64(k)/2 - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		u := 1 - s.Float64() // in (0, 1]
		if math.Log(u) < x*x/2+d-float64(d*v)+float64(d*math.Log(v)) {
			return math.Sqrt(2 * d * v)
		}
	}
}
