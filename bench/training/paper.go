package training

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"kac/bench"
	"kac/particles"
)

// Scales of the paper's training figures.
const (
	ScalePaper  = "paper"  // the published widths, samples, batches and steps; the repeats share the wide network
	ScaleEighth = "eighth" // an eighth of the widths, otherwise the same
	ScaleLaptop = "laptop" // a minute or two on two cores: smaller widths and batches, longer steps
)

// PaperScales lists the scales.
func PaperScales() []string { return []string{ScalePaper, ScaleEighth, ScaleLaptop} }

// PaperFigure is one of figures 3, 4, 5, 7, 8, 9 of Glasgow, Wu, Bruna (COLT 2025): risk, m times
// the function error and m times the squared coupling of one problem, trained on samples. Their
// protocol (appendix H.1, and the published scripts): n = 2^16 fixed samples, networks that are
// subsets of a wide one, 3 repeats, a step of 2 eta nu (2 eta nu / C for a second layer +-C).
type PaperFigure struct {
	Number int
	Task   string
	// Eta and Time are in the paper's "code time", which UnitTime turns into paper time.
	Eta, Time float64
	Batch     int
	Widths    []int
	Published Published

	laptop laptop
}

// laptop is the small scale of one figure. The step is as long as the largest gradients of its batches
// allow: sigma of degree 6, or a narrow minimum, needs the larger batch.
type laptop struct {
	eta    float64
	batch  int
	widths []int
	wide   int
	shared bool // the repeats share the wide network, which leaves time for larger batches
}

// Published holds values read off the paper's figure, its smallest and largest width: risk at the
// first and last time, m times the function error and m times the squared coupling. NaN where they
// are not legible.
type Published struct {
	Risk                        [2]float64
	FunctionSmall               [2]float64 // smallest width
	FunctionLarge               [2]float64 // largest width
	CouplingSmall, CouplingEnds float64    // last time: smallest and largest width
}

var unread = math.NaN()

var (
	laptopTop   = []int{256, 512, 1024}
	laptopWide  = []int{128, 256, 512, 1024}
	laptopMost  = []int{128, 256, 512}
	laptopFew   = []int{64, 128, 256}
	laptopLeast = []int{32, 64, 128}
)

var paperFigures = []PaperFigure{
	{3, "he4", .01, 10, 1 << 13, doublings(12, 16),
		Published{[2]float64{.90, .09}, [2]float64{.97, .38}, [2]float64{.50, .17}, .91, .47}, laptop{.02, 2048, laptopWide, 4096, false}},
	// The caption of figure 4 says a step of .01, the authors' script for it (job.sh in
	// github.com/margalitglasgow/prop-chaos) .005. At .01 these batches leave the risk near .5 and networks of all
	// widths apart (bench/results/paper-scale.md).
	{4, "misspecified", .005, 15, 1 << 13, doublings(12, 15),
		Published{[2]float64{1.2, .06}, [2]float64{1.95, .85}, [2]float64{unread, unread}, 17, unread}, laptop{.005, 1 << 13, laptopLeast, 512, false}},
	{5, "xor4", .05, 250, 1 << 14, doublings(12, 15),
		Published{[2]float64{1, .17}, [2]float64{2.5, .45}, [2]float64{unread, unread}, 80, unread}, laptop{.1, 1024, laptopFew, 1024, false}},
	{7, "circle", .01, 15, 1 << 13, doublings(12, 15),
		Published{[2]float64{.355, .03}, [2]float64{.98, .3}, [2]float64{unread, unread}, 6, unread}, laptop{.02, 2048, laptopMost, 2048, false}},
	{8, "random6", .01, 25, 1 << 13, doublings(12, 15),
		Published{[2]float64{.17, .016}, [2]float64{1, .3}, [2]float64{unread, unread}, 11, unread}, laptop{.02, 4096, laptopFew, 1024, false}},
	{9, "staircase", .025, 270, 1 << 14, doublings(13, 16),
		Published{[2]float64{.57, .21}, [2]float64{3.5, .6}, [2]float64{unread, unread}, 255, unread}, laptop{.1, 3072, laptopTop, 2048, true}},
}

// paperReference is the width that stands for infinity in the paper's figures, 2^17.
const paperReference = 1 << 17

// doublings returns 2^low, ..., 2^high.
func doublings(low, high int) []int {
	var list []int
	for k := low; k <= high; k++ {
		list = append(list, 1<<k)
	}
	return list
}

// FindPaperFigure returns the figure of a number.
func FindPaperFigure(number int) (PaperFigure, error) {
	var known []string
	for _, f := range paperFigures {
		if f.Number == number {
			return f, nil
		}
		known = append(known, strconv.Itoa(f.Number))
	}
	return PaperFigure{}, bench.Refuse("figure", number, "the figures of trained networks are %s", strings.Join(known, ", "))
}

