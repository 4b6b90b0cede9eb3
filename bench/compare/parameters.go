package compare

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"kac/bench"
	"kac/internal/quantity"
	"kac/meanfield/ridge"
	"kac/particles"
)

// Predictors, in the order of tables.
const (
	Network = "network"
	NTK     = "ntk"
	Best    = "best"
	Floor   = "floor"
)

// Predictors are all of them.
var Predictors = []string{Network, NTK, Best, Floor}

// Mean is the mean over targets.
const Mean = "mean"

// Auto is the ridge of least equivalent risk.
const Auto = "auto"

// Parameters say everything that determines the numbers of `kac compare`.
type Parameters struct {
	Problem    string   `json:"problem,omitempty"`    // quartic
	Activation string   `json:"activation,omitempty"` // or a series sum_k s_k Pbar_k, "2:1,4:1"
	Link       string   `json:"link,omitempty"`       // and one sum_k h_k Pbar_k
	Dims       []int    `json:"dims"`
	Samples    []string `json:"samples"` // numbers and powers of d
	Noise      float64  `json:"noise"`   // standard deviation of the labels' noise
	Ridges     []string `json:"ridges"`  // of the kernel ntk: numbers, relative to K(x, x) = 1, and auto
	Predictors []string `json:"predictors"`
	Level      float64  `json:"level"` // the risk whose n is the crossing

	Widths      []int   `json:"widths"`
	Draws       int     `json:"draws"` // of data and particles
	Seed        uint64  `json:"seed"`
	Eta         float64 `json:"eta"`     // step, paper time
	Horizon     float64 `json:"horizon"` // paper time
	Points      int     `json:"points"`  // times from 0 to the horizon
	KernelLimit int     `json:"kernel_limit"`
	// Targets is Mean for kernels in the exact mean over the target's direction q and the label noise, on each draw's
	// inputs; "" for the draw's own.
	Targets string `json:"targets,omitempty"`

	sizes  [][]int // n by dimension
	ridges []float64
	terms  []ridge.Term
	times  []float64
	steps  []int64 // at times
}

// Bounds: of n, which equivalents alone reach, of draws, and of n whose kernels are solved, n^2 work for each of their
// steps.
const (
	MaxSamples     = 1 << 52
	MaxDraws       = 9999
	MaxKernelLimit = 1 << 17
)

// Check fills in what follows from the rest. Every error is a bench.InputError.
func (p *Parameters) Check() error {
	for _, check := range []func() error{p.checkProblem, p.checkDims, p.checkSamples, p.checkRidges, p.checkPredictors, p.checkTraining, p.checkTargets} {
		if err := check(); err != nil {
			return err
		}
	}
	return bench.CheckNumber("noise", p.Noise, 0, 1e6, "standard deviation of the labels' noise")
}

// preset takes the coefficients of a problem known by name: |s_k| and h_k sign(s_k), of which alone kernels and risks
// know, by its spectrum. It must be one on the sphere with an activation of finite degree.
func (p *Parameters) preset() error {
	const dim = 32 // coefficients in this basis are the same in every dimension
	var known []string
	for _, info := range particles.Presets() {
		task, err := particles.Preset(info.Name, dim)
		if err != nil || task.Law() != particles.Sphere {
			continue
		}
		known = append(known, info.Name)
		if info.Name != p.Problem {
			continue
		}
		spectrum, err := task.Spectrum()
		if err != nil {
			return bench.Refuse("problem", p.Problem, "%s", bench.Reason(err))
		}
		for k, q := range spectrum.Q {
			if q > 0 {
				p.terms = append(p.terms, ridge.Term{Degree: k, Network: math.Sqrt(q), Target: spectrum.G[k] / math.Sqrt(q)})
			}
		}
		_, err = ridge.NewProblem(dim, p.terms)
		if err != nil || spectrum.Tail > 0 {
			return bench.Refuse("problem", p.Problem, "it is not a polynomial of degree at most %d without a constant", ridge.MaxDegree)
		}
		return nil
	}
	return bench.Refuse("problem", p.Problem, "known here is %s; others are given by activation and link, such as 2:1,4:1 and 2:.6,4:.45", strings.Join(known, ", "))
}

