package coding

import "math"

// Decoder turns the answers of the machines that are not lost into one weight alpha a block: the master uses
// sum_i alpha_i grad f_i in place of sum_i grad f_i. Decoders have scratch and are not for concurrent use.
type Decoder interface {
	// Alpha fills alpha, one number a block, and returns the error (1/n)|alpha - 1|². lost has one flag a machine; nil
	// loses none.
	Alpha(alpha []float64, lost []bool) (float64, error)
}

var (
	_ Decoder = (*graphDecoder)(nil)
	_ Decoder = (*FixedWeights)(nil)
	_ Decoder = (*LeastSquares)(nil)
	_ Decoder = (*Dense)(nil)
	_ Decoder = (*Repetition)(nil)
)

// graphDecoder is Optimal as a Decoder.
type graphDecoder struct{ *Optimal }

func (d graphDecoder) Alpha(alpha []float64, lost []bool) (float64, error) {
	return d.Optimal.Alpha(alpha, lost), nil
}

// Decode returns the optimal decoder of a graph code.
func (g *Graph) Decode() Decoder { return graphDecoder{NewOptimal(g)} }

// FixedWeights decodes with the same weight for every machine that answers: alpha = weight A 1 over these machines.
// With the weight 1/(d (1-p)), d the replication, alpha has mean 1 if every machine is lost with probability p.
type FixedWeights struct {
	a      *Assignment
	weight float64
	// ofAnswers makes the weight (machines/answers) times what it is: Raviv et al.'s decoder, which knows how many are
	// lost and not p.
	ofAnswers bool
}

// Fixed returns the decoder with one weight.
func (a *Assignment) Fixed(weight float64) *FixedWeights { return &FixedWeights{a: a, weight: weight} }

// Answers returns the decoder whose weight is machines/answers, the number of machines over the number of answers.
func (a *Assignment) Answers() *FixedWeights { return &FixedWeights{a: a, weight: 1, ofAnswers: true} }

// Alpha implements Decoder.
func (d *FixedWeights) Alpha(alpha []float64, lost []bool) (float64, error) {
	clear(alpha)
	weight := d.weight
	if d.ofAnswers {
		answers := d.a.Machines()
		for _, l := range lost {
			if l {
				answers--
			}
		}
		if answers == 0 {
			return 1, nil
		}
		weight *= float64(d.a.Machines()) / float64(answers)
	}
	for j := range d.a.Machines() {
		if lost != nil && lost[j] {
			continue
		}
		blocks, values := d.a.Column(j)
		for k, b := range blocks {
			alpha[b] += weight * values[k]
		}
	}
	return squaredError(alpha), nil
}

// Repetition is the optimal decoder of codes whose machines hold whole groups of blocks, as fractional repetition: a
// block has alpha = 1 if any of its machines answers, and 0 otherwise.
type Repetition struct{ a *Assignment }

// Repetition returns the decoder.
func (a *Assignment) Repetition() *Repetition { return &Repetition{a} }

// Alpha implements Decoder.
func (d *Repetition) Alpha(alpha []float64, lost []bool) (float64, error) {
	clear(alpha)
	for j := range d.a.Machines() {
		if lost != nil && lost[j] {
			continue
		}
		blocks, _ := d.a.Column(j)
		for _, b := range blocks {
			alpha[b] = 1
		}
	}
	return squaredError(alpha), nil
}

// squaredError is (1/n)|alpha - 1|².
func squaredError(alpha []float64) float64 {
	sum := 0.0
	for _, a := range alpha {
		sum += (a - 1) * (a - 1)
	}
	return sum / float64(len(alpha))
}

// Mean is the mean of alpha; for an optimal decoder it is 1 - error, draw by draw, since alpha is a projection of 1.
func Mean(alpha []float64) float64 {
	sum := 0.0
	for _, a := range alpha {
		sum += a
	}
	return sum / float64(len(alpha))
}

// Debiased is the mean error of alpha/r over draws whose mean alpha is r and whose mean error is given: E(alpha²)/r² -
// 1 with E alpha² = error - 1 + 2 r.
func Debiased(err, r float64) float64 {
	if r == 0 {
		return math.Inf(1)
	}
	return (err-1+2*r)/(r*r) - 1
}
