package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"kac/bench"
	"kac/bench/explore"
	"kac/bench/gap"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/provenance"
)

type exploreCommand struct {
	problemFlags `embed:""`

	Width   wholeNumber `group:"Network:" default:"256" placeholder:"M" help:"Width m, the number of neurons. Default: 256."`
	Seed    seedNumber  `group:"Network:" default:"1" placeholder:"S" help:"Seed of the first weights. Default: 1."`
	Horizon realNumber  `group:"Network:" default:"30" placeholder:"T" help:"Last time (paper time); of a descent moved up to a whole number of steps between frames. Default: 30."`
	Points  wholeNumber `group:"Network:" default:"401" placeholder:"N" help:"Frames, equally spaced from 0 to the horizon. Default: 401."`

	Dynamics    string      `group:"Dynamics:" default:"flow" placeholder:"WORD" help:"flow: projected gradient flow; descent: projected gradient descent with step --eta. Default: flow."`
	Eta         *realNumber `group:"Dynamics:" placeholder:"E" help:"Step of the descent (paper time). Default: 0.01."`
	Tolerance   realNumber  `group:"Dynamics:" default:"1e-8" placeholder:"E" help:"Absolute error allowed in the reference's risk, 1e-12 to 1e-2. Default: 1e-8."`
	Eigenvalues string      `group:"Dynamics:" default:"auto" placeholder:"WORD" help:"Whose local Hessians colour the particles: network, limit, or auto, the network's where they are cheap. Default: auto."`

	Port      wholeNumber  `group:"Page:" default:"0" placeholder:"P" help:"Port of the loopback interface, 0: any free one. Default: 0."`
	NoBrowser bool         `group:"Page:" help:"Start no browser; open the printed address yourself."`
	Speed     *realNumber  `group:"Page:" placeholder:"X" help:"Paper time per second, 0: as fast as it goes. Default: 2, with --record 0."`
	Leave     string       `group:"Page:" placeholder:"WORD" help:"While nobody looks the run goes on (run) or waits (pause). Default: pause, with --record run."`
	Record    string       `group:"Page:" placeholder:"DIR" help:"Directory for the run as one page that needs no network, explore.html, frames.csv and the clouds as .npy. When that is done and nobody looks, kac ends."`
	Workers   *wholeNumber `group:"Page:" placeholder:"N" help:"Threads; they do not change a digit. Default: one per processor."`
	Quiet     bool         `group:"Page:" short:"q" help:"No notes on standard error."`
}

func (c *exploreCommand) Help() string {
	return "Opens a page in which one network learns live, on the kernels that all of kac uses, beside its exact infinite-width limit: the cloud of particles " +
		"coloured by the top eigenvalue of their local Hessians, with lines to their infinite-width twins; the histogram of alignments under the exact density; " +
		"risk, m * function error with C(t), m * coupling^2. Problem, sizes, seed, dynamics and speed can be changed there, and time scrubbed back.\n\n" +
		"Prints one line, the address with a token that is good for one session of one browser. The page is served on the loopback interface of this machine alone; " +
		"requests that other sites make are refused. Ctrl-C ends it.\n\n" +
		"Examples:\n\n  kac explore --problem he4 --dim 16 --width 1024\n\n  kac explore --dim 16 --record he4-live --no-browser"
}

func (c *exploreCommand) Run(p *process) error {
	parameters, err := c.parameters()
	if err != nil {
		return err
	}
	workers := workersOr(c.Workers)
	if err := bench.CheckWhole("workers", workers, 1, 4096, "threads"); err != nil {
		return err
	}
	defer limitProcessors(workers)()
	speed, leave := 2.0, explore.LeavePause
	if c.Record != "" {
		speed, leave = 0, explore.LeaveRun
	}
	if c.Speed != nil {
		speed = float64(*c.Speed)
	}
	if c.Leave != "" {
		leave = c.Leave
	}
	listener, err := explore.Listen(int(c.Port))
	if err != nil {
		return err
	}
	defer listener.Close()
	var out *store.Results
	if c.Record != "" {
		session := bench.Session{Info: provenance.Current(), CommandLine: p.arguments, Workers: workers}
		if out, err = store.OpenResults(disk.Real, c.Record, "kac explore", parameters, session, explore.Files()...); err != nil {
			return c.inRecord(err)
		}
		defer out.Close()
		for _, line := range append(out.Notes(), out.Damaged()...) {
			say(p.stderr, "kac explore: %s\n", line)
		}
	}
	live, err := explore.NewLive(p.ctx, parameters, workers, speed, leave)
	if err != nil {
		return err
	}
	defer live.Close()
	return c.serve(p, live, listener, out)
}

// parameters are those of the first run, checked.
func (c *exploreCommand) parameters() (explore.Parameters, error) {
	choice, err := c.choice()
	if err != nil {
		return explore.Parameters{}, err
	}
	parameters := explore.Parameters{
		ProblemChoice: choice, Width: int(c.Width), Seed: uint64(c.Seed), Horizon: float64(c.Horizon), Points: int(c.Points),
		Dynamics: c.Dynamics, Tolerance: float64(c.Tolerance), Eigenvalues: c.Eigenvalues,
	}
	switch descent := c.Dynamics == gap.DynamicsDescent; {
	case descent && c.Eta == nil:
		parameters.Eta = 0.01
	case c.Eta != nil:
		parameters.Eta = float64(*c.Eta)
	}
	_, _, err = parameters.Check()
	return parameters, err
}

// serve prints the address and answers until Ctrl-C, or until the recording is done and nobody looks.
func (c *exploreCommand) serve(p *process, live *explore.Live, listener net.Listener, out *store.Results) error {
	server, err := explore.NewServer(live, listener)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(p.stdout, server.Address()); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	if !c.NoBrowser {
		if err := openBrowser(server.Address()); err != nil {
			say(p.stderr, "kac explore: no browser could be started (%v); open the address above\n", err)
		}
	}
	ctx, end := context.WithCancel(p.ctx)
	defer end()
	recorded := error(nil)
	var group sync.WaitGroup
	if out != nil {
		run := live.Run()
		group.Go(func() {
			if live.Wait(ctx) != nil { // Ctrl-C: what is there is kept
				live.Close()
			}
			if recorded = c.save(p, run, out); recorded != nil || live.Viewers() == 0 {
				end()
			}
		})
	}
	err = server.Serve(ctx)
	group.Wait()
	return errors.Join(err, recorded)
}

// save writes what a run has shown.
func (c *exploreCommand) save(p *process, run *explore.Run, out *store.Results) error {
	phase, failed := run.Phase()
	recording, err := run.Record()
	if err != nil {
		return errors.Join(failed, err)
	}
	if err := out.Finish(recording.Tables(), nil); err != nil {
		return c.inRecord(err)
	}
	if !c.Quiet {
		say(p.stderr, "kac explore: %d frames (%s) are in %s: %s\n", recording.Frames(), phase, c.Record, fileList(explore.Files()))
	}
	return failed
}

// inRecord says of an error that it is about --record.
func (c *exploreCommand) inRecord(err error) error {
	if input := (*bench.InputError)(nil); errors.As(err, &input) && input.Key == "out" {
		return &bench.InputError{Key: "record", Value: input.Value, Reason: input.Reason}
	}
	if errors.Is(err, disk.ErrLocked) {
		return fmt.Errorf("--record %s: another kac process is writing there; wait for it or choose another directory", c.Record)
	}
	return fmt.Errorf("--record %s: %w", c.Record, err)
}
