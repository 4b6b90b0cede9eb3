package bench

import (
	"fmt"
	"math"
	"strconv"
)

// Text prints a mean with its standard error in the last digits, two of them: 0.605(12) is
// 0.605 +- 0.012, 12.3(1.4) is 12.3 +- 1.4, 1.23(45)e-07 is 1.23e-07 +- 0.45e-07. Without an error
// it prints four digits.
func (m Mean) Text() string {
	v, se := m.Value, m.SE
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	if v == 0 && !(se > 0) {
		return "0"
	}
	if !(se > 0) || math.IsInf(se, 0) {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	suffix := ""
	if size := math.Max(math.Abs(v), se); size < 1e-4 || size >= 1e6 {
		power := int(math.Floor(math.Log10(size)))
		v, se = v/math.Pow10(power), se/math.Pow10(power)
		suffix = fmt.Sprintf("e%+03d", power)
	}
	decimals := 1 - int(math.Floor(math.Log10(se)))
	if math.Round(se*math.Pow10(decimals)) >= 100 { // 0.0996 is 0.10
		decimals--
	}
	if decimals <= 0 {
		return fmt.Sprintf("%.0f(%.0f)%s", v, se, suffix)
	}
	digits := math.Round(se * math.Pow10(decimals))
	if digits >= math.Pow10(decimals) { // 1 or more: without its point it would read as 0.something
		return fmt.Sprintf("%.*f(%.*f)%s", decimals, v, decimals, se, suffix)
	}
	return fmt.Sprintf("%.*f(%.0f)%s", decimals, v, digits, suffix)
}

// Text prints an exponent with its interval: -1.02 [-1.10,-0.94].
func (e *Exponent) Text() string {
	if e == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f [%.2f,%.2f]", e.Value, e.Low, e.High)
}
