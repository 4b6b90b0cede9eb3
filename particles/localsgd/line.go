package localsgd

import "math"

// Line is an objective of one variable with its minimum at 0.
type Line interface {
	// Value is f(x), f(0) = 0.
	Value(x float64) float64
	// Slope is f'(x).
	Slope(x float64) float64
	// Curvatures are the least and the largest second derivative.
	Curvatures() (least, most float64)
	// Scale is the distance from 0 on which the second derivative changes; 0: it jumps there, infinite: it is constant.
	Scale() float64
}

// Kink is the kinked quadratic of [F]: f'(x) = R x for x >= 0 and L x below. Its second derivative jumps at the
// minimum.
type Kink struct{ L, R float64 }

// Value implements Line.
func (f Kink) Value(x float64) float64 { return x * f.Slope(x) / 2 }

// Slope implements Line.
func (f Kink) Slope(x float64) float64 {
	if x >= 0 {
		return f.R * x
	}
	return f.L * x
}

// Curvatures implements Line.
func (f Kink) Curvatures() (least, most float64) { return math.Min(f.L, f.R), math.Max(f.L, f.R) }

// Scale implements Line.
func (f Kink) Scale() float64 {
	if f.L == f.R {
		return math.Inf(1)
	}
	return 0
}

// SmoothKink is a kink rounded over the width W: f'(x) = (L+R)/2 x + (R-L)/2 (sqrt(x² + W²) - W). Its third derivative
// is at most Q = |R-L|/(2W).
type SmoothKink struct{ L, R, W float64 }

// Value implements Line. The integral of sqrt(x² + W²) - W is (x s + W² asinh(x/W))/2 - W x with s = sqrt(x² + W²).
func (f SmoothKink) Value(x float64) float64 {
	s := math.Sqrt(x*x + f.W*f.W)
	asinh := math.Copysign(math.Log1p(math.Abs(x)/f.W+x*x/(f.W*(f.W+s))), x)
	return (f.L+f.R)/4*x*x + (f.R-f.L)/2*((x*s+f.W*f.W*asinh)/2-f.W*x)
}

// Slope implements Line. The difference of the roots is x²/(sqrt(x² + W²) + W), which loses no digits.
func (f SmoothKink) Slope(x float64) float64 {
	return (f.L+f.R)/2*x + (f.R-f.L)/2*(x*x/(math.Sqrt(x*x+f.W*f.W)+f.W))
}

// Curvatures implements Line.
func (f SmoothKink) Curvatures() (least, most float64) { return math.Min(f.L, f.R), math.Max(f.L, f.R) }

// Scale implements Line.
func (f SmoothKink) Scale() float64 { return f.W }
