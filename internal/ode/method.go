package ode

// Method is an explicit Runge-Kutta method as data.
//
// With s = len(B) stages a step from (t, y) of length h is
//
//	k_0 = f(t, y),  k_i = f(t + C[i] h, y + h sum_{j<i} A[i][j] k_j),  i = 1..s-1
//	y_new = y + h sum_i B[i] k_i.
//
// Rows of A are as long as their last entry that is not zero needs.
type Method struct {
	Name   string
	Source string // the citation of the coefficients
	Order  int    // of y_new: the local error is O(h^(Order+1))

	C []float64
	A [][]float64
	B []float64

	// FirstSameAsLast says that the last stage is f(t+h, y_new), so that it
	// serves as the next step's k_0 (row s-1 of A equals B).
	FirstSameAsLast bool

	// Error holds the weights of the embedded error estimate
	// h sum_i Error[i] k_i (i runs to s: index s is f(t+h, y_new)), which is
	// O(h^(ErrorOrder+1)). Nil for a method without step-size control.
	Error      []float64
	ErrorOrder int

	// ErrorLow is a second, lower-order estimate that guards the first where
	// that one vanishes by accident (DOP853 only; nil otherwise).
	ErrorLow []float64

	// Beta is the weight of the previous error in the step-size controller
	// (Gustafsson's PI control, Hairer-Norsett-Wanner II.4); 0 is plain control.
	Beta float64

	// Dense output on [t, t+h], theta = (t' - t)/h, in Hairer's nested form:
	//
	//	y(theta) = y + theta (F_0 + (1-theta)(F_1 + theta (F_2 + (1-theta)(F_3 + ...))))
	//	F_0 = y_new - y,  F_1 = h f(t,y) - F_0,  F_2 = 2 F_0 - h (f(t,y) + f(t+h,y_new)),
	//	F_{3+r} = h sum_i D[r][i] k_i,  i over the stages, then f(t+h, y_new), then the extra stages.
	//
	// ExtraC and ExtraA describe the extra stages (their rows of A run over the
	// same list). DenseOrder is the order of the interpolant's global error.
	ExtraC     []float64
	ExtraA     [][]float64
	D          [][]float64
	DenseOrder int
}

// Stages is the number of evaluations that make up y_new.
func (m *Method) Stages() int { return len(m.B) }

// Adaptive says whether the method carries an error estimate.
func (m *Method) Adaptive() bool { return m.Error != nil }

// stageBuffers tells which stages may share a vector: owners[i] is the vector of stage i, of as many as
// buffers says. A stage that only later stages read gives its vector to the stage whose state is made
// when it is read for the last time: DOP853's stages 1 to 4 are in neither y_new nor any error estimate.
func (m *Method) stageBuffers() (owners []int, buffers int) {
	s := m.Stages()
	last := make([]int, s) // the stage that reads it last
	for j, row := range m.A {
		for i, a := range row {
			if a != 0 {
				last[i] = j
			}
		}
	}
	for _, weights := range append(append([][]float64{m.B, m.Error, m.ErrorLow}, m.ExtraA...), m.D...) {
		for i, w := range weights[:min(s, len(weights))] {
			if w != 0 {
				last[i] = s
			}
		}
	}
	last[0], last[s-1] = s, s // k_0 outlives a rejection, and the last may be the next step's first
	var free []int
	freed := make([]bool, s)
	for j := range s {
		for i := range j {
			if !freed[i] && last[i] <= j {
				freed[i], free = true, append(free, owners[i])
			}
		}
		if len(free) == 0 {
			free, buffers = append(free, buffers), buffers+1
		}
		owners, free = append(owners, free[0]), free[1:]
	}
	return owners, buffers
}
