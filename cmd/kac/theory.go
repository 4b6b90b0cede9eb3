package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/bench/theory"
	"kac/internal/disk"
	"kac/internal/progress"
	"kac/internal/provenance"
	"kac/particles"
)

type theoryCommand struct {
	problemFlags `embed:""`

	Times     quantities  `group:"Theory:" required:"" placeholder:"T,T,..." help:"Times to print (paper time), increasing; \"reach 0.1\" is the first time at which the risk is 0.1, and d^1.5 a power of the dimension."`
	Tau       *realNumber `group:"Theory:" placeholder:"R" help:"Radius of B_tau, the target's neighbourhood, above 0 and up to 1. Default: 1/(5 degree)."`
	Tolerance realNumber  `group:"Theory:" default:"1e-8" placeholder:"E" help:"Absolute error allowed in the reference's risk, 1e-12 to 1e-2. Default: 1e-8."`

	Widths quantities   `group:"Measured:" placeholder:"M,M,..." help:"Also run finite networks of these widths: 64,128, 2^6..2^10 or d^1.5,d^2. Default: none."`
	Seeds  *wholeNumber `group:"Measured:" placeholder:"N" help:"With --widths: independent networks per width. Default: 8."`
	Seed   *seedNumber  `group:"Measured:" placeholder:"S" help:"With --widths: first seed. Default: 1."`

	Format *string `group:"Output:" placeholder:"FORMAT" help:"On standard output: text, csv or json. Default: csv, of --plan text."`
	Plan   bool    `group:"Output:" help:"Only say what it will take: the reference is solved, the rest predicted by some seconds of measuring."`

	outputFlags `embed:""`
}

// outputFlags are those of commands that compute in one go.
type outputFlags struct {
	Out     string       `group:"Output:" placeholder:"DIR" help:"Directory for the table as CSV, the picture and run.json."`
	Workers *wholeNumber `group:"Output:" placeholder:"N" help:"Threads; they do not change a digit. Default: one per processor."`
	Quiet   bool         `group:"Output:" short:"q" help:"No progress and no notes on standard error."`
}

func (f *outputFlags) workers() (int, error) {
	if f.Workers == nil {
		return runtime.GOMAXPROCS(0), nil
	}
	return int(*f.Workers), bench.CheckWhole("workers", int(*f.Workers), 1, 4096, "threads")
}

// store claims --out, nil without it.
func (f *outputFlags) store(p *process, program string, parameters any, files ...string) (*store.Results, error) {
	if f.Out == "" {
		return nil, nil
	}
	workers, err := f.workers()
	if err != nil {
		return nil, err
	}
	s, err := store.OpenResults(disk.Real, f.Out, program, parameters, bench.Session{Info: provenance.Current(), CommandLine: p.arguments, Workers: workers}, files...)
	if err != nil {
		return nil, inOut(f.Out, err)
	}
	for _, line := range append(s.Notes(), s.Damaged()...) { // told of even when quiet
		say(p.stderr, "%s: %s\n", program, line)
	}
	return s, nil
}

// finish writes what has been computed, tables before pictures, and says so. undrawn tells of pictures
// that could not be made, for after the tables are printed.
func (f *outputFlags) finish(p *process, name string, s *store.Results, tables, pictures []store.File) (undrawn, err error) {
	if undrawn, err = picturesOf(inOut(f.Out, s.Finish(tables, pictures))); err == nil && undrawn == nil {
		files := []string{}
		for _, file := range append(tables, pictures...) {
			files = append(files, file.Name)
		}
		f.note(p.stderr, name, "%s are in %s", fileList(append(files, store.RunFile)), f.Out)
	}
	return undrawn, err
}

func (f *outputFlags) note(stderr *os.File, name, format string, arguments ...any) {
	if !f.Quiet {
		say(stderr, name+": "+format+"\n", arguments...)
	}
}

func (c *theoryCommand) Help() string {
	return "For a single-index problem, prints CSV (or with --format text or JSON), and nothing else, on standard output, one line per time: the exact constant " +
		"C(t) = lim m E||f_m - f_MF||^2 with its error, the coupling's constant, the bounds on m * gap (Hessian ODE; potential and " +
		"Groenwall as decimal logarithms) and what they are made of. With --out also a picture, in which --widths shows measured gaps.\n\n" +
		"Columns: lipschitz is Lip_max of eq. (5); sampling_error sqrt(m) eps, eps as it is; strong_convexity the constant of Assumption LSC in B_tau; " +
		"self_concordance lambda alpha/((k-1) v) for D's top eigenvalue, _norm for ||D||, empty where it has no bound (particles stand still that D moves on); j_worst and " +
		"j_square the parts of J_max up to the time, suprema over all particles, the poles among them; j_average J_avg(tau); sqrt_risk_integral the integral of sqrt(L). NAME_error " +
		"beside each is an estimate of how wrong it may be; what cannot be resolved is an error. coupling_constant is lim m E_i|Delta_i|^2, of the mean square (gap.csv: coupling_square); mean_coupling_constant the limit of the squared mean, m E (mean_i |Delta_i|)^2 " +
		"(gap.csv: coupling_mean), which is never larger: all particles of a network share its fluctuations, so that the limit is one of random numbers, in mean over networks. " +
		"data_constant, noise_constant, sgd_constant, sgd_noise_constant and step_constant are those of the other gaps: with n samples, batches of B, steps of eta and label noise tau, " +
		"E||f - f_MF||^2 = gap_constant/m + (data_constant + tau^2 noise_constant)/n + eta/B (sgd_constant + tau^2 sgd_noise_constant) + eta^2 step_constant to leading order; " +
		"risk_slope is d risk/d eta, data_threshold the n below which the mean shift of the second order rules. For each width: measured m * gap with its standard error, " +
		"potential sqrt(m) Phi, potential_constant the least C for which the potential's inequality, eq. (8), has held for all seeds so far, and " +
		"interaction_energy m Delta^T H Delta of Lemma 16.\n\n" +
		"Example:\n\n  kac theory --problem he4 --dim 32 --times 0,10,50,100"
}

