// Package progress tells a waiting person how far a run is: a bar with the time left on a
// terminal, a plain line now and then elsewhere (log files, batch systems), nothing when quiet.
package progress

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Reporter receives the share of the work that is done. Safe for concurrent use.
type Reporter interface {
	// Update reports the finished share in [0, 1] and a short description of the present work.
	Update(share float64, what string)
	// Done clears the bar. No Update may follow.
	Done()
}

const (
	// Between two plain lines; the first comes after one interval, so that short runs are silent. Later
	// lines are the fiftieth part of the time apart: half an hour after a day.
	lineInterval = 5 * time.Second
	lineShare    = 50
	barInterval  = 100 * time.Millisecond
)

// New returns the reporter that suits stderr: silent if quiet, a bar if stderr is a terminal that
// can move its cursor, lines otherwise. label opens every line.
func New(stderr *os.File, label string, quiet bool) Reporter {
	switch {
	case quiet:
		return silent{}
	case term.IsTerminal(int(stderr.Fd())) && os.Getenv("TERM") != "dumb":
		return newBar(stderr, label)
	default:
		return newLines(stderr, label, time.Now)
	}
}

type silent struct{}

func (silent) Update(float64, string) {}
func (silent) Done()                  {}

// The bar counts in thousandths: fine enough to move, coarse enough to be cheap.
const barSteps = 1000

type bar struct {
	mu    sync.Mutex
	bar   *progressbar.ProgressBar
	label string
	last  time.Time
}

func newBar(w io.Writer, label string) *bar {
	return &bar{label: label, bar: progressbar.NewOptions(barSteps,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(label),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
	)}
}

func (b *bar) Update(share float64, what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	// Throttled here and not by the bar, which would draw a new description with an old share.
	if time.Since(b.last) < barInterval {
		return
	}
	b.last = time.Now()
	// The last step would finish the bar; Done does that. Errors are those of writing to a
	// terminal, of which nobody could be told.
	_ = b.bar.Set(int(clamp(share) * (barSteps - 1)))
	b.bar.Describe(strings.TrimSpace(b.label + " " + what))
}

func (b *bar) Done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.bar.Finish()
}

type lines struct {
	mu    sync.Mutex
	w     io.Writer
	label string
	now   func() time.Time
	start time.Time
	last  time.Time
	since time.Time // the first update, whose share may be what an earlier process did
	from  float64
}

func newLines(w io.Writer, label string, now func() time.Time) *lines {
	start := now()
	return &lines{w: w, label: label, now: now, start: start, last: start}
}

func (l *lines) Update(share float64, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	share = clamp(share)
	if l.since.IsZero() {
		l.since, l.from = now, share
	}
	if now.Sub(l.last) < max(lineInterval, now.Sub(l.start)/lineShare) {
		return
	}
	l.last = now
	elapsed := now.Sub(l.start)
	left := ""
	if share > l.from {
		left = ", about " + Duration(time.Duration(float64(now.Sub(l.since))*(1-share)/(share-l.from))) + " left"
	}
	if what != "" {
		what = " (" + what + ")"
	}
	fmt.Fprintf(l.w, "%s: %.0f %% done%s, %s elapsed%s\n", l.label, math.Floor(100*share), what, Duration(elapsed), left)
}

func (l *lines) Done() {}

// clamp also turns NaN into 0.
func clamp(share float64) float64 {
	if !(share > 0) {
		return 0
	}
	return math.Min(share, 1)
}

// Duration prints a duration for people: 0.31 s, 12 s, 3 min 20 s, 2 h 5 min.
func Duration(d time.Duration) string {
	s := d.Seconds()
	switch {
	case s < 9.95:
		return fmt.Sprintf("%.2g s", s)
	case s < 119.5:
		return fmt.Sprintf("%.0f s", s)
	case s < 7200:
		whole := int(math.Round(s))
		return fmt.Sprintf("%d min %d s", whole/60, whole%60)
	default:
		minutes := int(math.Round(s / 60))
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	}
}
