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

	"kac/internal/visible"
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
		return newBar(stderr, label, func() int {
			width, _, err := term.GetSize(int(stderr.Fd()))
			if err != nil || width < 1 {
				return 80
			}
			return width
		})
	default:
		return newLines(stderr, label, time.Now)
	}
}

type silent struct{}

func (silent) Update(float64, string) {}
func (silent) Done()                  {}

// The bar counts in thousandths: fine enough to move, coarse enough to be cheap.
const barSteps = 1000

// What the bar shows beside its description: a share, brackets, and room for the ^C that a terminal adds.
const (
	barWidth = 30
	barRest  = barWidth + 12
)

type bar struct {
	mu    sync.Mutex
	bar   *progressbar.ProgressBar
	label string
	width func() int // of the terminal
	last  time.Time
	pace
}

func newBar(w io.Writer, label string, width func() int) *bar {
	return &bar{label: label, width: width, pace: pace{start: time.Now()}, bar: progressbar.NewOptions(barSteps,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(label),
		progressbar.OptionSetWidth(barWidth),
		progressbar.OptionSetPredictTime(false), // its [4s:39s] says nothing to whom it is not explained
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionUseANSICodes(true), // the whole line is cleared, with the ^C that the terminal adds to it
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
	text := strings.TrimSpace(b.label+" "+visible.Text(what)) + ", " + b.times(time.Now(), share)
	b.bar.Describe(cut(text, b.width()-barRest))
}

// cut shortens a text, so that the bar stays on one line, which alone can be cleared.
func cut(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	if width < 4 {
		return ""
	}
	return string(runes[:width-3]) + "..."
}

// pace estimates the time left by what was done since the first update.
type pace struct {
	start time.Time
	since time.Time // the first update, whose share may be what an earlier process did
	from  float64
}

// times says how long the work has taken, and how long the rest will take.
func (p *pace) times(now time.Time, share float64) string {
	share = clamp(share)
	if p.since.IsZero() {
		p.since, p.from = now, share
	}
	text := Duration(now.Sub(p.start)) + " elapsed"
	if share > p.from {
		text += ", about " + Duration(time.Duration(float64(now.Sub(p.since))*(1-share)/(share-p.from))) + " left"
	}
	return text
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
	last  time.Time
	pace
}

func newLines(w io.Writer, label string, now func() time.Time) *lines {
	start := now()
	return &lines{w: w, label: label, now: now, last: start, pace: pace{start: start}}
}

func (l *lines) Update(share float64, what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	share = clamp(share)
	times := l.times(now, share)
	if now.Sub(l.last) < max(lineInterval, now.Sub(l.start)/lineShare) {
		return
	}
	l.last = now
	if what != "" {
		what = " (" + visible.Text(what) + ")"
	}
	fmt.Fprintf(l.w, "%s: %.0f %% done%s, %s\n", l.label, math.Floor(100*share), what, times)
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
