package explore

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"runtime"
	"strings"
	"testing"
	"time"

	"kac/bench"
	"kac/bench/gap"
	"kac/meanfield"
	"kac/particles"
)

func small() Parameters {
	return Parameters{
		ProblemChoice: bench.ProblemChoice{Problem: "he4", Dim: 6}, Width: 32, Seed: 1, Horizon: 2, Points: 21,
		Dynamics: gap.DynamicsFlow, Tolerance: 1e-6, Eigenvalues: EigenvaluesAuto,
	}
}

// started is a Live that ends with the test, and leaves no goroutine.
func started(t *testing.T, p Parameters, speed float64, leave string) *Live {
	t.Helper()
	l, err := NewLive(t.Context(), p, 1, speed, leave)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); noneLeft(t) })
	return l
}

// noneLeft fails if a goroutine of this package other than the test's own is still there after a while.
func noneLeft(t *testing.T) {
	t.Helper()
	var stacks string
	for range 200 {
		buffer := make([]byte, 1<<20)
		stacks = string(buffer[:runtime.Stack(buffer, true)])
		left := 0
		for _, one := range strings.Split(stacks, "\n\n") {
			if strings.Contains(one, "kac/bench/explore.") && !strings.Contains(one, "noneLeft") && !strings.Contains(one, "testing.(*T).Run") {
				left++
			}
		}
		if left == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("goroutines are left:\n%s", stacks)
}

// until reads messages until one satisfies the condition.
func until(t *testing.T, v *View, what string, done func(m *Message) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		messages, err := v.Next(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		found := false
		for _, m := range messages {
			found = done(m) || found
		}
		if found {
			return
		}
	}
}

func stateIs(t *testing.T, ok func(s *state) bool) func(m *Message) bool {
	return func(m *Message) bool {
		var s state
		if m.Kind != "state" {
			return false
		}
		if err := json.Unmarshal(m.Data, &s); err != nil {
			t.Fatal(err)
		}
		return ok(&s)
	}
}

// A run waits for a viewer, pauses, makes single frames, goes on, and shows the same frames to a second viewer.
func TestLive(t *testing.T) {
	l := started(t, small(), 0, LeavePause)
	first := l.View()
	l.Pause(true)
	until(t, first, "a paused run", stateIs(t, func(s *state) bool { return s.Paused && s.Phase == Running && s.Frames >= 1 }))
	before := len(l.Run().Frames())
	l.Step()
	until(t, first, "one frame more", stateIs(t, func(s *state) bool { return s.Frames == before+1 }))
	time.Sleep(20 * time.Millisecond)
	if n := len(l.Run().Frames()); n != before+1 {
		t.Errorf("%d frames while it is paused, want %d", n, before+1)
	}
	first.Close()
	l.Pause(false)
	time.Sleep(20 * time.Millisecond)
	if n := len(l.Run().Frames()); n > before+2 { // the pause and the leaving cross by one frame at most
		t.Errorf("%d frames while nobody looks, %d before", n, before)
	}
	second := l.View()
	defer second.Close()
	count, kinds := 0, map[string]int{}
	until(t, second, "the end", func(m *Message) bool {
		kinds[m.Kind]++
		if m.Kind == "frames" {
			var f frames
			if err := json.Unmarshal(m.Data, &f); err != nil {
				t.Fatal(err)
			}
			data, err := base64.StdEncoding.DecodeString(f.Data)
			if err != nil || f.From != count || len(data) != 4*clouds*32*len(f.Rows) {
				t.Fatalf("frames from %d, %d expected, %d bytes for %d, %v", f.From, count, len(data), len(f.Rows), err)
			}
			count += len(f.Rows)
		}
		return kinds["constant"] > 0 && kinds["density"] > 0 && count == 21
	})
	if kinds["run"] != 1 || kinds["density"] != 1 || kinds["constant"] != 1 {
		t.Errorf("messages %v", kinds)
	}
}

// Another run takes the place of one under way; what is refused does not.
func TestStart(t *testing.T) {
	p := small()
	p.Horizon, p.Points = 1000, 20001
	l := started(t, p, 1, LeaveRun)
	v := l.View()
	defer v.Close()
	until(t, v, "a run under way", stateIs(t, func(s *state) bool { return s.Phase == Running }))
	bad := small()
	bad.Width = 0
	var input *bench.InputError
	if err := l.Start(bad); !errors.As(err, &input) || input.Key != "width" || l.Run().Number != 1 {
		t.Errorf("width 0: %v, run %d", err, l.Run().Number)
	}
	if err := l.Speed(0); err != nil {
		t.Fatal(err)
	}
	next := small()
	next.Dynamics, next.Eta, next.Seed, next.Horizon = "descent", 0.03, 1<<63, 2
	if err := l.Start(next); err != nil {
		t.Fatal(err)
	}
	until(t, v, "the second run's end", stateIs(t, func(s *state) bool { return s.Run == 2 && s.Phase == Finished && s.Frames == 21 }))
	if last := l.Run().Frames()[20].Time; last != 2.4 { // 20 intervals of four steps
		t.Errorf("the descent ends at %g", last)
	}
}

// Speed is paper time per second.
func TestSpeed(t *testing.T) {
	l := started(t, small(), 4, LeaveRun)
	began := time.Now()
	if err := l.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 450*time.Millisecond {
		t.Errorf("a horizon of 2 at 4 a second took %v", took)
	}
}

// The colours are the top eigenvalues of the network's local Hessians, which a wide network shares with the limit.
func TestEigenvalues(t *testing.T) {
	top := map[string][]float64{}
	for _, whose := range []string{EigenvaluesNetwork, EigenvaluesLimit} {
		p := small()
		p.Width, p.Points, p.Horizon, p.Eigenvalues = 3000, 2, 1, whose
		l := started(t, p, 0, LeaveRun)
		if err := l.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		f := l.Run().Frames()[1]
		top[whose] = f.Top
		problem, err := bench.ExactPreset("he4", 6)
		if err != nil {
			t.Fatal(err)
		}
		r, err := meanfield.Solve(t.Context(), problem, 1, meanfield.Options{Tolerance: 1e-6})
		if err != nil {
			t.Fatal(err)
		}
		twins, err := r.NewTwins(firsts(particles.NewUniform(3000, 6, 1).W, 6))
		if err != nil {
			t.Fatal(err)
		}
		if err := twins.Advance(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		a, _ := twins.Positions()
		for i, x := range f.TwinAlpha {
			if d := x - a[i]; d > 1e-6 || d < -1e-6 {
				t.Fatalf("twin %d is at %g, should be at %g", i, x, a[i])
			}
		}
	}
	sum, scale := 0.0, 0.0
	for i, x := range top[EigenvaluesNetwork] {
		sum += (x - top[EigenvaluesLimit][i]) * (x - top[EigenvaluesLimit][i])
		scale += x * x
	}
	if !(sum < .01*scale) {
		t.Errorf("mean square difference %g of %g", sum/3000, scale/3000)
	}
}

func firsts(w []float64, d int) (out []float64) {
	for i := 0; i < len(w); i += d {
		out = append(out, w[i])
	}
	return out
}

// A browser that goes away in mid-stream leaves no goroutine, and the run waits or goes on as asked.
func TestViewerGoesAway(t *testing.T) {
	for _, leave := range []string{LeavePause, LeaveRun} {
		t.Run(leave, func(t *testing.T) {
			p := small()
			p.Horizon, p.Points = 100, 10001
			l := started(t, p, 20, leave)
			listener, err := Listen(0)
			if err != nil {
				t.Fatal(err)
			}
			s, err := NewServer(l, listener)
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- s.Serve(ctx) }()
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			client := &http.Client{Jar: jar, Transport: transport}
			base, token, _ := strings.Cut(s.Address(), "/?token=")
			if answer, err := client.Post(base+"/session", "application/json", strings.NewReader(`{"token":"`+token+`"}`)); err != nil || answer.StatusCode != 204 {
				t.Fatal(answer, err)
			}
			answer, err := client.Get(base + "/events")
			if err != nil {
				t.Fatal(err)
			}
			text := make([]byte, 1<<12)
			for seen := ""; !strings.Contains(seen, "event: frames"); {
				n, err := answer.Body.Read(text)
				if seen += string(text[:n]); err != nil {
					t.Fatal(err)
				}
			}
			answer.Body.Close() // mid-stream
			for l.Viewers() > 0 {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(20 * time.Millisecond)
			at := len(l.Run().Frames())
			time.Sleep(300 * time.Millisecond)
			if went := len(l.Run().Frames()) > at; went != (leave == LeaveRun) {
				t.Errorf("after the last viewer %d frames, then %d", at, len(l.Run().Frames()))
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// A recording is whole: its page has every message, and nothing is cut by how frames are packed.
func TestRecording(t *testing.T) {
	l := started(t, small(), 0, LeaveRun)
	if _, err := l.Run().Record(); err != nil && !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
	if err := l.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := l.Run().Record()
	if err != nil {
		t.Fatal(err)
	}
	var page, archive bytes.Buffer
	if err := errors.Join(r.WritePage(&page), r.WriteArchive(&archive)); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"run", "density", "constant", "frames"} {
		if n := strings.Count(page.String(), `data-kind="`+kind+`">{`); n != 1 {
			t.Errorf("%d messages %s", n, kind)
		}
	}
	if strings.Contains(page.String(), "connect-src") || strings.Contains(page.String(), "kacLive(page, receive, $, text) {") {
		t.Error("the recording has parts of the live page")
	}
	for _, f := range r.Tables() {
		var out bytes.Buffer
		if err := f.Fill(&out); err != nil || out.Len() < 100 {
			t.Errorf("%s: %d bytes, %v", f.Name, out.Len(), err)
		}
		if err := f.Fill(io.Discard); err != nil {
			t.Error(err)
		}
	}
}
