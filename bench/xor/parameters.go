package xor

import (
	"context"
	"errors"
	"math"
	"slices"

	"kac/bench"
	"kac/internal/portable"
	"kac/internal/userdata"
	"kac/kernels"
	limit "kac/meanfield/xor"
	"kac/particles/xor"
)

// Limits and defaults of the flags.
const (
	MaxBatch       = 1 << 24
	MaxSteps       = 1 << 30
	DefaultEta     = .125
	DefaultHorizon = 12.
	DefaultPoints  = 21
	DefaultSeeds   = 4
	DefaultTest    = 4096
	DefaultZeta    = .5
	DefaultRate    = 4.
)

// Parameters say everything that determines the numbers of a measurement.
type Parameters struct {
	Dim       int     `json:"dim"`
	Widths    []int   `json:"widths"`
	Scale     float64 `json:"scale"`          // theta
	Loss      string  `json:"loss,omitempty"` // "": logistic
	Kappa     float64 `json:"kappa,omitempty"`
	Rate      float64 `json:"rate,omitempty"` // B; 0: the batch was given
	Batch     int     `json:"batch"`
	Cube      bool    `json:"cube,omitempty"`  // a batch is the whole cube
	Fixed     int     `json:"fixed,omitempty"` // fixed samples; 0: fresh ones
	Eta       float64 `json:"eta"`
	Horizon   float64 `json:"horizon"`
	Points    int     `json:"points"`
	Seeds     int     `json:"seeds"`
	Seed      uint64  `json:"seed"`
	Halves    bool    `json:"halves,omitempty"`
	Test      int     `json:"test"`
	Zeta      float64 `json:"zeta"`
	Coupling  bool    `json:"coupling,omitempty"`
	Law       string  `json:"law"` // of the infinite network
	Precision string  `json:"precision"`
	Initial   string  `json:"initial,omitempty"` // path of neurons (w, a) of one's own
	Data      string  `json:"data,omitempty"`    // paths of inputs and labels of one's own
	Labels    string  `json:"labels,omitempty"`
	Wide      int     `json:"reference_width,omitempty"` // of the network that then stands for infinitely many neurons
	Sum       string  `json:"sum,omitempty"`             // of the numbers of the files

	initial []float64 // rows of Dim+1
	own     *own
}

