package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// Write writes numbers of a shape, the last index running fastest, as little-endian float64 in version 2.0.
// The bytes are those of earlier releases, whose files stay equal: padding to 16 bytes is counted there as
// length modulo 16, which the format recommends but does not ask for.
func Write(w io.Writer, data []float64, shape ...int) error {
	count := 1
	for _, n := range shape {
		count *= n
	}
	if count != len(data) {
		return fmt.Errorf("%d numbers for an array of shape %s", len(data), shapeText(shape))
	}
	header := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shapeText(shape))
	header += strings.Repeat(" ", (12+len(header)+1)%16) + "\n"
	buffer := append([]byte(Magic), 2, 0)
	buffer = binary.LittleEndian.AppendUint32(buffer, uint32(len(header)))
	buffer = append(buffer, header...)
	for _, x := range data {
		if buffer = binary.LittleEndian.AppendUint64(buffer, math.Float64bits(x)); len(buffer) >= 1<<16 {
			if _, err := w.Write(buffer); err != nil {
				return err
			}
			buffer = buffer[:0]
		}
	}
	_, err := w.Write(buffer)
	return err
}
