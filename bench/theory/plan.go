package theory

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"kac/bench"
	"kac/bench/gap"
	"kac/internal/progress"
	"kac/meanfield"
)

// Plan is what a theory will take beside its networks: the reference is solved, as it is quick, and the
// constants are begun.
type Plan struct {
	Parameters   Parameters
	Steps, Nodes int     // of the reference
	Reference    float64 // seconds
	Constants    float64 // seconds, extrapolated from what was done of them; 0: not tried, for their memory
	Memory       float64 // bytes, at once
	Disk         float64 // bytes
}

// plannedConstants is how long the constants are tried, and plannedMemory what they may take then.
const (
	plannedConstants = 2 * time.Second
	plannedMemory    = 256 << 20
)

// MakePlan measures for some seconds; the context ends it at once. progress may be nil.
func MakePlan(ctx context.Context, p Parameters, progress func(share float64, what string)) (*Plan, error) {
	problem, err := p.Check()
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(float64, string) {}
	}
	out := &Plan{Parameters: p}
	began := time.Now()
	ref, err := meanfield.Solve(ctx, problem, p.horizon(), meanfield.Options{Tolerance: p.Tolerance, Progress: func(s float64) { progress(s, "reference") }})
	if err != nil {
		return nil, fmt.Errorf("solving the infinite-width reference of %s in dimension %d: %w", problem.Name(), p.Dim, err)
	}
	out.Reference = time.Since(began).Seconds()
	out.Steps, out.Nodes = ref.Stats().Steps, ref.Stats().Nodes
	times := p.grid()
	memory := ref.FluctuationMemory(times, p.Times...) + ref.GapConstantsMemory(times)
	out.Memory = memory + bench.Memory(nil).Bytes()
	const row, picture = 25 * 24, 200 << 10
	if out.Disk = 2000; p.Curves {
		out.Disk += float64(len(times)+len(p.Widths))*row + picture
	}
	if memory > plannedMemory {
		return out, nil
	}
	progress(0, "constants")
	out.Constants, err = timeConstants(ctx, ref, times, p.Times)
	return out, err
}

// timeConstants runs the constants for a while and extrapolates.
func timeConstants(ctx context.Context, ref *meanfield.Reference, times, means []float64) (seconds float64, err error) {
	limited, cancel := context.WithTimeout(ctx, plannedConstants)
	defer cancel()
	began, share, told := time.Now(), 0.0, 0.0
	_, err = meanfield.Fluctuations(limited, ref, times, meanfield.FluctuationOptions{
		Means:    means,
		Gaps:     true,
		Progress: func(s float64) { share, told = s, time.Since(began).Seconds() },
	})
	took := time.Since(began).Seconds()
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err == nil:
		return took, nil
	case !errors.Is(err, context.DeadlineExceeded):
		return 0, fmt.Errorf("the 1/m constant: %w", err)
	case share > 0:
		return told / share, nil
	}
	return 5 * took, nil // at least: not one sector of some was done
}

// Times is the number of times at which the constants are computed.
func (t *Plan) Times() int { return len(t.Parameters.grid()) }

// Bounds is the least number of times of the bounds; they take about as long as the reference, or longer.
func (t *Plan) Bounds() int { return gradedPoints }

// Networks is the gap study of the networks that are measured, for its own plan.
func (p *Parameters) Networks() gap.Parameters {
	study := p.gapParameters()
	study.Rank, study.Dim, study.Points, study.Precision = p.Rank, p.Dim, gradedPoints, bench.Float64
	return study
}

// WriteText prints the plan for people.
func (t *Plan) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	constants := "not tried, for their memory"
	if t.Constants > 0 {
		constants = planTime(t.Constants)
	}
	rows := [][]string{
		{"part", "size", "time"},
		{"reference", fmt.Sprintf("%d steps, %d nodes", t.Steps, t.Nodes), planTime(t.Reference)},
		{"bounds", fmt.Sprintf("%d times or more", t.Bounds()), "about as long or longer"},
		{"constants", strconv.Itoa(t.Times()) + " times", constants},
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	fmt.Fprintf(out, "\nMemory: about %s. Disk: %s.\n", bench.BytesText(t.Memory), bench.BytesText(t.Disk))
	return out.Flush()
}

func planTime(seconds float64) string {
	if seconds > 1e9 {
		return fmt.Sprintf("%.0f years", seconds/(365.25*86400))
	}
	return progress.Duration(time.Duration(seconds * float64(time.Second)))
}
