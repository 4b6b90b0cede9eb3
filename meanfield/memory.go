package meanfield

// FluctuationMemory estimates the bytes that Fluctuations holds at once for these times: the particles'
// way at all collocation times, and the equation of the largest sector; with means as
// FluctuationOptions.Means their fields between thinned nodes of all sectors.
func (r *Reference) FluctuationMemory(times []float64, means ...float64) float64 {
	const collocation = 8
	nodes := float64(len(r.union(1).tau0))
	at := float64(len(timePanels(r.path, times, 6))-1) * collocation
	rank, twice := 0, 1.0
	for _, s := range r.sectors(1) {
		rank = max(rank, s.functions)
		if s.lambda > 0 {
			twice = 2
		}
	}
	// a, c and J; left and right with both parts, and e; a panel's products with all that is past.
	numbers := 3*at*nodes + float64(rank)*at*nodes*(2*twice+1) + 3*collocation*float64(rank)*float64(rank)*at
	// Twice as many nodes of x as sources are usual.
	thin := float64(len(thinNodes)) / panelNodes * nodes
	numbers += float64(len(means)*len(r.sectors(1))) * 3 * thin * thin
	return 8 * numbers
}
