package tensors

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kac/internal/npy"
)

// safetensors writes a file of arrays as its format says.
func safetensors(t testing.TB, entries string, numbers []byte) []byte {
	t.Helper()
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(entries))), entries...), numbers...)
}

func archive(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for k, name := range names {
		w, err := z.Create(name)
		if err == nil {
			err = npy.Write(w, []float64{1, 2, float64(k)}, 3)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// afford refuses what no seed needs, as the memory would.
func afford(bytes float64) error {
	if bytes > 1<<20 {
		return errors.New("no memory")
	}
	return nil
}

// fuzzRead holds what any bytes are read as to the promises: no panic, a shape that fits the numbers, errors of one
// line that do not name the file.
func fuzzRead(f *testing.F, name string, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s, "a")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, data []byte, tensor string) {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := Read(t.Context(), path, tensor, afford)
		if err != nil {
			if strings.Contains(err.Error(), path) {
				t.Errorf("the error names the file: %v", err)
			}
			return
		}
		count := 1
		for _, n := range a.Shape {
			count *= n
		}
		if count != len(a.Data) || count == 0 {
			t.Errorf("shape %v of %d numbers", a.Shape, len(a.Data))
		}
		_ = a.Place(len(a.Data)-1) + a.ShapeText()
	})
}

func FuzzSafetensors(f *testing.F) {
	two := `{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},"__metadata__":{"x":"y"}}`
	fuzzRead(f, "x.safetensors", safetensors(f, two, make([]byte, 14)), safetensors(f, two, nil), safetensors(f, `{}`, nil),
		safetensors(f, `{"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}`, make([]byte, 8)),
		safetensors(f, `{"a":{"dtype":"U8","shape":[4611686018427387904,4],"data_offsets":[0,0]}}`, nil), []byte("\xff\xff\xff\xff\xff\xff\xff\x7f{"))
}

func FuzzNPZ(f *testing.F) {
	fuzzRead(f, "x.npz", archive(f, "a.npy"), archive(f, "a.npy", "b.npy"), archive(f), []byte("PK"))
}

// Every type gives the numbers that it holds; files that their format forbids are refused with the reason.
func TestSafetensors(t *testing.T) {
	dir := t.TempDir()
	read := func(data []byte, name string) (*Tensor, error) {
		path := filepath.Join(dir, "x.safetensors")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return Read(t.Context(), path, name, afford)
	}
	one := func(kind string, raw ...byte) ([]float64, error) {
		a, err := read(safetensors(t, fmt.Sprintf(`{"a":{"dtype":%q,"shape":[1],"data_offsets":[0,%d]}}`, kind, len(raw)), raw), "")
		if err != nil {
			return nil, err
		}
		return a.Data, nil
	}
	for _, c := range []struct {
		kind string
		raw  []byte
		want float64
	}{
		{"F64", binary.LittleEndian.AppendUint64(nil, math.Float64bits(-1.25e300)), -1.25e300}, {"F32", binary.LittleEndian.AppendUint32(nil, math.Float32bits(0.1)), float64(float32(0.1))},
		{"F16", []byte{0, 0xbc}, -1}, {"BF16", []byte{0x80, 0x3f}, 1}, {"BF16", []byte{0x49, 0x40}, 3.140625}, {"I64", []byte{0xfe, 255, 255, 255, 255, 255, 255, 255}, -2},
		{"I32", []byte{5, 0, 0, 128}, -1<<31 + 5}, {"I16", []byte{255, 255}, -1}, {"I8", []byte{128}, -128}, {"U64", []byte{1, 0, 0, 0, 0, 0, 0, 0}, 1},
		{"U32", []byte{255, 255, 255, 255}, 1<<32 - 1}, {"U16", []byte{255, 255}, 65535}, {"U8", []byte{200}, 200}, {"BOOL", []byte{1}, 1},
	} {
		t.Run(c.kind, func(t *testing.T) {
			if got, err := one(c.kind, c.raw...); err != nil || got[0] != c.want {
				t.Errorf("% x is %v, error %v; want %v", c.raw, got, err, c.want)
			}
		})
	}
	entry := func(name string, from, to int) string {
		return fmt.Sprintf(`%q:{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]}`, name, to-from, from, to)
	}
	for name, c := range map[string]struct{ header, says string }{
		"a hole":        {"{" + entry("a", 0, 2) + "," + entry("b", 3, 4) + "}", "at bytes 3 to 4"},
		"an overlap":    {"{" + entry("a", 0, 3) + "," + entry("b", 2, 4) + "}", "at bytes 2 to 4"},
		"too short":     {"{" + entry("a", 0, 3) + "}", "have 3 bytes, the file has 4"},
		"twice":         {"{" + entry("a", 0, 2) + "," + entry("a", 2, 4) + "}", "there twice"},
		"another shape": {`{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,4]}}`, "are 3 bytes, and 4 are there"},
		"a type":        {`{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}`, `"F8_E4M3"`},
		"no shape":      {`{"a":{"dtype":"U8","data_offsets":[0,4]}}`, "no shape"},
		"no object":     {`[1]`, "no JSON object"},
		"another bool":  {`{"a":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}}`, "a bool is 0 or 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := read(safetensors(t, c.header, []byte{0, 1, 2, 3}), "a"); err == nil || !strings.Contains(err.Error(), c.says) || !json.Valid([]byte(c.header)) {
				t.Errorf("error %v, want %q", err, c.says)
			}
		})
	}
}
