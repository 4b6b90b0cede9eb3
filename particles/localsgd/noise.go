package localsgd

// Laws of the noise that is added to gradients.
const (
	NoNoise         = "none"
	GaussianNoise   = "gaussian"
	RademacherNoise = "rademacher" // +-1, each with probability 1/2
	StudentNoise    = "student"    // Student's t, scaled to unit variance
)

// Noise is added to gradients: coordinates are independent, of variance Sigma²/d each, so that E|noise|² = Sigma².
type Noise struct {
	Law     string
	Sigma   float64
	Degrees float64 // of Student's law, above 2
}
