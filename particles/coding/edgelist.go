package coding

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// LineError says which line of a list of edges is wrong.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

func (e *LineError) Unwrap() error { return e.Err }

// ReadEdges reads a graph: one edge a line, two vertices counted from 0, with spaces, tabs or a comma between them.
// Empty lines and what follows # are passed over. Vertices are 0 to the largest that is named, or to vertices-1 if
// vertices is above 0. Errors in a line are *LineError.
func ReadEdges(in io.Reader, vertices int) (*Graph, error) {
	var edges []Edge
	var lines []int
	scan := bufio.NewScanner(in)
	most := -1
	for line := 1; scan.Scan(); line++ {
		text, _, _ := strings.Cut(scan.Text(), "#")
		words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == '\r' })
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 {
			return nil, &LineError{line, fmt.Errorf("%d words; an edge is two vertices, such as 0 5", len(words))}
		}
		var e [2]int
		for i, w := range words {
			v, err := strconv.Atoi(w)
			if err != nil || v < 0 || v >= MaxVertices {
				return nil, &LineError{line, fmt.Errorf("%q is no vertex; vertices are whole numbers from 0 to %d", w, MaxVertices-1)}
			}
			e[i] = v
			most = max(most, v)
		}
		edges = append(edges, Edge{int32(e[0]), int32(e[1])})
		lines = append(lines, line)
	}
	if err := scan.Err(); err != nil {
		return nil, err
	}
	if len(edges) == 0 {
		return nil, errors.New("no edges; give one a line, such as 0 5")
	}
	if vertices == 0 {
		vertices = most + 1
	}
	g, err := NewGraph("file", vertices, edges)
	var loop *LoopError
	var unknown *VertexError
	switch {
	case errors.As(err, &loop):
		return nil, &LineError{lines[loop.Edge], fmt.Errorf("vertex %d is joined with itself; a machine holds two different blocks", loop.Vertex)}
	case errors.As(err, &unknown):
		return nil, &LineError{lines[unknown.Edge], fmt.Errorf("vertex %d is unknown; the vertices are 0 to %d", unknown.Vertex, vertices-1)}
	}
	return g, err
}
