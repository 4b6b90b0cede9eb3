// Command kac measures the gap between a network of m neurons, seen as particles on a sphere, and
// its infinite-width limit.
//
// Exit codes: 0 done, 1 input/output or another failure while running, 2 bad input, 3 a state that
// is not finite, 4 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"kac/bench"
	"kac/bench/sweep"
	"kac/internal/memory"
	"kac/internal/ode"
	"kac/internal/visible"
	"kac/kernels"
	"kac/particles"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitBadInput    = 2
	exitNonFinite   = 3
	exitInterrupted = 4
)

// grammar is the command line, declared by struct tags. kong is the library because flags are then
// typed fields with their help beside them, values check themselves while they are read, and
// nothing is global, so that a test can build a fresh parser.
type grammar struct {
	Gap       gapCommand       `cmd:"" help:"Measure the gap between m neurons and infinitely many."`
	Train     trainCommand     `cmd:"" help:"Train networks on samples and compare them with infinite width."`
	Reference referenceCommand `cmd:"" help:"Solve the infinite-width network and print its risk."`
	Hessian   hessianCommand   `cmd:"" help:"Local Hessians of every particle of a finite network, beside infinite width."`
	Measure   measureCommand   `cmd:"" help:"How far a network that somebody else trained is from its mean-field limit."`
	Theory    theoryCommand    `cmd:"" help:"The exact 1/m constant of the gap, the theory's bounds, and what they are made of."`
	Sweep     sweepCommand     `cmd:"" help:"Run a study: a grid of gap studies from a file, that survives anything."`
	Status    statusCommand    `cmd:"" help:"How far a sweep is, and how long it will take."`
	Slurm     slurmCommand     `cmd:"" help:"Write the scripts that run a study on a Slurm cluster."`
	Check     checkCommand     `cmd:"" help:"Verify every file of a sweep."`
	Report    reportCommand    `cmd:"" help:"Make a report of a study: one HTML file, and its charts."`
	Explore   exploreCommand   `cmd:"" help:"Watch a network learn beside its limit, live in a browser."`
	Figure    figureCommand    `cmd:"" help:"Compute one of the paper's figures again."`
	Contrast  contrastCommand  `cmd:"" help:"Contrastive learning of features from finite batches, and what noise on one does to the others."`
	Compare   compareCommand   `cmd:"" help:"Networks against kernels on the sphere: risk by the number of samples."`
	Code      codeCommand      `cmd:"" help:"Gradient codes on graphs: decoding error against the infinite graph, descent under stragglers."`
	Local     localCommand     `cmd:"" help:"Replicas averaged now and then: Local SGD and FedAvg against infinitely many clients."`
	Xor       xorCommand       `cmd:"" help:"Two trained layers on XOR, against the exact infinite network."`
	Decision  decisionCommand  `cmd:"" help:"Exact minimax gamma-regret of bandits, and decision-estimation coefficients."`
	Margin    marginCommand    `cmd:"" help:"Max-margin classifiers in many dimensions: the exact law over data sets, and its limit."`
	Budget    budgetCommand    `cmd:"" help:"How many neurons, samples and steps keep a network within an error of its limit."`
	Scaling   scalingCommand   `cmd:"" help:"Time to learn, stability and the 1/m constant against the dimension."`
	Roofline  rooflineCommand  `cmd:"" help:"Measure this machine's limits and how near the kernels come."`
	Problems  problemsCommand  `cmd:"" help:"List the problems known by name."`
	Complete  shellsCommand    `cmd:"" name:"completion" help:"Print a script that completes commands in bash, zsh or fish."`
	Manual    manualCommand    `cmd:"" help:"Print the manual page, kac(1)."`
	Version   versionCommand   `cmd:"" help:"Print version, build, processor and kernel level."`
	Help      helpCommand      `cmd:"" help:"Explain a command: kac help gap."`

	ShowVersion versionFlag `name:"version" help:"Print version, build, processor and kernel level."`
}

// process is what a command may use of the world.
type process struct {
	ctx       context.Context // ends with a signal; a field, as commands are run with a process alone
	arguments []string        // the command line, program first
	stdout    io.Writer
	stderr    *os.File
}

