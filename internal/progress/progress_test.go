package progress

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// Lines are rate limited, carry an honest estimate, and survive shares outside [0, 1].
func TestLines(t *testing.T) {
	var out bytes.Buffer
	clock := time.Unix(0, 0)
	l := newLines(&out, "kac gap", func() time.Time { return clock })
	l.Update(0.01, "cell 1")
	for i := 1; i <= 100; i++ { // 20 s of updates, five a second
		clock = clock.Add(200 * time.Millisecond)
		l.Update(float64(i)/200, "cell 2")
	}
	clock = clock.Add(time.Minute)
	l.Update(7, "cell 3")
	l.Done()
	got := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(got) != 5 {
		t.Fatalf("%d lines, want 5 (one every %v):\n%s", len(got), lineInterval, out.String())
	}
	if want := "kac gap: 50 % done (cell 2), 20 s elapsed, about 20 s left"; got[3] != want {
		t.Errorf("line %q, want %q", got[3], want)
	}
	if want := "kac gap: 100 % done (cell 3), 80 s elapsed, about 0 s left"; got[4] != want {
		t.Errorf("line %q, want %q", got[4], want)
	}
}

// What an earlier process did counts as done, not as quick.
func TestLinesOfResumedRun(t *testing.T) {
	var out bytes.Buffer
	clock := time.Unix(0, 0)
	l := newLines(&out, "kac train", func() time.Time { return clock })
	l.Update(0.5, "")
	clock = clock.Add(10 * time.Second)
	l.Update(0.6, "")
	if want := "kac train: 60 % done, 10 s elapsed, about 40 s left\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// The bar says elapsed and left in words, stays on one line of the terminal, shows no escape of a name, and its end
// clears the whole line.
func TestBarText(t *testing.T) {
	var out bytes.Buffer
	b := newBar(&out, "kac gap", func() int { return 79 })
	b.start, b.since, b.from = time.Now().Add(-4*time.Second), time.Now().Add(-4*time.Second), 0
	b.Update(4.0/43, "width 64\x1b[31m")
	b.Done()
	text := out.String()
	if !strings.Contains(text, `kac gap width 64\x1b[31m, 4 s elap...`) || strings.Contains(text, "[4s") {
		t.Errorf("the bar is %q", text)
	}
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if line = strings.NewReplacer("\x1b[2K", "", "\x1b[0K", "").Replace(line); len(line) > 77 {
			t.Errorf("%d columns of 79, and ^C comes: %q", len(line), line)
		}
	}
	if !strings.HasSuffix(text, "\x1b[2K\r") {
		t.Errorf("the end does not clear the line: %q", text)
	}
}

// Many goroutines report at once (run with -race); the bar shows label, description and share.
func TestBarConcurrent(t *testing.T) {
	var out bytes.Buffer
	b := newBar(&out, "kac gap", func() int { return 80 })
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 50 {
				b.Update(float64(i*50+j)/400, "width 64")
			}
		})
	}
	group.Wait()
	time.Sleep(barInterval + 20*time.Millisecond)
	b.Update(0.5, "width 128")
	b.Done()
	if got := out.String(); !strings.Contains(got, "kac gap width 128") || !strings.Contains(got, "49%") {
		t.Errorf("the bar never showed its label and share: %q", got)
	}
}

func TestNewChooses(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if _, ok := New(null, "x", true).(silent); !ok {
		t.Error("quiet is not silent")
	}
	if _, ok := New(null, "x", false).(*lines); !ok {
		t.Error("off a terminal the reporter does not print lines")
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                              "0 s",
		310 * time.Millisecond:         "0.31 s",
		9990 * time.Millisecond:        "10 s",
		119 * time.Second:              "119 s",
		200 * time.Second:              "3 min 20 s",
		2*time.Hour + 301*time.Second:  "2 h 5 min",
		719999 * time.Millisecond / 10: "72 s",
	} {
		t.Run(fmt.Sprint(d), func(t *testing.T) {
			if got := Duration(d); got != want {
				t.Errorf("Duration(%v) = %q, want %q", d, got, want)
			}
		})
	}
}
