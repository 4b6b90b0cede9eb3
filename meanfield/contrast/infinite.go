package contrast

import (
	"math"

	"kac/internal/portable"
)

func exp(x float64) float64 { return portable.Exp(x) }

// Infinite is the limit of the loss as m goes to infinity: l - log m = sum_k (r_k⁴/2 - c_k), R_k = 1, dl/dr_k⁴ = 1/2.
// (C.3)
func Infinite(coupling, norm2 []float64) Rates {
	r := newRates(len(coupling))
	for k, c := range coupling {
		r.Loss += norm2[k]*norm2[k]/2 - c
		r.Coupling[k], r.Norm[k] = 1, .5
	}
	return r
}

// FirstOrder is the coefficient of 1/m in the loss, P - Q/2 - 1/2 with P = prod_k 1/(1-c_k) and
// Q = prod_k (1-2 r_k⁴)^(-1/2), and in the R_k, -P/(1-c_k). (C.4)
//
// exists is false where a product diverges, c_k >= 1 or r_k⁴ >= 1/2: then m times the difference does not settle, but
// grows like a small power of m, and nothing is told.
func FirstOrder(coupling, norm2 []float64) (loss float64, rates []float64, exists bool) {
	p, q := 1.0, 1.0
	for k, c := range coupling {
		if c >= 1 || diverges(norm2[k]) {
			return math.NaN(), nil, false
		}
		p /= 1 - c
		q /= math.Sqrt(1 - 2*norm2[k]*norm2[k])
	}
	rates = make([]float64, len(coupling))
	for k, c := range coupling {
		rates[k] = -p / (1 - c)
	}
	return p - q/2 - .5, rates, true
}

func diverges(norm2 float64) bool { return 2*norm2*norm2 >= 1 }

// Feature is where a feature begins: its correlation, a = mu.theta and b = |theta - a mu|.
type Feature struct{ Alpha, A, B float64 }

// Coupling is c = alpha a².
func (f Feature) Coupling() float64 { return f.Alpha * f.A * f.A }

// Norm2 is r² = a² + b².
func (f Feature) Norm2() float64 { return f.A*f.A + f.B*f.B }

// Error is that of the best linear probe for the sign of mu.u: the angle between theta and the line of mu, over pi
// (Lemma E.1).
func (f Feature) Error() float64 { return f.turned(0) }

// ErrorAt is that at time t as m goes to infinity: tan(angle) falls like exp(-2 alpha t), whatever the weight decay.
func (f Feature) ErrorAt(t float64) float64 { return f.turned(2 * f.Alpha * t) }

// turned is the error where log tan(angle) has fallen by x.
func (f Feature) turned(x float64) float64 { return math.Atan2(f.B*exp(-x), math.Abs(f.A)) / math.Pi }

// At is the feature at time t as m goes to infinity, where features do not know of each other:
//
//	a' = 2 alpha a - 2 r² a - decay a,  b' = -2 r² b - decay b
//	a² = A/(1 + 4 int_0^t (A+B)),  b² = B/(the same),  A = a(0)² exp((4 alpha - 2 decay) t),  B = b(0)² exp(-2 decay t)
//
// decay is that of theta per unit of time. (C.5)
func (f Feature) At(t, decay float64) Feature {
	rate := 4*f.Alpha - 2*decay
	q := 1 / math.Sqrt(1+4*(f.A*f.A*growth(rate, t)+f.B*f.B*growth(-2*decay, t)))
	return Feature{Alpha: f.Alpha, A: f.A * q * exp(rate*t/2), B: f.B * q * exp(-decay*t)}
}

// growth is the integral of exp(rate s) from 0 to t.
func growth(rate, t float64) float64 {
	if x := rate * t; math.Abs(x) > 1e-300 {
		return math.Expm1(x) / rate
	}
	return t
}
