package localsgd

import (
	"context"
	"fmt"
	"math"

	"kac/particles/localsgd"
)

// MaxPaths is the largest number of steps of which all paths are taken: 2^24 of them.
const MaxPaths = 24

// Paths returns the biases of x_{k+1} = x_k - eta (f'(x_k) + sigma e_k) with signs e_k = +-1, each with probability
// 1/2, at the given numbers of steps, increasing and at most MaxPaths: the means over all 2^k paths. Sums are
// compensated (Neumaier), so that the error is that of the paths' own rounding.
func Paths(ctx context.Context, f localsgd.Line, eta, sigma, start float64, steps []int) ([]Bias, error) {
	if err := checkSteps(steps); err != nil {
		return nil, err
	}
	last := steps[len(steps)-1]
	if last > MaxPaths {
		return nil, fmt.Errorf("2^%d paths: at most %d steps are possible", last, MaxPaths)
	}
	way := descents(f, eta, start, upTo(last))
	first, second := make([]compensated, last+1), make([]compensated, last+1)
	var follow func(x float64, k int) error
	follow = func(x float64, k int) error {
		if k > 0 {
			e := x - way[k-1].Descent
			first[k].add(e)
			second[k].add(e * e)
		}
		if k == last {
			return nil
		}
		if k == last-16 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		x -= eta * f.Slope(x)
		if err := follow(x+eta*sigma, k+1); err != nil {
			return err
		}
		return follow(x-eta*sigma, k+1)
	}
	if err := follow(start, 0); err != nil {
		return nil, err
	}
	var out []Bias
	for _, k := range steps {
		n := math.Ldexp(1, k)
		b := Bias{Steps: k, Bias: first[k].sum() / n, Descent: way[k-1].Descent}
		b.Deviation = math.Sqrt(math.Max(second[k].sum()/n-b.Bias*b.Bias, 0))
		b.BiasError = 0x1p-52 * float64(k) * (b.Deviation + math.Abs(start))
		b.DeviationError = b.BiasError
		out = append(out, b)
	}
	return out, nil
}

func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i + 1
	}
	return list
}

// compensated is a sum with its rounding carried along.
type compensated struct{ total, lost float64 }

func (c *compensated) add(x float64) {
	t := c.total + x
	if math.Abs(c.total) >= math.Abs(x) {
		c.lost += (c.total - t) + x
	} else {
		c.lost += (x - t) + c.total
	}
	c.total = t
}

func (c *compensated) sum() float64 { return c.total + c.lost }
