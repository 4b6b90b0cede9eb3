package localsgd

import (
	"math"

	"kac/internal/portable"
	"kac/internal/rng"
)

// Laws of the noise that is added to gradients.
const (
	NoNoise         = "none"
	GaussianNoise   = "gaussian"
	RademacherNoise = "rademacher" // +-1, each with probability 1/2
	StudentNoise    = "student"    // Student's t, scaled to unit variance
	MinibatchNoise  = "minibatch"  // gradients on some of the client's samples, drawn with replacement
)

// Noise is added to gradients: coordinates are independent, of variance Sigma²/d each, so that E|noise|² = Sigma².
type Noise struct {
	Law     string
	Sigma   float64
	Degrees float64 // of Student's law, above 2
	Batch   int     // of MinibatchNoise
}

// deviation of a coordinate.
func (n *Noise) deviation(d int) float64 {
	if n.Law == NoNoise || n.Law == MinibatchNoise {
		return 0
	}
	return n.Sigma / math.Sqrt(float64(d))
}

// fill writes noise of unit variance to dst. What is drawn is a function of the stream alone.
func (n *Noise) fill(s *rng.Stream, dst []float64) {
	switch n.Law {
	case GaussianNoise:
		s.FillNormal(dst)
	case RademacherNoise:
		word := uint64(0)
		for i := range dst {
			if i%64 == 0 {
				word = s.Uint64()
			}
			dst[i] = math.Float64frombits(oneBits | word<<63)
			word >>= 1
		}
	case StudentNoise:
		n.student(s, dst)
	default:
		clear(dst)
	}
}

const oneBits = 0x3ff0000000000000 // of 1.0

// student draws sqrt(nu (U^{-2/nu} - 1)) cos(2 pi V), which has Student's law of nu degrees (Bailey, Math. Comp. 62
// (1994) 779, doi:10.1090/S0025-5718-1994-1219701-3), times sqrt((nu-2)/nu). Of a pair U, V only one number is taken:
// that with the sine would not be independent of it.
func (n *Noise) student(s *rng.Stream, dst []float64) {
	nu := n.Degrees
	for i := range dst {
		u := 1 - s.Float64() // in (0, 1]
		r := math.Sqrt((nu - 2) * (portable.Pow(u, -2/nu) - 1))
		dst[i] = r * math.Cos(2*math.Pi*s.Float64())
	}
}
