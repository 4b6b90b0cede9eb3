package contrast

import (
	"math"
	"strconv"
	"strings"

	"kac/bench"
	"kac/internal/quantity"
	ideal "kac/meanfield/contrast"
)

// MaxFeatures bounds the features of a measurement; the exact flow takes fewer.
const MaxFeatures = 64

// Level is noise on some features: alpha becomes beta alpha there.
type Level struct {
	Noised []int     // features, from 1; none: no noise
	Beta   []float64 // theirs
}

// Features are the start and the noise as they were typed.
type Features struct {
	Alpha []float64 `json:"alpha"`
	Start string    `json:"start"`           // a:b of every feature
	Noise string    `json:"noise,omitempty"` // feature:beta,beta,...

	start  []ideal.Feature
	levels []Level
}

func (f *Features) check() error {
	if len(f.Alpha) == 0 {
		return bench.Refuse("alpha", "", "give the correlation of every feature, such as .9,.5")
	}
	if len(f.Alpha) > MaxFeatures {
		return bench.Refuse("alpha", bench.Numbers(f.Alpha), "%d features; allowed are 1 to %d", len(f.Alpha), MaxFeatures)
	}
	for _, a := range f.Alpha {
		if !(math.Abs(a) <= 1) {
			return bench.Refuse("alpha", bench.Numbers(f.Alpha), "%s is not allowed; correlations are from -1 to 1", bench.Number(a))
		}
	}
	if err := f.readStart(); err != nil {
		return err
	}
	return f.readNoise()
}

func (f *Features) readStart() error {
	if f.Start == "" {
		return bench.Refuse("start", "", "give a:b of every feature, a = mu.theta and b = |theta - a mu|, such as .3:.4,.05:.3")
	}
	parts := strings.Split(f.Start, ",")
	if len(parts) != len(f.Alpha) {
		return bench.Refuse("start", f.Start, "%d features, but %d correlations alpha", len(parts), len(f.Alpha))
	}
	f.start = nil
	for i, part := range parts {
		left, right, _ := strings.Cut(part, ":")
		a, err1 := quantity.Value(strings.TrimSpace(left))
		b, err2 := quantity.Value(strings.TrimSpace(right))
		if err1 != nil || err2 != nil {
			return bench.Refuse("start", f.Start, "%q is not a:b; write a = mu.theta and b = |theta - a mu| of every feature, such as .3:.4,.05:.3", part)
		}
		one := ideal.Feature{Alpha: f.Alpha[i], A: a, B: b}
		switch {
		case a == 0:
			return bench.Refuse("start", f.Start, "with a = 0 feature %d never starts: theta is at a saddle, orthogonal to mu", i+1)
		case !(b >= 0):
			return bench.Refuse("start", f.Start, "b of feature %d is %s; it is a length, 0 or more", i+1, bench.Number(b))
		case !(one.Norm2() <= ideal.MaxNorm2):
			return bench.Refuse("start", f.Start, "feature %d has |theta|^2 = %s; allowed is up to %d", i+1, bench.Number(one.Norm2()), ideal.MaxNorm2)
		}
		f.start = append(f.start, one)
	}
	return nil
}

// readNoise reads "1:1,.5,0" as three levels of noise on feature 1, and "1:.5,0,2:.3,.3" as two on features 1 and 2.
// One level may be written "1:.5+2:.3": commas part the lists of study files.
func (f *Features) readNoise() error {
	const how = "write feature:beta,beta,... with beta from 0 to 1, such as 1:1,.5,0"
	f.levels = []Level{{}}
	if f.Noise == "" {
		return nil
	}
	var noised []int
	var betas [][]float64
	for _, part := range strings.Split(strings.ReplaceAll(f.Noise, "+", ","), ",") {
		left, right, begins := strings.Cut(part, ":")
		if begins {
			k, err := strconv.Atoi(strings.TrimSpace(left))
			if err != nil {
				return bench.Refuse("noise", f.Noise, "%q is not a feature; %s", left, how)
			}
			if k < 1 || k > len(f.Alpha) {
				return bench.Refuse("noise", f.Noise, "there is no feature %d; allowed are 1 to %d", k, len(f.Alpha))
			}
			for _, other := range noised {
				if k == other {
					return bench.Refuse("noise", f.Noise, "feature %d is there twice", k)
				}
			}
			noised, betas = append(noised, k), append(betas, nil)
		} else {
			right = left
		}
		if len(noised) == 0 {
			return bench.Refuse("noise", f.Noise, "names no feature; %s", how)
		}
		beta, err := quantity.Value(strings.TrimSpace(right))
		if err != nil {
			return bench.Refuse("noise", f.Noise, "%q is not a number; %s", right, how)
		}
		if !(beta >= 0 && beta <= 1) {
			return bench.Refuse("noise", f.Noise, "%s is not allowed; beta is from 0, all noise, to 1, none", bench.Number(beta))
		}
		last := &betas[len(betas)-1]
		for _, other := range *last {
			if other == beta && len(noised) == 1 {
				return bench.Refuse("noise", f.Noise, "%s is there twice", bench.Number(beta))
			}
		}
		*last = append(*last, beta)
	}
	f.levels = nil
	for i := range betas[0] {
		level := Level{Noised: noised}
		for k, list := range betas {
			if len(list) != len(betas[0]) {
				return bench.Refuse("noise", f.Noise, "feature %d has %d levels of noise and feature %d has %d; give as many", noised[0], len(betas[0]), noised[k], len(list))
			}
			level.Beta = append(level.Beta, list[i])
		}
		f.levels = append(f.levels, level)
	}
	return nil
}

// under are the features at their start, under a level of noise.
func (f *Features) under(l Level) []ideal.Feature {
	out := append([]ideal.Feature(nil), f.start...)
	for i, k := range l.Noised {
		out[k-1].Alpha *= l.Beta[i]
	}
	return out
}

// cell is the level in names of cells.
func (l Level) cell() string {
	noised, beta := l.names()
	return "noise " + noised + " beta " + beta
}

// names are the fields noised and beta of tables.
func (l Level) names() (noised, beta string) {
	if len(l.Noised) == 0 {
		return "0", "1"
	}
	for i, k := range l.Noised {
		if i > 0 {
			noised, beta = noised+"+", beta+"+"
		}
		noised, beta = noised+strconv.Itoa(k), beta+bench.Number(l.Beta[i])
	}
	return noised, beta
}
