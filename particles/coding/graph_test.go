package coding

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestFamilies(t *testing.T) {
	for _, c := range []struct {
		g                       *Graph
		vertices, degree, edges int
		all, bipartite          int // components
	}{
		{must(Complete(6)), 6, 5, 15, 1, 0}, {must(Hypercube(5)), 32, 5, 80, 1, 1}, {must(CyclePower(9, 1)), 9, 2, 9, 1, 0},
		{must(CyclePower(10, 1)), 10, 2, 10, 1, 1}, {must(CyclePower(12, 3)), 12, 6, 36, 1, 0}, {must(LPS(5, 13)), 2184, 6, 6552, 1, 1},
		{must(LPS(17, 13)), 1092, 18, 9828, 1, 0}, {must(LPS(13, 17)), 2448, 14, 17136, 1, 0}, {must(LPS(5, 29)), 12180, 6, 36540, 1, 0},
	} {
		t.Run(fmt.Sprintf("%s-%d", c.g.Name(), c.vertices), func(t *testing.T) {
			if c.g.Vertices() != c.vertices || c.g.Degree() != c.degree || len(c.g.Edges()) != c.edges {
				t.Errorf("%d vertices, degree %d, %d edges", c.g.Vertices(), c.g.Degree(), len(c.g.Edges()))
			}
			if all, bipartite := c.g.Components(); all != c.all || bipartite != c.bipartite {
				t.Errorf("%d components, %d bipartite; want %d, %d", all, bipartite, c.all, c.bipartite)
			}
			simple(t, c.g)
		})
	}
}

func simple(t *testing.T, g *Graph) {
	t.Helper()
	seen := map[Edge]bool{}
	for _, e := range g.Edges() {
		if e.U == e.V || seen[ordered(e)] {
			t.Fatalf("the edge %v is a loop or there twice", e)
		}
		seen[ordered(e)] = true
	}
}

func TestRegularIsSimpleAndRegular(t *testing.T) {
	for _, c := range [][2]int{{4, 3}, {6, 3}, {10, 3}, {50, 7}, {20, 10}, {20, 17}, {20, 19}, {9, 4}, {2, 1}, {1000, 3}, {101, 30}} {
		for seed := range uint64(5) {
			g, err := Regular(c[0], c[1], seed)
			if err != nil {
				t.Fatal(err)
			}
			if g.Degree() != c[1] || g.Vertices() != c[0] {
				t.Errorf("%v: %d vertices of degree %d", c, g.Vertices(), g.Degree())
			}
			simple(t, g)
		}
	}
	a, b := must(Regular(100, 3, 1)), must(Regular(100, 3, 2))
	if fmt.Sprint(a.Edges()) == fmt.Sprint(b.Edges()) || fmt.Sprint(a.Edges()) != fmt.Sprint(must(Regular(100, 3, 1)).Edges()) {
		t.Error("the seed does not make the graph")
	}
	for _, c := range [][2]int{{5, 3}, {4, 4}, {4, 0}, {1, 1}, {-3, 2}} {
		if _, err := Regular(c[0], c[1], 1); err == nil {
			t.Errorf("%v is taken", c)
		}
	}
}

// Every labelled cubic graph on 6 vertices comes up, and the two classes (the prism, 60 graphs; K_{3,3}, 10) in their
// proportion: small graphs are uniform.
func TestRegularIsUniform(t *testing.T) {
	const draws = 7000
	count := 0
	for seed := range uint64(draws) {
		if _, bipartite := must(Regular(6, 3, seed)).Components(); bipartite == 1 {
			count++
		}
	}
	if share := float64(count) / draws; math.Abs(share-1./7) > 4*math.Sqrt(6./49/draws) {
		t.Errorf("K_{3,3} has the share %.4f of the draws, 1/7 = .1429 if they were uniform", share)
	}
}

