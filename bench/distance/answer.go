package distance

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"kac/bench"
)

// Whether a width is in the 1/m regime.
const (
	RegimeYes     = "yes"     // networks of this width are where C(t) says, and yours is one of them
	RegimeApart   = "apart"   // they are, and yours is elsewhere: not its width keeps it apart
	RegimeNo      = "no"      // they are not
	RegimeUnknown = "unknown" // neither C(t) nor other networks are known
)

const (
	regimeShare  = 0.25 // of C(t) by which the mean over networks may differ from it, besides two standard errors
	regimeSpread = 3    // standard deviations by which yours may differ from that mean
	regimeFactor = 2    // without networks: m * function error within this factor of C(t)
)

// Scaled is m times a function error.
func (r *Result) Scaled(functionError float64) float64 {
	return float64(r.Parameters.Width) * functionError
}

// spread is mean, standard deviation and ends of m times the function errors of the networks beside.
func (r *Result) spread() (mean bench.Mean, deviation, low, high float64) {
	x := make([]float64, len(r.Networks))
	for i, e := range r.Networks {
		x[i] = r.Scaled(e)
	}
	if len(x) == 0 {
		return bench.Mean{Value: math.NaN(), SE: math.NaN()}, math.NaN(), math.NaN(), math.NaN()
	}
	mean = bench.MeanOf(x)
	return mean, mean.SE * math.Sqrt(float64(len(x))), slices.Min(x), slices.Max(x)
}

// Regime says whether the width is in the 1/m regime.
func (r *Result) Regime() string {
	own, c := r.Scaled(r.FunctionError), r.Constant
	mean, deviation, _, _ := r.spread()
	known := !math.IsNaN(c)
	switch {
	case len(r.Networks) > 0:
		if known && math.Abs(mean.Value-c) > regimeShare*c+2*mean.SE+r.ConstantError {
			return RegimeNo
		}
		if math.Abs(own-mean.Value) > regimeSpread*deviation {
			return RegimeApart
		}
		if !known {
			return RegimeUnknown
		}
		return RegimeYes
	case known && own <= regimeFactor*c && own >= c/regimeFactor:
		return RegimeYes
	case known:
		return RegimeApart
	}
	return RegimeUnknown
}

// Answer is one sentence: is this width in the 1/m regime, and by what evidence.
func (r *Result) Answer() string {
	p := &r.Parameters
	mean, _, low, high := r.spread()
	t, own := bench.Number(r.Time), r.Scaled(r.FunctionError)
	limit := fmt.Sprintf("the exact limit C(%s) is %.4g", t, r.Constant)
	if math.IsNaN(r.Constant) {
		limit = "the limit C(t) is not known for this problem"
	}
	evidence := []string{fmt.Sprintf("m * function error is %.4g", own), limit}
	if n := len(r.Networks); n > 0 {
		evidence = append(evidence, fmt.Sprintf("%d networks of this width that start at random have %.4g +- %.2g (%.4g to %.4g)", n, mean.Value, mean.SE, low, high))
	} else {
		evidence = append(evidence, "no other networks of this width were run")
	}
	text := strings.Join(evidence[:len(evidence)-1], ", ") + ", and " + evidence[len(evidence)-1]
	switch r.Regime() {
	case RegimeYes:
		if len(r.Networks) == 0 {
			return fmt.Sprintf("Probably: width %d looks like the 1/m regime at t = %s, since %s.", p.Width, t, text)
		}
		return fmt.Sprintf("Yes: width %d is in the 1/m regime at t = %s, since %s.", p.Width, t, text)
	case RegimeNo:
		return fmt.Sprintf("No: width %d is not yet in the 1/m regime at t = %s, since %s.", p.Width, t, text)
	case RegimeApart:
		where := "farther from the limit"
		if own < mean.Value || len(r.Networks) == 0 && own < r.Constant {
			where = "nearer to the limit"
		}
		if len(r.Networks) == 0 {
			return fmt.Sprintf("Not as it is: this network of width %d is %s at t = %s than the 1/m regime says, since %s.", p.Width, where, t, text)
		}
		return fmt.Sprintf("The width is not what keeps it apart: this network is %s at t = %s than others of width %d, since %s.", where, t, p.Width, text)
	}
	return fmt.Sprintf("Not known: at t = %s, %s.", t, text)
}
