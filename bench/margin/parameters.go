package margin

import (
	"math"
	"runtime"

	"kac/bench"
	"kac/particles/margin"
)

// Limits of drawn data sets.
const (
	MaxSamples = 5000
	MaxDim     = 1 << 24
)

// Defaults of the flags and keys.
const (
	DefaultSeeds    = 20
	DefaultFraction = .95
)

// Ways to draw a data set's Gram matrix.
const (
	DrawVectors = "vectors" // the noise vectors, in blocks
	DrawLaw     = "law"     // the matrix itself, by its law
)

// Parameters say everything that determines the numbers of drawn data sets.
type Parameters struct {
	Samples   int       `json:"samples"`
	Dims      []int     `json:"dim"`
	Kappas    []float64 `json:"kappa,omitempty"`
	Variances []float64 `json:"variance,omitempty"` // instead
	Fraction  float64   `json:"fraction"`           // of the margin, of the worst classifier
	Draw      string    `json:"draw"`
	Seeds     int       `json:"seeds"`
	Seed      uint64    `json:"seed"`
}

// Check refuses with a bench.InputError that names the parameter. Dimensions must be increasing.
func (p *Parameters) Check() error {
	if len(p.Dims) == 0 {
		return bench.Refuse("dim", "", "give the number of dimensions, such as 20000")
	}
	for i, d := range p.Dims {
		if i > 0 && d <= p.Dims[i-1] {
			return bench.Refuse("dim", bench.Wholes(p.Dims, ","), "give every dimension once, in increasing order")
		}
	}
	for _, err := range []error{
		bench.CheckWhole("samples", p.Samples, 1, MaxSamples, "points of a data set"),
		bench.CheckWhole("dim", p.Dims[0], 2, MaxDim, "coordinates of a point"),
		bench.CheckWhole("dim", p.Dims[len(p.Dims)-1], 2, MaxDim, "coordinates of a point"),
		checkPoints(p.Samples, p.Dims[0]),
		bench.CheckWhole("seeds", p.Seeds, 1, bench.MaxSeeds, "data sets of each kind"),
		bench.CheckPositive("fraction", p.Fraction, 1, "share of the largest margin"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Draw != DrawVectors && p.Draw != DrawLaw {
		return bench.Refuse("draw", p.Draw, "allowed are %s (the noise vectors) and %s (their Gram matrix by its law, whatever the dimension)", DrawVectors, DrawLaw)
	}
	if p.Seed > math.MaxUint64-uint64(p.Seeds) {
		return bench.Refuse("seed", p.Seed, "with %d seeds the last one would be above the largest, %d", p.Seeds, uint64(math.MaxUint64))
	}
	// The same lists as those of the law, whose checks tell what is missing.
	law := LawParameters{Samples: []int{p.Samples}, Dims: p.Dims, Kappas: p.Kappas, Variances: p.Variances}
	if len(p.Kappas)+len(p.Variances) == 0 {
		return bench.Refuse("kappa", "", "give n/(d s2), such as .5,2, or the variance s2")
	}
	if err := law.Check(); err != nil {
		return err
	}
	return p.memory().Check()
}

// settings is the number of kappas or variances.
func (p *Parameters) settings() int { return len(p.Kappas) + len(p.Variances) }

// variance of a dimension and setting.
func (p *Parameters) variance(d, setting int) float64 {
	if len(p.Kappas) > 0 {
		return variance(p.Samples, d, p.Kappas[setting])
	}
	return p.Variances[setting]
}

// kappa of a dimension and setting.
func (p *Parameters) kappa(d, setting int) float64 {
	if len(p.Kappas) > 0 {
		return p.Kappas[setting]
	}
	return float64(p.Samples) / (float64(d) * p.Variances[setting])
}

// cellBytes is what one data set takes: three matrices of products and one block of noise, packed twice.
func (p *Parameters) cellBytes() float64 {
	n := float64(p.Samples)
	return 8 * (4*n*n + 3.2*n*margin.Block)
}

func (p *Parameters) memory() bench.Memory {
	cells := float64(len(p.Dims)) * float64(p.settings()) * float64(p.Seeds)
	return bench.Memory{{Key: "samples", Value: p.Samples, Bytes: p.cellBytes() * math.Min(cells, float64(runtime.GOMAXPROCS(0))), Lower: "it"},
		{Key: "seeds", Value: p.Seeds, Bytes: 300 * cells, Lower: "it"}}
}

// work of a data set in flops; a normal number costs about 60.
func (p *Parameters) work(d int) float64 {
	n := float64(p.Samples)
	if p.Draw == DrawLaw {
		return 60*n*n/2 + 2*n*n*n
	}
	return n*float64(d)*(60+n) + n*n*n
}
