package rng

// The identifiers of every independent stream of random numbers the program
// draws. They are the second word of the generator's key, so two streams of
// one seed never share a block. A number, once released, keeps its meaning:
// changing it changes every published run. Add new ones at the end.
const (
	// Initial draws the first positions of the particles; index = particle.
	Initial uint64 = 1 + iota
	// Data draws the inputs of a fixed training sample; index = sample.
	Data
	// LabelNoise draws the noise added to labels; index = sample.
	LabelNoise
	// Shuffle orders the minibatches; index = epoch.
	Shuffle
	// FreshBatch draws the inputs of online descent; index = sample, counted
	// from the first step on.
	FreshBatch
	// FreshNoise draws the label noise of online descent; index as FreshBatch.
	FreshNoise
	// TestData draws held-out inputs; index = sample.
	TestData
	// Quadrature randomises quadrature rules and Monte Carlo estimates;
	// index = replica.
	Quadrature
	// Teacher draws the directions of random targets; index = direction.
	Teacher
	// Probe draws the starting vectors of iterative eigensolvers; index = particle.
	Probe
	// Graph draws the edges of random graphs and the entries of random assignments of blocks to machines; index 0, or
	// block.
	Graph
	// Straggler draws which machines are lost, or how long they take; index = draw.
	Straggler
	// Placement orders data points among blocks; index = draw.
	Placement
	// Search draws the starts and moves of local searches; index = start.
	Search
	// Noise draws the noise vectors of separable data sets; index = point + 2^32 block of coordinates.
	Noise
	// GramNoise draws the Gram matrix of such vectors by its law; index = row.
	GramNoise
	// LocalNoise draws the noise of clients' gradients; index = round 2^20 + client.
	LocalNoise
	// LocalBatch draws which of its samples a client takes; index = round 2^20 + client.
	LocalBatch
	// Participants draws which clients take part in a round; index = round.
	Participants
	// Shares draws how samples are shared out among clients; index = label.
	Shares
	// Pairs draws batches of contrastive learning; index = step.
	Pairs
)
