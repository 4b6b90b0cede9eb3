package stopping

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

// patient returns nothing so many times.
type patient struct{ left int }

func (p *patient) Read(b []byte) (int, error) {
	if p.left--; p.left >= 0 {
		return 0, nil
	}
	return 1, nil
}

// A reader ends with its context, and not before.
func TestReader(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := Reader(ctx, strings.NewReader("abcdef"))
	b := make([]byte, 3)
	if n, err := io.ReadFull(r, b); n != 3 || err != nil || string(b) != "abc" {
		t.Errorf("%d %v %q", n, err, b)
	}
	again := Reader(ctx, &patient{3})
	if n, err := again.Read(b); n != 1 || err != nil {
		t.Errorf("after three empty reads %d, %v", n, err)
	}
	cancel()
	if n, err := r.Read(b); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("after the end %d, %v", n, err)
	}
}
