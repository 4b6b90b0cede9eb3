package bench

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"kac/internal/memory"
	"kac/internal/tensors"
	"kac/particles"
)

// NetworkFile says where the particles of a network are, or other numbers of it.
type NetworkFile struct {
	Path string `json:"path"`
	// Tensor is the name of the array in an archive; "": its only one.
	Tensor string `json:"tensor,omitempty"`
	// Normalise sets rows of any length to norm 1.
	Normalise bool   `json:"normalise,omitempty"`
	Sum       string `json:"sha256,omitempty"` // of the numbers, filled in
}

// Network are the particles from a file.
type Network struct {
	W     []float64 // M x D, rows of norm 1
	M, D  int
	Notes []string // what a person should know of the file
}

// Rows that are off the sphere by less than singleNorm are what single precision makes of rows of norm 1; below
// doubleNorm they are taken as they are.
const (
	singleNorm = 1e-6
	doubleNorm = 1e-12
)

// ReadNetwork reads particles, one a row, from .npy, .npz, .safetensors or text. dim is the dimension that they must
// have, 0: any. Rows must be on the unit sphere, or are set on it, as the file says. key is the flag that names the
// file; every error but the context's is an InputError.
func (f *NetworkFile) ReadNetwork(ctx context.Context, key string, dim int) (*Network, error) {
	t, err := f.read(ctx, key)
	if err != nil {
		return nil, err
	}
	if len(t.Shape) != 2 {
		return nil, Refuse(key, f.Path, "%sis %s; particles are a matrix, one a row", named(t), t.ShapeText())
	}
	n := &Network{W: t.Data, M: t.Shape[0], D: t.Shape[1], Notes: t.Notes}
	switch {
	case dim > 0 && n.D != dim && n.M == dim:
		return nil, Refuse(key, f.Path, "%sis %s, of rows of %d numbers where dimension %d needs %d; write its transpose, one particle a row", named(t), t.ShapeText(), n.D, dim, dim)
	case dim > 0 && n.D != dim:
		return nil, Refuse(key, f.Path, "%sis %s, of rows of %d numbers where dimension %d needs %d", named(t), t.ShapeText(), n.D, dim, dim)
	case n.D < 2:
		return nil, Refuse(key, f.Path, "%sis %s; particles are rows of at least 2 numbers", named(t), t.ShapeText())
	case n.M > MaxWidth:
		return nil, Refuse(key, f.Path, "%d particles; allowed are %d", n.M, MaxWidth)
	}
	if err := f.finite(key, t); err != nil {
		return nil, err
	}
	f.Sum = Checksum(n.W)
	return n, f.sphere(key, n)
}

// ReadVector reads m numbers, such as a second layer: a vector, or a matrix of one row or column.
func (f *NetworkFile) ReadVector(ctx context.Context, key string, m int, of string) ([]float64, error) {
	t, err := f.read(ctx, key)
	if err != nil {
		return nil, err
	}
	if slices.Max(append(slices.Clone(t.Shape), 1)) != len(t.Data) || len(t.Data) != m {
		return nil, Refuse(key, f.Path, "%sis %s; wanted are %d numbers, one for each particle of %s", named(t), t.ShapeText(), m, of)
	}
	if err := f.finite(key, t); err != nil {
		return nil, err
	}
	f.Sum = Checksum(t.Data)
	return t.Data, nil
}

func (f *NetworkFile) read(ctx context.Context, key string) (*tensors.Tensor, error) {
	t, err := tensors.Read(ctx, f.Path, f.Tensor, memory.Check)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, Refuse(key, f.Path, "%v", err)
	}
	return t, nil
}

// named begins a sentence about an array of an archive.
func named(t *tensors.Tensor) string {
	if t.Name == "" {
		return "it "
	}
	return t.Name + " "
}

func (f *NetworkFile) finite(key string, t *tensors.Tensor) error {
	for i, x := range t.Data {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return Refuse(key, f.Path, "%s is %v; every number must be finite", t.Place(i), x)
		}
	}
	return nil
}

