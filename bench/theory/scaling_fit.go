package theory

import (
	"math"

	"kac/bench"
)

func (s *Scaling) fit(name string) ScalingFit {
	f := ScalingFit{Problem: name}
	var dims, constantDims, squareDims []int
	var times, worst, square, constants, data, sgd, step [][]float64
	var before *ScalingRow
	for i := range s.Rows {
		r := &s.Rows[i]
		if r.Problem != name || math.IsNaN(r.Time) {
			continue
		}
		if before != nil {
			slope := math.NaN() // a T of 0 lies on no power law
			if r.Time > 0 && before.Time > 0 {
				slope = math.Log(r.Time/before.Time) / math.Log(float64(r.Dim)/float64(before.Dim))
			}
			f.Local = append(f.Local, slope)
		}
		if before = r; r.Time == 0 {
			continue
		}
		if r.SupConstant > 0 {
			constantDims, constants = append(constantDims, r.Dim), append(constants, []float64{r.SupConstant})
			data, sgd, step = append(data, []float64{r.SupData.Value}), append(sgd, []float64{r.SupSGD.Value}), append(step, []float64{r.SupStep.Value})
		}
		if r.Dim < s.Parameters.FitFrom {
			continue
		}
		dims = append(dims, r.Dim)
		times, worst = append(times, []float64{r.Time}), append(worst, []float64{r.WorstJ})
		if !math.IsNaN(r.SquareJ) {
			squareDims, square = append(squareDims, r.Dim), append(square, []float64{r.SquareJ})
		}
	}
	choice := bench.ProblemChoice{Problem: name, Dim: s.Parameters.Dims[0]}
	if problem, err := choice.Make(); err == nil {
		f.Promised = float64(max(exponentOf(problem), 2)-2) / 2
	}
	f.FitDims, f.FitConstantsDims = dims, constantDims
	f.Time, f.WorstJ, f.SquareJ, f.SupConstant = trend(dims, times), trend(dims, worst), trend(squareDims, square), trend(constantDims, constants)
	f.SupData, f.SupSGD, f.SupStep = trend(constantDims, data), trend(constantDims, sgd), trend(constantDims, step)
	return f
}

// trend is fitOrNil; two points, which have no scatter, give a slope with an interval of NaN.
func trend(dims []int, values [][]float64) *bench.Exponent {
	if len(dims) == 2 && values[0][0] > 0 && values[1][0] > 0 {
		slope := math.Log(values[1][0]/values[0][0]) / math.Log(float64(dims[1])/float64(dims[0]))
		return &bench.Exponent{
			Value: slope, Low: math.NaN(), High: math.NaN(), SE: math.NaN(),
			LogValue: math.Log(values[0][0]*values[1][0]) / 2, LogWidth: math.Log(float64(dims[0])*float64(dims[1])) / 2,
		}
	}
	return bench.FitOrNil(dims, values)
}
