package sweep

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kac/internal/disk"
)

// A study that is stopped in its first cell: status tells the time left from the checkpoint, and the
// run that goes on counts its own work alone, so that its time left is not too short.
func TestWatching(t *testing.T) {
	const study = "dim=4\nwidths=64\nseeds=2\nhorizon=4\npoints=41\ntolerance=1e-4\ndynamics='descent'\neta=0.01"
	dir := filepath.Join(t.TempDir(), "out")
	o := on(disk.Real)
	o.claims = flocks{}
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(share float64, what string) {
		if share > 0.3 {
			cancel()
		}
	}
	if _, err := Run(ctx, parse(t, study), dir, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	status, err := ms.Status(dir)
	if err != nil {
		t.Fatal(err)
	}
	g := status.Groups[0]
	if g.Done != 0 || g.Started != 1 || g.Left != 1 || !(g.Share > 0.25 && g.Share < 0.5) || !(status.WorkerSeconds > 0) {
		t.Fatalf("status %+v", status)
	}
	var text strings.Builder
	if err := status.Write(&text); err != nil || !strings.Contains(text.String(), "no process is running; about ") {
		t.Errorf("%v, %q", err, text.String())
	}
	var mu sync.Mutex
	var shares []float64
	o.Progress = func(share float64, what string) {
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(what, "m=64") {
			shares = append(shares, share)
		}
	}
	if _, err := Run(t.Context(), parse(t, study), dir, o); err != nil {
		t.Fatal(err)
	}
	if n := len(shares); n < 3 || shares[0] > 0.1 || shares[n-1] < 0.9 || shares[n-1] > 1+1e-9 {
		t.Errorf("shares of the work that was left: %v", shares)
	}
	if status, err = ms.Status(dir); err != nil || status.Groups[0].Done != 2 || status.WorkerSeconds != 0 {
		t.Errorf("at the end: %+v, %v", status, err)
	}
}
