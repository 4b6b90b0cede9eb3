package roofline

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"kac/bench"
)

// WriteText prints the roofline for people: peaks, bandwidths, and every kernel against them.
func WriteText(w io.Writer, r *Record) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Roofline of level %s, %s", r.KernelLevel, plural(r.Workers, "worker"))
	if r.CPU != "" {
		fmt.Fprintf(out, ", %s", r.CPU)
	}
	fmt.Fprint(out, ".\nMedians of a few short runs each; other work on the machine lowers all of them.\n\n")

	peaks := [][]string{{"multiply-adds", "GFLOP/s"}}
	for _, typ := range rooflineTypes {
		peaks = append(peaks, []string{typ, giga(r.Peaks[typ])})
	}
	fmt.Fprintln(out, bench.Align(peaks, 1))

	memory := [][]string{{"memory", "set of a worker", "read GB/s", "triad GB/s"}}
	for _, b := range r.Memory {
		memory = append(memory, []string{b.Name, binarySize(b.Bytes), giga(b.Read), giga(b.Triad)})
	}
	fmt.Fprintln(out, bench.Align(memory, 1))

	points := [][]string{{"operation", "type", "shape", "GFLOP/s", "% of peak", "flop/byte"}}
	for _, k := range r.Kernels {
		points = append(points, []string{k.Operation, k.Type, k.Shape, giga(k.Rate), strconv.FormatFloat(100*k.Share, 'f', 0, 64), significant(k.Intensity)})
	}
	fmt.Fprint(out, bench.Align(points, 3))
	fmt.Fprint(out, "\nPeak: register-only multiply-adds of that type, between the kernel's runs.\n"+
		"flop/byte: every input read once, every output written once.\n")
	if text := r.aboveText(); text != "" {
		fmt.Fprintf(out, "%s\n", strings.Replace(text, ": ", ":\n", 1))
	}
	return out.Flush()
}

// Element types, in the order of tables and pictures.
var rooflineTypes = []string{"f64", "f32"}

func giga(perSecond float64) string { return significant(perSecond / 1e9) }

// significant writes three digits, or all of those before the point.
func significant(x float64) string {
	switch {
	case x >= 99.95:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 9.995:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

func binarySize(bytes int) string {
	if bytes >= 1<<20 {
		return strconv.FormatFloat(float64(bytes)/(1<<20), 'g', 4, 64) + " MiB"
	}
	return strconv.FormatFloat(float64(bytes)/(1<<10), 'g', 4, 64) + " KiB"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
