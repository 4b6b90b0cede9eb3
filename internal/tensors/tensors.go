// Package tensors reads arrays of numbers that other programs wrote: .npy and text (by package userdata), .npz archives
// and .safetensors files, of which one array is chosen by its name. Everything becomes float64; a number that float64
// cannot hold is refused. Nothing is allocated on a file's word alone.
package tensors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"kac/internal/npy"
	"kac/internal/userdata"
)

// Tensor is an array, the last index running fastest.
type Tensor struct {
	Name  string // in an archive; "" where a file holds one array
	Shape []int
	Data  []float64
	Notes []string // what was skipped in text
	place func(i int) string
}

// Place names number i of Data by its row and column, in the words of the file.
func (t *Tensor) Place(i int) string {
	if t.place != nil {
		return t.place(i)
	}
	if len(t.Shape) == 2 {
		return fmt.Sprintf("row %d, column %d", i/t.Shape[1]+1, i%t.Shape[1]+1)
	}
	return fmt.Sprintf("number %d", i+1)
}

// ShapeText writes the shape for people, such as 64 x 6.
func (t *Tensor) ShapeText() string { return shapeText(t.Shape) }

func shapeText(shape []int) string {
	if len(shape) == 0 {
		return "a single number"
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", " x ")
}

// Read reads the array of that name from a file; "" is the only one of it. afford refuses more bytes than the memory
// holds. Errors do not name the file; a name that is not there, or none where there are several, lists those that are.
func Read(ctx context.Context, path, name string, afford func(bytes float64) error) (*Tensor, error) {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".npz":
		return readNPZ(ctx, path, name, afford)
	case ".safetensors":
		return readSafetensors(ctx, path, name, afford)
	case ".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle":
		return nil, fmt.Errorf("a %s file may run programs when it is read; write the arrays as .npy, .npz or .safetensors (docs/own-network.md has a script)", ext)
	}
	if name != "" {
		return nil, fmt.Errorf("it holds one array without a name; %q is for .npz and .safetensors", name)
	}
	m, err := userdata.Read(ctx, path, afford)
	if err != nil {
		return nil, err
	}
	if m.Names && m.Columns > 1 {
		m.KeepNames()
	}
	return &Tensor{Shape: []int{m.Rows, m.Columns}, Data: m.X, Notes: m.Notes, place: m.Place}, nil
}

// listed is an array of an archive, before it is read.
type listed struct {
	name  string
	shape []int // nil: not known
}

// choose returns the place of the array of that name, of the only one for "".
func choose(list []listed, name string) (int, error) {
	var names []string
	for i, l := range list {
		if l.name == name && name != "" {
			return i, nil
		}
		text := l.name
		if l.shape != nil {
			text += " (" + shapeText(l.shape) + ")"
		}
		names = append(names, text)
	}
	const most = 20
	if n := len(names); n > most {
		names = append(names[:most], fmt.Sprintf("and %d more", n-most))
	}
	known := strings.Join(names, ", ")
	switch {
	case len(list) == 0:
		return 0, errors.New("it holds no arrays")
	case name == "" && len(list) == 1:
		return 0, nil
	case name == "":
		return 0, fmt.Errorf("it holds %d arrays, choose one by its name: %s", len(list), known)
	}
	return 0, fmt.Errorf("no array is named %q; there are %s", name, known)
}

// readArray reads an array in NumPy's format, as a matrix or vector of numbers.
func readArray(r io.Reader, size int64, afford func(bytes float64) error) (*npy.Array, error) {
	return npy.Read(r, size, func(h *npy.Header) error {
		if h.Count() == 0 {
			return fmt.Errorf("an array of shape %s has no numbers", h.ShapeText())
		}
		return afford(8 * float64(h.Count()))
	})
}
