package training

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"kac/bench"
	"kac/internal/visible"
	"kac/particles"
)

// describe says in words what the reference of a study is, and its bias.
func (p *Parameters) describe() string {
	switch p.Reference {
	case ReferenceExact:
		return "the exact infinite-width flow on the population: the gap holds the effects of width, data and step together"
	case ReferenceReduced:
		return fmt.Sprintf("infinite-width flow on the population, %d lattice points of the reduction: width, data and step together", p.Nodes)
	case ReferenceDescent:
		if p.Nodes == 0 {
			return "the exact infinite-width descent with the same step on the population: width and data together"
		}
		return fmt.Sprintf("infinite-width descent with the same step on the population, %d lattice points: width and data together", p.Nodes)
	}
	widest := float64(p.Widths[len(p.Widths)-1])
	return fmt.Sprintf("width %d on the same batches; the networks are subsets of it, so that errors at t = 0 are (1 - m/M) of those to infinite width, %.2f for the widest", p.Wide, 1-widest/float64(p.Wide))
}

// riskTitle names the risk: of data from a file it is not that of a law, but the mean square on the very
// inputs that the networks are trained on.
func (s *Study) riskTitle() string {
	if s.Parameters.Inputs != "" {
		return "Mean square of y - f_m on the training inputs"
	}
	return "Risk, ||f_m - f*||^2"
}

// testsText says on what inputs outputs are compared.
func (p *Parameters) testsText() string {
	if p.Inputs != "" {
		return fmt.Sprintf("the %d training inputs", p.Tests)
	}
	return fmt.Sprintf("%d inputs", p.Tests)
}

// problemText says what is learned: of own data, which have no law and no target that is known, their files.
func (p *Parameters) problemText(task *particles.Task) string {
	if p.Inputs == "" {
		return task.String()
	}
	return fmt.Sprintf("%s: %d inputs of %s in R^%d, labels of %s, network %s", task.Name(), p.Samples, visible.Text(p.Inputs), p.Dim, visible.Text(p.Labels), task.Network())
}

// ownTestsText is a line about the user's test data, "" without them.
func (p *Parameters) ownTestsText() string {
	if p.TestInputs == "" {
		return ""
	}
	return fmt.Sprintf("Test inputs: the %d of %s, labels of %s; nothing is trained on them.\n", p.TestRows, visible.Text(p.TestInputs), visible.Text(p.TestLabels))
}

// WriteText prints the study for people: one table per quantity.
func (s *Study) WriteText(w io.Writer, summary *Summary) error {
	p := &s.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, p.problemText(s.Task))
	for _, note := range s.notes { // who reads a table may not have seen what was said while it was made
		fmt.Fprintf(out, "%s.\n", visible.Text(note))
	}
	fmt.Fprintf(out, "%s, eta = %s, %d steps, %s.\n", p.dataText(), bench.Number(p.Eta), p.Steps, p.Precision)
	fmt.Fprintf(out, "Reference: %s.\n", p.describe())
	if p.Evaluation == EvaluationClosed {
		fmt.Fprintf(out, "Risks and function errors in closed form. ")
	} else {
		fmt.Fprintf(out, "Risks and function errors on %s. ", p.testsText())
	}
	if p.Repeats > 1 {
		how := "repeats"
		if p.Shared {
			how = "subsets of one wide network, all on the same batches,"
		}
		fmt.Fprintf(out, "Means over %d %s with standard errors.\n", p.Repeats, how)
	} else {
		fmt.Fprintf(out, "One repeat, so no standard errors.\n")
	}
	fmt.Fprintf(out, "Times are paper time.\n")
	if hasExact(s.Task) && s.Task.Target().Rank() == 1 {
		fmt.Fprintf(out, "Squared mean and mean square of the coupling tend to different limits as m grows; without samples and steps they are mean_coupling_constant and coupling_constant of kac theory.\n")
	}
	fmt.Fprint(out, p.ownTestsText())
	type quantity struct {
		title     string
		values    [][]bench.Mean
		reference []bench.Mean
	}
	quantities := []quantity{{s.riskTitle(), summary.Risk, summary.ReferenceRisk}}
	if summary.TestRisk != nil {
		quantities = append(quantities, quantity{"Mean square of y - f_m on the test inputs", summary.TestRisk, summary.ReferenceTest})
	}
	for _, q := range append(quantities,
		quantity{"Function error, m ||f_m - f_ref||^2", summary.Function, summary.ReferenceRisk},
		quantity{"Coupling, squared mean: m (mean_i |Delta_i|)^2", summary.Coupling, summary.ReferenceRisk},
		quantity{"Coupling, mean square: m mean_i |Delta_i|^2", summary.Square, summary.ReferenceRisk},
	) {
		header := []string{"time", "ref. risk"}
		for _, m := range summary.Widths {
			header = append(header, "m="+strconv.Itoa(m))
		}
		rows := [][]string{header}
		for t := 0; t < len(summary.Times); t += bench.TimeStep(len(summary.Times)) {
			row := []string{strconv.FormatFloat(summary.Times[t], 'g', 6, 64), q.reference[t].Text()}
			for _, mean := range q.values[t] {
				row = append(row, mean.Text())
			}
			rows = append(rows, row)
		}
		fmt.Fprintf(out, "\n%s\n%s", q.title, bench.AlignRight(rows))
	}
	if summary.Exponent != nil {
		fmt.Fprintf(out, "\nFitted exponent of m in the function error, averaged over all times after 0: %s\n", summary.Exponent.Text())
	}
	if summary.Parted() {
		fmt.Fprintf(out, "\nThe squared coupling at the last time %s m^%s and does not fall like 1/m: wider networks do not come closer to the reference. Steps too long for "+
			"their batches do this: they multiply the noise of gradients. See whether half of eta = %s, or larger batches, end at a lower risk.\n",
			summary.Parting.Verb(), summary.Parting.Text(), bench.Number(p.Eta))
	}
	if t, tooLong := summary.Steepest(); tooLong {
		fmt.Fprintf(out, "\nAt time %s one step turned the particles of a network by %.2g rad (root mean square; step_angle in %s): steps of eta = %s are "+
			"too long to follow the gradient flow, and the values above mean little. Try an eta below %s.\n",
			bench.Number(summary.Times[t]), summary.Turn[t], File, bench.Number(p.Eta), bench.Number(p.Eta/4))
	}
	return out.Flush()
}
