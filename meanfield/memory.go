package meanfield

import "kac/particles"

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
	return 8 * bothGrids * numbers
}

// bothGrids is what the coarser grid, solved at the same time, adds at most: 6 collocation times for 8.
const bothGrids = 1 + 6./8

// GapConstantsMemory estimates what FluctuationOptions.Gaps adds to FluctuationMemory.
func (r *Reference) GapConstantsMemory(times []float64) float64 {
	const collocation = 8
	nodes := 2 * float64(len(r.union(1).tau0)) // of x
	at := float64(len(timePanels(r.path, times, 6))-1) * collocation
	list := r.sectors(1)
	rank, functions, points := 0, list[0].functions, 0.0
	for _, s := range list {
		rank = max(rank, s.functions)
	}
	if s := r.spectrum(); s != nil {
		shells := 1.0
		if r.problem.Task().Law() == particles.Gaussian {
			shells = 200 // or less
		}
		points = shells * float64(mostResidual+len(list)+1)
	} else {
		top := float64(r.problem.Activation().Degree())
		points = (2*top + 1) * (top + 1)
	}
	square := float64(rank * (rank + 1) / 2)
	// V, S, d2theta and G_tt of nodes; the equation of degree 0 is kept; residuals and products of the samples'
	// functions; rows of the resolvent.
	numbers := 6*at*nodes + 2*at*nodes*float64(functions)
	numbers += points*(at+square+3*float64(rank+functions)) + at*square + float64(len(times))*at*float64(rank*rank)
	// Fields of the mean shift and what they do on a panel.
	g, f := min(functions, mostFunctions), min(rank, mostFunctions)
	columns := float64(g*f + rank)
	numbers += 3*at*float64(rank)*columns + columns*nodes*5*collocation + columns*points*float64(f)
	return 8 * bothGrids * numbers
}

// ReactionMemory estimates what FluctuationOptions.Reaction adds to GapConstantsMemory.
func (r *Reference) ReactionMemory(times []float64) float64 {
	at := float64(len(timePanels(r.path, times, 6))-1) * (6 + 8)
	numbers, points := 4*at*at, float64(reactionPoints[1]*reactionRadii[1])
	for _, s := range r.sectors(1) {
		rank := float64(s.functions)
		numbers += at*at*rank*rank/2 + points*rank
	}
	return 8 * numbers
}
