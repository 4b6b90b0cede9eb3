package meanfield

// FluctuationFlops estimates the arithmetic of Fluctuations for these times and means: the products of its Volterra
// equations on both grids, a multiply-add counting two, and the memory of the responses that the mean coupling asks.
func (r *Reference) FluctuationFlops(times []float64, means ...float64) float64 {
	total := 0.0
	panels := float64(len(timePanels(r.path, times, 6)) - 1)
	for level, collocation := range []float64{6, 8} {
		nodes := float64(len(r.union(level).tau0))
		thin := float64(len(thinNodes)) / panelNodes * nodes
		for _, s := range r.sectors(level) {
			inner := nodes
			if s.lambda > 0 {
				inner *= 2
			}
			rows := collocation * panels * float64(s.functions)
			total += rows * rows * (inner + nodes) // kernel of all pairs of times, and the past on the responses
			total += 2 * rows * inner * nodes      // couplings: responses added up
			total += 4 * float64(len(times)) * inner * nodes
			total += 8 * float64(len(means)) * thin * thin
		}
	}
	return total
}