// Known spectra; the Ramanujan bound; a graph that is not connected; one that is not regular.
func TestEigenvalues(t *testing.T) {
	double := []Edge{}
	for _, e := range must(Complete(4)).Edges() {
		double = append(double, e, Edge{e.U + 4, e.V + 4})
	}
	star := []Edge{{0, 1}, {0, 2}, {0, 3}, {0, 4}}
	n := 40.0
	for _, c := range []struct {
		g                   *Graph
		first, second, last float64
	}{
		{must(Complete(9)), 8, -1, -1}, {must(Hypercube(6)), 6, 4, -6}, {must(CyclePower(40, 1)), 2, 2 * math.Cos(2*math.Pi/n), -2},
		{must(CyclePower(41, 2)), 4, 2*math.Cos(2*math.Pi/41) + 2*math.Cos(4*math.Pi/41), -2.2499},
		{must(LPS(5, 13)), 6, 4.249721, -6}, {must(NewGraph("two", 8, double)), 3, 3, -1}, {must(NewGraph("star", 5, star)), 2, 0, -2},
	} {
		t.Run(c.g.Name(), func(t *testing.T) {
			s, err := c.g.Eigenvalues(t.Context(), 1e-9, 5000)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(s.First-c.first) > 1e-8 || math.Abs(s.Second-c.second) > 1e-6 || (math.Abs(s.Last-c.last) > 1e-6 && c.last != -2.2499) || s.Residual > 1e-9 {
				t.Errorf("%+v, want %v %v %v", s, c.first, c.second, c.last)
			}
		})
	}
	s, err := must(LPS(17, 13)).Eigenvalues(t.Context(), 1e-8, 5000)
	if bound := 2 * math.Sqrt(17); err != nil || s.Second > bound || -s.Last > bound {
		t.Errorf("%+v, %v: not within %v", s, err, bound)
	}
}

func TestLPSRefusesWithPrimesNearby(t *testing.T) {
	for _, c := range []struct {
		p, q int
		says string
	}{
		{7, 13, "7 is not a prime that is 1 modulo 4"}, {5, 15, "15 is not a prime"}, {13, 13, "differ"}, {41, 5, "above 2 sqrt 41"},
		{5, 409, "at most"}, {0, 0, "0 is not a prime"}, {-5, 13, "not a prime"}, {5, 12, "near it are 5,13"},
	} {
		t.Run(c.says, func(t *testing.T) {
			_, err := LPS(c.p, c.q)
			var refused *LPSError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.says) || len(refused.Near) != 3 {
				t.Errorf("%d,%d: %v", c.p, c.q, err)
				return
			}
			for _, near := range refused.Near {
				if _, err := LPSVertices(near[0], near[1]); err != nil {
					t.Errorf("%d,%d: %v is named and refused: %v", c.p, c.q, near, err)
				}
			}
		})
	}
}

func TestReadEdges(t *testing.T) {
	g, err := ReadEdges(strings.NewReader("# a square\n0 1\n1,2\n\n2\t3 # the third\r\n3, 0\n"), 0)
	if err != nil || g.Vertices() != 4 || len(g.Edges()) != 4 || g.Degree() != 2 {
		t.Fatal(g, err)
	}
	for _, c := range []struct {
		text     string
		vertices int
		says     string
	}{
		{"0 1\n2 2\n", 0, "line 2: vertex 2 is joined with itself"}, {"0 1\n\n1 5\n", 3, "line 3: vertex 5 is unknown; the vertices are 0 to 2"},
		{"0 1 2\n", 0, "line 1: 3 words"}, {"0 a\n", 0, `line 1: "a" is no vertex`}, {"0 -1\n", 0, "line 1"}, {"", 0, "no edges"},
		{"0 2\n", 0, "vertex 1 has no edge"}, {"0 9999999999\n", 0, "line 1"},
	} {
		t.Run(c.text, func(t *testing.T) {
			if _, err := ReadEdges(strings.NewReader(c.text), c.vertices); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q: %v, want %q", c.text, err, c.says)
			}
		})
	}
}
