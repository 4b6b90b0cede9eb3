// Package decision tells what kac decision tells: exact minimax gamma-regret of one-armed bandits beside the
// decision-estimation coefficient, and coefficients of finite classes.
package decision

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/plotting"
	"kac/internal/portable"
	ideal "kac/meanfield/decision"
	"kac/particles/decision"
)

// Parameters say everything that determines the numbers of games.
type Parameters struct {
	Class  string    `json:"class"` // onearmed
	Safe   float64   `json:"safe"`
	Grid   float64   `json:"grid"`
	Gammas []float64 `json:"gamma"`
	Rounds []int     `json:"rounds"`
	// MaxE2D is the largest number of rounds for which E2D's regret is followed: its cost grows like the cube.
	MaxE2D int `json:"max_e2d"`

	bandit *decision.Bandit
}

// OneArmed is the class that is known.
const OneArmed = "onearmed"

// Check sorts the lists. Every error is a bench.InputError that names the parameter.
func (p *Parameters) Check() (err error) {
	if p.Class != OneArmed {
		return bench.Refuse("class", p.Class, "allowed is %s: a safe arm of known mean and a risky one; for a class of your own see kac decision dec", OneArmed)
	}
	if err := bench.CheckNumber("safe", p.Safe, 0, 1, "mean of the safe arm"); err != nil {
		return err
	}
	if p.bandit, err = decision.Grid(p.Safe, p.Grid); err != nil {
		return bench.Refuse("grid", bench.Number(p.Grid), "give a spacing of means that divides 1 into 1 to 1000 parts, such as .05")
	}
	if p.Gammas, err = gammas(p.Gammas); err != nil {
		return err
	}
	if len(p.Rounds) == 0 {
		return bench.Refuse("rounds", "", "give numbers of rounds, such as 10,30,100")
	}
	p.Rounds = slices.Sorted(slices.Values(p.Rounds))
	for i, t := range p.Rounds {
		switch {
		case t < 1 || t > decision.MaxRounds:
			return bench.Refuse("rounds", t, "allowed are whole numbers from 1 to %d", decision.MaxRounds)
		case i > 0 && t == p.Rounds[i-1]:
			return bench.Refuse("rounds", t, "it is there twice")
		}
	}
	return bench.CheckWhole("max-e2d", p.MaxE2D, 0, decision.MaxRounds, "rounds up to which E2D is followed")
}

func gammas(list []float64) ([]float64, error) {
	if len(list) == 0 {
		return nil, bench.Refuse("gamma", "", "give the share of the best reward that is asked for, such as 1,.9")
	}
	for i, g := range list {
		switch {
		case !(g > 0 && g <= 1):
			return nil, bench.Refuse("gamma", bench.Number(g), "allowed are numbers above 0 and up to 1")
		case slices.Contains(list[:i], g):
			return nil, bench.Refuse("gamma", bench.Number(g), "it is there twice")
		}
	}
	return list, nil
}

// Row is one game.
type Row struct {
	Gamma        float64
	Rounds       int
	Lower, Upper float64 // certificates of the minimax regret
	Dec          float64 // the coefficient at eps = 1/sqrt(rounds), times the rounds
	Radius       float64 // c with regret = rounds dec at eps = c/sqrt(rounds); NaN: none
	E2D, Lambda  float64 // best worst-case regret of E2D over its offsets, and that offset; NaN: not followed
	Steps        int
}

// Study is the result of kac decision.
type Study struct {
	Parameters Parameters
	Rows       []Row
}

// offsets of E2D are these shares of sqrt(rounds).
var offsets = []float64{.25, .5, 1, 2, 4}

// Cells is how many games there are.
func (p *Parameters) Cells() int { return len(p.Gammas) * len(p.Rounds) }

