package contrast

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/bench/store"
	ideal "kac/meanfield/contrast"
)

// MaxBatch bounds the pairs of a batch.
const MaxBatch = 1 << 20

// DefaultTolerance is that of rates and flows.
const DefaultTolerance = 1e-8

// RateParameters are a point and the batches at which its rates are asked for.
type RateParameters struct {
	Coupling  []float64 `json:"coupling"` // c_k
	Norm2     []float64 `json:"norm2"`    // r_k²
	Batches   []int     `json:"batches"`
	Tolerance float64   `json:"tolerance"`
}

// Check refuses what the loss does not take. Every error is a bench.InputError that names the parameter.
func (p *RateParameters) Check() error {
	if len(p.Coupling) == 0 {
		return bench.Refuse("coupling", "", "give c = alpha (mu.theta)^2 of every feature, such as .2,.1")
	}
	if len(p.Coupling) > ideal.MaxFeatures {
		return bench.Refuse("coupling", bench.Numbers(p.Coupling), "%d features; the exact loss takes 1 to %d", len(p.Coupling), ideal.MaxFeatures)
	}
	if len(p.Norm2) != len(p.Coupling) {
		return bench.Refuse("norm2", bench.Numbers(p.Norm2), "give r^2 = |theta|^2 of each of the %d features, such as .5,.4", len(p.Coupling))
	}
	for i, r2 := range p.Norm2 {
		if !(r2 >= 0 && r2 <= ideal.MaxNorm2) {
			return bench.Refuse("norm2", bench.Numbers(p.Norm2), "%s is not allowed; r^2 is from 0 to %d", bench.Number(r2), ideal.MaxNorm2)
		}
		if !(math.Abs(p.Coupling[i]) <= r2) {
			return bench.Refuse("coupling", bench.Numbers(p.Coupling), "%s is not allowed with r^2 = %s: c = alpha (mu.theta)^2 is from -r^2 to r^2", bench.Number(p.Coupling[i]), bench.Number(r2))
		}
	}
	if err := checkBatches(p.Batches); err != nil {
		return err
	}
	return checkTolerance(p.Tolerance)
}

func checkTolerance(tolerance float64) error {
	return bench.CheckNumber("tolerance", tolerance, 1e-13, 1e-3, "absolute error of the exact numbers")
}

func checkBatches(batches []int) error {
	if len(batches) == 0 {
		return bench.Refuse("batches", "", "give numbers of pairs, such as 4,16,64")
	}
	seen := map[int]bool{}
	for _, m := range batches {
		switch {
		case m < 2 || m > MaxBatch:
			return bench.Refuse("batches", bench.Wholes(batches, ","), "%d is not allowed; a batch has from 2 to %d pairs", m, MaxBatch)
		case seen[m]:
			return bench.Refuse("batches", bench.Wholes(batches, ","), "%d is there twice", m)
		}
		seen[m] = true
	}
	return nil
}

// RateRow is the loss at a batch size.
type RateRow struct {
	Batch int
	ideal.Rates
	Wrong float64
}

// RateTable is the result of kac contrast rate.
type RateTable struct {
	Parameters RateParameters
	Rows       []RateRow
}

// RunRate evaluates the loss at every batch size that is not kept. cells, and progress, may be nil.
func RunRate(ctx context.Context, p RateParameters, workers int, cells *store.Cells, progress func(share float64, what string)) (*RateTable, error) {
	t := &RateTable{p, make([]RateRow, len(p.Batches))}
	err := each(ctx, len(p.Batches), workers, "batches", progress, func(ctx context.Context, i int) error {
		name, k := fmt.Sprintf("m %d", p.Batches[i]), len(p.Coupling)
		if kept := cells.Get(name); len(kept) == 2+2*k {
			t.Rows[i] = RateRow{p.Batches[i], ideal.Rates{Loss: kept[0], Coupling: kept[2 : 2+k], Norm: kept[2+k:]}, kept[1]}
			return nil
		}
		r, wrong, err := ideal.Loss(ctx, p.Coupling, p.Norm2, float64(p.Batches[i]), p.Tolerance)
		if err != nil {
			return unmet(err, p.Tolerance, fmt.Sprintf("with batches of %d", p.Batches[i]))
		}
		t.Rows[i] = RateRow{p.Batches[i], r, wrong}
		return cells.Add(name, slices.Concat([]float64{r.Loss, wrong}, r.Coupling, r.Norm)...)
	})
	return t, err
}

// unmet turns a tolerance that cannot be met into bad input.
func unmet(err error, tolerance float64, where string) error {
	if t := (*ideal.ToleranceError)(nil); errors.As(err, &t) {
		return bench.Refuse("tolerance", bench.Number(tolerance), "%s %.2g can be reached: the weights theta are large; allow more", where, t.Reached)
	}
	return err
}

// each calls do for 0 to n-1, so many at a time.
func each(ctx context.Context, n, workers int, what string, progress func(share float64, what string), do func(context.Context, int) error) error {
	var mu sync.Mutex
	done := 0
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(max(workers, 1))
	for i := range n {
		group.Go(func() error {
			if err := inner.Err(); err != nil {
				return err
			}
			if err := do(inner, i); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			if progress != nil {
				progress(float64(done)/float64(n), what)
			}
			return nil
		})
	}
	return group.Wait()
}

// RateHeader is the first line of rate.csv with so many features.
func RateHeader(features int) string {
	header := "batch,loss"
	for k := range features {
		header += fmt.Sprintf(",rate_%d", k+1)
	}
	return header
}

// WriteCSV writes a line a batch.
func (t *RateTable) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, RateHeader(len(t.Parameters.Coupling)))
	for _, r := range t.Rows {
		fmt.Fprintf(out, "%d,%s\n", r.Batch, bench.Fields(append([]float64{r.Loss}, r.Coupling...)...))
	}
	return out.Flush()
}

// WriteText writes the table for people, with the limit of infinite batches and the coefficients of 1/m below.
func (t *RateTable) WriteText(w io.Writer) error {
	p := &t.Parameters
	limit := ideal.Infinite(p.Coupling, p.Norm2)
	first, rates, exists := ideal.FirstOrder(p.Coupling, p.Norm2)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Mean loss of an anchor in batches of m pairs, and rates R: d/dt log tan(angle) = -2 alpha R. Limit: m = infinity.\n\n")
	head := []string{"m", "loss"}
	for k := range p.Coupling {
		head = append(head, fmt.Sprintf("R_%d", k+1))
	}
	rows := [][]string{head}
	worst := 0.0
	for _, r := range t.Rows {
		row := []string{fmt.Sprint(r.Batch), fmt.Sprintf("%.10g", r.Loss)}
		for _, x := range r.Coupling {
			row = append(row, fmt.Sprintf("%.10g", x))
		}
		rows = append(rows, row)
		worst = math.Max(worst, r.Wrong)
	}
	last, coefficient := []string{"infinity", fmt.Sprintf("log m %+.10g", limit.Loss)}, []string{"1/m", bench.Known("%.10g", first)}
	for k := range p.Coupling {
		c := math.NaN()
		if exists {
			c = rates[k]
		}
		last, coefficient = append(last, "1"), append(coefficient, bench.Known("%.10g", c))
	}
	fmt.Fprint(out, bench.AlignRight(append(rows, last, coefficient)))
	fmt.Fprintf(out, "\nThe numbers are within %.1g.\n", worst)
	if !exists {
		fmt.Fprintln(out, "A coefficient of 1/m does not exist here: r^4 is at least 1/2, or c at least 1.")
	}
	return out.Flush()
}
