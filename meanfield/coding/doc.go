// Package coding is the ideal of gradient codes on graphs: infinitely many blocks. Around a vertex, a random d-regular
// graph of n vertices tends to the d-regular tree, so the component that the surviving machines leave a block in tends
// to that of a branching process, whose law is known in closed form. The finite codes are in particles/coding.
package coding
