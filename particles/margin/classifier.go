package margin

import "math"

// Classifier is the max-margin classifier of a data set, or one beside it: in the plane of mu and of the memoriser v,
// the unit vector with the largest least value 1/sqrt q of v'xi_i, it is the unit vector
//
//	w = sin(angle) mu + cos(angle) v,    margin sin(angle) + cos(angle)/sqrt q
//
// No unit vector with the signal sin(angle) has a larger margin, whatever its noise (derived in docs/margin.md, 1).
type Classifier struct {
	Q        float64
	Variance float64
	Angle    float64
}

// MaxMargin is the classifier of the largest margin, tan(angle) = sqrt q.
func MaxMargin(q, variance float64) Classifier {
	return Classifier{q, variance, math.Atan(math.Sqrt(q))}
}

// Worst is the classifier of the largest test error among all that have at least rho times the largest margin, 0 < rho
// <= 1: the one with the least signal.
func Worst(q, variance, rho float64) Classifier {
	c := MaxMargin(q, variance)
	c.Angle -= math.Acos(rho)
	return c
}

// Margin is the least value on the points.
func (c Classifier) Margin() float64 { return math.Sin(c.Angle) + math.Cos(c.Angle)/math.Sqrt(c.Q) }

// Signal is mu'w.
func (c Classifier) Signal() float64 { return math.Sin(c.Angle) }

// LogTestError is the logarithm of the probability that a new point is on the wrong side, Phi(-tan(angle)/sqrt s2).
func (c Classifier) LogTestError() float64 { return LogPhi(-math.Tan(c.Angle) / math.Sqrt(c.Variance)) }

// Memoriser is the share of the largest margin that v reaches, which knows nothing of mu.
func Memoriser(q float64) float64 { return 1 / math.Sqrt(1+q) }

// Flipped are the least and the largest value of the max-margin classifier, scaled to margin 1, on its own points with
// the noise flipped, and the share of them that is on the wrong side. values are N c of a Solution.
func (s *Solution) Flipped(gram []float64) (least, largest, wrong float64) {
	values := make([]float64, len(s.C))
	times(values, gram, s.C)
	least, largest = math.Inf(1), math.Inf(-1)
	count := 0
	for _, v := range values {
		f := (s.Q - v) / (1 + s.Q)
		least, largest = math.Min(least, f), math.Max(largest, f)
		if f <= 0 {
			count++
		}
	}
	return least, largest, float64(count) / float64(len(values))
}
