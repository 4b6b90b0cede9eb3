package coding

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/bench/store"
	"kac/particles/coding"
)

// Sets of stragglers up to so many are all tried.
const maxSets = 300_000

// AdversaryRow is what an adversary does to a scheme with a share of its machines.
type AdversaryRow struct {
	Scheme           string
	Blocks, Machines int
	Degree           int
	Straggle         float64 // the share that is asked for
	Taken            int     // machines: the share of them, rounded down
	Error            float64 // the worst that was found
	Exact            bool    // all sets were tried
	Independent      float64 // error of taking blocks that share no machine
	Bound            float64 // the paper's upper bound; NaN: it has none
	Gap              float64 // spectral gap of the graph; NaN: it has none
}

// AdversaryStudy is the result of kac code --adversary.
type AdversaryStudy struct {
	Parameters Parameters
	Rounds     int
	Rows       []AdversaryRow
}

// RunAdversary attacks every scheme with every share of machines. The graph is that of the first seed; of several seeds
// the attack that does most harm counts, by searches of their own. Attacks that are kept are not made again; kept, and
// progress, may be nil.
func RunAdversary(ctx context.Context, p Parameters, rounds, workers int, kept *store.Cells, progress func(share float64, what string)) (*AdversaryStudy, error) {
	s := &AdversaryStudy{Parameters: p, Rounds: rounds}
	type size struct{ blocks, degree int }
	var sizes []size
	for _, n := range p.Blocks {
		for _, d := range p.Degrees {
			sizes = append(sizes, size{n, d})
		}
	}
	made, own := make([][]AdversaryRow, len(sizes)), p.own(kept)
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(max(workers, 1))
	for i, c := range sizes {
		group.Go(func() (err error) {
			made[i], err = p.attack(inner, c.blocks, c.degree, rounds, own, kept)
			if progress != nil && err == nil {
				progress(float64(i+1)/float64(len(sizes)), "sizes")
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, rows := range made {
		s.Rows = append(s.Rows, rows...)
	}
	return s, nil
}

func (p *Parameters) attack(ctx context.Context, blocks, degree, rounds int, own string, kept *store.Cells) ([]AdversaryRow, error) {
	var g *coding.Graph
	gap := math.NaN()
	if p.matrix == nil {
		var err error
		if g, err = p.family.make(blocks, degree, p.Seed); err != nil {
			return nil, err
		}
		// At the edge of the spectrum of a large random graph eigenvalues lie closely, and the bound needs no more
		// digits.
		tolerance := 1e-6
		if blocks > 10_000 {
			tolerance = 1e-3
		}
		spectrum, err := g.Eigenvalues(ctx, tolerance, 20_000)
		if err != nil {
			return nil, err
		}
		gap = spectrum.Gap()
	}
	var rows []AdversaryRow
	for _, name := range p.Schemes {
		s, err := makeScheme(name, g, p.Seed, p.matrix)
		if err != nil {
			return nil, err
		}
		for _, share := range p.Straggle {
			row := AdversaryRow{Scheme: name, Blocks: blocks, Machines: s.machines, Straggle: share, Bound: math.NaN(), Gap: math.NaN()}
			for i := range p.Seeds {
				var one AdversaryRow
				cell := fmt.Sprintf("%s%s n %d degree %d share %v seed %d", own, name, blocks, degree, share, p.Seed+uint64(i))
				if x := kept.Get(cell); len(x) == 4 {
					one = AdversaryRow{Taken: int(x[0]), Error: x[1], Independent: x[2], Exact: x[3] == 1}
				} else {
					if one, err = attackOnce(ctx, s, g, blocks, share, rounds, p.Seed+uint64(i)); err != nil {
						return nil, err
					}
					exact := 0.0
					if one.Exact {
						exact = 1
					}
					if err := kept.Add(cell, float64(one.Taken), one.Error, one.Independent, exact); err != nil {
						return nil, err
					}
				}
				if i == 0 {
					row.Taken, row.Independent, row.Exact = one.Taken, one.Independent, one.Exact
				}
				if row.Error = math.Max(row.Error, one.Error); one.Exact {
					break // another seed finds the same
				}
			}
			if g != nil {
				row.Degree = g.Degree()
			}
			if name == "graph" && row.Degree > 0 {
				row.Gap = gap
				row.Bound = coding.AdversaryBound(row.Degree, gap, float64(row.Taken)/float64(s.machines))
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// attackOnce takes the share of a scheme's machines: every set if they are few, otherwise by one search.
func attackOnce(ctx context.Context, s *scheme, g *coding.Graph, blocks int, share float64, rounds int, seed uint64) (AdversaryRow, error) {
	a := s.assignment
	if a == nil {
		a = g.Assignment()
	}
	count := int(math.Floor(share*float64(s.machines) + 1e-9))
	decoder := s.decoder(float64(count) / float64(s.machines))
	row := AdversaryRow{Taken: count}
	plain, err := coding.Independent(a, decoder, count, seed)
	if err != nil {
		return row, err
	}
	row.Independent = plain.Error
	if coding.Sets(s.machines, count) <= maxSets {
		worst, err := coding.WorstOfAll(ctx, decoder, blocks, s.machines, count)
		row.Error, row.Exact = worst.Error, true
		return row, err
	}
	found, err := coding.Search(ctx, a, decoder, count, rounds, seed)
	row.Error = math.Max(plain.Error, found.Error)
	return row, err
}

// AdversaryHeader is the first line of adversary.csv.
const AdversaryHeader = "scheme,graph,blocks,machines,straggle,taken,error,exact,independent,bound,spectral_gap"

// WriteCSV writes the table.
func (s *AdversaryStudy) WriteCSV(w io.Writer) error {
	name := s.Parameters.graphField()
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, AdversaryHeader)
	for _, r := range s.Rows {
		fmt.Fprintf(out, "%s,%s,%d,%d,%s,%d,%s,%v,%s\n", r.Scheme, name, r.Blocks, r.Machines, bench.Number(r.Straggle), r.Taken, bench.Number(r.Error), r.Exact,
			bench.Fields(r.Independent, r.Bound, r.Gap))
	}
	return out.Flush()
}

// WriteText writes the table for people.
func (s *AdversaryStudy) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Decoding error (1/n)|alpha - 1|^2 under an adversary that takes the share p of the machines.\n")
	fmt.Fprintf(out, "found: the worst of all sets where these could be tried (exact), otherwise of a search; bound: no set does more.\n\n")
	rows := [][]string{{"scheme", "n", "machines", "p", "taken", "found", "", "independent blocks", "bound"}}
	for _, r := range s.Rows {
		how := "search"
		if r.Exact {
			how = "exact"
		}
		rows = append(rows, []string{r.Scheme, fmt.Sprint(r.Blocks), fmt.Sprint(r.Machines), bench.Number(r.Straggle), fmt.Sprint(r.Taken),
			fmt.Sprintf("%.4f", r.Error), how, fmt.Sprintf("%.4f", r.Independent), bench.Known("%.4f", r.Bound)})
	}
	fmt.Fprint(out, bench.Align(rows, 1))
	return out.Flush()
}
