package pack

// Sizes that operations share.
const (
	ChunkRows     = 48      // particles per unit of work: 8 tiles of 6, a multiple of every level's align
	TileBytes     = 2 << 20 // what the kept part of Z may take for one block of samples: not much more than the second-level cache
	FlushSamples  = 4096    // float32: after about this many samples partial sums move to float64
	TileCallLimit = 1 << 14 // tiles times d of one call of a product kernel, which bounds its time to about 100 us
	Depth         = 128     // most samples that accumulate sums in registers at once: their y panel is 32 KB
	BlockMost     = 2048    // most samples in a block
)
