package memory

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"time"
)

// What fits beside the others is given at once, what fits only without them waits for them, what never fits is
// refused, also while others wait.
func TestTake(t *testing.T) {
	before := here
	defer func() { here = before }()
	here = machine(t, nil)
	here.resource = func() (float64, float64) { return math.Inf(1), dataReserve + 100 }
	ctx := t.Context()
	first, err := Take(ctx, 60)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Take(ctx, 40)
	if err != nil {
		t.Fatal(err)
	}
	var went atomic.Bool
	waited := make(chan error)
	go func() {
		give, err := Take(ctx, 50)
		went.Store(true)
		if err == nil {
			give()
		}
		waited <- err
	}()
	limited, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := Take(limited, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("beside all: %v", err)
	}
	second()
	second() // again: nothing
	if time.Sleep(20 * time.Millisecond); went.Load() {
		t.Error("50 were given beside 60 of 100")
	}
	first()
	if err := <-waited; err != nil {
		t.Error(err)
	}
	var refused *Error
	if _, err := Take(ctx, 101); !errors.As(err, &refused) || refused.Need != 101 || refused.Limit.Left != 100 {
		t.Errorf("101 of 100: %v", err)
	}
	all, err := Take(ctx, 100)
	if err != nil {
		t.Fatalf("after all were given back: %v", err)
	}
	all()
}
