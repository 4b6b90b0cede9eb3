package bench

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"gonum.org/v1/gonum/interp"

	"kac/internal/portable"
	"kac/internal/userdata"
	"kac/particles"
)

// The prefixes of activations and links of one's own.
const (
	formulaPrefix = "expr:"
	tablePrefix   = "table:"
)

// digests is one digest of two, the first of which may be none.
func digests(first, second string) string {
	if first == "" {
		return second
	}
	sum := sha256.Sum256([]byte(first + "+" + second))
	return hex.EncodeToString(sum[:])
}

// isOwn reports whether a text begins like a formula or a table.
func isOwn(text string) bool {
	return strings.HasPrefix(text, formulaPrefix) || strings.HasPrefix(text, tablePrefix)
}

// ParseActivation reads what particles.ParseActivation does, and formulas and tables of one's own. digest is that of a
// table's numbers, "" for others.
func ParseActivation(text string) (a particles.Activation, digest string, err error) {
	a, is, digest, err := ownFunction(text)
	if !is {
		a, err = particles.ParseActivation(text)
	}
	return a, digest, err
}

// ownFunction reads a formula or a table; is is false for other texts.
func ownFunction(text string) (a particles.Activation, is bool, digest string, err error) {
	var f func(float64) float64
	var knots []float64
	name := text
	switch {
	case strings.HasPrefix(text, formulaPrefix):
		f, err = formula(strings.TrimPrefix(text, formulaPrefix))
	case strings.HasPrefix(text, tablePrefix):
		f, knots, digest, err = table(strings.TrimPrefix(text, tablePrefix))
	default:
		return a, false, "", nil
	}
	if err != nil {
		return a, true, "", err
	}
	if digest != "" { // the name tells contents apart
		name += "#" + digest[:8]
	}
	a, err = particles.NewFunction(name, f, knots)
	return a, true, digest, err
}

// formula compiles an expression in x, in the language of github.com/expr-lang/expr.
func formula(text string) (func(float64) float64, error) {
	of := func(f func(float64) float64) func(any) float64 {
		return func(x any) float64 {
			switch v := x.(type) {
			case float64:
				return f(v)
			case int:
				return f(float64(v))
			}
			return math.NaN()
		}
	}
	env := map[string]any{"x": 0.0, "pi": math.Pi, "exp": of(portable.Exp), "log": of(math.Log), "sqrt": of(math.Sqrt), "tanh": of(portable.Tanh),
		"erf": of(portable.Erf), "sin": of(math.Sin), "cos": of(math.Cos), "atan": of(math.Atan)}
	program, err := expr.Compile(text, expr.Env(env), expr.AsFloat64())
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return nil, errors.New(first + "; write an expression in x with + - * / **, ?:, max, min, abs, exp, log, sqrt, tanh, erf, sin, cos, atan and pi")
	}
	machine := &vm.VM{}
	var lock sync.Mutex
	return func(x float64) float64 {
		lock.Lock()
		defer lock.Unlock()
		env["x"] = x
		y, err := machine.Run(program, env)
		v, is := y.(float64)
		if err != nil || !is {
			return math.NaN()
		}
		return v
	}, nil
}

// mostRows bounds a table: every row is a piece of the function.
const mostRows = 2000

// table reads rows x, y and interpolates between them by Akima's cubics, which follow straight lines and have no
// overshoot next to them; beyond the ends it goes on along the last two points. digest is the SHA-256 of the numbers.
func table(path string) (f func(float64) float64, x []float64, digest string, err error) {
	if path == "" {
		return nil, nil, "", errors.New("give a file of rows x,y behind the colon")
	}
	m, err := userdata.Read(context.Background(), path, func(bytes float64) error {
		if bytes > 1<<24 {
			return fmt.Errorf("more than %d rows", mostRows)
		}
		return nil
	})
	if err != nil {
		return nil, nil, "", err
	}
	if m.Columns != 2 || m.Rows < 5 || m.Rows > mostRows {
		return nil, nil, "", fmt.Errorf("it has %d rows of %d numbers; give from 5 to %d rows x,y", m.Rows, m.Columns, mostRows)
	}
	var y []float64
	for i := range m.Rows {
		x, y = append(x, m.X[2*i]), append(y, m.X[2*i+1])
		if i > 0 && !(x[i] > x[i-1]) {
			if x[i] == x[i-1] && y[i] != y[i-1] {
				return nil, nil, "", fmt.Errorf("it jumps at x = %g from %g to %g; an activation must be continuous", x[i], y[i-1], y[i])
			}
			return nil, nil, "", fmt.Errorf("x must ascend, but %g follows %g", x[i], x[i-1])
		}
	}
	var s interp.AkimaSpline
	if err := s.Fit(x, y); err != nil {
		return nil, nil, "", err
	}
	n := len(x)
	first, last := (y[1]-y[0])/(x[1]-x[0]), (y[n-1]-y[n-2])/(x[n-1]-x[n-2])
	sum := sha256.New()
	if err := binary.Write(sum, binary.LittleEndian, m.X); err != nil {
		return nil, nil, "", err
	}
	return func(z float64) float64 {
		switch {
		case z < x[0]:
			return y[0] + first*(z-x[0])
		case z > x[n-1]:
			return y[n-1] + last*(z-x[n-1])
		}
		return s.Predict(z)
	}, x, hex.EncodeToString(sum.Sum(nil)), nil
}