// Run solves all games that are not kept; the numbers do not depend on the workers. cells, and progress, may be nil.
func Run(ctx context.Context, p Parameters, workers int, cells *store.Cells, progress func(share float64, what string)) (*Study, error) {
	s := &Study{Parameters: p, Rows: make([]Row, p.Cells())}
	var mu sync.Mutex
	done := 0.0
	total := 0.0
	for _, t := range p.Rounds {
		total += float64(t) * float64(t) * float64(len(p.Gammas))
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(max(workers, 1))
	for i := len(s.Rows) - 1; i >= 0; i-- { // long games first
		gamma, rounds := p.Gammas[i/len(p.Rounds)], p.Rounds[i%len(p.Rounds)]
		group.Go(func() (err error) {
			if s.Rows[i], err = p.game(inner, gamma, rounds, cells); err != nil {
				return fmt.Errorf("gamma %v, %d rounds: %w", gamma, rounds, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if done += float64(rounds) * float64(rounds); progress != nil {
				progress(done/total, "games")
			}
			return nil
		})
	}
	return s, group.Wait()
}

// game is play, or the row that is kept.
func (p *Parameters) game(ctx context.Context, gamma float64, rounds int, cells *store.Cells) (Row, error) {
	name := fmt.Sprintf("gamma %v rounds %d", gamma, rounds)
	if k := cells.Get(name); len(k) == 7 {
		return Row{Gamma: gamma, Rounds: rounds, Lower: k[0], Upper: k[1], Dec: k[2], Radius: k[3], E2D: k[4], Lambda: k[5], Steps: int(k[6])}, nil
	}
	r, err := p.play(ctx, gamma, rounds)
	if err != nil {
		return r, err
	}
	return r, cells.Add(name, r.Lower, r.Upper, r.Dec, r.Radius, r.E2D, r.Lambda, float64(r.Steps))
}

func (p *Parameters) play(ctx context.Context, gamma float64, rounds int) (Row, error) {
	r := Row{Gamma: gamma, Rounds: rounds, E2D: math.NaN(), Lambda: math.NaN()}
	v, err := p.bandit.Minimax(ctx, rounds, gamma)
	if err != nil {
		return r, err
	}
	t := float64(rounds)
	r.Lower, r.Upper, r.Steps = v.Lower, v.Upper, v.Steps
	dec, err := ideal.OneArmed(p.Safe, gamma, 1/math.Sqrt(t))
	if err != nil {
		return r, err
	}
	r.Dec = t * dec
	r.Radius = ideal.Radius(p.Safe, gamma, v.Upper/t, rounds)
	if rounds > p.MaxE2D {
		return r, nil
	}
	r.E2D = math.Inf(1)
	for _, share := range offsets {
		lambda := share * math.Sqrt(t)
		x, err := p.bandit.E2D(ctx, rounds, gamma, lambda)
		if err != nil {
			return r, err
		}
		if x < r.E2D {
			r.E2D, r.Lambda = x, lambda
		}
	}
	return r, nil
}

// Header is the first line of regret.csv.
const Header = "gamma,rounds,lower,upper,dec,c,e2d,lambda,steps"

// WriteCSV writes the table.
func (s *Study) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, Header)
	for _, r := range s.Rows {
		fmt.Fprintf(out, "%s,%d,%s,%d\n", bench.Number(r.Gamma), r.Rounds, bench.Fields(r.Lower, r.Upper, r.Dec, r.Radius, r.E2D, r.Lambda), r.Steps)
	}
	return out.Flush()
}

// WriteText writes the table for people.
func (s *Study) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Minimax gamma-regret R of T rounds, safe arm %s, risky means 0, %s, ..., 1.\n", bench.Number(s.Parameters.Safe), bench.Number(s.Parameters.Grid))
	fmt.Fprintf(out, "c: R/T is the coefficient at eps = c/sqrt T.\n\n")
	rows := [][]string{{"gamma", "T", "R", "+-", "R/T", "c", "E2D"}}
	for _, r := range s.Rows {
		middle := (r.Lower + r.Upper) / 2
		rows = append(rows, []string{bench.Number(r.Gamma), fmt.Sprint(r.Rounds), fmt.Sprintf("%.6f", middle), fmt.Sprintf("%.0e", (r.Upper-r.Lower)/2),
			fmt.Sprintf("%.6f", middle/float64(r.Rounds)), bench.Known("%.4f", r.Radius), bench.Known("%.5f", r.E2D)})
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	return out.Flush()
}

// Picture draws R/T against T, the coefficient at eps = c/sqrt T with the c of the longest game as a line, and E2D
// above.
func (s *Study) Picture() (*plotting.Figure, error) {
	p, n := plotting.New(), len(s.Parameters.Rounds)
	p.X.Label.Text, p.Y.Label.Text = "rounds *T*", "regret a round, *R*/*T*"
	entries := plotting.Legend()
	for i, gamma := range s.Parameters.Gammas {
		look := plotting.Ordered(i, len(s.Parameters.Gammas))
		rows := s.Rows[i*n : (i+1)*n]
		var x, y, ex, ey, lx, ly []float64
		for _, r := range rows {
			at := math.Log10(float64(r.Rounds))
			x, y = append(x, at), append(y, (r.Lower+r.Upper)/2/float64(r.Rounds))
			if !math.IsNaN(r.E2D) {
				ex, ey = append(ex, at), append(ey, r.E2D/float64(r.Rounds))
			}
		}
		c := rows[n-1].Radius
		for k := 0; k <= 60 && n > 1 && !math.IsNaN(c); k++ {
			at := x[0] + (x[n-1]-x[0])*float64(k)/60
			dec, err := ideal.OneArmed(s.Parameters.Safe, gamma, c/math.Sqrt(portable.Pow(10, at)))
			if err != nil {
				return nil, err
			}
			lx, ly = append(lx, at), append(ly, dec)
		}
		marks := plotting.Marks(p, x, y, look.Glyph)
		text := "*γ* = " + bench.Number(gamma)
		if len(lx) > 0 {
			entries.Add(text+",\n*c* = "+fmt.Sprintf("%.3f", c), plotting.Curve(p, lx, ly, look.Line), marks)
		} else {
			entries.Add(text, marks)
		}
		if len(ex) > 0 {
			thin := look.Line
			thin.Width = vg.Points(.6)
			plotting.Curve(p, ex, ey, thin)
		}
	}
	entries.Add("marks: minimax, exact;\nlines: dec at *c*/√*T*;\nthin: E2D", plotting.Remark{})
	plotting.Around(p)
	p.X.Tick.Marker = plotting.Sizes{Values: s.Parameters.Rounds, Apart: .12}
	return &plotting.Figure{
		Title: "Minimax regret a round against rounds", Width: 6.6 * vg.Inch, Height: 3.8 * vg.Inch,
		Draw: func(c draw.Canvas) {
			heading := fmt.Sprintf("One-armed bandit, safe arm %s, risky means 0, %s, ..., 1", bench.Number(s.Parameters.Safe), bench.Number(s.Parameters.Grid))
			plotting.Stacked(plotting.Heading(c, heading), []*plot.Plot{p}, &entries, vg.Points(126))
		},
	}, nil
}
