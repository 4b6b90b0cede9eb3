package tensors

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"slices"
	"strings"

	"kac/internal/npy"
	"kac/internal/regular"
	"kac/internal/stopping"
)

// A safetensors file (https://github.com/huggingface/safetensors, "Format"):
//
//	length of the header, 8 bytes little-endian, at most 100 MB | header | numbers, little-endian, the last index fastest
//
// The header is a JSON object from names to {"dtype", "shape", "data_offsets": [begin, end]}, offsets into the numbers,
// and perhaps "__metadata__". The numbers are covered without holes or overlaps; a name is there once.
const maxSafetensorsHeader = 100_000_000

// safetensorTypes are NumPy's spellings of the types; BF16, which NumPy has not, is widened to float32.
var safetensorTypes = map[string]struct {
	descr string
	size  uint64
}{
	"F64": {"<f8", 8}, "F32": {"<f4", 4}, "F16": {"<f2", 2}, "BF16": {"<f4", 2}, "I64": {"<i8", 8}, "I32": {"<i4", 4}, "I16": {"<i2", 2}, "I8": {"|i1", 1},
	"U64": {"<u8", 8}, "U32": {"<u4", 4}, "U16": {"<u2", 2}, "U8": {"|u1", 1}, "BOOL": {"|b1", 1},
}

type safetensor struct {
	listed
	dtype      string
	begin, end uint64
}

// readSafetensors reads one array.
func readSafetensors(ctx context.Context, path, name string, afford func(bytes float64) error) (*Tensor, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, unnamed(err)
	}
	defer f.Close()
	header, numbers, err := safetensorsHeader(f, afford)
	if err != nil {
		return nil, err
	}
	list, err := parseSafetensors(header, numbers)
	if err != nil {
		return nil, err
	}
	var names []listed
	for _, t := range list {
		names = append(names, t.listed)
	}
	i, err := choose(names, name)
	if err != nil {
		return nil, err
	}
	a, err := list[i].read(stopping.Reader(ctx, io.NewSectionReader(f, int64(8+len(header))+int64(list[i].begin), int64(list[i].end-list[i].begin))), afford)
	if err != nil {
		return nil, fmt.Errorf("the array %q: %w", list[i].name, err)
	}
	return &Tensor{Name: list[i].name, Shape: a.Shape, Data: a.Data}, nil
}

// safetensorsHeader returns the header's text and the bytes of numbers after it.
func safetensorsHeader(f *os.File, afford func(bytes float64) error) (header []byte, numbers uint64, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, unnamed(err)
	}
	var start [8]byte
	if _, err := io.ReadFull(f, start[:]); err != nil {
		return nil, 0, fmt.Errorf("no safetensors file: it has %d bytes", info.Size())
	}
	length := binary.LittleEndian.Uint64(start[:])
	if length > maxSafetensorsHeader || int64(length) > info.Size()-8 {
		return nil, 0, fmt.Errorf("no safetensors file: its header would have %d bytes, the file has %d", length, info.Size())
	}
	if err := afford(4 * float64(length)); err != nil {
		return nil, 0, err
	}
	header = make([]byte, length)
	if _, err := io.ReadFull(f, header); err != nil {
		return nil, 0, unnamed(err)
	}
	return header, uint64(info.Size()) - 8 - length, nil
}

