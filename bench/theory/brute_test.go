package theory

import (
	"math"
	"math/rand/v2"
	"testing"

	"kac/kernels"
	"kac/meanfield"
)

// brute knows the infinite-width limit by its fields alone: particles at equal distances in angle, moved by the
// classical Runge-Kutta method in many small steps, with the logarithms of both parts of J.
type brute struct {
	ref    *meanfield.Reference
	q      kernels.Dual
	d      int
	h      float64 // of a step
	weight []float64
	a      [][]float64 // time x particle
	log    [][2][]float64
}

const bruteSteps = 100 // to the unit of time

func bruteForce(t *testing.T, ref *meanfield.Reference, particles int) *brute {
	t.Helper()
	b := &brute{ref: ref, q: ref.Task().Dual(), d: ref.Task().Dim()}
	start, sum := make([]float64, particles), 0.0
	for i := range start {
		theta := math.Pi * ((float64(i)+.5)/float64(particles) - .5)
		start[i] = math.Sin(theta)
		w := math.Pow(math.Cos(theta), float64(b.d-2))
		b.weight, sum = append(b.weight, w), sum+w
	}
	for i := range b.weight {
		b.weight[i] /= sum
	}
	b.follow(t, start)
	return b
}

// follow moves particles from start to the horizon.
func (b *brute) follow(t *testing.T, start []float64) {
	t.Helper()
	steps := int(math.Ceil(b.ref.Horizon() * bruteSteps))
	b.h = b.ref.Horizon() / float64(steps)
	n := len(start)
	y, stage, k := make([]float64, 3*n), make([]float64, 3*n), [4][]float64{}
	copy(y, start)
	for i := range k {
		k[i] = make([]float64, 3*n)
	}
	keep := func() {
		b.a = append(b.a, append([]float64(nil), y[:n]...))
		b.log = append(b.log, [2][]float64{append([]float64(nil), y[n:2*n]...), append([]float64(nil), y[2*n:]...)})
	}
	keep()
	for step := range steps {
		for i, c := range []float64{0, .5, .5, 1} {
			field, err := b.ref.At(math.Min((float64(step)+c)*b.h, b.ref.Horizon()))
			if err != nil {
				t.Fatal(err)
			}
			copy(stage, y)
			if i > 0 {
				for j, x := range k[i-1] {
					stage[j] += c * b.h * x
				}
			}
			for j, a := range stage[:n] {
				a = math.Max(-1, math.Min(1, a))
				k[i][j] = field.Velocity(a)
				k[i][n+j], k[i][2*n+j], _ = field.Eigenvalues(a)
			}
		}
		for j := range y {
			y[j] += b.h / 6 * (k[0][j] + 2*k[1][j] + 2*k[2][j] + k[3][j])
		}
		keep()
	}
}

func (b *brute) index(t float64) int { return int(math.Round(t / b.h)) }

// worst is log sup ||J_{t',s}|| up to t over particles that are brought ever closer around the best, poles included.
func (b *brute) worst(test *testing.T, t float64) float64 {
	test.Helper()
	low, high, best := -12.0, 12.0, 0.0
	for round := range 5 {
		var tau, start []float64
		for i := range 301 {
			x := low + (high-low)*float64(i)/300
			tau, start = append(tau, x), append(start, math.Tanh(x))
		}
		if round == 0 {
			tau, start = append(tau, -12, 12), append(start, -1, 1)
		}
		own := &brute{ref: b.ref}
		own.follow(test, start)
		at := 0
		for i := range tau {
			if rise := own.rise(i, b.index(t)); rise > best {
				best, at = rise, i
			}
		}
		x, width := tau[at], (high-low)/100
		low, high = x-width, x+width
	}
	return best
}

// rise is the largest of log J_{t',s} of a particle for s <= t' <= last, with a parabola at its ends.
func (b *brute) rise(i, last int) float64 {
	most := 0.0
	for k := range 2 {
		at := func(n int) float64 { return b.log[n][k][i] }
		extreme := func(n int, sign float64) float64 {
			if n == 0 || n >= last {
				return at(n)
			}
			left, mid, right := at(n-1), at(n), at(n+1)
			if bend := left - 2*mid + right; sign*bend < 0 && sign*mid >= sign*math.Max(sign*left, sign*right)*sign {
				return mid - (right-left)*(right-left)/(8*bend)
			}
			return mid
		}
		low := at(0)
		for n := range last + 1 {
			most = math.Max(most, extreme(n, 1)-low)
			low = math.Min(low, extreme(n, -1))
		}
	}
	return most
}

