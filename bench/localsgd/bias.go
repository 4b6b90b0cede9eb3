package localsgd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"kac/bench"
	ideal "kac/meanfield/localsgd"
	"kac/particles/localsgd"
)

// MaxLocalSteps bounds K.
const MaxLocalSteps = 1_000_000

// BiasParameters say everything that determines the numbers of kac local --bias.
type BiasParameters struct {
	Objective  string  `json:"objective"`
	Noise      string  `json:"noise"`
	Eta        float64 `json:"eta"`
	LocalSteps []int   `json:"local_steps"`
	Start      float64 `json:"start"`

	line  localsgd.Line
	noise localsgd.Noise
}

// Check refuses what cannot be computed.
func (p *BiasParameters) Check() (err error) {
	if p.line, err = line("objective", p.Objective); err != nil {
		return err
	}
	if p.noise, err = noise("noise", p.Noise); err != nil {
		return err
	}
	slices.Sort(p.LocalSteps)
	if err := increasing("local-steps", p.LocalSteps, MaxLocalSteps, "local steps"); err != nil {
		return err
	}
	_, most := p.line.Curvatures()
	if err := stable(p.Eta, most, "f''"); err != nil {
		return err
	}
	if err := bench.CheckNumber("start", p.Start, -1e6, 1e6, "first point"); err != nil {
		return err
	}
	switch p.noise.Law {
	case localsgd.RademacherNoise:
		if last := p.LocalSteps[len(p.LocalSteps)-1]; last > ideal.MaxPaths {
			return bench.Refuse("local-steps", last, "all 2^K paths of rademacher noise are taken for K up to %d; gaussian noise has its law for every K", ideal.MaxPaths)
		}
	case localsgd.MinibatchNoise:
		return bench.Refuse("noise", p.Noise, "samples belong to logistic; the law of the steps is known for gaussian, student, rademacher (K up to %d) and none", ideal.MaxPaths)
	}
	if p.noise.Sigma > 0 && p.noise.Law == localsgd.GaussianNoise {
		return p.checkPanels()
	}
	return nil
}

// checkPanels refuses a density that takes more memory than there is: of the order of 1200 numbers for every noise's
// deviation that it covers.
func (p *BiasParameters) checkPanels() error {
	deviations := p.deviations()
	if deviations > 3e5 {
		return bench.Refuse("start", bench.Number(p.Start), "the start and the spread of the steps are %.3g deviations of one step's noise wide; allowed are 300000: nearer to 0, or more noise", deviations)
	}
	return bench.Memory{{Key: "start", Value: bench.Number(p.Start), Bytes: 8 * 1300 * deviations, Lower: "it"}}.Check()
}

// deviations is how many deviations of a step's noise the density covers.
func (p *BiasParameters) deviations() float64 {
	if p.noise.Law != localsgd.GaussianNoise || p.noise.Sigma == 0 {
		return 0
	}
	least, most := p.line.Curvatures()
	rho := math.Max(math.Abs(1-p.Eta*least), math.Abs(1-p.Eta*most))
	square, last := 1.0, p.LocalSteps[len(p.LocalSteps)-1]
	for k := 1; k < last && square < .999/(1-rho*rho); k++ {
		square = 1 + rho*rho*square
	}
	return math.Abs(p.Start)/(p.Eta*p.noise.Sigma) + 20*math.Sqrt(square)
}

// BiasRow is the bias after some steps with the laws beside it.
type BiasRow struct {
	ideal.Bias
	Law        float64 // of small steps
	Continuous float64 // mean of the stationary law of the stochastic differential equation
}

// BiasTable is the result of kac local --bias.
type BiasTable struct {
	Parameters BiasParameters
	Rows       []BiasRow
	// ContinuousError is of Continuous.
	ContinuousError float64
}

// RunBias computes the table.
func RunBias(ctx context.Context, p BiasParameters, progress func(share float64, what string)) (*BiasTable, error) {
	var rows []ideal.Bias
	var err error
	report := func(share float64) {
		if progress != nil {
			progress(share, "steps")
		}
	}
	switch p.noise.Law {
	case localsgd.RademacherNoise:
		rows, err = ideal.Paths(ctx, p.line, p.Eta, p.noise.Sigma, p.Start, p.LocalSteps)
	case localsgd.StudentNoise:
		rows, err = ideal.StudentChain(ctx, p.line, &p.noise, p.Eta, p.Start, p.LocalSteps, report)
	default:
		rows, err = ideal.Chain(ctx, p.line, p.Eta, p.noise.Sigma, p.Start, p.LocalSteps, report)
	}
	if err != nil {
		return nil, err
	}
	t := &BiasTable{Parameters: p}
	mean, wrong := ideal.StationaryMean(p.line, p.Eta, p.noise.Sigma)
	t.ContinuousError = wrong
	_, isKink := p.line.(localsgd.Kink)
	for _, b := range rows {
		law := math.NaN()
		if p.Start == 0 && (p.noise.Law == localsgd.GaussianNoise || !isKink) {
			law = ideal.Law(p.line, p.Eta, p.noise.Sigma, b.Steps)
		}
		t.Rows = append(t.Rows, BiasRow{b, law, mean})
	}
	return t, nil
}

// BiasHeader is the first line of bias.csv.
const BiasHeader = "local_steps,bias,bias_error,deviation,deviation_error,descent,law,continuous,continuous_error"

// WriteCSV writes the table.
func (t *BiasTable) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, BiasHeader)
	for _, r := range t.Rows {
		fmt.Fprintf(out, "%d,%s\n", r.Steps, bench.Fields(r.Bias.Bias, r.BiasError, r.Deviation, r.DeviationError, r.Descent, r.Law, r.Continuous, t.ContinuousError))
	}
	return out.Flush()
}

// WriteText writes the table for people.
func (t *BiasTable) WriteText(w io.Writer) error {
	p := &t.Parameters
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Iterate bias E x_K - x_K of descent without noise: %s, noise %s, eta %s, from %s. Exact; law: of small steps.\n\n", p.Objective, p.Noise, bench.Number(p.Eta), bench.Number(p.Start))
	rows := [][]string{{"K", "bias", "+-", "deviation", "law", "bias/law"}}
	for _, r := range t.Rows {
		rows = append(rows, []string{fmt.Sprint(r.Steps), fmt.Sprintf("%.9e", r.Bias.Bias), fmt.Sprintf("%.0e", r.BiasError), fmt.Sprintf("%.6e", r.Deviation),
			bench.Known("%.5e", r.Law), bench.Known("%.4f", r.Bias.Bias/r.Law)})
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	if len(t.Rows) > 0 {
		fmt.Fprintf(out, "\nThe stochastic differential equation's stationary mean is %.9e.\n", t.Rows[0].Continuous)
	}
	return out.Flush()
}
