package localsgd

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"kac/bench"
	"kac/particles/localsgd"
)

// Objectives by their words.
const (
	KinkWord       = "kink"
	SmoothKinkWord = "smooth-kink"
	QuadraticWord  = "quadratic"
	HuberWord      = "huber"
	LogisticWord   = "logistic"
)

// Curvatures of a kink whose word names none.
const (
	DefaultLeft  = .5
	DefaultRight = 1
	DefaultWidth = .01
)

// Defaults of the flags.
const (
	DefaultNoise  = "gaussian:.1"
	DefaultRounds = 8
)

// arguments splits word:a,b,c.
func arguments(key, text string) (word string, numbers []float64, err error) {
	word, list, given := strings.Cut(text, ":")
	if !given {
		return word, nil, nil
	}
	for field := range strings.SplitSeq(list, ",") {
		x, err := strconv.ParseFloat(field, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return "", nil, bench.Refuse(key, text, "%q is not a number", field)
		}
		numbers = append(numbers, x)
	}
	return word, numbers, nil
}

// line reads an objective of one variable: kink, kink:L,R, smooth-kink, smooth-kink:W or smooth-kink:W,L,R.
func line(key, text string) (localsgd.Line, error) {
	word, numbers, err := arguments(key, text)
	if err != nil {
		return nil, err
	}
	switch word {
	case KinkWord:
		switch {
		case len(numbers) == 0:
			return localsgd.Kink{L: DefaultLeft, R: DefaultRight}, nil
		case len(numbers) != 2 || numbers[0] <= 0 || numbers[1] <= 0:
			return nil, bench.Refuse(key, text, "write kink:L,R with the curvatures L > 0 below 0 and R > 0 above, such as kink:.5,1")
		}
		return localsgd.Kink{L: numbers[0], R: numbers[1]}, nil
	case SmoothKinkWord:
		f := localsgd.SmoothKink{L: DefaultLeft, R: DefaultRight, W: DefaultWidth}
		switch {
		case len(numbers) == 0:
			return f, nil
		case len(numbers) != 1 && len(numbers) != 3 || numbers[0] <= 0 || len(numbers) == 3 && (numbers[1] <= 0 || numbers[2] <= 0):
			return nil, bench.Refuse(key, text, "write smooth-kink:W with a width W > 0, or smooth-kink:W,L,R with curvatures too, such as smooth-kink:.01,.5,1")
		case len(numbers) == 3:
			f.L, f.R = numbers[1], numbers[2]
		}
		f.W = numbers[0]
		return f, nil
	}
	return nil, bench.Refuse(key, text, "has no such reference; allowed are kink and smooth-kink")
}

// noise reads a law of noise: none, gaussian:S, rademacher:S, student:NU,S, minibatch:B.
func noise(key, text string) (localsgd.Noise, error) {
	word, numbers, err := arguments(key, text)
	if err != nil {
		return localsgd.Noise{}, err
	}
	n := localsgd.Noise{Law: word}
	want := 1
	switch word {
	case localsgd.NoNoise:
		want = 0
	case localsgd.GaussianNoise, localsgd.RademacherNoise:
	case localsgd.StudentNoise:
		want = 2
	case localsgd.MinibatchNoise:
		if len(numbers) != 1 || numbers[0] < 1 || numbers[0] > 1e6 || numbers[0] != math.Trunc(numbers[0]) {
			return n, bench.Refuse(key, text, "write minibatch:B with B samples a gradient, from 1 to 1000000")
		}
		n.Batch = int(numbers[0])
		return n, nil
	default:
		return n, bench.Refuse(key, text, "allowed are none, gaussian:S, rademacher:S, student:NU,S with the standard deviation S, and minibatch:B")
	}
	if len(numbers) != want {
		return n, bench.Refuse(key, text, "write %s", map[string]string{
			localsgd.NoNoise: "none", localsgd.GaussianNoise: "gaussian:S, such as gaussian:.1", localsgd.RademacherNoise: "rademacher:S, such as rademacher:.1",
			localsgd.StudentNoise: "student:NU,S, such as student:5,.5",
		}[word])
	}
	if want > 0 {
		n.Sigma = numbers[want-1]
		if !(n.Sigma >= 0) || n.Sigma > 1e6 {
			return n, bench.Refuse(key, text, "the standard deviation is %s; allowed are numbers from 0 to 1e6", bench.Number(n.Sigma))
		}
	}
	if word == localsgd.StudentNoise {
		if n.Degrees = numbers[0]; !(n.Degrees > 2) {
			return n, bench.Refuse(key, text, "with nu = %s degrees of freedom there is no standard deviation; allowed are numbers above 2", bench.Number(n.Degrees))
		}
		if n.Degrees > 1e6 {
			return n, bench.Refuse(key, text, "nu = %s; allowed are numbers above 2 and up to 1e6 (for more write gaussian)", bench.Number(n.Degrees))
		}
	}
	return n, nil
}

// stable refuses steps beyond 2/H.
func stable(eta, smoothness float64, of string) error {
	if !(eta > 0) || eta > 1e6 {
		return bench.Refuse("eta", bench.Number(eta), "allowed are numbers above 0 and up to 1e6 (step size)")
	}
	if eta >= 2/smoothness {
		return bench.Refuse("eta", bench.Number(eta), "beyond stability: steps must be below 2/H = %.6g, H = %.6g the largest eigenvalue of %s", 2/smoothness, smoothness, of)
	}
	return nil
}

// steps checks numbers of local steps and sorts nothing: they increase or are refused.
func increasing(key string, list []int, most int, what string) error {
	text := strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ",")
	if len(list) == 0 {
		return bench.Refuse(key, text, "give at least one number (%s)", what)
	}
	for i, k := range list {
		if k < 1 || k > most {
			return bench.Refuse(key, text, "%d is not allowed; allowed are whole numbers from 1 to %d (%s)", k, most, what)
		}
		if i > 0 && k == list[i-1] {
			return bench.Refuse(key, text, "%d is there twice; every number may appear once", k)
		}
	}
	return nil
}
