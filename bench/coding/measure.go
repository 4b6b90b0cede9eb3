package coding

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"kac/bench"
	"kac/bench/store"
	"kac/particles/coding"
)

// Row is what one seed measures of a scheme.
type Row struct {
	Scheme      string
	Blocks      int
	Machines    int
	Replication float64
	Degree      int // 0: none
	Setting     int // number of the straggler probability, wait or deadline
	Straggle    float64
	Seed        uint64
	Error       float64 // mean over draws of (1/n)|alpha - 1|²
	MeanAlpha   float64 // mean over draws of mean alpha; NaN with rare
	SE          float64 // of Error over the draws; NaN for one draw
	Seconds     float64 // mean time that the master waited; NaN without delays
}

// Study is the result of a measurement.
type Study struct {
	Parameters Parameters
	Rows       []Row // by blocks, degree, scheme, setting, seed
	Summary    []Summary
	// Apart are seeds whose graph is not connected, and Unseen the rows whose draws were too few to see any error.
	Apart, Unseen []string
}

// settings are the numbers of --straggle, --wait or --deadline.
func (p *Parameters) settings() int {
	if p.Delays == "" {
		return len(p.Straggle)
	}
	return len(p.Wait) + len(p.Deadline)
}

func (p *Parameters) wait(setting int) coding.Wait {
	if setting < len(p.Wait) {
		return coding.Wait{Share: p.Wait[setting]}
	}
	return coding.Wait{Deadline: p.Deadline[setting-len(p.Wait)]}
}

// Cells is how many schemes and settings of how many graphs there are.
func (p *Parameters) Cells() int {
	return len(p.Blocks) * len(p.Degrees) * p.Seeds * len(p.Schemes) * p.settings()
}

// own is a checksum of what was read from files, which may change between two commands, for the names of cells that
// are kept; empty: nothing was read, or nothing is kept.
func (p *Parameters) own(kept *store.Cells, more ...any) string {
	if kept == nil {
		return ""
	}
	if p.matrix != nil {
		more = append(more, *p.matrix)
	}
	if p.family.file != nil {
		more = append(more, p.family.file.Edges())
	}
	if strings.HasPrefix(p.Delays, "file:") {
		more = append(more, p.delay)
	}
	if len(more) == 0 {
		return ""
	}
	return fmt.Sprintf("of %.4x ", sha256.Sum256([]byte(fmt.Sprint(more...))))
}