// Check fills in what follows from the rest. Every error is a bench.InputError that names the parameter.
func (p *Parameters) Check(ctx context.Context) (err error) {
	if p.Widths, err = bench.CheckWidths(p.Widths); err != nil {
		return err
	}
	p.Sum = ""
	if p.Data != "" || p.Labels != "" {
		if err := p.readOwn(ctx); err != nil {
			return err
		}
		if err := errors.Join(CheckScale(p.Scale), CheckLoss(&p.Loss, &p.Kappa)); err != nil {
			return err
		}
	} else {
		if p.Wide != 0 {
			return bench.Refuse("reference-width", p.Wide, "only together with data of your own; XOR has the infinite network")
		}
		reference := p.Reference()
		if err := reference.Check(); err != nil {
			return err
		}
		p.Law, p.Loss = reference.Law, reference.Loss
	}
	for _, err := range []error{
		bench.CheckPositive("eta", p.Eta, 1e3, "step of the descent (paper time)"),
		bench.CheckPositive("horizon", p.Horizon, bench.MaxTime, "paper time"),
		bench.CheckWhole("points", p.Points, 2, bench.MaxPoints, "times from 0 to the horizon"),
		bench.CheckWhole("seeds", p.Seeds, 1, bench.MaxSeeds, "networks of each width"),
		bench.CheckWhole("test", p.Test, 16, 1<<24, "inputs for testing"),
		bench.CheckPositive("zeta", p.Zeta, 1e3, "heavy neurons have |w_perp| + |w_opp| <= zeta |w_sig|"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Seed > math.MaxUint64-uint64(p.Seeds) {
		return bench.Refuse("seed", p.Seed, "with %d seeds the last one would be above the largest, %d", p.Seeds, uint64(math.MaxUint64))
	}
	if p.Precision == "" {
		p.Precision = bench.Float64
	}
	if p.Precision != bench.Float64 && p.Precision != bench.Float32 {
		return bench.Refuse("precision", p.Precision, "allowed are %s and %s", bench.Float64, bench.Float32)
	}
	steps := p.Horizon / p.Eta
	if math.Abs(steps-math.Round(steps)) > 1e-9*steps || math.Round(steps) < 1 {
		return bench.Refuse("horizon", bench.Number(p.Horizon), "it is %.6g steps of eta = %s; give a multiple of eta", steps, bench.Number(p.Eta))
	}
	if steps > MaxSteps {
		return bench.Refuse("eta", bench.Number(p.Eta), "%.3g steps up to the horizon; allowed are %d", steps, MaxSteps)
	}
	if p.own == nil {
		if err := p.checkBatch(); err != nil {
			return err
		}
	}
	if p.Halves {
		for _, m := range p.Widths {
			if m%2 == 1 {
				return bench.Refuse("widths", m, "with halves a width is even: half of the neurons have a > 0")
			}
		}
	}
	if err := p.readInitial(ctx); err != nil {
		return err
	}
	return p.memory(1).Check()
}

// checkBatch finds the batch, and refuses steps that would throw neurons about.
func (p *Parameters) checkBatch() error {
	switch {
	case p.Fixed != 0:
		if err := bench.CheckWhole("samples", p.Fixed, 1, MaxBatch, "fixed samples"); err != nil {
			return err
		}
		if p.Cube {
			return bench.Refuse("samples", p.Fixed, "not together with the whole cube")
		}
	case p.Cube && p.Dim > xor.MaxCube:
		return bench.Refuse("batch", "inf", "the whole cube is for at most %d coordinates; give a number", xor.MaxCube)
	}
	if p.Cube {
		p.Batch = 1 << p.Dim
	} else if p.Rate != 0 {
		if err := bench.CheckPositive("rate", p.Rate, 1e9, "B, batch = B eta d"); err != nil {
			return err
		}
		exact := p.Rate * p.Eta * float64(p.Dim)
		if p.Batch = int(math.Round(math.Min(exact, 1e12))); p.Batch < 1 {
			return bench.Refuse("rate", bench.Number(p.Rate), "the batch B eta d = %.3g rounds to 0; one sample a step is B = %.6g", exact, 1/(p.Eta*float64(p.Dim)))
		}
	}
	if !p.Cube {
		most, what := MaxBatch, "samples of a step"
		if p.Fixed > 0 {
			most, what = p.Fixed, "samples of a step, at most those that there are"
		}
		if err := bench.CheckWhole("batch", p.Batch, 1, most, what); err != nil {
			return err
		}
	}
	// |V_j|^2 is rho^2 (1/8 + d/(2b)) at the start, rho = kappa/2, in mean: (w, a) turns by the angle eta |V_j|.
	noise := 0.
	if !p.Cube {
		noise = float64(p.Dim) / (2 * float64(p.Batch))
	}
	if turn := p.Eta * atStart(p.Loss, p.Kappa) * math.Sqrt(1./8+noise); turn > 1 {
		return bench.Refuse("eta", bench.Number(p.Eta), "one step would move neurons by %.3g times their own length; give a smaller step or a larger batch", turn)
	}
	return nil
}

// Reference are the parameters of the infinite network.
func (p *Parameters) Reference() ReferenceParameters {
	return ReferenceParameters{Dim: p.Dim, Scale: p.Scale, Loss: p.Loss, Kappa: p.Kappa, Law: p.Law}
}

// trained is the loss that is descended, plain that of the tables.
func (p *Parameters) trained() kernels.Loss { return lossOf(p.Loss, p.Kappa) }
func (p *Parameters) plain() kernels.Loss   { return plainOf(p.Loss) }

// readInitial reads neurons of one's own.
func (p *Parameters) readInitial(ctx context.Context) error {
	if p.Initial == "" {
		return nil
	}
	if p.Coupling {
		return bench.Refuse("coupling", "given", "the infinite network starts from the law of the paper, not from neurons of one's own")
	}
	if p.Halves {
		return bench.Refuse("halves", "given", "neurons of one's own have their own second layer")
	}
	m, err := userdata.Read(ctx, p.Initial, func(bytes float64) error {
		return bench.Memory{{Key: "initial", Value: p.Initial, Bytes: bytes, Lower: "its size"}}.Check()
	})
	if err != nil {
		return bench.Refuse("initial", p.Initial, "%s", bench.Reason(err))
	}
	if m.Columns != p.Dim+1 {
		return bench.Refuse("initial", p.Initial, "it has %d columns; in dimension %d a neuron is %d numbers: w, then a", m.Columns, p.Dim, p.Dim+1)
	}
	if _, err := xor.FromSnapshot[float64](m.X, p.Dim); err != nil {
		return bench.Refuse("initial", p.Initial, "%v", err)
	}
	if widest := p.Widths[len(p.Widths)-1]; widest > m.Rows {
		return bench.Refuse("widths", widest, "%s has %d neurons", p.Initial, m.Rows)
	}
	p.initial, p.Scale = m.X, rootMeanSquare(m.X, p.Dim)
	if err := CheckScale(p.Scale); err != nil {
		return bench.Refuse("initial", p.Initial, "the root of the mean of |w|^2 is %s; the infinite network beside it has a scale from %g to %g", bench.Number(p.Scale), limit.MinTheta, limit.MaxTheta)
	}
	if p.Sum += sumOf(m.X); p.own != nil && p.Wide > m.Rows {
		return bench.Refuse("reference-width", p.Wide, "%s has %d neurons", p.Initial, m.Rows)
	}
	return nil
}

// rootMeanSquare is that of |w| over rows (w, a): the scale of the infinite network beside neurons of one's own.
func rootMeanSquare(rows []float64, dim int) float64 {
	sum := 0.0
	for i, x := range rows {
		if i%(dim+1) < dim {
			sum += x * x
		}
	}
	return math.Sqrt(sum / float64(len(rows)/(dim+1)))
}

// Paper sets the parameters of theorem 3.1 of the paper for a constant: theta = eta = log^-C d and a batch of d/theta.
// The horizon becomes a multiple of eta; with late it is about when the infinite network's loss is .1.
func (p *Parameters) Paper(constant float64, late bool) {
	p.Scale = portable.Pow(math.Log(float64(p.Dim)), -constant)
	p.Eta, p.Rate, p.Batch = p.Scale, 0, int(math.Round(float64(p.Dim)/p.Scale))
	if late {
		p.Horizon = (math.Sqrt(math.Pi/2)*math.Log(float64(p.Dim)) + 2*math.Sqrt2*math.Log(1/p.Scale) + 6) / atStart(p.Loss, p.Kappa)
	}
	p.Horizon = bench.StepTime(int64(math.Ceil(p.Horizon/p.Eta)), p.Eta)
}

// Steps of the descent.
func (p *Parameters) Steps() int64 { return int64(math.Round(p.Horizon / p.Eta)) }

// Observed are the steps after which rows are written: about Points of them from 0 to the last.
func (p *Parameters) Observed() []int64 {
	steps := p.Steps()
	var out []int64
	for k := range int64(p.Points) {
		out = append(out, int64(math.Round(float64(k)*float64(steps)/float64(p.Points-1))))
	}
	return slices.Compact(out)
}

// Times are those of the rows.
func (p *Parameters) Times() []float64 {
	var out []float64
	for _, s := range p.Observed() {
		out = append(out, bench.StepTime(s, p.Eta))
	}
	return out
}

// wholeTest says that networks are tested on the whole cube.
func (p *Parameters) wholeTest() bool {
	return p.own == nil && p.Dim <= xor.MaxCube && (p.Cube || 1<<p.Dim <= p.Test)
}

// tests is how many inputs networks are tested on.
func (p *Parameters) tests() int {
	switch {
	case p.own != nil:
		return len(p.own.y)
	case p.wholeTest():
		return 1 << p.Dim
	}
	return p.Test
}

// bytes of a number.
func (p *Parameters) bytes() float64 {
	if p.Precision == bench.Float32 {
		return 4
	}
	return 8
}

// memory estimates what so many cells of the largest width hold at once.
func (p *Parameters) memory(cells int) bench.Memory {
	m, d, at := float64(p.Widths[len(p.Widths)-1]), float64(p.Dim), float64(cells)
	b := p.bytes()
	twins := 0.
	if p.Coupling {
		twins = 16 * m * (d + 2)
	}
	wides := 0.
	if p.own != nil { // its outputs, its coordinates, and the data in both precisions
		wides = 8*float64(p.Seeds*p.Points*len(p.own.y)) + 5*8*float64(p.Wide)*(d+1) + 3*8*float64(len(p.own.x))
	}
	return bench.Memory{
		{Key: "reference-width", Value: p.Wide, Bytes: wides, Lower: "it"},
		{Key: "widths", Value: p.Widths[len(p.Widths)-1], Bytes: at * (4*b*m*(d+2) + twins), Lower: "it"},
		{Key: "batch", Value: p.Batch, Bytes: at * 3 * b * float64(p.Batch) * (d + 4), Lower: "it"},
		{Key: "test", Value: p.Test, Bytes: at * b * float64(p.tests()) * (d + 4), Lower: "it"},
		{Key: "samples", Value: p.Fixed, Bytes: at * (b + 8) * float64(p.Fixed) * (d + 2), Lower: "it"},
		{Key: "seeds", Value: p.Seeds, Bytes: 8 * float64(len(Schema.Columns)) * float64(p.Seeds) * float64(len(p.Widths)) * float64(p.Points), Lower: "it"},
	}
}

// work of a cell of a width, in nominal floating-point operations.
func (p *Parameters) work(width int) float64 {
	m, d := float64(width), float64(p.Dim)
	work := float64(p.Steps()) * (4*float64(p.Batch)*m*d + 6*m*d)
	work += float64(p.Points) * 2 * float64(p.tests()) * m * d
	if p.Coupling {
		work += m * p.Horizon * atStart(p.Loss, p.Kappa) * 400 * (d + 40) * (4 + math.Sqrt(d))
	}
	return work
}
