package bench

import (
	"kac/internal/memory"
)

// Memory is an estimate of what a measurement holds at once, made before it takes any of it. Bytes are
// floating-point numbers, which no product of sizes leaves.
type Memory []MemoryPart

// MemoryPart is what one parameter decides.
type MemoryPart struct {
	Key   string // of the parameter, in the words of the command line
	Value any    // as it was given
	Bytes float64
	Lower string // what to lower
}

// programMemory is what the program takes before it computes anything, and for tables and pictures.
const programMemory = 48 << 20

// Bytes is the sum.
func (m Memory) Bytes() float64 {
	sum := float64(programMemory)
	for _, p := range m {
		sum += p.Bytes
	}
	return sum
}

// Check refuses, with an InputError about the largest part, what does not fit into the memory that this
// process may take now.
func (m Memory) Check() error {
	err := memory.Check(m.Bytes())
	if err == nil || len(m) == 0 {
		return nil
	}
	largest := m[0]
	for _, p := range m {
		if p.Bytes > largest.Bytes {
			largest = p
		}
	}
	return Refuse(largest.Key, largest.Value, "%v; lower %s", err, largest.Lower)
}

// BytesText prints bytes for people.
func BytesText(bytes float64) string { return memory.Text(bytes) }
