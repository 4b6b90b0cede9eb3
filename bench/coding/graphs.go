package coding

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"strconv"
	"strings"

	"kac/bench"
	"kac/particles/coding"
)

// family is where graphs come from: a kind and what its name gives.
type family struct {
	kind string
	p, q int    // lps
	path string // file
	file *coding.Graph
}

const families = "regular, lps:P,Q (primes), complete, hypercube, cycle and file:PATH (a list of edges)"

// readFamily reads --graph. A list of edges has the vertices that it names, or as many as vertices says, if that is
// above 0.
func readFamily(text string, vertices int) (family, error) {
	kind, rest, given := strings.Cut(text, ":")
	f := family{kind: kind}
	switch kind {
	case "regular", "complete", "hypercube", "cycle":
		if given {
			return f, bench.Refuse("graph", text, "%s takes nothing after it; its size is given by --blocks and its degree by --degree", kind)
		}
	case "lps":
		primes := strings.Split(rest, ",")
		if len(primes) != 2 {
			return f, bench.Refuse("graph", text, "give two primes, such as lps:5,13")
		}
		for i, into := range []*int{&f.p, &f.q} {
			n, err := strconv.Atoi(strings.TrimSpace(primes[i]))
			if err != nil {
				return f, bench.Refuse("graph", text, "%q is no prime; give two, such as lps:5,13", primes[i])
			}
			*into = n
		}
		if _, err := coding.LPSVertices(f.p, f.q); err != nil {
			return f, bench.Refuse("graph", text, "%v", err)
		}
	case "file":
		file, err := os.Open(rest)
		if err != nil {
			return f, bench.Refuse("graph", text, "%v", err)
		}
		defer file.Close()
		if f.file, err = coding.ReadEdges(file, vertices); err != nil {
			return f, bench.Refuse("graph", text, "%v", err)
		}
		f.path = rest
	default:
		return f, bench.Refuse("graph", text, "no such graph; allowed are %s", families)
	}
	return f, nil
}

// sized says whether --blocks gives its size, and whether --degree its degree.
func (f *family) sized() (blocks, degree bool) {
	switch f.kind {
	case "regular", "cycle":
		return true, true
	case "complete", "hypercube":
		return true, false
	}
	return false, false
}

// random says whether every seed has a graph of its own.
func (f *family) random() bool { return f.kind == "regular" }

// blocks are the sizes of a family that has its own.
func (f *family) blocks() int {
	if f.kind == "lps" {
		n, _ := coding.LPSVertices(f.p, f.q)
		return n
	}
	return f.file.Vertices()
}

// degree is that of a family that has its own; 0: the vertices' degrees differ.
func (f *family) degree(blocks int) int {
	switch f.kind {
	case "lps":
		return f.p + 1
	case "file":
		return f.file.Degree()
	case "complete":
		return blocks - 1
	}
	return bits.Len(uint(blocks)) - 1 // hypercube
}

// check refuses sizes that the family has not.
func (f *family) check(blocks, degree int) error {
	switch {
	case f.kind == "regular" && (degree < 1 || degree >= blocks):
		return bench.Refuse("degree", degree, "with %d blocks allowed are degrees from 1 to %d", blocks, blocks-1)
	case f.kind == "regular" && blocks*degree%2 == 1:
		return bench.Refuse("degree", degree, "with %d blocks the product is odd, and every machine holds two blocks: one of the two must be even", blocks)
	case f.kind == "regular" && 2*degree >= blocks && blocks > 1<<15:
		return bench.Refuse("degree", degree, "degrees of half the blocks and more are for up to %d blocks", 1<<15)
	case f.kind == "complete" && (blocks < 3 || blocks > 1<<13):
		return bench.Refuse("blocks", blocks, "complete graphs have 3 to %d blocks", 1<<13)
	case f.kind == "hypercube" && (blocks < 4 || blocks > 1<<22 || blocks&(blocks-1) != 0):
		return bench.Refuse("blocks", blocks, "a hypercube has a power of two of blocks, 4 to %d", 1<<22)
	case f.kind == "cycle" && (degree < 2 || degree%2 == 1 || degree >= blocks):
		return bench.Refuse("degree", degree, "a power of a cycle of %d blocks has an even degree, 2 to %d", blocks, (blocks-1)/2*2)
	}
	return nil
}

// make returns the graph of a seed.
func (f *family) make(blocks, degree int, seed uint64) (*coding.Graph, error) {
	switch f.kind {
	case "regular":
		return coding.Regular(blocks, degree, seed)
	case "lps":
		return coding.LPS(f.p, f.q)
	case "complete":
		return coding.Complete(blocks)
	case "hypercube":
		return coding.Hypercube(bits.Len(uint(blocks)) - 1)
	case "cycle":
		return coding.CyclePower(blocks, degree/2)
	case "file":
		return f.file, nil
	}
	return nil, errors.New("no such graph: " + f.kind)
}

// treelike says whether the limit of many blocks is that of the infinite tree: random regular and LPS graphs have few
// short cycles, and a plain cycle is the path. Complete graphs, cubes and powers of cycles have many.
func (f *family) treelike(degree int) bool {
	return f.kind == "regular" || f.kind == "lps" || f.kind == "cycle" && degree == 2
}

func (f *family) String() string {
	switch f.kind {
	case "lps":
		return fmt.Sprintf("lps:%d,%d", f.p, f.q)
	case "file":
		return "file:" + f.path
	}
	return f.kind
}