func (c *theoryCommand) Run(p *process) error {
	if c.Format != nil {
		if err := checkFormat(*c.Format); err != nil {
			return err
		}
	}
	parameters, problem, err := c.check(p)
	if err != nil {
		return err
	}
	workers, err := c.workers()
	if err != nil {
		return err
	}
	defer limitProcessors(workers)()
	if c.Plan {
		return c.plan(p, parameters, problem, workers)
	}
	if err := parameters.Memory(problem, workers).Check(); err != nil {
		return err
	}
	out, err := c.store(p, "kac theory", parameters, "theory.csv", "theory.svg")
	if err != nil {
		return err
	}
	if out != nil {
		defer out.Close()
	}
	start := time.Now()
	bar := progress.New(p.stderr, "kac theory", c.Quiet)
	study, err := theory.Run(p.ctx, parameters, workers, bar.Update)
	bar.Done()
	if err != nil {
		return err
	}
	var undrawn error
	if out != nil {
		tables := []store.File{{Name: "theory.csv", Fill: func(w io.Writer) error { return theory.WriteCSV(w, study.Parameters.Widths, study.Rows) }}}
		if undrawn, err = c.finish(p, "kac theory", out, tables, []store.File{store.Picture("theory.svg", study.Picture)}); err != nil {
			return err
		}
	}
	if err := p.print(c.format(formatCSV), output{program: "kac theory", parameters: study.Parameters, csv: func(w io.Writer) error {
		return theory.WriteCSV(w, parameters.Widths, study.Asked())
	}}); err != nil {
		return err
	}
	c.note(p.stderr, "kac theory", "%s", study.Weak.Text())
	c.note(p.stderr, "kac theory", "self-concordance: lambda alpha/((k-1) v) is at most %.4g for D's top eigenvalue, %.4g for ||D|| and alpha <= 1/2, over all particles with alpha >= 1/sqrt(d) and all times",
		study.SelfConcordance, study.SelfConcordanceNorm)
	if text := study.GapText(); text != "" {
		c.note(p.stderr, "kac theory", "%s", text)
	}
	if text := study.PotentialText(); text != "" {
		c.note(p.stderr, "kac theory", "%s", text)
	}
	c.note(p.stderr, "kac theory", "B_tau with tau = %.4g; %s", parameters.Tau, progress.Duration(time.Since(start)))
	return undrawn
}

// format is the one asked for, or the default.
func (c *theoryCommand) format(otherwise string) string {
	if c.Format == nil {
		return otherwise
	}
	return *c.Format
}

func (c *theoryCommand) check(process *process) (theory.Parameters, particles.Expectations, error) {
	var none theory.Parameters
	choice, err := c.choice()
	if err != nil {
		return none, nil, err
	}
	problem, err := choice.Make()
	if err != nil {
		return none, nil, err
	}
	widths, err := bench.WholesAt("widths", c.Widths, choice.Dim, bench.MaxWidth)
	if err != nil {
		return none, nil, err
	}
	p := theory.Parameters{ProblemChoice: choice, Times: []float64{1}, Tolerance: float64(c.Tolerance), Curves: c.Out != "", Widths: widths, Seeds: 8, Seed: 1}
	if c.Tau != nil {
		if p.Tau = float64(*c.Tau); p.Tau == 0 {
			return none, nil, &bench.InputError{Key: "tau", Value: "0", Reason: "allowed are numbers above 0 and up to 1 (distance to the target's direction)"}
		}
	}
	if len(c.Widths) == 0 && c.Seeds != nil {
		return none, nil, &bench.InputError{Key: "seeds", Value: fmt.Sprint(*c.Seeds), Reason: "only together with --widths, whose networks it repeats"}
	}
	if len(c.Widths) == 0 && c.Seed != nil {
		return none, nil, &bench.InputError{Key: "seed", Value: fmt.Sprint(*c.Seed), Reason: "only together with --widths, whose networks start from it"}
	}
	if c.Seeds != nil {
		p.Seeds = int(*c.Seeds)
	}
	if c.Seed != nil {
		p.Seed = uint64(*c.Seed)
	}
	trial := p
	if _, err = trial.Check(); err != nil {
		return p, nil, err
	}
	if p.Times, err = bench.TimesAt("times", c.Times, p.Dim, func(risk float64) (float64, error) {
		return bench.FirstTime(process.ctx, "times", problem, p.Tolerance, risk)
	}); err == nil {
		_, err = p.Check()
	}
	return p, problem, err
}
