package contrast

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/rng"
	ideal "kac/meanfield/contrast"
)

// TheoremParameters are the points at which the theorem's claim is looked at: noise on feature 1 helps feature 2.
type TheoremParameters struct {
	Batches   []int   `json:"batches"`
	Points    int     `json:"points"`
	Norm2     float64 `json:"norm2"` // |theta|² is below it
	Seed      uint64  `json:"seed"`
	Tolerance float64 `json:"tolerance"`
}

// DefaultPoints and DefaultNorm2 are those of kac contrast theorem.
const (
	DefaultPoints = 100
	DefaultNorm2  = 1.5
)

// Check refuses what cannot be computed. Every error is a bench.InputError that names the parameter.
func (p *TheoremParameters) Check() error {
	if err := checkBatches(p.Batches); err != nil {
		return err
	}
	for _, err := range []error{
		bench.CheckWhole("points", p.Points, 1, 1_000_000, "random points"),
		bench.CheckPositive("norm2", p.Norm2, ideal.MaxNorm2, "largest |theta|^2"), checkTolerance(p.Tolerance),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// TheoremRow is a point at a batch size.
type TheoremRow struct {
	Point, Batch int
	Beta         float64 // of the noise on feature 1
	Features     [2]ideal.Feature
	// Rate and Noised are R_2 without noise and with it, and Wrong how wrong their difference may be.
	Rate, Noised, Wrong float64
	// Constant is the largest C for which the theorem's conditions hold here, with k = 2 and k' = 1; 0 where the one
	// without C fails.
	Constant float64
}

// Rise is what noise does to R_2.
func (r *TheoremRow) Rise() float64 { return r.Noised - r.Rate }

// turn is d error/dt of feature 2 at a rate: the theorem's one step, over m eta. (C.9)
func (r *TheoremRow) turn(rate float64) float64 {
	phi := math.Pi * r.Features[1].Error()
	return -r.Features[1].Alpha * rate * math.Sin(2*phi) / math.Pi
}

// Theorem is the result of kac contrast theorem.
type Theorem struct {
	Parameters TheoremParameters
	Rows       []TheoremRow // by point and batch
}

// point draws a point: alpha and beta uniform in [0, 1), |theta|² up to the largest and cos² of the angle too.
func (p *TheoremParameters) point(i int) (features [2]ideal.Feature, beta float64) {
	s := rng.New(p.Seed, rng.Search, uint64(i))
	for k := range features {
		alpha, r2, cos2 := s.Float64(), p.Norm2*(1-s.Float64()), 1-s.Float64()
		features[k] = ideal.Feature{Alpha: alpha, A: math.Sqrt(r2 * cos2), B: math.Sqrt(r2 * (1 - cos2))}
	}
	return features, s.Float64()
}

// RunTheorem evaluates the rates at every point. Where the difference is not resolved at the tolerance, a thousand
// times less is asked for. Points that are kept are not computed again; cells, and progress, may be nil.
func RunTheorem(ctx context.Context, p TheoremParameters, workers int, cells *store.Cells, progress func(share float64, what string)) (*Theorem, error) {
	t := &Theorem{p, make([]TheoremRow, p.Points*len(p.Batches))}
	err := each(ctx, len(t.Rows), workers, "points", progress, func(ctx context.Context, i int) error {
		r := &t.Rows[i]
		r.Point, r.Batch = i/len(p.Batches)+1, p.Batches[i%len(p.Batches)]
		r.Features, r.Beta = p.point(r.Point)
		one, two := r.Features[0], r.Features[1]
		if alike := 1 - one.Alpha*one.Alpha; one.Norm2()*math.Sqrt(one.Norm2()) <= math.Abs(one.A) {
			r.Constant = math.Min(alike*math.Sqrt(two.Norm2())/math.Abs(two.A), two.Alpha*alike/two.Norm2())
		}
		name := fmt.Sprintf("point %d m %d", r.Point, r.Batch)
		if kept := cells.Get(name); len(kept) == 3 {
			r.Rate, r.Noised, r.Wrong = kept[0], kept[1], kept[2]
			return nil
		}
		for _, tolerance := range []float64{p.Tolerance, math.Max(p.Tolerance/1000, 1e-13)} {
			r2 := []float64{one.Norm2(), two.Norm2()}
			plain, wrong1, err := ideal.Loss(ctx, []float64{one.Coupling(), two.Coupling()}, r2, float64(r.Batch), tolerance)
			if err != nil && !errors.As(err, new(*ideal.ToleranceError)) {
				return err
			}
			noised, wrong2, err := ideal.Loss(ctx, []float64{r.Beta * one.Coupling(), two.Coupling()}, r2, float64(r.Batch), tolerance)
			if err != nil && !errors.As(err, new(*ideal.ToleranceError)) {
				return err
			}
			r.Rate, r.Noised, r.Wrong = plain.Coupling[1], noised.Coupling[1], wrong1+wrong2
			if math.Abs(r.Rise()) > r.Wrong {
				break
			}
		}
		return cells.Add(name, r.Rate, r.Noised, r.Wrong)
	})
	return t, err
}

// TheoremHeader is the first line of theorem.csv.
const TheoremHeader = "point,batch,beta,alpha_1,alpha_2,start_1,start_2,rate,noised_rate,rise,rise_wrong,turn,noised_turn,theorem_constant"

// WriteCSV writes a line a point and batch.
func (t *Theorem) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, TheoremHeader)
	for i := range t.Rows {
		r := &t.Rows[i]
		start := func(f ideal.Feature) string { return bench.Number(f.A) + ":" + bench.Number(f.B) }
		fmt.Fprintf(out, "%d,%d,%s,%s,%s,%s\n", r.Point, r.Batch, bench.Fields(r.Beta, r.Features[0].Alpha, r.Features[1].Alpha), start(r.Features[0]), start(r.Features[1]),
			bench.Fields(r.Rate, r.Noised, r.Rise(), r.Wrong, r.turn(r.Rate), r.turn(r.Noised), r.Constant))
	}
	return out.Flush()
}

// WriteText writes for every batch size how often noise helped, for people.
func (t *Theorem) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Noise on feature 1 and the rate R_2 at which feature 2 is learned, at %d random points, |theta|^2 up to %s.\n\n", t.Parameters.Points, bench.Number(t.Parameters.Norm2))
	rows := [][]string{{"m", "helps", "hurts", "not resolved", "least rise", "largest rise"}}
	for _, m := range t.Parameters.Batches {
		var helps, hurts, open int
		least, most := math.Inf(1), math.Inf(-1)
		for i := range t.Rows {
			r := &t.Rows[i]
			if r.Batch != m {
				continue
			}
			switch {
			case r.Rise() > r.Wrong:
				helps++
			case -r.Rise() > r.Wrong:
				hurts++
			default:
				open++
			}
			least, most = math.Min(least, r.Rise()), math.Max(most, r.Rise())
		}
		rows = append(rows, []string{fmt.Sprint(m), fmt.Sprint(helps), fmt.Sprint(hurts), fmt.Sprint(open), fmt.Sprintf("%.2g", least), fmt.Sprintf("%.2g", most)})
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	inside := 0
	for i := range t.Rows {
		if t.Rows[i].Constant >= 1 {
			inside++
		}
	}
	fmt.Fprintf(out, "\nThe theorem's conditions hold with C = 1 at %d of the %d rows.\n", inside, len(t.Rows))
	return out.Flush()
}