// UnitTime is the paper time that passes in one unit of the figure's code time: 2, and 2/C for a
// second layer +-C.
func (f *PaperFigure) UnitTime() (float64, error) {
	task, err := particles.Preset(f.Task, 0)
	if err != nil {
		return 0, err
	}
	if c := task.Halves(); c != 0 {
		return 2 / c, nil
	}
	return 2, nil
}

// Parameters returns the study of the figure at a scale.
func (f *PaperFigure) Parameters(scale string) (Parameters, error) {
	unit, err := f.UnitTime()
	if err != nil {
		return Parameters{}, err
	}
	p := Parameters{
		ProblemChoice: bench.ProblemChoice{Problem: f.Task}, Samples: 1 << 16, Batch: f.Batch, Points: 21, Widths: slices.Clone(f.Widths),
		Reference: ReferenceWide, Wide: paperReference, Tests: 1 << 16, Repeats: 3, Seed: 1, Precision: bench.Float32, Traced: 64,
	}
	eta := f.Eta
	switch scale {
	case ScalePaper:
		p.Shared = true
	case ScaleEighth:
		p.Shared = true
		for i := range p.Widths {
			p.Widths[i] /= 8
		}
		p.Wide /= 8
	case ScaleLaptop:
		eta, p.Batch, p.Widths, p.Wide, p.Tests = f.laptop.eta, f.laptop.batch, f.laptop.widths, f.laptop.wide, 1<<14
		p.Shared = f.laptop.shared
	default:
		return p, bench.Refuse("scale", scale, "allowed are %s", strings.Join(PaperScales(), ", "))
	}
	p.Steps = int(math.Round(f.Time / eta))
	p.Eta = unit * eta
	if _, err := p.Check(); err != nil {
		return p, err
	}
	return p, nil
}

// ParticleSamples is the work of a study: particles times samples times steps, over all networks.
func (p *Parameters) ParticleSamples() float64 {
	sum := p.Wide * p.Runs()
	for _, m := range p.Widths {
		sum += m * p.Repeats
	}
	return float64(sum) * float64(p.Batch) * float64(p.Steps)
}

// WriteComparison prints what the paper's figure shows beside what this run shows.
func (f *PaperFigure) WriteComparison(w io.Writer, s *Study, summary *Summary, scale string) error {
	out := bufio.NewWriter(w)
	last, small, large := len(summary.Times)-1, 0, len(summary.Widths)-1
	fmt.Fprintf(out, "\nFigure %d of the paper, widths %d to %d against %d; here widths %d to %d against %d, scale %s\n",
		f.Number, f.Widths[0], f.Widths[len(f.Widths)-1], paperReference, summary.Widths[small], summary.Widths[large], s.Parameters.Wide, scale)
	fmt.Fprintf(out, "(a subset of m of M particles shows 1 - m/M of the gap to infinite width: %.2f to %.2f in the paper, %.2f to %.2f here)\n",
		1-float64(f.Widths[0])/paperReference, 1-float64(f.Widths[len(f.Widths)-1])/paperReference,
		1-float64(summary.Widths[small])/float64(s.Parameters.Wide), 1-float64(summary.Widths[large])/float64(s.Parameters.Wide))
	rows := [][]string{{"", "published", "here"}}
	add := func(what string, published float64, here bench.Mean) {
		text := "-"
		if !math.IsNaN(published) {
			text = strconv.FormatFloat(published, 'g', 3, 64)
		}
		rows = append(rows, []string{what, text, here.Text()})
	}
	add("risk, first time, largest width", f.Published.Risk[0], summary.Risk[0][large])
	add("risk, last time, largest width", f.Published.Risk[1], summary.Risk[last][large])
	add("m function error, first time, smallest width", f.Published.FunctionSmall[0], summary.Function[0][small])
	add("m function error, last time, smallest width", f.Published.FunctionSmall[1], summary.Function[last][small])
	add("m function error, first time, largest width", f.Published.FunctionLarge[0], summary.Function[0][large])
	add("m function error, last time, largest width", f.Published.FunctionLarge[1], summary.Function[last][large])
	add("m coupling^2, last time, smallest width", f.Published.CouplingSmall, summary.Coupling[last][small])
	add("m coupling^2, last time, largest width", f.Published.CouplingEnds, summary.Coupling[last][large])
	fmt.Fprint(out, bench.AlignRight(rows))
	if c := s.Task.Halves(); c != 0 && towers(summary.Function) {
		fmt.Fprintf(out, "At t = 0 a second layer of +-%s gives %s^2 E Var sigma(<w, x>), far above all later times; the published curve begins after it.\n", bench.Number(c), bench.Number(c))
	}
	return out.Flush()
}
