package npy

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// python is Debian's, for which NumPy is a package; KAC_PYTHON names another.
func python() string {
	if p := os.Getenv("KAC_PYTHON"); p != "" {
		return p
	}
	return "/usr/bin/python3"
}

// judge reads files with NumPy, one base64 text a line, and says of each what NumPy makes of it.
const judge = `
import base64, io, json, re, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
for line in sys.stdin:
    f = io.BytesIO(base64.b64decode(line))
    out = {}
    try:
        a = np.load(f, allow_pickle=False)
        if isinstance(a, np.lib.npyio.NpzFile): raise ValueError("an archive")
        out["ok"] = True
        out["type"] = a.dtype.str
        out["shape"] = list(a.shape)
        out["left"] = len(f.getvalue()) - f.tell()
        if a.dtype.kind in "fiub" and a.dtype.itemsize <= 8:
            out["numbers"] = np.ascontiguousarray(a).astype("<f8").tobytes().hex()
            if a.dtype.kind in "iu": out["exact"] = all(int(x) == int(float(x)) for x in a.ravel().tolist())
            elif a.dtype.kind == "b": out["exact"] = bool((np.ascontiguousarray(a).view("u1") <= 1).all())
            else: out["exact"] = True
    except Exception as e:
        out = {"ok": False, "why": type(e).__name__ + ": " + str(e)[:80]}
    print(json.dumps(out))
`

type verdict struct {
	OK      bool
	Why     string
	Type    string
	Shape   []int
	Left    int
	Numbers string
	Exact   bool
}

// judged asks NumPy about files. Without it the test is skipped, or fails if KAC_REQUIRE_READERS is set.
func judged(t *testing.T, files [][]byte) []verdict {
	t.Helper()
	if out, err := exec.Command(python(), "-c", "import numpy").CombinedOutput(); err != nil {
		if os.Getenv("KAC_REQUIRE_READERS") != "" {
			t.Fatalf("%s has no NumPy: %v: %s", python(), err, out)
		}
		t.Skipf("%s has no NumPy", python())
	}
	var in bytes.Buffer
	for _, b := range files {
		fmt.Fprintln(&in, base64.StdEncoding.EncodeToString(b))
	}
	cmd := exec.Command(python(), "-c", judge)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var list []verdict
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var v verdict
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		list = append(list, v)
	}
	if len(list) != len(files) {
		t.Fatalf("%d verdicts of %d files", len(list), len(files))
	}
	return list
}

