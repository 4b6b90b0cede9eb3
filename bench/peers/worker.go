package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kac/kernels"
)

//go:embed worker.py
var workerScript []byte

// worker is a library in a child process: see worker.py for the lines that are spoken.
type worker struct {
	title, release string
	dir            string // the child's working directory, where data is exchanged
	process        *exec.Cmd
	input          io.WriteCloser
	output         *bufio.Reader
	stderr         bytes.Buffer
	work           work
}

func startWorker(ctx context.Context, title, module string, o options, dir string) (*worker, error) {
	script := filepath.Join(dir, "worker.py")
	if err := os.WriteFile(script, workerScript, 0o600); err != nil {
		return nil, fmt.Errorf("writing the worker's program: %w", err)
	}
	w := &worker{title: title, dir: dir, process: exec.CommandContext(ctx, o.python, "-I", script, module, strconv.Itoa(o.threads))}
	// What serves these libraries best, unless the caller says otherwise: threads that sleep between loops, where
	// waiting ones would lose their processors to other programs, and PyTorch's element operations at the best level
	// that there is.
	w.process.Env = []string{"OMP_WAIT_POLICY=passive"}
	if slices.Contains(kernels.Levels(), "avx512") {
		w.process.Env = append(w.process.Env, "ATEN_CPU_CAPABILITY=avx512")
	}
	threads := strconv.Itoa(o.threads)
	w.process.Env = append(append(w.process.Env, os.Environ()...), "OMP_NUM_THREADS="+threads, "OPENBLAS_NUM_THREADS="+threads, "MKL_NUM_THREADS="+threads)
	w.process.Dir = dir
	w.process.Stderr = &w.stderr
	w.process.WaitDelay = 5 * time.Second
	var err error
	if w.input, err = w.process.StdinPipe(); err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", o.python, err)
	}
	output, err := w.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", o.python, err)
	}
	w.output = bufio.NewReader(output)
	if err := w.process.Start(); err != nil {
		return nil, fmt.Errorf("starting the interpreter: %w", err)
	}
	if w.release, err = w.answer(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// ask sends a line and returns what follows "ok" in the answer.
func (w *worker) ask(line string) (string, error) {
	if _, err := io.WriteString(w.input, line+"\n"); err != nil {
		return "", fmt.Errorf("%s, told to %s: %w%s", w.title, line, err, w.said())
	}
	answer, err := w.answer()
	if err != nil {
		return "", fmt.Errorf("%s, told to %s: %w", w.title, line, err)
	}
	return answer, nil
}

func (w *worker) answer() (string, error) {
	line, err := w.output.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("no answer: %w%s", err, w.said())
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if word != "ok" {
		return "", errors.New(strings.TrimPrefix(strings.TrimSpace(line), "error "))
	}
	return rest, nil
}

// said is the last line that the child wrote on standard error. The buffer is complete only after the child's end.
func (w *worker) said() string {
	_ = w.input.Close()
	_ = w.process.Wait() // there is an error to report already
	lines := strings.Split(strings.TrimSpace(w.stderr.String()), "\n")
	if last := lines[len(lines)-1]; last != "" {
		return " (" + last + ")"
	}
	return ""
}

func (w *worker) name() string    { return w.title }
func (w *worker) version() string { return w.release }

func (w *worker) load(job work, d data) error {
	for name, values := range map[string][]float64{"x": d.x, "w": d.w, "y": d.y} {
		if err := writeValues(filepath.Join(w.dir, name), job.typ, values); err != nil {
			return err
		}
	}
	w.work = job
	_, err := w.ask(fmt.Sprintf("load %s %s %d %d %d .", job.operation, job.typ, job.n, job.m, job.d))
	return err
}

func (w *worker) run() (float64, error) {
	text, err := w.ask("run")
	if err != nil {
		return 0, err
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > 0) {
		return 0, fmt.Errorf("%s: %q is not a time", w.title, text)
	}
	return seconds, nil
}

func (w *worker) result() ([]float64, error) {
	if _, err := w.ask("save result"); err != nil {
		return nil, err
	}
	return readValues(filepath.Join(w.dir, "result"), w.work.typ, w.work.size())
}

func (w *worker) processorTime() float64 { return processorTime(w.process.Process.Pid) }

// close ends the child by ending its input, and waits for it.
func (w *worker) close() error {
	if w.process.ProcessState != nil {
		return nil // it ended before, and that was reported
	}
	_ = w.input.Close()
	if err := w.process.Wait(); err != nil {
		return fmt.Errorf("ending %s: %w", w.title, err)
	}
	return nil
}

func writeValues(path, typ string, values []float64) error {
	var stored any = values
	if typ == "f32" {
		stored = convert[float32](values)
	}
	var out bytes.Buffer
	if err := binary.Write(&out, binary.LittleEndian, stored); err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing the data: %w", err)
	}
	return nil
}

func readValues(path, typ string, n int) ([]float64, error) {
	stored, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a result: %w", err)
	}
	size := 8
	if typ == "f32" {
		size = 4
	}
	if len(stored) != size*n {
		return nil, fmt.Errorf("a result has %d bytes, want %d", len(stored), size*n)
	}
	if typ == "f32" {
		values := make([]float32, n)
		_, err = binary.Decode(stored, binary.LittleEndian, values)
		return widen(values), err
	}
	values := make([]float64, n)
	_, err = binary.Decode(stored, binary.LittleEndian, values)
	return values, err
}
