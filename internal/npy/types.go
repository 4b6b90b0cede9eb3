package npy

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// Type is a type of numbers in a file.
type Type struct {
	name  string // as NumPy calls it, such as float32
	size  int    // bytes
	order binary.ByteOrder
	// value returns a number's float64 and whether that is the number itself.
	value func(order binary.ByteOrder, b []byte) (float64, bool)
}

// Size returns the bytes of a number.
func (t *Type) Size() int { return t.size }

// String returns NumPy's name of the type.
func (t *Type) String() string { return t.name }

// exact is the largest power of two below which float64 holds every whole number.
const exact = 1 << 53

// known types, without their byte order.
var known = []Type{
	{name: "float64", size: 8, value: func(o binary.ByteOrder, b []byte) (float64, bool) { return math.Float64frombits(o.Uint64(b)), true }},
	{name: "float32", size: 4, value: func(o binary.ByteOrder, b []byte) (float64, bool) {
		return float64(math.Float32frombits(o.Uint32(b))), true
	}},
	{name: "float16", size: 2, value: func(o binary.ByteOrder, b []byte) (float64, bool) { return half(o.Uint16(b)), true }},
	{name: "int64", size: 8, value: func(o binary.ByteOrder, b []byte) (float64, bool) {
		n := int64(o.Uint64(b))
		x := float64(n)
		return x, n >= -exact && n <= exact || x < math.MaxInt64 && int64(x) == n
	}},
	{name: "int32", size: 4, value: func(o binary.ByteOrder, b []byte) (float64, bool) { return float64(int32(o.Uint32(b))), true }},
	{name: "int16", size: 2, value: func(o binary.ByteOrder, b []byte) (float64, bool) { return float64(int16(o.Uint16(b))), true }},
	{name: "int8", size: 1, value: func(_ binary.ByteOrder, b []byte) (float64, bool) { return float64(int8(b[0])), true }},
	{name: "uint64", size: 8, value: func(o binary.ByteOrder, b []byte) (float64, bool) {
		n := o.Uint64(b)
		x := float64(n)
		return x, n <= exact || x < math.MaxUint64 && uint64(x) == n
	}},
	{name: "uint32", size: 4, value: func(o binary.ByteOrder, b []byte) (float64, bool) { return float64(o.Uint32(b)), true }},
	{name: "uint16", size: 2, value: func(o binary.ByteOrder, b []byte) (float64, bool) { return float64(o.Uint16(b)), true }},
	{name: "uint8", size: 1, value: func(_ binary.ByteOrder, b []byte) (float64, bool) { return float64(b[0]), true }},
	{name: "bool", size: 1, value: func(_ binary.ByteOrder, b []byte) (float64, bool) { return float64(b[0]), b[0] <= 1 }},
}

// spellings of the types after a sign of the byte order, and those that stand without one.
var (
	signed = map[string]string{
		"f8": "float64", "f4": "float32", "f2": "float16", "d": "float64", "f": "float32", "e": "float16",
		"i8": "int64", "i4": "int32", "i2": "int16", "i1": "int8", "q": "int64", "i": "int32", "h": "int16", "b": "int8",
		"u8": "uint64", "u4": "uint32", "u2": "uint16", "u1": "uint8", "Q": "uint64", "I": "uint32", "H": "uint16", "B": "uint8",
		"b1": "bool", "?": "bool",
	}
	named = map[string]string{
		"double": "float64", "float": "float64", "single": "float32", "half": "float16", "bool": "bool", "bool8": "bool", "bool_": "bool",
		"byte": "int8", "ubyte": "uint8", "short": "int16", "ushort": "uint16", "intc": "int32", "uintc": "uint32", "longlong": "int64", "ulonglong": "uint64",
	}
)

// typeOf returns the type that a descr names. Types of other things than numbers, and those whose size
// differs between machines (long, longdouble), are refused by name.
func typeOf(descr string) (*Type, error) {
	sign, rest := "", descr
	if descr != "" && strings.Contains("<>=|", descr[:1]) {
		sign, rest = descr[:1], descr[1:]
	}
	name, ok := signed[rest]
	if !ok && sign == "" {
		if name, ok = named[rest]; !ok {
			name = rest
		}
	}
	for _, t := range known {
		if t.name != name {
			continue
		}
		switch sign {
		case "<":
			t.order = binary.LittleEndian
		case ">":
			t.order = binary.BigEndian
		default: // the machine's
			t.order = native
		}
		return &t, nil
	}
	return nil, fmt.Errorf("its numbers are of type %q%s; allowed are float64, 32 and 16, int64 to int8, uint64 to uint8, and bool", descr, kindOf(rest))
}

// native is the machine's byte order, by one of its numbers.
var native binary.ByteOrder = func() binary.ByteOrder {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}()

// kindOf says in words what a type is that is not read.
func kindOf(descr string) string {
	for _, k := range []struct{ begins, is string }{
		{"O", "Python objects"}, {"c", "complex numbers"}, {"F", "complex numbers"}, {"D", "complex numbers"}, {"G", "complex numbers"},
		{"S", "text"}, {"a", "text"}, {"U", "text"}, {"str", "text"}, {"V", "raw bytes"}, {"v", "raw bytes"}, {"M", "dates"}, {"m", "times"},
		{"f16", "of a size that differs between machines"}, {"g", "of a size that differs between machines"},
		{"l", "of a size that differs between machines"}, {"L", "of a size that differs between machines"},
		{"p", "of a size that differs between machines"}, {"P", "of a size that differs between machines"},
		{"int", "of a size that differs between machines"}, {"uint", "of a size that differs between machines"},
	} {
		if strings.HasPrefix(descr, k.begins) {
			return ", " + k.is
		}
	}
	return ""
}

// half returns the value of an IEEE 754 binary16.
func half(b uint16) float64 {
	exponent, fraction := int(b>>10&31), float64(b&1023)
	x := 0.0
	switch exponent {
	case 31:
		if x = math.Inf(1); fraction != 0 {
			x = math.NaN()
		}
	case 0:
		x = math.Ldexp(fraction, -24)
	default:
		x = math.Ldexp(1024+fraction, exponent-25)
	}
	if b&0x8000 != 0 {
		return math.Copysign(x, -1)
	}
	return x
}