func (p *Parameters) checkProblem() error {
	p.terms = nil
	custom := p.Activation != "" || p.Link != ""
	switch {
	case p.Problem != "" && custom:
		return bench.Refuse("problem", p.Problem, "not together with an activation or a link; give a name, or both of them")
	case p.Problem != "":
		return p.preset()
	case p.Activation == "":
		return bench.Refuse("activation", "", "give it together with the link, for example 2:1,4:1")
	case p.Link == "":
		return bench.Refuse("link", "", "give it together with the activation, for example 2:.6,4:.45")
	}
	activation, err := readSeries("activation", p.Activation)
	if err != nil {
		return err
	}
	link, err := readSeries("link", p.Link)
	if err != nil {
		return err
	}
	for k := range max(activation.Degree(), link.Degree()) + 1 {
		if s, h := activation.Coefficient(k), link.Coefficient(k); s != 0 || h != 0 {
			p.terms = append(p.terms, ridge.Term{Degree: k, Network: s, Target: h})
		}
	}
	if _, err := ridge.NewProblem(3, p.terms); err != nil {
		return bench.Refuse("link", p.Link, "%v", err)
	}
	p.Activation, p.Link = activation.String(), link.String()
	return nil
}

// readSeries reads a series in the basis Pbar_k; it has no constant, which no predictor would have to learn.
func readSeries(key, text string) (particles.Series, error) {
	s, err := particles.ParseSeries(text)
	if err != nil {
		if _, other := particles.ParseActivation(text); other == nil {
			return s, bench.Refuse(key, text, "it is no polynomial, so that kernels and risks have no closed forms here; write degree:coefficient pairs such as 2:1,4:1")
		}
		return s, bench.Refuse(key, text, "%s", bench.SeriesReason(err))
	}
	if s.Coefficient(0) != 0 || s.Degree() > ridge.MaxDegree {
		return s, bench.Refuse(key, text, "allowed are degrees from 1 to %d", ridge.MaxDegree)
	}
	return s, nil
}

func (p *Parameters) checkDims() error {
	if len(p.Dims) == 0 {
		return bench.Refuse("dims", "", "give at least one dimension, such as 10,16")
	}
	p.Dims = slices.Clone(p.Dims)
	slices.Sort(p.Dims)
	for i, d := range p.Dims {
		switch {
		case d < 3 || d > bench.MaxDim:
			return bench.Refuse("dims", d, "allowed are dimensions from 3 to %d", bench.MaxDim)
		case i > 0 && d == p.Dims[i-1]:
			return bench.Refuse("dims", d, "it is there twice; every dimension may appear once")
		}
	}
	return nil
}

func (p *Parameters) checkSamples() error {
	p.sizes = nil
	list, err := quantity.ParseItems(p.Samples)
	if err != nil {
		return bench.Refuse("samples", strings.Join(p.Samples, ","), "%v", err)
	}
	text := make([]string, len(list))
	for i, q := range list {
		if text[i] = q.String(); slices.Contains(text[:i], text[i]) {
			return bench.Refuse("samples", text[i], "it is there twice; every number may appear once")
		}
	}
	p.Samples = text
	for _, d := range p.Dims {
		sizes, err := bench.WholesAt("samples", list, d, MaxSamples)
		if err != nil {
			return err
		}
		if len(sizes) == 0 {
			return bench.Refuse("samples", "", "give at least one number, such as 1000 or d^1.5..d^3:0.25")
		}
		slices.Sort(sizes)
		p.sizes = append(p.sizes, slices.Compact(sizes))
	}
	return nil
}

func (p *Parameters) checkRidges() error {
	p.ridges = nil
	if len(p.Ridges) == 0 {
		return bench.Refuse("ridges", "", "give auto, or numbers such as 0,0.01,1")
	}
	for i, text := range p.Ridges {
		x := math.NaN() // auto
		if text != Auto {
			var err error
			if x, err = quantity.Value(text); err != nil || !(x >= 0) || x > 1e6 {
				return bench.Refuse("ridges", strings.Join(p.Ridges, ","), "%s is not allowed; ridges are auto, or numbers from 0 to 1e+06, relative to K(x,x) = 1", bench.ShowValue(text))
			}
			p.Ridges[i] = bench.Number(x)
		}
		if slices.Contains(p.Ridges[:i], p.Ridges[i]) {
			return bench.Refuse("ridges", strings.Join(p.Ridges, ","), "%s is there twice", text)
		}
		p.ridges = append(p.ridges, x)
	}
	return nil
}

func (p *Parameters) checkPredictors() error {
	value := strings.Join(p.Predictors, ",")
	if len(p.Predictors) == 0 {
		return bench.Refuse("predictors", "", "name one or more of %s", strings.Join(Predictors, ","))
	}
	for i, name := range p.Predictors {
		if !slices.Contains(Predictors, name) {
			return bench.Refuse("predictors", value, "%s is not known; allowed are %s", bench.ShowValue(name), strings.Join(Predictors, ","))
		}
		if slices.Contains(p.Predictors[:i], name) {
			return bench.Refuse("predictors", value, "%s is there twice", name)
		}
	}
	p.Predictors = slices.DeleteFunc(slices.Clone(Predictors), func(name string) bool { return !slices.Contains(p.Predictors, name) })
	return nil
}

