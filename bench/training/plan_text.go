package training

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"kac/bench"
	"kac/internal/progress"
)

// WriteText prints the plan for people.
func (t *Plan) WriteText(w io.Writer) error {
	p := &t.Parameters
	if t.Seconds == 0 {
		return errors.New("the plan was not measured")
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n%s, eta = %s, %d steps, %s; %s\n%s\n", p.problemText(t.Task), p.dataText(), bench.Number(p.Eta), p.Steps, p.Precision, p.runsText(), p.ownTestsText())
	rows := [][]string{{"width", "networks", "form", "particle-samples", "a second", "time"}}
	for _, n := range t.Networks {
		work := float64(n.Width) * float64(n.Count) * float64(p.Runs()) * float64(p.Batch) * float64(p.Steps)
		rows = append(rows, []string{strconv.Itoa(n.Width), strconv.Itoa(n.Count * p.Runs()), n.Form.String(), fmt.Sprintf("%.3g", work),
			fmt.Sprintf("%.3g", n.Rate), planTime(work / n.Rate)})
	}
	runs := float64(p.Runs())
	rows = append(rows, []string{"", "", "", fmt.Sprintf("%.3g", t.Work), "", ""})
	rows = slices.Insert(rows, len(rows)-1,
		[]string{"batches", "", "", "", "", planTime(runs * t.Draw * float64(p.Steps))},
		[]string{"observations", "", "", "", "", planTime(runs * t.Observe * float64(len(p.Observations())))})
	rows[len(rows)-1][0], rows[len(rows)-1][5] = "all", planTime(t.Seconds)
	fmt.Fprint(out, bench.AlignRight(rows))
	fmt.Fprintf(out, "\nMemory: about %s; a checkpoint is a file of %s.\n", bench.BytesText(t.Memory), bench.BytesText(t.Checkpoint))
	fmt.Fprintf(out, "Rates are means over steps measured just now, as busy as this machine is.\n")
	if p.Reference != ReferenceWide {
		fmt.Fprintf(out, "The time of the reference %s comes on top.\n", p.Reference)
	}
	return out.Flush()
}

// dataText says what a step sees.
func (p *Parameters) dataText() string {
	if p.Samples == 0 {
		return fmt.Sprintf("%d fresh samples a step", p.Batch)
	}
	return fmt.Sprintf("batches of %d out of %d samples", p.Batch, p.Samples)
}

// runsText says how many runs there are.
func (p *Parameters) runsText() string {
	if p.Shared {
		return fmt.Sprintf("%d repeats that share the wide network", p.Repeats)
	}
	return fmt.Sprintf("%d repeats", p.Repeats)
}

func planTime(seconds float64) string {
	if seconds > 1e9 {
		return fmt.Sprintf("%.0f years", seconds/(365.25*86400))
	}
	return progress.Duration(time.Duration(seconds * float64(time.Second)))
}