// sphere sets the rows to norm 1, or refuses them.
func (f *NetworkFile) sphere(key string, n *Network) error {
	moved, worst, first := 0, 0.0, -1
	norms := make([]float64, n.M)
	for i := range norms {
		norms[i] = norm(n.W[i*n.D : (i+1)*n.D])
		off := math.Abs(norms[i] - 1)
		if worst = max(worst, off); off > singleNorm && first < 0 {
			first = i
		}
	}
	if first >= 0 && !f.Normalise {
		return Refuse(key, f.Path, "row %d has norm %.6g, and particles are on the unit sphere; --normalise sets every row to norm 1", first+1, norms[first])
	}
	for i, length := range norms {
		row := n.W[i*n.D : (i+1)*n.D]
		switch {
		case length == 0:
			return Refuse(key, f.Path, "row %d is zero and has no direction", i+1)
		case math.Abs(length-1) > doubleNorm:
			moved++
			unit(row, length)
		}
	}
	if moved > 0 {
		n.Notes = append(n.Notes, fmt.Sprintf("%s: %d of %d rows are set to norm 1, from which they were off by at most %.2g", f.Path, moved, n.M, worst))
	}
	return nil
}

// norm is |x|, for numbers of any finite size.
func norm(x []float64) float64 {
	top := 0.0
	for _, v := range x {
		top = max(top, math.Abs(v))
	}
	if top == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range x {
		sum += float64(v / top * (v / top))
	}
	return top * math.Sqrt(sum)
}

// unit divides x by its length, in two steps where that has no reciprocal.
func unit(x []float64, length float64) {
	if math.IsInf(length, 0) || length < 0x1p-1000 {
		top := 0.0
		for _, v := range x {
			top = max(top, math.Abs(v))
		}
		for k := range x {
			x[k] /= top
		}
		length = norm(x)
	}
	for k := range x {
		x[k] /= length
	}
}

// Checksum is the SHA-256 of numbers, one array after the other, as little-endian float64.
func Checksum(arrays ...[]float64) string {
	h := sha256.New()
	var word [8]byte
	for _, x := range arrays {
		for _, v := range x {
			binary.LittleEndian.PutUint64(word[:], math.Float64bits(v))
			h.Write(word[:]) // of a hash: never fails
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ReadSamples reads inputs and their labels by particles.ReadSamples; keys are the flags that name the two files. Every
// error but the context's is an InputError.
func ReadSamples(ctx context.Context, keys [2]string, inputs, labels string) (*particles.Samples, error) {
	s, err := particles.ReadSamples(ctx, inputs, labels)
	if file := (*particles.FileError)(nil); errors.As(err, &file) {
		key := keys[0]
		if file.Labels {
			key = keys[1]
		}
		return nil, Refuse(key, file.Path, "%v", file.Err)
	}
	return s, err
}

// ReadData reads inputs and labels as kac train does; without labels they are the task's f*(x).
func ReadData(ctx context.Context, task *particles.Task, data, labels string) (*particles.Samples, error) {
	if labels != "" {
		s, err := ReadSamples(ctx, [2]string{"data", "labels"}, data, labels)
		if err != nil {
			return nil, err
		}
		return s, checkData(s, task.Dim(), data)
	}
	m, err := particles.ReadMatrix(ctx, data)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, Refuse("data", data, "%v", err)
	}
	s := &particles.Samples{X: m.X, N: m.Rows, D: m.Columns, Notes: m.Notes}
	if err := checkData(s, task.Dim(), data); err != nil {
		return nil, err
	}
	s.Y = make([]float64, s.N)
	for i := range s.Y {
		s.Y[i] = task.Target().Value(s.X[i*s.D : (i+1)*s.D])
	}
	return s, nil
}

func checkData(s *particles.Samples, dim int, path string) error {
	if s.D != dim {
		return Refuse("data", path, "it is %d x %d, of rows of %d numbers where dimension %d needs %d", s.N, s.D, s.D, dim, dim)
	}
	return nil
}

// CheckTwins refuses particles, the first m, where none of infinite width starts: at the poles of the sphere.
func (n *Network) CheckTwins(key, path string, m, rank int) error {
	for i := range m {
		square := 0.0
		for _, x := range n.W[i*n.D : i*n.D+rank] {
			square += float64(x * x)
		}
		if a := math.Sqrt(square); !(a < 1) || rank > 1 && a == 0 {
			return Refuse(key, path, "row %d stands where no particle of infinite width starts: its alignment is %g", i+1, a)
		}
	}
	return nil
}