func main() {
	memory.Obey()
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	// The first signal stops the work in order; a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	code := run(&process{ctx: ctx, arguments: os.Args, stdout: os.Stdout, stderr: os.Stderr})
	stop()
	os.Exit(code)
}

func run(p *process) int {
	help := false
	parser, err := newParser(p, func(int) { help = true })
	if err != nil {
		say(p.stderr, "kac: the command line is declared wrongly: %v\n", err)
		return exitFailure
	}
	arguments := askHelp(p.arguments[1:])
	parsed, err := parser.Parse(arguments)
	if help {
		return exitOK
	}
	name := "kac"
	if parse := (*kong.ParseError)(nil); errors.As(err, &parse) {
		parsed = parse.Context
	}
	var typed *commandLine
	if parsed != nil && parsed.Selected() != nil {
		name += verbName(parsed.Selected())
		var twice error
		if typed, twice = readCommandLine(parsed); twice != nil {
			err = twice
		}
		typed.failed(err)
	}
	if err == nil {
		if err = checkLevel(); err == nil {
			err = parsed.Run()
		}
	}
	return typed.report(p.stderr, name, err)
}

// verbName is the verb as it is typed: " decision dec", and " decision" for what it does alone.
func verbName(n *kong.Node) string {
	if n == nil || n.Parent == nil {
		return ""
	}
	if n.Parent.DefaultCmd == n {
		return verbName(n.Parent)
	}
	return verbName(n.Parent) + " " + n.Name
}

// newParser makes a fresh parser of the command line; exit is called where help or the version was asked for.
func newParser(p *process, exit func(int)) (*kong.Kong, error) {
	return kong.New(&grammar{},
		kong.Name("kac"),
		kong.Description("The gap between a network of m neurons and its infinite-width limit, exactly. "+
			"All times are paper time: dw/dt = nu(w), without a factor 2."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 80, NoExpandSubcommands: true}),
		kong.WithHyphenPrefixedParameters(true), // so that "--times -1,2" is a bad time, not a bad flag
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(exit),
		kong.KindMapper(reflect.String, textMapper{}),
		kong.Bind(p),
	)
}

// checkLevel reports a kernel level that the environment asks for and this processor or build does
// not have.
func checkLevel() error {
	err := kernels.LevelError()
	if err == nil {
		return nil
	}
	return &levelError{err}
}

type levelError struct{ err error }

func (e *levelError) Error() string { return e.err.Error() }

// failure is an error with something to add: what was kept, how to go on.
type failure struct {
	err  error
	note string // printed on a line of its own
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// report prints one line about the error, with the hint that belongs to its kind, and returns the
// exit code.
func (c *commandLine) report(stderr io.Writer, name string, err error) int {
	if err == nil {
		return exitOK
	}
	var (
		input     *bench.InputError
		file      *sweep.FileError
		parse     *kong.ParseError
		level     *levelError
		particle  *particles.NonFiniteError
		component *ode.NonFiniteError
		row       *bench.NonFiniteError
		explained *failure
	)
	code := exitFailure
	message := err.Error()
	switch {
	case errors.As(err, &file):
		code, message = exitBadInput, file.Error()
	case errors.As(err, &input):
		code, message = exitBadInput, c.describe(input)
	case errors.As(err, &parse):
		code, message = exitBadInput, parse.Error()+"; see "+name+" --help"
	case errors.As(err, &level):
		code = exitBadInput
	case errors.As(err, &particle), errors.As(err, &component), errors.As(err, &row):
		code = exitNonFinite
	case errors.Is(err, context.Canceled):
		code, message = exitInterrupted, "interrupted"
	}
	fmt.Fprintf(stderr, "%s: %s\n", name, oneLine(message))
	if errors.As(err, &explained) && explained.note != "" {
		fmt.Fprintf(stderr, "%s: %s\n", name, visible.Text(explained.note))
	}
	return code
}

// oneLine joins lines, and shows what a terminal would obey.
func oneLine(s string) string { return visible.Text(strings.Join(strings.Fields(s), " ")) }
