package xor

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"

	"kac/bench"
	"kac/internal/portable"
	"kac/kernels"
	"kac/meanfield/xor"
)

// Laws of the coordinates 3 to d of an input.
const (
	Spherical = "spherical" // uniform on the sphere of radius sqrt(d-2)
	Boolean   = "boolean"   // on the cube, as those of the samples are
)

// Defaults of the flags.
const (
	DefaultDim   = 24
	DefaultScale = 1.
	DefaultKappa = 2. // the paper's loss, -2 log sigmoid(y f)
)

// ReferenceParameters are those of the infinite network.
type ReferenceParameters struct {
	Problem string    `json:"problem"`
	Dim     int       `json:"dim"`
	Scale   float64   `json:"scale"`          // theta
	Loss    string    `json:"loss,omitempty"` // "": logistic
	Kappa   float64   `json:"kappa,omitempty"`
	Law     string    `json:"law"`
	Times   []float64 `json:"times"`
}

// Check fills in what was left out (0 and ""). Every error is a bench.InputError.
func (p *ReferenceParameters) Check() error {
	p.Problem = "xor"
	if p.Dim == 0 {
		p.Dim = DefaultDim
	}
	if p.Law == "" {
		p.Law = Spherical
	}
	if p.Law != Spherical && p.Law != Boolean {
		return bench.Refuse("law", p.Law, "allowed for xor are %s (the coordinates 3 to d uniform on the sphere of radius sqrt(d-2)) and %s (on the cube)", Spherical, Boolean)
	}
	for _, err := range []error{
		CheckDim(p.Dim),
		CheckScale(p.Scale), CheckLoss(&p.Loss, &p.Kappa),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// CheckScale refuses initial norms theta.
func CheckScale(theta float64) error {
	return bench.CheckNumber("scale", theta, xor.MinTheta, xor.MaxTheta, "theta, the initial |w| and |a|")
}

// Losses.
const (
	Logistic = "logistic" // kappa log(1 + e^(-yf))
	Square   = "square"   // (1 - yf)^2
)

// CheckLoss refuses losses, and factors of the logistic one, which is "" from here on; of the square kappa is 0.
func CheckLoss(loss *string, kappa *float64) error {
	switch *loss {
	case "", Logistic:
		*loss = ""
		return bench.CheckNumber("kappa", *kappa, xor.MinKappa, xor.MaxKappa, "factor of the loss")
	case Square:
		if *kappa != 0 {
			return bench.Refuse("kappa", bench.Number(*kappa), "it is the factor of the logistic loss; the square loss has none")
		}
		return nil
	}
	return bench.Refuse("loss", *loss, "allowed are %s (kappa log(1+exp(-y f))) and %s ((1 - y f)^2)", Logistic, Square)
}

// lossOf is the loss that is descended.
func lossOf(loss string, kappa float64) kernels.Loss {
	if loss == Square {
		return kernels.SquareLoss()
	}
	return kernels.LogisticLoss(kappa)
}

// plainOf is the loss that is printed, without its factor.
func plainOf(loss string) kernels.Loss { return lossOf(loss, 1) }

// atStart is minus the slope of the loss in yf at 0 times that which the descent has: kappa/2, or 1 of the square.
func atStart(loss string, kappa float64) float64 {
	_, r := lossOf(loss, kappa).Eval(0, 1)
	return r
}

// Run solves the infinite network up to a time.
func (p *ReferenceParameters) Run(ctx context.Context, horizon float64, workers int, progress func(share float64)) (*xor.Run, error) {
	return xor.SolveRun(ctx, p.Dim, p.Scale, lossOf(p.Loss, p.Kappa), horizon, p.options(workers, progress))
}

// options of the solution.
func (p *ReferenceParameters) options(workers int, progress func(share float64)) xor.Options {
	o := xor.Options{Workers: workers, Progress: progress}
	if p.Law == Boolean {
		o.Cube, o.Seed = cubeDraws(p.Dim), 1
	}
	return o
}

// cubeDraws is how many neurons tell the cube from the spherical rest: the difference falls with d, its cost grows.
func cubeDraws(dim int) int {
	switch {
	case dim <= 12:
		return 4096
	case dim <= 64:
		return 2048
	case dim <= 512:
		return 256
	}
	return 64
}

// marginOf is the G of a loss: log(1 + e^-G), below log 2, or (1 - G)^2.
func (p *ReferenceParameters) marginOf(loss float64) float64 {
	if p.Loss == Square {
		return 1 - math.Sqrt(loss)
	}
	return -math.Log(portable.Exp(loss) - 1)
}

// FirstTime is when the loss of G is first at most loss. key is the parameter that asks.
func (p *ReferenceParameters) FirstTime(ctx context.Context, key string, loss float64, workers int) (float64, error) {
	if !(loss > 1e-6) {
		return 0, bench.Refuse(key, "reach "+bench.Number(loss), "losses of xor are reached above 1e-06")
	}
	if first, _ := plainOf(p.Loss).Eval(0, 1); loss >= first {
		return 0, nil
	}
	for horizon := 8 / atStart(p.Loss, p.Kappa); ; horizon *= 4 {
		run, err := p.Run(ctx, horizon, workers, nil)
		if err != nil {
			return 0, err
		}
		if t, ok := run.Reach(p.marginOf(loss)); ok {
			return t, nil
		}
	}
}

// Points solves the infinite network at the times.
func (p *ReferenceParameters) Points(ctx context.Context, workers int, progress func(share float64)) ([]xor.Point, error) {
	run, err := p.Run(ctx, p.Times[len(p.Times)-1], workers, progress)
	if err != nil {
		return nil, fmt.Errorf("solving xor in dimension %d: %w", p.Dim, err)
	}
	points := make([]xor.Point, len(p.Times))
	for i, t := range p.Times {
		if points[i], err = run.At(t); err != nil {
			return nil, err
		}
	}
	return points, nil
}

// ReferenceHeader is the first line of the table of the infinite network.
const ReferenceHeader = "time,margin,loss,energy,share_signal,share_perpendicular,error"

// WriteReference writes ReferenceHeader and a line for each point.
func WriteReference(w io.Writer, points []xor.Point) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, ReferenceHeader)
	for _, p := range points {
		fmt.Fprintln(out, bench.Fields(p.Time, p.Margin, p.Loss, p.Energy, p.Signal, p.Perpendicular, p.Error))
	}
	return out.Flush()
}

// CheckDim returns a *bench.InputError for a dimension that the infinite network cannot have.
func CheckDim(dim int) error {
	return bench.CheckWhole("dim", dim, xor.MinDim, xor.MaxDim,
		"coordinates of an input: two are the label's, and of a single other one there is no direction to turn from")
}
