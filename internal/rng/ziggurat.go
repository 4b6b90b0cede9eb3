package rng

import (
	"math"

	"kac/internal/portable"
)

// ziggurat are the layers of Marsaglia and Tsang, "The ziggurat method for generating random variables",
// doi:10.18637/jss.v005.i08: 256 of equal area zigArea under e^{-x²/2}; layer i ends at edges[i], where the density is
// heights[i], and layer 0 has the tail beyond zigEnd.
var ziggurat = makeZiggurat()

const (
	zigEnd  = 3.6541528853610088
	zigArea = 0.00492867323399
)

type layers struct{ edges, heights [257]float64 }

func makeZiggurat() *layers {
	z := &layers{}
	density := func(x float64) float64 { return portable.Exp(-x * x / 2) }
	z.edges[0], z.edges[1] = zigArea/density(zigEnd), zigEnd
	z.heights[0], z.heights[1] = 0, density(zigEnd)
	for i := 1; i < 255; i++ {
		z.heights[i+1] = z.heights[i] + zigArea/z.edges[i]
		z.edges[i+1] = math.Sqrt(-2 * math.Log(z.heights[i+1]))
	}
	z.heights[256] = 1
	return z
}

// FillGaussian fills dst with the next len(dst) normals by the ziggurat method: twice as fast as FillNormal, of
// other numbers, and a number takes as many words as it needs. A longer dst begins with the numbers of a shorter one.
func (s *Stream) FillGaussian(dst []float64) {
	z := ziggurat
	for i := range dst {
		if s.used > 3 {
			s.words = philox([4]uint64{s.block, s.index, 0, 0}, s.key)
			s.block++
			s.used = 0
		}
		u := s.words[s.used&3]
		s.used++
		layer := u & 255
		x := float64(u>>11) * 0x1p-53 * z.edges[layer]
		if x >= z.edges[layer+1] {
			var taken bool
			if x, taken = s.beyond(x, layer); !taken {
				x = s.gaussian()
				dst[i] = x
				continue
			}
		}
		// The sign is bit 8.
		dst[i] = math.Float64frombits(math.Float64bits(x) | u<<55&(1<<63))
	}
}

// gaussian is one number from fresh words.
func (s *Stream) gaussian() float64 {
	for {
		u := s.Uint64()
		layer := u & 255
		x := float64(u>>11) * 0x1p-53 * ziggurat.edges[layer]
		taken := x < ziggurat.edges[layer+1]
		if !taken {
			x, taken = s.beyond(x, layer)
		}
		if taken {
			return math.Float64frombits(math.Float64bits(x) | u<<55&(1<<63))
		}
	}
}

// beyond decides about a point that is not within the next layer: in the wedge of its own, or in the tail.
func (s *Stream) beyond(x float64, layer uint64) (float64, bool) {
	if layer == 0 {
		for {
			a := -math.Log(1-s.Float64()) / zigEnd
			b := -math.Log(1 - s.Float64())
			if 2*b >= a*a {
				return zigEnd + a, true
			}
		}
	}
	z := ziggurat
	return x, z.heights[layer]+s.Float64()*(z.heights[layer+1]-z.heights[layer]) < portable.Exp(-x*x/2)
}
