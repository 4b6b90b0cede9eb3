package kernels

import (
	"fmt"
	"testing"

	"kac/kernels/internal/dispatch"
	"kac/kernels/internal/pack"
	"kac/kernels/internal/samples"
)

// newSignProblem is newSampleProblem on the cube {-1, 1}^d.
func newSignProblem[T Float](n, m, d int, seed uint64) sampleProblem[T] {
	p := newSampleProblem[T](n, m, d, seed)
	for i, v := range p.x {
		p.x[i] = 1
		if v < 0 {
			p.x[i] = -1
		}
	}
	return p
}

// TestSignSamples compares all operations on samples of coordinates +-1 with the compensated oracle, every activation,
// shapes with part groups, part panels, several blocks and every panel width.
func TestSignSamples(t *testing.T) {
	seen := ratios{}
	shapes := [][3]int{{1, 1, 1}, {5, 3, 2}, {33, 7, 3}, {64, 24, 4}, {70, 49, 17}, {257, 10, 9}, {3, 101, 33}, {130, 50, 67}, {66, 5, 100}, {600, 2, 5}}
	for _, act := range activationsUnderTest {
		for i, s := range shapes {
			checkSamplesAt(t, seen, spacesAt[float32](t, 2), newSignProblem[float32](s[0], s[1], s[2], 1), act, i%2 == 0)
		}
	}
	checkSamplesAt(t, seen, spacesAt[float32](t, 2), newSignProblem[float32](pack.FlushSamples+pack.BlockMost+77, 50, 3, 2), Softplus(16), true)
	checkSamplesAt(t, seen, spacesAt[float64](t, 2), newSignProblem[float64](70, 49, 17, 1), Softplus(16), true)
	for d := range 68 {
		checkSamplesAt(t, seen, spacesAt[float32](t, 2), newSignProblem[float32](9, 7, d, 3), activationsUnderTest[d%len(activationsUnderTest)], false)
	}
	seen.log(t)
}

// TestSignKernelsAreUsed: on the cube bits differ from those of the ordinary kernels, which one coordinate that is not
// +-1 is enough to bring back, and packed samples have the bits of unpacked ones.
func TestSignKernelsAreUsed(t *testing.T) {
	everyLevel(t, func(t *testing.T, level string) {
		ws := workspaceAt[float32](t, 2, level)
		defer ws.Close()
		p := newSignProblem[float32](700, 300, 21, 4)
		plain := *ws.set
		plain.Signs = nil
		run := func(set *kernelSet, packed bool) (v, f []float32) {
			own := ws.set
			defer func() { ws.set = own }()
			ws.set = set
			v, f = make([]float32, p.m*p.d), make([]float32, p.n)
			if !packed {
				ForwardVelocity(v, f, p.x, p.y, p.w, p.a, p.n, p.m, p.d, Softplus(16), ws)
				return v, f
			}
			var x PackedSamples[float32]
			x.Pack(p.x, p.n, p.d, ws)
			ForwardVelocityPacked(v, f, &x, p.y, p.w, p.a, p.m, Softplus(16), ws)
			return v, f
		}
		v, f := run(ws.set, false)
		packedV, packedF := run(ws.set, true)
		same(t, "packed v", &v, packedV)
		same(t, "packed f", &f, packedF)
		plainV, _ := run(&plain, false)
		if used := fmt.Sprint(v) != fmt.Sprint(plainV); used != (ws.set.Signs != nil) {
			t.Errorf("%s has kernels for signs: %v; other bits with them: %v", level, ws.set.Signs != nil, used)
		}
		p.x[len(p.x)-1] = .5
		v, _ = run(ws.set, false)
		plainV, _ = run(&plain, false)
		same(t, "v with one coordinate of 1/2", &v, plainV)
	})
}

// TestSignsAsTheyShouldBe: the level that promises these kernels has them.
func TestSignsAsTheyShouldBe(t *testing.T) {
	if set := dispatch.Assembly("avx512", false); set != nil && set.Signs == nil {
		t.Error("avx512 has no kernels for float32 samples of +-1")
	}
	for _, c := range []struct {
		x    []float32
		want bool
	}{{[]float32{1, -1, 1}, true}, {[]float32{1, 0}, false}, {[]float32{-1, 1.5}, false}, {nil, true}} {
		t.Run(fmt.Sprint(c.want), func(t *testing.T) {
			if got := samples.AreSigns(c.x); got != c.want {
				t.Errorf("%v are signs: %v", c.x, got)
			}
		})
	}
}