// parseSafetensors lists the arrays in the order of their names in the header.
func parseSafetensors(header []byte, numbers uint64) ([]safetensor, error) {
	bad := func(err error) ([]safetensor, error) {
		return nil, fmt.Errorf("no safetensors file: its header cannot be read: %w", err)
	}
	in := json.NewDecoder(bytes.NewReader(header))
	if t, err := in.Token(); err != nil || t != json.Delim('{') {
		return bad(errors.New("it is no JSON object"))
	}
	var list []safetensor
	seen := map[string]bool{}
	for in.More() {
		key, err := in.Token()
		if err != nil {
			return bad(err)
		}
		name := key.(string) // a key of an object
		if seen[name] {
			return bad(fmt.Errorf("the name %q is there twice", name))
		}
		seen[name] = true
		if name == "__metadata__" {
			var any json.RawMessage
			if err := in.Decode(&any); err != nil {
				return bad(err)
			}
			continue
		}
		var entry struct {
			Type    string   `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets []uint64 `json:"data_offsets"`
		}
		if err := in.Decode(&entry); err != nil {
			return bad(fmt.Errorf("%q: %w", name, err))
		}
		if len(entry.Offsets) != 2 || entry.Shape == nil {
			return bad(fmt.Errorf("%q has no shape, or no two data_offsets", name))
		}
		list = append(list, safetensor{listed{name, entry.Shape}, entry.Type, entry.Offsets[0], entry.Offsets[1]})
	}
	if _, err := in.Token(); err != nil {
		return bad(err)
	}
	return list, covers(list, numbers)
}

// covers refuses offsets that leave holes in the numbers, overlap, or end elsewhere than the file.
func covers(list []safetensor, numbers uint64) error {
	order := slices.Clone(list)
	slices.SortStableFunc(order, func(a, b safetensor) int { return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end)) })
	at := uint64(0)
	for _, t := range order {
		if t.begin != at || t.end < t.begin {
			return fmt.Errorf("no whole safetensors file: %q is at bytes %d to %d of the numbers, after %d", t.name, t.begin, t.end, at)
		}
		at = t.end
	}
	if at != numbers {
		return fmt.Errorf("no whole safetensors file: its arrays have %d bytes, the file has %d after its header", at, numbers)
	}
	return nil
}

// read reads the numbers by the reader of NumPy's format, with a header made for them.
func (t *safetensor) read(r io.Reader, afford func(bytes float64) error) (*npy.Array, error) {
	kind, ok := safetensorTypes[t.dtype]
	if !ok {
		return nil, fmt.Errorf("its numbers are of type %q; allowed are F64, F32, F16, BF16, I64 to I8, U64 to U8, and BOOL", t.dtype)
	}
	count := uint64(1)
	for _, n := range t.shape {
		if n < 0 {
			return nil, fmt.Errorf("its shape has %d", n)
		}
		high, low := bits.Mul64(count, uint64(n))
		if high != 0 || low > 1<<58 {
			return nil, fmt.Errorf("its shape %s has more numbers than can be counted", shapeText(t.shape))
		}
		count = low
	}
	if count*kind.size != t.end-t.begin {
		return nil, fmt.Errorf("%s numbers of type %s are %d bytes, and %d are there", shapeText(t.shape), t.dtype, count*kind.size, t.end-t.begin)
	}
	size := int64(t.end - t.begin)
	if t.dtype == "BF16" {
		r, size = &widened{r: r}, 2*size
	}
	shape := make([]string, len(t.shape))
	for i, n := range t.shape {
		shape[i] = fmt.Sprintf("%d,", n)
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s)}", kind.descr, strings.Join(shape, " "))
	start := binary.LittleEndian.AppendUint32(append([]byte(npy.Magic), 2, 0), uint32(len(header)))
	start = append(start, header...)
	return readArray(io.MultiReader(bytes.NewReader(start), r), int64(len(start))+size, afford)
}

// widened reads bfloat16 numbers as float32, whose upper halves they are.
type widened struct {
	r    io.Reader
	half [2]byte
	left []byte
}

func (w *widened) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(w.left) == 0 {
			if _, err := io.ReadFull(w.r, w.half[:]); err != nil {
				if n > 0 && errors.Is(err, io.EOF) {
					return n, nil
				}
				return n, err
			}
			w.left = []byte{0, 0, w.half[0], w.half[1]}
		}
		k := copy(p[n:], w.left)
		w.left = w.left[k:]
		n += k
	}
	return n, nil
}
