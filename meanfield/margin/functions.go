package margin

import (
	"math"

	"kac/internal/portable"
	"kac/particles/margin"
)

// All that is asked of a data set whose points are all support vectors is a function of one number,
//
//	q = 1' N^-1 1,    N = the Gram matrix of the noise vectors,
//
// derived in docs/margin.md (1).

// Margin is the largest margin, sqrt(1 + 1/q).
func Margin(q float64) float64 { return math.Sqrt(1 + 1/q) }

// Signal is the part of the max-margin unit vector along mu, 1/Margin(q).
func Signal(q float64) float64 { return math.Sqrt(q / (1 + q)) }

// Memoriser is the share of the largest margin that a vector without signal reaches, 1/sqrt(1 + q).
func Memoriser(q float64) float64 { return 1 / math.Sqrt(1+q) }

// Flipped is the value y w'x that the max-margin classifier, scaled to the value 1 on its own points, has on every
// point whose noise is flipped: (q-1)/(q+1). Below q = 1 all of them are wrong.
func Flipped(q float64) float64 { return (q - 1) / (q + 1) }

// LogTestError is the logarithm of the max-margin classifier's test error Phi(-sqrt(q/s2)).
func LogTestError(q, variance float64) float64 { return margin.LogPhi(-math.Sqrt(q / variance)) }

// LogWorstError is the logarithm of the largest test error among all w whose margin is at least rho times the largest,
// 0 < rho <= 1:
//
//	Phi(-tan(arctan sqrt q - arccos rho)/sqrt s2)
func LogWorstError(q, variance, rho float64) float64 {
	s, b := math.Sqrt(q), math.Sqrt((1-rho)*(1+rho))/rho
	return margin.LogPhi(-(s - b) / (1 + s*b) / math.Sqrt(variance))
}

// Exp is e^x with the same bits on every machine: an error out of its logarithm.
func Exp(x float64) float64 { return portable.Exp(x) }

func exp(x float64) float64 { return portable.Exp(x) }