// Run measures. The rows do not depend on workers: every seed's numbers are its own. What is kept is not measured
// again; kept, and progress, may be nil.
func Run(ctx context.Context, p Parameters, workers int, kept *store.Cells, progress func(share float64, what string)) (*Study, error) {
	s := &Study{Parameters: p}
	type cell struct {
		blocks, degree int
		seed           uint64
	}
	var cells []cell
	for _, n := range p.Blocks {
		for _, d := range p.Degrees {
			for i := range p.Seeds {
				cells = append(cells, cell{n, d, p.Seed + uint64(i)})
			}
		}
	}
	made, own := make([][]Row, len(cells)), p.own(kept)
	apart := make([]string, len(cells))
	var mu sync.Mutex
	done := 0
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(max(workers, 1))
	for i, c := range cells {
		group.Go(func() error {
			rows, all, err := p.cell(inner, c.blocks, c.degree, c.seed, own, kept)
			if err != nil {
				return err
			}
			made[i] = rows
			if all > 1 && (p.family.random() || i == 0) {
				apart[i] = fmt.Sprintf("the graph of %d blocks of seed %d is not connected: it has %d parts", c.blocks, c.seed, all)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			if progress != nil {
				progress(float64(done)/float64(len(cells)), "seeds")
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, text := range apart {
		if text != "" {
			s.Apart = append(s.Apart, text)
		}
	}
	// Cells come by size and seed; rows are shown by size, scheme, setting and seed.
	per := len(p.Schemes) * p.settings()
	for first := 0; first < len(cells); first += p.Seeds {
		for k := range per {
			for i := range p.Seeds {
				s.Rows = append(s.Rows, made[first+i][k])
			}
		}
	}
	return s, s.summarise(ctx)
}

// cell measures all schemes and settings of a seed, and returns the number of the graph's parts.
func (p *Parameters) cell(ctx context.Context, blocks, degree int, seed uint64, own string, kept *store.Cells) ([]Row, int, error) {
	var g *coding.Graph
	all := 1
	if p.matrix == nil {
		var err error
		if g, err = p.family.make(blocks, degree, seed); err != nil {
			return nil, 0, err
		}
		all, _ = g.Components()
	}
	var rows []Row
	for _, name := range p.Schemes {
		s, err := makeScheme(name, g, seed, p.matrix)
		if err != nil {
			return nil, 0, err
		}
		for k := range p.settings() {
			row := Row{Scheme: name, Blocks: blocks, Machines: s.machines, Replication: s.replication, Setting: k, Seed: seed, MeanAlpha: math.NaN(), Seconds: math.NaN()}
			if g != nil {
				row.Degree = g.Degree()
			}
			cell := fmt.Sprintf("%s%s n %d degree %d setting %d seed %d", own, name, blocks, degree, k+1, seed)
			if x := kept.Get(cell); len(x) == 5 {
				row.Straggle, row.Error, row.MeanAlpha, row.SE, row.Seconds = x[0], x[1], x[2], x[3], x[4]
				rows = append(rows, row)
				continue
			}
			if p.Rare {
				row.Straggle = p.Straggle[k]
				e, err := coding.RareError(ctx, g, row.Straggle, p.Draws, seed)
				if err != nil {
					return nil, 0, err
				}
				row.Error, row.SE = e.Value, e.SE
			} else if err := p.draws(ctx, s, &row, nil); err != nil {
				var short *coding.ConvergenceError
				if errors.As(err, &short) {
					err = fmt.Errorf("scheme %s, %d blocks, seed %d: %w", name, blocks, seed, err)
				}
				return nil, 0, err
			}
			if err := kept.Add(cell, row.Straggle, row.Error, row.MeanAlpha, row.SE, row.Seconds); err != nil {
				return nil, 0, err
			}
			rows = append(rows, row)
		}
	}
	return rows, all, nil
}

// Summary is a scheme at a size and setting, over its seeds.
type Summary struct {
	Row
	Seeds, Draws int
	Error        bench.Mean
	MeanAlpha    bench.Mean
	// Debiased is the error of alpha divided by its mean; NaN with rare.
	Debiased float64
	Seconds  float64
	Limit    float64 // of infinitely many blocks; NaN: none known
	Wrong    float64 // estimate of the limit's error
	// Scaled is blocks (error - limit).
	Scaled bench.Mean
}

func (s *Study) summarise(ctx context.Context) error {
	p := &s.Parameters
	// The limit knows nothing of the number of blocks: it is solved once.
	type limitOf struct {
		scheme   string
		degree   int
		straggle float64
	}
	type limit struct{ value, wrong float64 }
	known := map[limitOf]limit{}
	for first := 0; first < len(s.Rows); first += p.Seeds {
		rows := s.Rows[first : first+p.Seeds]
		var errors, means []float64
		seconds := 0.0
		for _, r := range rows {
			errors, means = append(errors, r.Error), append(means, r.MeanAlpha)
			seconds += r.Seconds / float64(len(rows))
		}
		sum := Summary{Row: rows[0], Seeds: p.Seeds, Draws: p.Draws, Error: bench.MeanOf(errors), MeanAlpha: bench.MeanOf(means), Seconds: seconds}
		if p.Seeds == 1 {
			sum.Error.SE = rows[0].SE
		}
		sum.Debiased = coding.Debiased(sum.Error.Value, sum.MeanAlpha.Value)
		key := limitOf{sum.Scheme, sum.Degree, sum.Straggle}
		ideally, solved := known[key]
		if !solved {
			value, wrong, err := ideal(ctx, sum.Scheme, &p.family, sum.Degree, sum.Straggle, p.Tolerance)
			if err != nil {
				return err
			}
			ideally = limit{value, wrong}
			known[key] = ideally
		}
		sum.Limit, sum.Wrong = ideally.value, ideally.wrong
		if sum.Error.Value == 0 && sum.Limit > 0 {
			// Equal zeros have no scatter, and yet say no more than that the error is rare.
			sum.Error.SE, sum.MeanAlpha.SE = math.NaN(), math.NaN()
			s.Unseen = append(s.Unseen, fmt.Sprintf("%s, %d blocks held %.4g times, %.4g lost: no error in %d draws, of which the limit is %.3g; take more, or --rare for a graph code",
				sum.Scheme, sum.Blocks, sum.Replication, sum.Straggle, p.Seeds*p.Draws, sum.Limit))
		}
		n := float64(sum.Blocks)
		sum.Scaled = bench.Mean{Value: n * (sum.Error.Value - sum.Limit), SE: n * sum.Error.SE, N: p.Seeds}
		s.Summary = append(s.Summary, sum)
	}
	return nil
}