// square is sup E ||J_{t',s}||^2 up to t: on every tenth step, then on all, then by parabolas.
func (b *brute) square(t float64) float64 {
	last := b.index(t)
	mean := func(to, from int) float64 {
		sum := 0.0
		for i, w := range b.weight {
			sum += w * math.Exp(2*math.Max(b.log[to][0][i]-b.log[from][0][i], b.log[to][1][i]-b.log[from][1][i]))
		}
		return sum
	}
	to, from, best := 0, 0, 1.0
	for stride := 10; stride > 0; stride /= 10 {
		lowTo, highTo, lowFrom, highFrom := 0, last, 0, last
		if stride == 1 {
			lowTo, highTo, lowFrom, highFrom = max(0, to-12), min(last, to+12), max(0, from-12), from+12
		}
		for x := highTo; x >= lowTo; x -= stride {
			for y := lowFrom; y <= min(x, highFrom); y += stride {
				if v := mean(x, y); v > best {
					to, from, best = x, y, v
				}
			}
		}
	}
	top := best
	bend := func(left, right float64) {
		if second := left - 2*best + right; second < 0 {
			top += -(right - left) * (right - left) / (8 * second)
		}
	}
	if to < last && to-1 >= from {
		bend(mean(to-1, from), mean(to+1, from))
	}
	if from > 0 && from < to {
		bend(mean(to, from-1), mean(to, from+1))
	}
	return top
}

var angleRules = map[[2]int][][2]float64{}

// angleSum calls f with the first coordinate of uniform points of S^{n-1} and its weight, by the midpoint rule in
// angle.
func angleSum(n, points int, f func(x, w float64)) {
	if n == 1 {
		f(-1, .5)
		f(1, .5)
		return
	}
	rule := angleRules[[2]int{n, points}]
	if rule == nil {
		norm := 0.0
		for i := range points {
			sin, cos := math.Sincos(math.Pi * (float64(i) + .5) / float64(points))
			w := math.Pow(sin, float64(n-2))
			rule, norm = append(rule, [2]float64{cos, w}), norm+w
		}
		for i := range rule {
			rule[i][1] /= norm
		}
		angleRules[[2]int{n, points}] = rule
	}
	for _, r := range rule {
		f(r[0], r[1])
	}
}

// where is a place at which the mean behind J_avg is taken; times are steps.
type where struct {
	to, from        int
	position, angle float64
}

// mean is that behind J_avg(tau), H by its definition (2.5); of every so many particles.
func (b *brute) mean(p where, tau float64, even bool, every, points int) float64 {
	edge := 1 - tau*tau/2
	var xs, ys, ws []float64
	angleSum(b.d-1, points, func(x, wx float64) {
		if p.angle == 0 {
			xs, ys, ws = append(xs, x), append(ys, 0), append(ws, wx)
			return
		}
		angleSum(b.d-2, points/2, func(y, wy float64) {
			xs, ys, ws = append(xs, x), append(ys, y*math.Sqrt(1-x*x)), append(ws, wx*wy)
		})
	})
	ap, cp := math.Sincos(p.position)
	sin, cos := math.Sincos(p.angle)
	total := 0.0
	last := b.a[p.to]
	for i := every / 2; i < len(b.weight); i += every {
		outside := cellBelow(last, i, every, edge)
		if even {
			outside -= 1 - cellAbove(last, i, every, -edge)
		}
		if outside <= 0 {
			continue
		}
		a := b.a[p.from][i]
		c := math.Sqrt(math.Max(0, 1-a*a))
		j := [2]float64{math.Exp(b.log[p.to][0][i] - b.log[p.from][0][i]), math.Exp(b.log[p.to][1][i] - b.log[p.from][1][i])}
		sum := 0.0
		for k, x := range xs {
			// In the basis e_1, u', z and one direction more: w' = (ap, cp, 0, 0), v, w = (a, c x, c y, c rest).
			y := ys[k]
			w := [4]float64{a, c * x, c * y, c * math.Sqrt(math.Max(0, 1-x*x-y*y))}
			along := [4]float64{c, -a * x, -a * y, -a * math.Sqrt(math.Max(0, 1-x*x-y*y))}
			other := [4]float64{ap, cp, 0, 0}
			v := [4]float64{cos * cp, -cos * ap, sin, 0}
			s, wv := 0.0, 0.0
			for n := range w {
				s, wv = s+w[n]*other[n], wv+w[n]*v[n]
			}
			_, d1, d2 := b.q.Eval(s)
			var hv [4]float64
			radial := 0.0
			for n := range hv {
				hv[n] = d1*v[n] + d2*wv*other[n]
				radial += hv[n] * w[n]
			}
			whole, part := 0.0, 0.0
			for n := range hv {
				hv[n] -= radial * w[n]
				whole, part = whole+hv[n]*hv[n], part+hv[n]*along[n]
			}
			sum += ws[k] * math.Sqrt(j[0]*j[0]*part*part+j[1]*j[1]*math.Max(0, whole-part*part))
		}
		total += float64(every) * b.weight[i] * outside * sum
	}
	return total
}

