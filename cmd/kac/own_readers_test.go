package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// inNumPy runs a program in Debian's Python with NumPy, in a directory. Where NumPy lacks the test is skipped, but not
// in make test-readers, which CI runs after it has installed the package.
func inNumPy(t *testing.T, dir, program string) string {
	t.Helper()
	python := os.Getenv("KAC_PYTHON")
	if python == "" {
		python = "/usr/bin/python3"
	}
	if err := exec.Command(python, "-c", "import numpy").Run(); err != nil {
		if os.Getenv("KAC_REQUIRE_READERS") != "" {
			t.Fatalf("NumPy is needed for %s: %v", python, err)
		}
		t.Skipf("no NumPy for %s (install python3-numpy): %v", python, err)
	}
	cmd := exec.Command(python, "-c", program)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// makeStarts writes w0.npy, random, and exact.npy: particles whose coordinates are multiples of 1/4, so that every sum,
// product and power of one step of descent is exact and only the square root and the division of the norm round.
const makeStarts = `
import numpy as np
rng = np.random.default_rng(7)
w = rng.normal(size=(32, 8)); w /= np.sqrt((w*w).sum(1, keepdims=True)); np.save("w0.npy", w)
kinds = [[2,2,2,2], [3,2,1,1,1], [3,1,1,1,1,1,1,1], [2,2,2,1,1,1,1]]
rows = []
for i in range(16):
    row = np.zeros(8); row[:len(kinds[i%4])] = kinds[i%4]
    rows.append(rng.permutation(row) * rng.choice([-1.0, 1.0], 8) / 4)
np.save("exact.npy", np.array(rows))
`

// compareMotions moves the same particles by h_4 alone, q(s) = s^4 and G(w) = w_1^4, and compares.
const compareMotions = `
import numpy as np
def velocity(w):
    s = w @ w.T
    g = -(4*s**3) @ w / len(w)
    g[:, 0] += 4*w[:, 0]**3
    return g - (g*w).sum(1, keepdims=True)*w
def normal(w): return w / np.sqrt((w*w).sum(1, keepdims=True))
def rk4(w, T, n):
    h = T/n
    for _ in range(n):
        a = velocity(w); b = velocity(w+h/2*a); c = velocity(w+h/2*b); d = velocity(w+h*c)
        w = w+h/6*(a+2*b+2*c+d)
    return w
w0 = np.load("w0.npy")
assert (np.load("f/particles-m32-s1-t0.npy") == w0).all() and (np.load("f/particles-m8-s1-t0.npy") == w0[:8]).all()
worst = 0
for m in (8, 32):
    coarse, fine = rk4(w0[:m], 2, 400), rk4(w0[:m], 2, 800)
    worst = max(worst, abs(np.load(f"f/particles-m{m}-s1-t2.npy") - normal(fine + (fine-coarse)/15)).max())
print("flow", worst)
assert worst < 1e-12, worst
e = np.load("exact.npy")
step = normal(e + 0.25*velocity(e))
assert (abs(step - e).max() > 0.01)
for m in (16,):
    got = np.load(f"d/particles-m{m}-s1-t0.25.npy")
    assert got.dtype == np.float64 and got.shape == (m, 8)
    assert (got.view(np.int64) == step.view(np.int64)).all(), abs(got-step).max()
step = normal(w0 + 0.25*velocity(w0))
off = abs(np.load("r/particles-m32-s1-t0.25.npy") - step).max()
assert off < 1e-15, off
print("descent", off)
`

// Another code that starts from the same particles is where ours is, particle by particle: to 1e-12 after a flow, and
// bit for bit after a step of descent in which nothing but the norm can round.
func TestReadersInNumPyMoveTheSame(t *testing.T) {
	dir := t.TempDir()
	inNumPy(t, dir, makeStarts)
	good(t, dir, words("gap --problem he4 --widths 8,32 --horizon 3 --points 4 --flow-tolerance 1e-13 --initial w0.npy --snapshots 0,2 --out f -q")...)
	good(t, dir, words("gap --problem he4 --widths 16 --horizon .25 --points 2 --dynamics descent --eta .25 --initial exact.npy --snapshots .25 --out d -q")...)
	good(t, dir, words("gap --problem he4 --widths 32 --horizon .25 --points 2 --dynamics descent --eta .25 --initial w0.npy --snapshots .25 --out r -q")...)
	t.Log(inNumPy(t, dir, compareMotions))
}

// Every type that NumPy writes, archives and safetensors are read as the same network; what is not a network is refused
// in one line that names the file and what is wrong.
func TestReadersOfNetworks(t *testing.T) {
	dir := t.TempDir()
	inNumPy(t, dir, `
import numpy as np, json, struct
rng = np.random.default_rng(3)
w = rng.normal(size=(12, 6)); w /= np.sqrt((w*w).sum(1, keepdims=True))
np.save("w.npy", w); np.save("f4.npy", w.astype(np.float32)); np.save("big.npy", w.astype(">f8")); np.save("fortran.npy", np.asfortranarray(w))
np.savetxt("w.csv", w, delimiter=","); np.savez("two.npz", w=w, a=np.ones(12)); np.savez_compressed("one.npz", w=w)
np.save("axes.npy", np.eye(6, dtype=np.int8)[[1,2,3,4,5,1]]); np.save("half.npy", w.astype(np.float16))
def safetensors(name, tensors):
    header, data = {"__metadata__": {"format": "np"}}, b""
    for key, (kind, shape, raw) in tensors.items():
        header[key] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data)+len(raw)]}; data += raw
    text = json.dumps(header).encode(); text += b" "*(-len(text) % 8)
    open(name, "wb").write(struct.pack("<Q", len(text)) + text + data)
bf = (w.astype("<f4").view("<u4") >> 16).astype("<u2")
safetensors("net.safetensors", {"fc1.weight": ("F64", [12, 6], w.tobytes()), "fc2.weight": ("F32", [1, 12], np.ones(12, "<f4").tobytes()), "low": ("BF16", [12, 6], bf.tobytes())})
x = w.copy(); x[4, 2] = np.nan; np.save("nan.npy", x)
x = w.copy(); x[7] *= 2; np.save("long.npy", x)
x = w.copy(); x[5] = 0; np.save("zero.npy", x)
np.save("t.npy", np.ascontiguousarray(w.T)); np.save("a.npy", np.ones(11)); np.save("vector.npy", np.ones(6)/np.sqrt(6))
open("net.pt", "wb").write(b"PK"); open("cut.safetensors", "wb").write(open("net.safetensors", "rb").read()[:-5])
np.savez("none.npz"); np.save("few.npy", w[:5])
`)
	top := func(flags string) []string {
		return columnsOf(t, dir, "hessian --problem he4 --dim 6 --time 1 --tolerance 1e-6 "+flags)["top"]
	}
	want := floats(t, top("--particles w.npy"))
	for flags, tolerance := range map[string]float64{
		"--particles f4.npy": 1e-5, "--particles big.npy": 0, "--particles fortran.npy": 0, "--particles w.csv": 0, "--particles two.npz --particles-tensor w": 0,
		"--particles one.npz": 0, "--particles net.safetensors --particles-tensor fc1.weight": 0, "--particles net.safetensors --particles-tensor low --normalise": .2,
		"--particles half.npy --normalise": .02, "--particles long.npy --normalise": 1e-12,
	} {
		t.Run(flags, func(t *testing.T) {
			for i, x := range floats(t, top(flags)) {
				if d := x - want[i]; !(d <= tolerance && -d <= tolerance) {
					t.Errorf("%s: eigenvalue of particle %d is %v, not %v", flags, i, x, want[i])
				}
			}
		})
	}
	if n := len(top("--particles axes.npy")); n != 6 {
		t.Errorf("%d rows of whole numbers", n)
	}
	for _, c := range []struct{ command, names, says string }{
		{"measure --particles t.npy --problem he4 --dim 6", "--particles t.npy", "6 x 12, of rows of 12 numbers where dimension 6 needs 6; write its transpose"},
		{"measure --particles w.npy --problem he4 --dim 7", "--particles w.npy", "12 x 6, of rows of 6 numbers where dimension 7 needs 7"},
		{"measure --particles nan.npy --problem he4", "--particles nan.npy", "row 5, column 3 is NaN"},
		{"measure --particles long.npy --problem he4", "--particles long.npy", "row 8 has norm 2"},
		{"measure --particles zero.npy --problem he4 --normalise", "--particles zero.npy", "row 6 is zero"},
		{"measure --particles two.npz --problem he4", "--particles two.npz", "2 arrays, choose one by its name: w (12 x 6), a (12)"},
		{"measure --particles two.npz --particles-tensor b --problem he4", "--particles two.npz", `no array is named "b"; there are w (12 x 6), a (12)`},
		{"measure --particles net.safetensors --particles-tensor fc2 --problem he4", "--particles net.safetensors", "fc1.weight (12 x 6), fc2.weight (1 x 12), low (12 x 6)"},
		{"measure --particles cut.safetensors --problem he4", "--particles cut.safetensors", "bytes"},
		{"measure --particles none.npz --problem he4", "--particles none.npz", "no arrays"},
		{"measure --particles net.pt --problem he4", "--particles net.pt", "docs/own-network.md"},
		{"measure --particles w.npy --particles-tensor w --problem he4", "--particles w.npy", "without a name"},
		{"measure --particles w.npy --second-layer a.npy --problem he4", "--second-layer a.npy", "11 x 1; wanted are 12 numbers, one for each particle of w.npy"},
		{"measure --particles w.npy --initial few.npy --problem he4", "--initial few.npy", "5 x 6, and w.npy is 12 x 6"},
		{"measure --particles w.npy --initial axes.npy --problem he4", "--initial axes.npy", "6 x 6, and w.npy is 12 x 6"},
		{"measure --particles w.npy --problem he4 --networks 1", "--networks 1", "no spread"},
		{"measure --particles w.npy --initial-tensor x --problem he4", "--initial-tensor x", "only with --initial"},
		{"measure --particles w.npy --problem he4 --time -1", "--time -1", "numbers from 0"},
		{"measure --particles nowhere.npy --problem he4", "--particles nowhere.npy", "no such file"},
		{"hessian --problem he4", "--width", "is missing"},
		{"hessian --width 8 --time 1 --particles w.npy", "--width 8", "leave it out"},
		{"hessian --particles w.npy --time 1,2", "--time 1,2", "at one time"},
		{"hessian --particles w.npy --eta .1", "--eta .1", "stay as they are"},
		{"hessian --width 8", "--time", "at least one time"},
		{"hessian --width 8 --time 1 --dynamics descent --eta .3", "--eta .3", "not a whole number of steps"},
		{"hessian --width 8 --time 1 --labels w.npy", "--labels w.npy", "only with --data"},
		{"hessian --width 8 --time 1 --samples 0", "--samples 0", "from 1 to"},
		{"hessian --width 8 --time 1 --dim 7 --data w.npy", "--data w.npy", "12 x 6, of rows of 6 numbers where dimension 7 needs 7"},
		{"gap --problem he4 --widths 8,16 --horizon 1 --initial w.npy", "--widths 8,16", "w.npy has 12 rows, and width 16 needs 16"},
		{"gap --problem he4 --widths 8 --horizon 1 --initial w.npy --seeds 2", "--seeds 2", "give 1"},
		{"gap --problem he4 --widths 8 --horizon 1 --initial axes.npy --dim 6", "--widths 8", "6 rows"},
		{"gap --problem he4 --dim 6 --widths 8 --horizon 1 --initial-tensor w", "--initial-tensor w", "only with"},
		{"gap --problem he4 --dim 6 --widths 8 --horizon 1 --snapshots 2", "--snapshots 2", "from 0 to the horizon, 1"},
		{"gap --problem he4 --dim 6 --widths 8 --horizon 1 --points 2 --dynamics descent --eta .5 --snapshots .3", "--snapshots .3", "multiples of the step 0.5"},
		{"gap --problem he4 --dim 6 --widths 8 --horizon 1 --snapshots 1,1", "--snapshots 1,1", "twice"},
	} {
		t.Run(c.command, func(t *testing.T) {
			r := kac(t, dir, append(words(c.command), "--out", "o")...)
			if r.code != 2 || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, c.names) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("code %d, standard output %q, standard error %q; want one line with %q and %q", r.code, r.stdout, r.stderr, c.names, c.says)
			}
			if _, err := os.Stat(filepath.Join(dir, "o")); err == nil {
				t.Fatal("the output directory was made")
			}
		})
	}
}

