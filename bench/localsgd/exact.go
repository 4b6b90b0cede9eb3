package localsgd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"kac/bench"
	ideal "kac/meanfield/localsgd"
	"kac/particles/localsgd"
)

// MaxRounds bounds R.
const MaxRounds = 1_000_000

// ExactParameters say everything that determines the numbers of kac local --exact.
type ExactParameters struct {
	Quadratics
	Algorithms []string `json:"algorithm"`
	Clients    []int    `json:"clients,omitempty"`
	LocalSteps []int    `json:"local_steps"`
	Rounds     int      `json:"rounds"`
	Eta        float64  `json:"eta"`
	ServerStep float64  `json:"server_step"`
	Momentum   float64  `json:"momentum,omitempty"`
	Noise      string   `json:"noise"`
	Start      float64  `json:"start"`

	noise localsgd.Noise
}

// Check refuses what cannot be computed.
func (p *ExactParameters) Check(ctx context.Context) (err error) {
	if p.noise, err = noise("noise", p.Noise); err != nil {
		return err
	}
	for i, name := range p.Algorithms {
		switch {
		case !slices.Contains(localsgd.Algorithms[:5], name):
			return bench.Refuse("algorithm", name, "exact moments are known for %s", strings.Join(localsgd.Algorithms[:5], ", "))
		case slices.Contains(p.Algorithms[:i], name):
			return bench.Refuse("algorithm", name, "it is there twice")
		case name != localsgd.LocalSGD && p.ServerStep != 1:
			return bench.Refuse("server-step", bench.Number(p.ServerStep), "%s has one step, --eta; leave the server's step out", name)
		}
	}
	slices.Sort(p.LocalSteps)
	for _, err := range []error{
		increasing("local-steps", p.LocalSteps, MaxLocalSteps, "local steps"),
		bench.CheckWhole("rounds", p.Rounds, 1, MaxRounds, "rounds"),
		bench.CheckPositive("server-step", p.ServerStep, 100, "step of the server"),
		bench.CheckNumber("momentum", p.Momentum, 0, .999999, "of SGDM"),
		bench.CheckNumber("start", p.Start, -1e6, 1e6, "every coordinate of the first point"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Matrices != "" && len(p.Clients) > 0 {
		return bench.Refuse("clients", bench.Wholes(p.Clients, ","), "the matrices say how many clients there are; leave it out")
	}
	if p.Matrices == "" {
		slices.Sort(p.Clients)
		if err := increasing("clients", p.Clients, MaxClients, "clients"); err != nil {
			return err
		}
		most := float64(p.Clients[len(p.Clients)-1])
		d := float64(p.Dim)
		if err := (bench.Memory{{Key: "dim", Value: p.Dim, Bytes: 32 * most * d * d, Lower: "it, or clients"}}).Check(); err != nil {
			return err
		}
	}
	if err := p.Quadratics.check(ctx); err != nil {
		return err
	}
	dim := p.Dim
	if p.read != nil {
		p.Clients, dim = []int{p.read.Clients()}, p.read.Dim()
	}
	if err := p.checkWork(dim); err != nil {
		return err
	}
	return p.checkStep(ctx)
}

// work is what the moments of a configuration take, nominal floating-point operations: the clients' eigenvalues and
// powers, and products of matrices every round.
func (p *ExactParameters) work(name string, dim, clients, steps int) float64 {
	d, bits := float64(dim), math.Log2(float64(steps))+1
	cube := d * d * d
	own, state := 22*cube, cube
	switch name {
	case localsgd.LocalSGD:
		own += 16 * bits * cube
	case localsgd.LocalSGDM:
		own += 128*bits*cube + 40*float64(steps)*d
		state *= 8
	case localsgd.MinibatchSGDM, localsgd.AcceleratedMinibatch:
		state *= 8
	}
	return float64(clients)*(own+1e4) + float64(p.Rounds)*(8*state+1e4)
}

// checkWork refuses what takes longer than a year of one thread, and tables that do not fit.
func (p *ExactParameters) checkWork(dim int) error {
	work := 0.0
	for _, name := range p.Algorithms {
		for _, clients := range p.Clients {
			for _, steps := range p.LocalSteps {
				work += p.work(name, dim, clients, steps)
			}
		}
	}
	if work > longestWork {
		key, value := "dim", dim
		if p.Matrices != "" || p.Rounds > dim*dim {
			key, value = "rounds", p.Rounds
		}
		return bench.Refuse(key, value, "exact moments of %d clients in dimension %d, %d local steps and %d rounds take about %.2g years of one thread; allowed is one: lower dim, rounds, clients or local-steps",
			p.Clients[len(p.Clients)-1], dim, p.LocalSteps[len(p.LocalSteps)-1], p.Rounds, work/longestWork)
	}
	rows := float64(p.Rounds) * float64(len(p.Algorithms)*len(p.Clients)*len(p.LocalSteps))
	return bench.Memory{{Key: "rounds", Value: p.Rounds, Bytes: rows * float64(300+16*dim), Lower: "it, or the lists"}}.Check()
}

func (p *ExactParameters) checkStep(ctx context.Context) error {
	f, err := p.of(ctx, p.Clients[0])
	if err != nil {
		return err
	}
	_, most := f.Curvatures()
	of := "the clients' matrices"
	switch {
	case slices.Contains(p.Algorithms, localsgd.LocalSGD):
	case !slices.Contains(p.Algorithms, localsgd.MinibatchSGD) && !slices.Contains(p.Algorithms, localsgd.AcceleratedMinibatch):
		most *= (1 - p.Momentum) / (1 + p.Momentum) // heavy balls are stable up to 2 (1+b1)/((1-b1) H)
		of = "the clients' matrices, less by the momentum"
	default:
		mean := f.MeanCurvature()
		most, of = mean, "the mean of the matrices"
	}
	return stable(p.Eta, most, of)
}

// ExactRow is an algorithm after some rounds.
type ExactRow struct {
	Algorithm           string
	Clients, LocalSteps int
	ideal.Moments
}

// ExactTable is the result of kac local --exact.
type ExactTable struct {
	Parameters ExactParameters
	Rows       []ExactRow
}

// RunExact computes the table.
func RunExact(ctx context.Context, p ExactParameters, progress func(share float64, what string)) (*ExactTable, error) {
	t := &ExactTable{Parameters: p}
	done, all := 0, len(p.Clients)*len(p.LocalSteps)*len(p.Algorithms)
	for _, name := range p.Algorithms {
		for _, clients := range p.Clients {
			f, err := p.of(ctx, clients)
			if err != nil {
				return nil, err
			}
			start := make([]float64, f.Dim())
			for i := range start {
				start[i] = p.Start
			}
			for _, k := range p.LocalSteps {
				q := ideal.Quadratic{Objective: f, Eta: p.Eta, Beta: p.ServerStep, Sigma: p.noise.Sigma, LocalSteps: k, Start: start}
				a := localsgd.Algorithm{Name: name, LocalSteps: k, Momentum: p.Momentum, Clip: math.Inf(1), Share: 1}
				rows, err := abandoned(ctx, func() ([]ideal.Moments, error) { return ideal.MomentsOf(ctx, &q, &a, p.Rounds) })
				if err != nil {
					return nil, err
				}
				for _, m := range rows {
					where := fmt.Sprintf("%s, %d clients, %d local steps", name, clients, k)
					if err := bench.CheckTable(where, float64(m.Round), []string{"value gap", "square of the distance"}, m.Gap, m.Distance2); err != nil {
						return nil, err
					}
					t.Rows = append(t.Rows, ExactRow{name, clients, k, m})
				}
				done++
				if progress != nil {
					progress(float64(done)/float64(all), "moments")
				}
			}
		}
	}
	return t, nil
}

// ExactHeader is the first line of exact.csv.
const ExactHeader = "algorithm,clients,local_steps,round,gradients,communications,value_gap,value_gap_error,value_gap_mean,value_gap_noise,distance,distance_error"

// WriteCSV writes the table.
func (t *ExactTable) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, ExactHeader)
	for _, r := range t.Rows {
		root := math.Sqrt(r.Distance2)
		fmt.Fprintf(out, "%s,%d,%d,%d,%d,%d,%s\n", r.Algorithm, r.Clients, r.LocalSteps, r.Round, r.Clients*r.LocalSteps*r.Round, r.Round,
			bench.Fields(r.Gap, r.GapError, r.GapMean, r.GapNoise, root, r.DistanceError/math.Max(2*root, 1e-300)))
	}
	return out.Flush()
}

// WriteText writes the table for people.
func (t *ExactTable) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "E F(x) - F*, exactly, over all noise; of it the part of the mean point, and of the noise.\n\n")
	rows := [][]string{{"algorithm", "M", "K", "round", "value gap", "+-", "of the mean", "of the noise", "rms distance"}}
	every := max((t.Parameters.Rounds-1)/10, 1)
	for _, r := range t.Rows {
		if r.Round%every == 0 || r.Round == 1 || r.Round == t.Parameters.Rounds {
			rows = append(rows, []string{r.Algorithm, fmt.Sprint(r.Clients), fmt.Sprint(r.LocalSteps), fmt.Sprint(r.Round), fmt.Sprintf("%.9e", r.Gap), fmt.Sprintf("%.0e", r.GapError),
				fmt.Sprintf("%.4e", r.GapMean), fmt.Sprintf("%.4e", r.GapNoise), fmt.Sprintf("%.6g", math.Sqrt(r.Distance2))})
		}
	}
	fmt.Fprint(out, bench.Align(rows, 1))
	return out.Flush()
}