// cellBelow is the share of a particle's cell that lies below the level, a ascending.
func cellBelow(a []float64, i, every int, level float64) float64 {
	low, high := a[max(i-every, 0)], a[min(i+every, len(a)-1)]
	low, high = (low+a[i])/2, (high+a[i])/2
	if high <= low {
		if low < level {
			return 1
		}
		return 0
	}
	return math.Max(0, math.Min(1, (level-low)/(high-low)))
}

func cellAbove(a []float64, i, every int, level float64) float64 {
	return 1 - cellBelow(a, i, every, level)
}

// average is sup of mean up to t: a grid of places, of which the best are improved by random steps.
func (b *brute) average(t, tau float64, even bool) float64 {
	last := b.index(t)
	stride := max(1, last/20)
	type found struct {
		where
		value float64
	}
	var list []found
	low := -math.Pi / 2
	if even {
		low = 0
	}
	for to := last; to >= 0; to -= stride {
		var best found
		for from := to; from >= 0; from = max(from-stride, min(from-1, 0)) { // down to the first time
			for position := low; position <= math.Pi/2+1e-9; position += math.Pi / 14 {
				for _, angle := range []float64{0, math.Pi / 4, math.Pi / 2} {
					p := where{to, from, math.Min(position, math.Pi/2), angle}
					if v := b.mean(p, tau, even, len(b.weight)/100, 8); v > best.value {
						best = found{p, v}
					}
				}
			}
		}
		list = append(list, best)
	}
	top := 0.0
	random := rand.New(rand.NewPCG(1, 2))
	for range 3 { // the three best
		at := 0
		for i := range list {
			if list[i].value > list[at].value {
				at = i
			}
		}
		p := list[at].where
		list[at].value = 0
		every := max(1, len(b.weight)/320)
		value := b.mean(p, tau, even, every, 24)
		size := 1.0
		for range 120 {
			q := p
			switch random.IntN(4) {
			case 0:
				q.to += int(size * float64(stride) * random.NormFloat64())
				q.from = q.to - (p.to - p.from)
			case 1:
				q.to += int(size * float64(stride) * random.NormFloat64())
			case 2:
				q.from += int(size * float64(stride) * random.NormFloat64())
			}
			q.position = math.Max(-math.Pi/2, math.Min(math.Pi/2, q.position+.1*size*random.NormFloat64()))
			if random.IntN(3) == 0 {
				q.angle = math.Max(0, math.Min(math.Pi/2, q.angle+.3*size*random.NormFloat64()))
			}
			if q.from < 0 || q.from > q.to || q.to > last {
				continue
			}
			if v := b.mean(q, tau, even, every, 24); v > value {
				p, value = q, v
			}
			size = math.Max(.02, size*.97)
		}
		top = math.Max(top, b.mean(p, tau, even, 1, 96))
	}
	return top
}
