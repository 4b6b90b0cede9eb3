package coding

import (
	"fmt"
	"slices"
)

// LPS is the Ramanujan graph X^{p,q} of Lubotzky, Phillips and Sarnak, "Ramanujan graphs", Combinatorica 8 (1988),
// doi:10.1007/BF02126799: the Cayley graph of PGL(2, q), or of PSL(2, q) if p is a square modulo q, for the p+1 integer
// quaternions a0 + a1 i + a2 j + a3 k of norm p with a0 odd and above 0 and a1, a2, a3 even. Its degree is p+1. If p is
// no square modulo q it has q (q²-1) vertices and is bipartite; otherwise it has half of them and is not. All
// eigenvalues but those of size p+1 are at most 2 sqrt p in size.
//
// p and q are different primes, both 1 modulo 4, with q > 2 sqrt p (otherwise edges coincide). The error is an
// *LPSError.
func LPS(p, q int) (*Graph, error) {
	if err := admits(p, q); err != nil {
		return nil, err
	}
	inverse := make([]int, q)
	inverse[1] = 1
	for k := 2; k < q; k++ {
		inverse[k] = (q - q/k) * inverse[q%k] % q
	}
	m := lpsGroup{q: q, inverse: inverse}
	root := 2 // of -1 modulo q
	for root*root%q != q-1 {
		root++
	}
	generators := m.generators(p, root)
	n := q * (q*q - 1)
	if residue(p, q) {
		n /= 2
	}
	index := make(map[[4]int32]int32, n)
	queue := [][4]int32{{1, 0, 0, 1}}
	index[queue[0]] = 0
	edges := make([]Edge, 0, n*(p+1)/2)
	for v := 0; v < len(queue); v++ {
		for _, g := range generators {
			w := m.times(queue[v], g)
			at, ok := index[w]
			if !ok {
				at = int32(len(queue))
				index[w] = at
				queue = append(queue, w)
			}
			if int32(v) < at { // the generators are closed under inverses: the other direction comes from the other end
				edges = append(edges, Edge{int32(v), at})
			}
		}
	}
	if len(queue) != n || len(edges) != n*(p+1)/2 {
		return nil, fmt.Errorf("the graph of p = %d and q = %d came out with %d vertices and %d edges for %d and %d", p, q, len(queue), len(edges), n, n*(p+1)/2)
	}
	return NewGraph("lps", n, edges)
}

// LPSVertices is the number of vertices of LPS(p, q).
func LPSVertices(p, q int) (int, error) {
	if err := admits(p, q); err != nil {
		return 0, err
	}
	if residue(p, q) {
		return q * (q*q - 1) / 2, nil
	}
	return q * (q*q - 1), nil
}

// maxLPS bounds q: 401 (401² - 1) is 64 million vertices.
const maxLPS = 401

// LPSError says why a pair of primes is not admitted, and which near it are.
type LPSError struct {
	P, Q   int
	Reason string
	Near   [][2]int
}

func (e *LPSError) Error() string {
	text := fmt.Sprintf("%d,%d: %s; near it are", e.P, e.Q, e.Reason)
	for _, n := range e.Near {
		text += fmt.Sprintf(" %d,%d", n[0], n[1])
	}
	return text
}

func lpsPrime(n int) bool {
	if n < 5 || n%4 != 1 {
		return false
	}
	for k := 3; k*k <= n; k += 2 {
		if n%k == 0 {
			return false
		}
	}
	return true
}

func admits(p, q int) error {
	reason := ""
	switch {
	case !lpsPrime(p):
		reason = fmt.Sprintf("%d is not a prime that is 1 modulo 4", p)
	case !lpsPrime(q):
		reason = fmt.Sprintf("%d is not a prime that is 1 modulo 4", q)
	case p == q:
		reason = "the two primes must differ"
	case q*q <= 4*p:
		reason = fmt.Sprintf("the second prime must be above 2 sqrt %d", p)
	case q > maxLPS:
		reason = fmt.Sprintf("the second prime may be at most %d, %d million vertices", maxLPS, maxLPS*maxLPS*maxLPS/1_000_000)
	default:
		return nil
	}
	e := &LPSError{P: p, Q: q, Reason: reason}
	distance := func(n [2]int) int { return max(n[0]-p, p-n[0]) + max(n[1]-q, q-n[1]) }
	for a := 5; a <= 97; a++ {
		for b := 5; b <= maxLPS; b++ {
			if a != b && lpsPrime(a) && lpsPrime(b) && b*b > 4*a {
				e.Near = append(e.Near, [2]int{a, b})
			}
		}
	}
	slices.SortStableFunc(e.Near, func(a, b [2]int) int { return distance(a) - distance(b) })
	e.Near = e.Near[:3]
	return e
}

// residue says whether p is a square modulo q.
func residue(p, q int) bool {
	for x := 1; x < q; x++ {
		if x*x%q == p%q {
			return true
		}
	}
	return false
}

// lpsGroup calculates with 2 x 2 matrices modulo q, (a b; c d) as {a, b, c, d}, that count as the same if one is a
// multiple of the other: the first entry that is not 0 is made 1.
type lpsGroup struct {
	q       int
	inverse []int
}

func (m *lpsGroup) normal(a, b, c, d int) [4]int32 {
	x := [4]int{a % m.q, b % m.q, c % m.q, d % m.q}
	for i := range x {
		if x[i] < 0 {
			x[i] += m.q
		}
	}
	f := 0
	for _, v := range x {
		if v != 0 {
			f = m.inverse[v]
			break
		}
	}
	var y [4]int32
	for i := range x {
		y[i] = int32(x[i] * f % m.q)
	}
	return y
}

func (m *lpsGroup) times(x, g [4]int32) [4]int32 {
	a, b, c, d := int(x[0]), int(x[1]), int(x[2]), int(x[3])
	e, f, h, k := int(g[0]), int(g[1]), int(g[2]), int(g[3])
	return m.normal(a*e+b*h, a*f+b*k, c*e+d*h, c*f+d*k)
}

// generators are the p+1 matrices (a0 + i a1, a2 + i a3; -a2 + i a3, a0 - i a1), i a root of -1.
func (m *lpsGroup) generators(p, i int) [][4]int32 {
	var list [][4]int32
	reach := 0
	for reach*reach <= p {
		reach++
	}
	even := reach + reach%2
	for a0 := 1; a0*a0 <= p; a0 += 2 {
		for a1 := -even; a1 <= even; a1 += 2 {
			for a2 := -even; a2 <= even; a2 += 2 {
				for a3 := -even; a3 <= even; a3 += 2 {
					if a0*a0+a1*a1+a2*a2+a3*a3 == p {
						list = append(list, m.normal(a0+i*a1, a2+i*a3, -a2+i*a3, a0-i*a1))
					}
				}
			}
		}
	}
	return list
}
