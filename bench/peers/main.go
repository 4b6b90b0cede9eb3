// Command peers times the kernels' main operations against the same work in NumPy, PyTorch and gonum, in one run: every
// library gets the same numbers, runs take turns (kac, NumPy, PyTorch, gonum, kac, ...), and every result is compared
// with kac's before a time counts.
//
//	go run ./bench/peers                          all cases, every processor
//	go run ./bench/peers --threads 1 --only f64   the cases whose name contains a text
//
// The Python libraries run in child processes, one each, that are told to load, run and save by lines on their standard
// input: starting an interpreter and reading data are not timed.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"kac/internal/atomicfile"
	"kac/kernels"
)

var errInterrupted = errors.New("interrupted")

type options struct {
	python  string
	threads int
	rounds  int
	only    string
	out     string
}

func main() {
	var o options
	flag.StringVar(&o.python, "python", "/usr/bin/python3", "interpreter that has NumPy and PyTorch; Debian's packages belong to Debian's own")
	flag.IntVar(&o.threads, "threads", runtime.NumCPU(), "threads of kac; a peer has the better of one and as many")
	flag.IntVar(&o.rounds, "rounds", 5, "timed runs of every library and case; the medians are printed")
	flag.StringVar(&o.only, "only", "", "leave out cases whose name, such as \"velocity f64 4096,1024,64\", does not contain this")
	flag.StringVar(&o.out, "out", "", "file for the table as well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := o.check(); err != nil {
		fmt.Fprintf(os.Stderr, "peers: %v\n", err)
		os.Exit(2)
	}
	if err := compare(ctx, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "peers: %v\n", err)
		os.Exit(1)
	}
}

func (o options) check() error {
	switch {
	case flag.NArg() > 0:
		return fmt.Errorf("%q is not a flag; see --help", flag.Arg(0))
	case o.threads < 1 || o.threads > runtime.NumCPU():
		return fmt.Errorf("--threads %d: allowed are whole numbers from 1 to %d (processors)", o.threads, runtime.NumCPU())
	case o.rounds < 1:
		return fmt.Errorf("--rounds %d: allowed are whole numbers from 1", o.rounds)
	case len(o.cases()) == 0:
		return fmt.Errorf("--only %s: no case's name contains that", o.only)
	}
	return kernels.LevelError()
}

func (o options) cases() []work {
	var chosen []work
	for _, w := range allWork {
		if strings.Contains(w.String(), o.only) {
			chosen = append(chosen, w)
		}
	}
	return chosen
}

// compare runs all cases and prints the tables.
func compare(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	runtime.GOMAXPROCS(o.threads)
	dir, err := os.MkdirTemp("", "kac-peers-")
	if err != nil {
		return fmt.Errorf("making a directory for the data: %w", err)
	}
	defer os.RemoveAll(dir)
	libraries, missing, err := start(ctx, o, dir)
	if err != nil {
		return err
	}
	defer func() {
		for _, l := range libraries {
			if e := l.close(); e != nil && ctx.Err() == nil { // an interrupted child does not end well
				err = errors.Join(err, e)
			}
		}
	}()

	before := loadNow(libraries)
	var results []result
	var failed error
	for _, w := range o.cases() {
		fmt.Fprintf(stderr, "peers: %s\n", w)
		r, err := race(ctx, w, libraries, o.rounds)
		if ctx.Err() != nil {
			return errInterrupted
		}
		if err != nil {
			return fmt.Errorf("%s: %w", w, err)
		}
		results = append(results, r)
		failed = errors.Join(failed, r.check())
	}
	others := foreign(before, loadNow(libraries))
	if others > mostForeign {
		fmt.Fprintf(stderr, "peers: other programs kept %.1f processors busy: times and their ratios mean little, close them and run again\n", others)
	}
	var text bytes.Buffer
	report{options: o, libraries: libraries, missing: missing, results: results, foreign: others}.write(&text)
	if _, err := stdout.Write(text.Bytes()); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	if o.out != "" {
		if err := atomicfile.MakeDir(filepath.Dir(o.out)); err != nil {
			return fmt.Errorf("--out %s: %w", o.out, err)
		}
		if err := atomicfile.WriteBytes(o.out, text.Bytes()); err != nil {
			return fmt.Errorf("--out %s: %w", o.out, err)
		}
	}
	return failed
}

// start returns the libraries that are there, kac first, and what is said of the others.
func start(ctx context.Context, o options, dir string) (libraries []library, missing []string, err error) {
	libraries = []library{newKac(o.threads)}
	for _, l := range []struct{ name, module string }{{"NumPy", "numpy"}, {"PyTorch", "torch"}} {
		peer, err := startPeer(ctx, l.name, l.module, o, dir)
		switch {
		case ctx.Err() != nil:
			return nil, nil, errInterrupted
		case err != nil:
			missing = append(missing, fmt.Sprintf("%s is left out: %v; make peers installs it, or says what to install", l.name, err))
		default:
			libraries = append(libraries, peer)
		}
	}
	gonum := &best{threads: threadCounts(o.threads)}
	for _, threads := range gonum.threads {
		gonum.of = append(gonum.of, onThreads{newGonum(), threads})
	}
	return append(libraries, gonum), missing, nil
}

// startPeer starts a library once for every number of threads.
func startPeer(ctx context.Context, name, module string, o options, dir string) (library, error) {
	peer := &best{threads: threadCounts(o.threads)}
	for _, threads := range peer.threads {
		own := o
		own.threads = threads
		w, err := startWorker(ctx, name, module, own, dir)
		if err != nil {
			return nil, errors.Join(err, peer.close())
		}
		peer.of = append(peer.of, w)
	}
	return peer, nil
}