// Every file that NumPy reads as numbers is read with the same bits, but for those that NumPy takes and this
// package refuses on purpose; none that NumPy refuses is read.
func TestReadersAgree(t *testing.T) {
	files := writtenByNumPy(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 8000 {
		files = append(files, invented(r))
	}
	read, refused := 0, map[string]int{}
	for i, v := range judged(t, files) {
		a, err := load(files[i])
		text := fmt.Sprintf("%.300q", files[i])
		switch {
		case err == nil && !v.OK:
			t.Errorf("%s: NumPy refuses it: %s", text, v.Why)
		case err == nil:
			read++
			var bits []byte
			for _, x := range a.Data {
				bits = append(bits, doubles(x)...)
			}
			numbers, _ := hex.DecodeString(v.Numbers)
			if !slices.Equal(a.Shape, v.Shape) || !sameBits(bits, numbers) {
				t.Errorf("%s: %v %v, NumPy has %v %s", text, a.Shape, a.Data, v.Shape, v.Numbers)
			}
		case v.OK && v.Numbers == "" && v.Left == 0 && product(v.Shape) != 0:
			refused["types that are no plain numbers"]++
		case v.OK:
			why := ""
			for _, known := range []string{
				"longer than its header says", "no plain numbers", "differs between machines", "structured type", "float64 cannot hold", "a bool is 0 or 1",
				"allowed are whole numbers from 0", "an escape \\N by name", "allowed are float64", "too many numbers",
			} {
				if strings.Contains(err.Error(), known) {
					why = known
				}
			}
			if why == "float64 cannot hold" && v.Exact || why == "longer than its header says" && v.Left == 0 || why == "" {
				t.Errorf("%s: refused, %v; NumPy reads %s %v", text, err, v.Type, v.Shape)
			}
			refused[why]++
		}
	}
	t.Logf("%d of %d files were read by both; refused here alone: %v", read, len(files), refused)
	if read < len(files)/3 {
		t.Errorf("only %d of %d files were read: the test tests little", read, len(files))
	}
}

// sameBits compares float64 numbers; all NaN are one.
func sameBits(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for k := 0; k < len(a); k += 8 {
		if !bytes.Equal(a[k:k+8], b[k:k+8]) && !(nan(a[k:k+8]) && nan(b[k:k+8])) {
			return false
		}
	}
	return true
}

func nan(b []byte) bool { return math.IsNaN(math.Float64frombits(native64(b))) }

func native64(b []byte) (x uint64) {
	for i := 7; i >= 0; i-- {
		x = x<<8 | uint64(b[i])
	}
	return x
}

// writtenByNumPy returns arrays of all types, orders, shapes and versions, with NumPy's own bytes.
func writtenByNumPy(t *testing.T) (files [][]byte) {
	t.Helper()
	judged(t, nil)
	out, err := exec.Command(python(), "-c", `
import base64, io, warnings
import numpy as np
warnings.simplefilter("ignore")
r = np.random.default_rng(1)
for kind in "f8 f4 f2 i8 i4 i2 i1 u8 u4 u2 u1 b1 c8 c16 S3 U2 O M8[s] f16 V3".split():
    for order in "<>":
        for shape in [(), (1,), (5,), (2, 3), (3, 1), (1, 4), (2, 3, 2), (0,), (0, 2)]:
            n = int(np.prod(shape))
            raw = r.standard_normal(shape) * 10.0 ** r.integers(-9, 9, shape)
            if kind[0] in "iu": raw = r.integers(-2**7 if kind == "i1" else 0, 2**7, shape)
            a = np.asarray(raw).astype(kind if kind[0] in "SUOMV" or kind == "b1" else order + kind)
            for f in "CF":
                for version in [(1, 0), (2, 0), (3, 0)]:
                    file = io.BytesIO()
                    np.lib.format.write_array(file, np.asarray(a, order=f), version=version)
                    print(base64.b64encode(file.getvalue()).decode())
file = io.BytesIO(); np.save(file, np.zeros(3, dtype=[("x", "<f8"), ("y", "<i4", (2,))])); print(base64.b64encode(file.getvalue()).decode())
`).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.FieldsSeq(string(out)) {
		b, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	return files
}

// invented is a file whose header is put together from pieces, most of them in order.
func invented(r *rand.Rand) []byte {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	rarely := func(good string, bad ...string) string {
		if r.IntN(40) > 0 {
			return good
		}
		return pick(bad...)
	}
	space := func() string {
		return rarely(pick("", " ", "  "), "\t", "\n", "\r\n", "\f", "# é\n", "\\\n", "\v", "\xa0")
	}
	quoted := func(s string) string {
		q := pick("'", "'", "'", `"`, `"`, "'''", `"""`)
		if r.IntN(10) == 0 && len(s) > 1 {
			k := r.IntN(len(s))
			c := s[k]
			s = s[:k] + pick(fmt.Sprintf(`\x%02x`, c), fmt.Sprintf(`\%o`, c), fmt.Sprintf(`\%03o`, c), fmt.Sprintf(`\u%04x`, c), fmt.Sprintf(`\U%08x`, c), "\\"+string(c), `\
`+string(c), q+space()+q+string(c), `\N{DIGIT ONE}`) + s[k+1:]
		}
		return rarely("", "u", "r", "b", "f", "U", "Rb", "ur") + q + s + rarely(q, "", q+q, "'")
	}
	kinds := []string{"f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"}
	kind := kinds[r.IntN(len(kinds))]
	if kind == "b1" || kind == "f2" {
		kind = pick(kind, "f8")
	}
	descr := pick("<", "<", ">", ">", "=", "|", "") + kind
	descr = rarely(descr, "float64", "float32", "double", "half", "bool", "?", "int8", "uint64", "<d", ">e", "q", "B", "l", "int", "<float64", "f", "<c8", "O", "<U1", "f08", " f8", "", "<f16", "f8,f8", "3f4", "F8")
	size := map[byte]int{'8': 8, '4': 4, '2': 2, '1': 1}[kind[1]]
	shape, count := []string{}, 1
	for range r.IntN(4) {
		n := r.IntN(4) + r.IntN(2)
		count *= n
		shape = append(shape, rarely(fmt.Sprint(n), fmt.Sprintf("0x%x", n), fmt.Sprintf("0b%b", n), fmt.Sprintf("0O%o", n), fmt.Sprintf("%dL", n), fmt.Sprintf("%d L", n),
			fmt.Sprintf("+%d", n), fmt.Sprintf("- %d", n), fmt.Sprintf("0%d", n), fmt.Sprintf("(%d)", n), fmt.Sprintf("%d.0", n), fmt.Sprintf("%d_0", n), fmt.Sprintf("%dl", n), "True", "None", "1e0", "9223372036854775808", "4611686018427387904"))
	}
	tupled := "("
	for i, n := range shape {
		tupled += space() + n + space()
		if i < len(shape)-1 || len(shape) == 1 {
			tupled += rarely(",", "", ",,")
		}
	}
	tupled += rarely("", ",") + rarely(")", "]", "")
	entries := []string{
		quoted("descr") + space() + ":" + space() + rarely(quoted(descr), descr, "('<f8')", "('<f8', (1,))", "[('a', '<f8')]"),
		quoted("fortran_order") + space() + ":" + space() + rarely(pick("False", "True"), "0", "None", "false", "'True'"),
		quoted("shape") + space() + ":" + space() + rarely(tupled, "["+strings.Trim(tupled, "()")+"]", "5"),
	}
	r.Shuffle(3, func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	if r.IntN(20) == 0 {
		entries = append(entries, pick(quoted("shape")+": (1,)", quoted("extra")+": 1", "1: 2"))
	}
	header := rarely("", " ", "\t ", "\n", "\n ", "# a line\n") + rarely("{", "(", "") + space() + strings.Join(entries, space()+rarely(",", "", ";")+space()) + rarely(pick("", ",", ", "), ",,") + space() + rarely("}", "", "})", "}}")
	header += rarely(pick("", "\n", "      \n", " "), "\x00", "\n\n  \n", "# end", "x", ";", "\n{}", "\r", "\n  \n")
	version := byte(1 + r.IntN(3))
	if r.IntN(3) > 0 {
		version = 1
	}
	data := make([]byte, count*size)
	for i := range data {
		if data[i] = byte(r.IntN(256)); kind == "b1" {
			data[i] &= 1
		} else if kind[0] != 'f' && size == 8 && i%8 > 5 { // mostly below 2^53, in either order
			data[i] &= 0
		}
	}
	if r.IntN(15) == 0 {
		data = append(data, 0)
	} else if r.IntN(15) == 0 && len(data) > 0 {
		data = data[1:]
	}
	b := file(version, header, data...)
	if r.IntN(10) == 0 { // a byte of the header changed
		b[r.IntN(len(b)-len(data))] = byte(r.IntN(256))
	}
	return b
}
