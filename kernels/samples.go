package kernels

// Forward writes the network's outputs f_i = (1/m) sum_j a_j sigma(<w_j, x_i>) for the n rows of x (n x d), with the m
// rows of w (m x d) as particles and second-layer weights a (m, or nil for ones). 2 n m d flops and n m activations; Z
// is never stored.
//
//	for i := range n {
//		sum := 0
//		for j := range m {
//			z := 0
//			for c := range d { z += x[i*d+c] * w[j*d+c] }
//			sum += a[j] * sigma(z)
//		}
//		f[i] = sum / m
//	}
//
// Where all coordinates of x are +-1, float32 at level avx512 takes about a third of these operations: sums of four
// products are picked from tables of the 16 that there are. Velocity and ForwardVelocity likewise. Results then differ
// from those of other levels and types by rounding, as ever.
//
// f must not overlap the inputs. The error of f_i is at most about (48 + m/48 eps64/eps) eps mean_j |a_j sigma| plus d
// eps times mean_j |a_j sigma'| |w_j| |x_i|, with eps that of T.
func Forward[T Float](f, x, w, a []T, n, m, d int, act Activation, ws *Workspace[T]) {
	const op = "Forward"
	checkSamples(op, x, w, a, n, m, d)
	checkLen(op, "f", len(f), n)
	checkApart(op, "f", "x", f, x)
	checkApart(op, "f", "w", f, w)
	checkApart(op, "f", "a", f, a)
	t := &ws.sample
	t.X, t.W, t.A, t.F = x, w, a, f
	t.WantF, t.WantV = true, false
	t.Run(ws.on(), n, m, d, act.f)
}

// Velocity writes v_j = (a_j/n) sum_i r_i sigma'(<w_j, x_i>) x_i for m particles (v and w m x d, x n x d, r n, a m or
// nil for ones). With r = y - f this is minus half the gradient of the mean square, per particle, times m; not
// projected. 4 n m d flops and n m activations.
//
//	for j := range m {
//		for i := range n {
//			z := 0
//			for c := range d { z += x[i*d+c] * w[j*d+c] }
//			for c := range d { v[j*d+c] += a[j] * r[i] * sigma'(z) * x[i*d+c] / n }
//		}
//	}
//
// v must not overlap the inputs. For n = 0 it is 0. In float32 sums over more than 4096 samples continue in float64, so
// that the error does not grow with n: about 4096 eps32 at the very worst, 1e-6 relative to the largest component in
// practice.
func Velocity[T Float](v, x, w, a, r []T, n, m, d int, act Activation, ws *Workspace[T]) {
	const op = "Velocity"
	checkSamples(op, x, w, a, n, m, d)
	checkLen(op, "v", len(v), m*d)
	checkLen(op, "r", len(r), n)
	checkVelocityApart(op, v, x, w, a, r, "r")
	t := &ws.sample
	t.X, t.W, t.A, t.R, t.V = x, w, a, r, v
	t.WantF, t.WantV = false, true
	t.Run(ws.on(), n, m, d, act.f)
}

// ForwardVelocity is Forward followed by Velocity with r = y - f, for 4 n m d flops in place of 6: f (n) and v (m x d)
// are written.
func ForwardVelocity[T Float](v, f, x, y, w, a []T, n, m, d int, act Activation, ws *Workspace[T]) {
	forwardVelocity("ForwardVelocity", v, f, x, y, w, a, n, m, d, act, SquareLoss(), ws)
}

// LossVelocity is ForwardVelocity for a loss: Forward followed by Velocity with the factors r_i that LossStep makes of
// f and y, for the flops of ForwardVelocity and n exponentials. v_j is -loss.Slope() m times the gradient of the mean
// loss in w_j.
func LossVelocity[T Float](v, f, x, y, w, a []T, n, m, d int, act Activation, loss Loss, ws *Workspace[T]) {
	forwardVelocity("LossVelocity", v, f, x, y, w, a, n, m, d, act, loss, ws)
}

func forwardVelocity[T Float](op string, v, f, x, y, w, a []T, n, m, d int, act Activation, loss Loss, ws *Workspace[T]) {
	checkForwardVelocity(op, v, f, x, y, w, a, n, m, d)
	t := &ws.sample
	t.X, t.W, t.A, t.Y, t.F, t.V = x, w, a, y, f, v
	t.WantF, t.WantV, t.Kappa = true, true, loss.kappa
	t.Run(ws.on(), n, m, d, act.f)
}

func checkSamples[T Float](op string, x, w, a []T, n, m, d int) {
	checkShape(op, n, m, d)
	checkLen(op, "x", len(x), n*d)
	checkLen(op, "w", len(w), m*d)
	if a != nil {
		checkLen(op, "a", len(a), m)
	}
}

func checkForwardVelocity[T Float](op string, v, f, x, y, w, a []T, n, m, d int) {
	checkSamples(op, x, w, a, n, m, d)
	checkLen(op, "v", len(v), m*d)
	checkLen(op, "f", len(f), n)
	checkLen(op, "y", len(y), n)
	checkVelocityApart(op, v, x, w, a, y, "y")
	checkApart(op, "f", "x", f, x)
	checkApart(op, "f", "w", f, w)
	checkApart(op, "f", "a", f, a)
	checkApart(op, "f", "y", f, y)
	checkApart(op, "f", "v", f, v)
}

func checkVelocityApart[T Float](op string, v, x, w, a, r []T, name string) {
	checkApart(op, "v", "x", v, x)
	checkApart(op, "v", "w", v, w)
	checkApart(op, "v", "a", v, a)
	checkApart(op, "v", name, v, r)
}
