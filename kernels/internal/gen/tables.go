package main

import (
	"bytes"
	"fmt"
	"strings"
)

// tables writes the Go side of a level: a declaration for each function, a Set for each element type, and direct calls
// of the kernels whose argument is to stay on the stack.
func tables(level string, sets []*target) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%spackage %s\n\nimport \"kac/kernels/internal/abi\"\n\n// call gives the assembly the offsets of the fields.\ntype call abi.Call\n\n", header, level)
	for _, t := range sets {
		for _, name := range t.names {
			fmt.Fprintf(&b, "//go:noescape\nfunc %s(c *abi.Call)\n\n", name)
		}
	}
	for _, t := range sets {
		fn := func(name string) string { return name + t.suffix + t.typ.suffix }
		var widths, acc, accT []string
		for _, w := range t.widths() {
			widths = append(widths, fmt.Sprint(w*t.lanesPerVector()))
			acc = append(acc, fn(fmt.Sprintf("accumulate%d", w)))
			accT = append(accT, fn(fmt.Sprintf("accumulateT%d", w)))
		}
		list := func(s []string) string { return strings.Join(s, ", ") }
		fmt.Fprintf(&b, "// %s is the level's kernels for %s.\nvar %s = &abi.Set{\n", t.typ.suffix, map[string]string{"f64": "float64", "f32": "float32"}[t.typ.name], t.typ.suffix)
		fmt.Fprintf(&b, "Name: %q, Rows: %d, Lanes: %d, Align: %d, Widths: []int{%s},\n", t.name, t.rows, t.lanes(), t.rows*t.panel, list(widths))
		fmt.Fprintf(&b, "Product: %s, Polynomial: %s, Relu: %s, Multiply: %s,\n", fn("product"), fn("polynomial"), fn("relu"), fn("multiply"))
		fmt.Fprintf(&b, "Accumulate: []func(*abi.Call){%s},\n", list(acc))
		var scale []string
		for _, w := range t.widths() {
			scale = append(scale, fn(fmt.Sprintf("scaleRows%d", w)))
		}
		fmt.Fprintf(&b, "Transpose: %s, Square: %d, ScaleRows: []func(*abi.Call){%s},\n", fn("transpose"), 32/t.typ.bytes, list(scale))
		fmt.Fprintf(&b, "AccumulateT: []func(*abi.Call){%s},\n", list(accT))
		fmt.Fprintf(&b, "RowSums: %s, Times: %s, ColumnDots: %s, SpreadRows: %s, Partial: %d, Read: %s, Triad: %s, Peak: %s, PeakFlops: %d,\n", fn("rowSums"), fn("times"), fn("columnDots"), fn("spreadRows"), t.lanesPerVector(), fn("read"), fn("triad"), fn("peak"), 2*t.panel*t.rows*t.lanesPerVector())
		if t.hasSigns() {
			var sums []string
			for _, w := range t.widths() {
				sums = append(sums, fn(fmt.Sprintf("signAccumulate%d", w)))
			}
			fmt.Fprintf(&b, "Signs: &abi.Signs{Tables: %s, Product: %s, Polynomial: %s, Relu: %s, Accumulate: []func(*abi.Call){%s}},\n",
				fn("signTables"), fn("signProduct"), fn("signPolynomial"), fn("signRelu"), list(sums))
		}
		for _, field := range []string{"activate", "derivatives"} {
			typ := map[string]string{"activate": "[abi.Kinds]func(*abi.Call)", "derivatives": "[abi.Kinds]func(*abi.Call)"}[field]
			fmt.Fprintf(&b, "%s: %s{", strings.ToUpper(field[:1])+field[1:], typ)
			for _, name := range []string{"Tanh", "Sigmoid", "Softplus", "Erf", "GELU", "ReLUDual", "ErfDual", "Legendre"} {
				fmt.Fprintf(&b, "abi.%s: %s, ", name, fn(field+name))
			}
			if field == "derivatives" {
				fmt.Fprintf(&b, "abi.Polynomial: %s", fn("derivativesPolynomial"))
			}
			b.WriteString("},\n")
		}
		for _, name := range []string{"rowDots", "rowTotals", "rowDivide", "rowSubtract", "combine", "adamStep", "rootRatio"} {
			fmt.Fprintf(&b, "%s: %s,\n", strings.ToUpper(name[:1])+name[1:], fn(name))
		}
		if t.typ.bytes == 8 {
			fmt.Fprintf(&b, "SignSteps: %s, TanhSech: %s,\n", fn("signSteps"), fn("tanhSech"))
		}
		fmt.Fprintf(&b, "Exp: %s, Tanh: %s, Erf: %s,\n", fn("exp"), fn("tanh"), fn("erf"))
		b.WriteString("}\n\n")
	}
	for _, name := range []string{"rowDots", "rowTotals"} {
		for _, t := range sets {
			up := strings.ToUpper(name[:1]) + name[1:]
			fmt.Fprintf(&b, "// %s%s is %s's %s by a direct call, which lets c stay on the stack.\n", up, t.typ.suffix, t.typ.suffix, up)
			fmt.Fprintf(&b, "func %s%s(c *abi.Call) { %s%s%s(c) }\n\n", up, t.typ.suffix, name, t.suffix, t.typ.suffix)
		}
	}
	return b.Bytes()
}