// The script in docs writes what kac reads, from NumPy arrays and, where it is installed, from PyTorch: risks are those
// of the layers that it was given, by plain formulas, and rows that are not on the sphere move their norms into a.
func TestReadersOfExports(t *testing.T) {
	dir := t.TempDir()
	script, err := filepath.Abs("../../docs/python")
	if err != nil {
		t.Fatal(err)
	}
	out := inNumPy(t, dir, "import sys; sys.path.insert(0, "+strconv.Quote(script)+"); sys.dont_write_bytecode = True\n"+`
import numpy as np
from export import export
rng = np.random.default_rng(5)
w, b, w0 = rng.normal(size=(10, 6)), rng.normal(size=10)/10, rng.normal(size=(10, 6))
export("plain", w, b, initial=w0, degree=1)
try:
    import torch
    layer = torch.nn.Linear(6, 10, bias=False)
    layer.weight.data = torch.tensor(w)
    export("torch", layer.weight, torch.tensor(b).reshape(1, -1), initial=torch.tensor(w0), degree=1)
    for k in ("w", "a", "w0"): assert (np.load(f"torch-{k}.npy") == np.load(f"plain-{k}.npy")).all()
    print("PyTorch too")
except ImportError: print("without PyTorch, which is not installed")
# relu: E relu(<u,x>) relu(<v,x>) = |u||v| (sin t + (pi - t) cos t)/(2 pi), t the angle
n = np.linalg.norm(w, axis=1); c = np.clip(w @ w.T / np.outer(n, n), -1, 1); k = lambda c: (np.sqrt(1-c*c) + (np.pi-np.arccos(c))*c)/(2*np.pi)
print("risk", repr(.5 - 2*(b*n*k(w[:,0]/n)).sum() + (np.outer(b*n, b*n)*k(c)).sum()))
`)
	t.Log(out)
	r := columnsOf(t, dir, "measure --particles plain-w.npy --second-layer plain-a.npy --initial plain-w0.npy --problem relu --dim 6 --time 1 --networks 0 --tolerance 1e-6")
	_, text, _ := strings.Cut(strings.TrimSpace(out), "risk ")
	text = strings.TrimSuffix(strings.TrimPrefix(text, "np.float64("), ")")
	if want, got := float(t, text), float(t, r["risk"][0]); !(got-want < 1e-12 && want-got < 1e-12) {
		t.Errorf("the risk is %v, by formulas %v", got, want)
	}
	if float(t, r["coupling_square"][0]) <= 0 || float(t, r["top_max"][0]) < float(t, r["top_median"][0]) {
		t.Error("no coupling, or no Hessians")
	}
}