// ProblemIn returns the problem in dimension d.
func (p *Parameters) ProblemIn(d int) (*ridge.Problem, error) {
	problem, err := ridge.NewProblem(d, p.terms)
	if err != nil {
		return nil, bench.Refuse("dims", d, "%v", err)
	}
	return problem, nil
}

// checkTraining fills in the times of observations.
func (p *Parameters) checkTraining() (err error) {
	for _, err := range []error{
		bench.CheckWhole("draws", p.Draws, 1, MaxDraws, "draws of data and of particles"),
		bench.CheckPositive("eta", p.Eta, 1e3, "step, paper time"),
		bench.CheckPositive("horizon", p.Horizon, bench.MaxTime, "paper time"),
		bench.CheckWhole("points", p.Points, 2, bench.MaxPoints, "times from 0 to the horizon"),
		bench.CheckWhole("kernel-limit", p.KernelLimit, 0, MaxKernelLimit, "samples up to which kernels are solved on data"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Widths, err = bench.CheckWidths(p.Widths); err != nil {
		return err
	}
	p.times, p.steps = bench.Grid(p.Horizon, p.Points), nil
	for _, t := range p.times {
		step := math.Round(t / p.Eta)
		if math.Abs(t-step*p.Eta) > 1e-6*p.Eta || step > 1<<40 {
			return bench.Refuse("eta", bench.Number(p.Eta), "the time %s is not a whole number of steps; the spacing of the times, horizon/(points-1) = %s, must be a multiple of eta",
				bench.Number(t), bench.Number(p.Horizon/float64(p.Points-1)))
		}
		p.steps = append(p.steps, int64(step))
	}
	return nil
}

// checkTargets refuses means over targets where the kernel matrix has no inverse.
func (p *Parameters) checkTargets() error {
	if p.Targets == "" {
		return nil
	}
	if p.Targets != Mean {
		return bench.Refuse("targets", p.Targets, "allowed are one, the draw's own, and mean, over all of them")
	}
	for i, d := range p.Dims {
		problem, err := p.ProblemIn(d)
		if err != nil {
			return err
		}
		for _, n := range p.sizes[i] {
			if float64(n) < problem.Rank(problem.NTK()) || !p.solved(problem, n) {
				continue
			}
			for _, name := range p.Predictors {
				if name != NTK && name != Best {
					continue
				}
				if _, ridges := p.kernel(problem, name, float64(n)); slices.Contains(ridges, 0) {
					return bench.Refuse("targets", p.Targets, "for %s at ridge 0 the matrix of n = %d samples has no inverse in dimension %d; give fewer samples, or --ridges above 0", name, n, d)
				}
			}
		}
	}
	return nil
}

// Name is what pictures and tables call the problem.
func (p *Parameters) Name() string {
	if p.Problem != "" {
		return p.Problem
	}
	return fmt.Sprintf("activation %s, link %s", p.Activation, p.Link)
}

// ParseLevel reads a risk: a number, or a share of a degree's target such as 0.5*h4, which is .5 h_4^2; "" is half of
// the highest degree.
func (p *Parameters) ParseLevel(text string) (float64, error) {
	norm2, top := 0.0, 0
	squares := map[int]float64{}
	for _, t := range p.terms {
		if t.Target != 0 {
			squares[t.Degree], top = t.Target*t.Target, t.Degree
			norm2 += t.Target * t.Target
		}
	}
	if text == "" {
		return squares[top] / 2, nil
	}
	give := errors.New("give a risk such as 0.1, or a share of a degree's part of the target such as 0.5*h" + strconv.Itoa(top))
	level := 1.0
	for factor := range strings.SplitSeq(text, "*") {
		if degree, is := strings.CutPrefix(strings.TrimSpace(factor), "h"); is {
			k, err := strconv.Atoi(degree)
			if err != nil || squares[k] == 0 {
				return 0, bench.Refuse("level", text, "the target has no degree %s; %v", bench.ShowValue(degree), give)
			}
			level *= squares[k]
			continue
		}
		x, err := quantity.Number(factor)
		if err != nil {
			return 0, bench.Refuse("level", text, "%v", give)
		}
		level *= x
	}
	if !(level > 0) || level >= norm2 {
		return 0, bench.Refuse("level", text, "the risk %s is not between 0 and that of predicting nothing, %s", bench.Number(level), bench.Number(norm2))
	}
	return level, nil
}
