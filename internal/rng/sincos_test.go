package rng

import (
	"math"
	"testing"
)

// Angles of the whole circle, its ends and its octants' have the bits of the standard library's, where products are not
// fused with sums.
func TestSincos(t *testing.T) {
	angles := []float64{0, 2 * math.Pi * 0x1p-53, 2 * math.Pi * (1 - 0x1p-53)}
	for j := range 9 {
		at := float64(j) * math.Pi / 4
		angles = append(angles, math.Nextafter(at, 0), at, math.Nextafter(at, 9))
	}
	s := New(1, Probe, 0)
	for range 20000 {
		angles = append(angles, 2*math.Pi*s.Float64())
	}
	fused := math.Float64bits(fusedOrNot(0x1p-30+1, 0x1p-30+1, -1-0x1p-29)) != 0
	for _, x := range angles {
		sin, cos := sincos(x)
		wantSin, wantCos := math.Sincos(x)
		far := math.Abs(sin-wantSin) + math.Abs(cos-wantCos)
		if far > 3e-16 || !fused && far != 0 {
			t.Fatalf("sine and cosine of %v are %v %v, want %v %v", x, sin, cos, wantSin, wantCos)
		}
	}
}

// fusedOrNot is 2^-60 where the compiler fuses the product with the sum, and 0 where it does not.
//
//go:noinline
func fusedOrNot(x, y, z float64) float64 { return x*y + z }
