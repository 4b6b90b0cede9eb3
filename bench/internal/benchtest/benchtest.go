// Package benchtest has what the tests of several studies need.
package benchtest

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// Near fails a test whose value is further than tol from what it should be.
func Near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s = %.15g, want %.15g within %g", what, got, want, tol)
	}
}

// ReadFile returns the content of the file whose path the parts make.
func ReadFile(t testing.TB, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Damage is bytes of a file gone wrong.
type Damage struct {
	What string
	Data []byte
}

// DamagesOf are 320 bit flips, 30 truncations and every block of zeros.
func DamagesOf(whole []byte) []Damage {
	random := rand.New(rand.NewPCG(1, 2))
	var list []Damage
	for range 320 {
		bit, bad := random.IntN(8*len(whole)), bytes.Clone(whole)
		bad[bit/8] ^= 1 << (bit % 8)
		list = append(list, Damage{fmt.Sprintf("bit %d", bit), bad})
	}
	for range 30 {
		n := random.IntN(len(whole))
		list = append(list, Damage{fmt.Sprintf("cut to %d bytes", n), whole[:n]})
	}
	for at := 0; at < len(whole); at += 512 {
		bad := bytes.Clone(whole)
		clear(bad[at:min(at+512, len(bad))])
		list = append(list, Damage{fmt.Sprintf("zeros at %d", at), bad})
	}
	return list
}
