package localsgd

import (
	"math"
	"slices"

	"kac/internal/portable"
	"kac/internal/rng"
)

// EvenShares deals n samples out in a drawn order, so that numbers differ by at most one.
func EvenShares(n, clients int, seed uint64) [][]int {
	s := rng.New(seed, rng.Shares, 0)
	order := make([]int, n)
	for i := range order {
		j := int(s.Below(uint64(i + 1)))
		order[i], order[j] = order[j], i
	}
	return cut(order, clients)
}

// LabelShares sorts the samples by label and cuts them into parts of equal size: clients see one label or few.
func LabelShares(labels []float64, clients int) [][]int {
	order := make([]int, len(labels))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case labels[a] < labels[b]:
			return -1
		case labels[a] > labels[b]:
			return 1
		}
		return 0
	})
	return cut(order, clients)
}

func cut(order []int, clients int) [][]int {
	shares := make([][]int, clients)
	for m := range shares {
		shares[m] = order[m*len(order)/clients : (m+1)*len(order)/clients]
	}
	return shares
}

// DirichletShares gives the samples of every label to clients in proportions of Dirichlet(c, ..., c), independently for
// each label: small c makes clients differ. Clients may end up with no sample.
func DirichletShares(labels []float64, clients int, c float64, seed uint64) [][]int {
	shares := make([][]int, clients)
	kinds := slices.Compact(slices.Sorted(slices.Values(labels)))
	for k, kind := range kinds {
		s := rng.New(seed, rng.Shares, uint64(1+k))
		var own []int
		for i, label := range labels {
			if label == kind {
				own = append(own, i)
			}
		}
		for i := range own { // in a drawn order
			j := int(s.Below(uint64(i + 1)))
			own[i], own[j] = own[j], own[i]
		}
		weights, sum := make([]float64, clients), 0.0
		for m := range weights {
			weights[m] = gamma(&s, c)
			sum += weights[m]
		}
		if !(sum > 0) { // all underflowed: one client has everything
			weights[s.Below(uint64(clients))], sum = 1, 1
		}
		first, part := 0, 0.0
		for m := range shares {
			part += weights[m] / sum
			end := min(int(math.Round(part*float64(len(own)))), len(own))
			if m == clients-1 {
				end = len(own)
			}
			shares[m] = append(shares[m], own[first:max(end, first)]...)
			first = max(end, first)
		}
	}
	return shares
}

// gamma draws from the law of density x^{c-1} e^{-x}/Gamma(c) (Marsaglia, Tsang, doi:10.1145/358407.358414).
func gamma(s *rng.Stream, c float64) float64 {
	boost := 1.0
	if c < 1 {
		boost = portable.Pow(1-s.Float64(), 1/c)
		c++
	}
	d := c - 1./3
	for {
		z := s.NormFloat64()
		v := 1 + z/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-s.Float64()) < z*z/2+d*(1-v+math.Log(v)) {
			return boost * d * v
		}
	}
}
