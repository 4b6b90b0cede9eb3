package main

import (
	"bytes"
	"fmt"
	"strings"
)

// declarations writes the Go side: a declaration per function, and a kernelSet per level and type.
func declarations(sets []*target) []byte {
	var b bytes.Buffer
	b.WriteString(header + "package kernels\n\n")
	for _, t := range sets {
		for _, name := range t.names {
			fmt.Fprintf(&b, "//go:noescape\nfunc %s(c *call)\n\n", name)
		}
	}
	b.WriteString("// assemblySets holds the sets by level and element type name.\nvar assemblySets = map[string]*kernelSet{\n")
	for _, t := range sets {
		fn := func(name string) string { return name + t.suffix + t.typ.suffix }
		var widths, acc, accT []string
		for _, w := range t.widths() {
			widths = append(widths, fmt.Sprint(w*t.lanesPerVector()))
			acc = append(acc, fn(fmt.Sprintf("accumulate%d", w)))
			accT = append(accT, fn(fmt.Sprintf("accumulateT%d", w)))
		}
		list := func(s []string) string { return strings.Join(s, ", ") }
		fmt.Fprintf(&b, "%q: {\n", t.name+"/"+t.typ.name)
		fmt.Fprintf(&b, "name: %q, rows: %d, lanes: %d, align: %d, widths: []int{%s},\n", t.name, t.rows, t.lanes(), t.rows*t.panel, list(widths))
		fmt.Fprintf(&b, "product: %s, polynomial: %s, relu: %s, multiply: %s,\n", fn("product"), fn("polynomial"), fn("relu"), fn("multiply"))
		fmt.Fprintf(&b, "accumulate: []func(*call){%s},\n", list(acc))
		var scale []string
		for _, w := range t.widths() {
			scale = append(scale, fn(fmt.Sprintf("scaleRows%d", w)))
		}
		fmt.Fprintf(&b, "transpose: %s, square: %d, scaleRows: []func(*call){%s},\n", fn("transpose"), 32/t.typ.bytes, list(scale))
		fmt.Fprintf(&b, "accumulateT: []func(*call){%s},\n", list(accT))
		fmt.Fprintf(&b, "rowSums: %s, times: %s, columnDots: %s, addRows: %s, partial: %d, read: %s, triad: %s, peak: %s, peakFlops: %d,\n", fn("rowSums"), fn("times"), fn("columnDots"), fn("addRows"), t.lanesPerVector(), fn("read"), fn("triad"), fn("peak"), 2*t.panel*t.rows*t.lanesPerVector())
		if t.hasSigns() {
			var sums []string
			for _, w := range t.widths() {
				sums = append(sums, fn(fmt.Sprintf("signAccumulate%d", w)))
			}
			fmt.Fprintf(&b, "signs: &signKernels{tables: %s, product: %s, polynomial: %s, relu: %s, accumulate: []func(*call){%s}},\n",
				fn("signTables"), fn("signProduct"), fn("signPolynomial"), fn("signRelu"), list(sums))
		}
		for _, field := range []string{"activate", "derivatives"} {
			typ := map[string]string{"activate": "[activationKinds]func(*call)", "derivatives": "[activationKinds]func(*call)"}[field]
			fmt.Fprintf(&b, "%s: %s{", field, typ)
			for _, name := range []string{"Tanh", "Sigmoid", "Softplus", "Erf", "GELU"} {
				fmt.Fprintf(&b, "act%s: %s, ", name, fn(field+name))
			}
			if field == "derivatives" {
				fmt.Fprintf(&b, "actPolynomial: %s", fn("derivativesPolynomial"))
			}
			b.WriteString("},\n")
		}
		for _, name := range []string{"rowDots", "rowTotals", "rowDivide", "rowSubtract", "combine"} {
			fmt.Fprintf(&b, "%s: %s,\n", name, fn(name))
		}
		fmt.Fprintf(&b, "exp: %s, tanh: %s, erf: %s,\n", fn("exp"), fn("tanh"), fn("erf"))
		b.WriteString("},\n")
	}
	b.WriteString("}\n\n")
	for _, name := range []string{"rowDots", "rowTotals"} {
		for _, ty := range types {
			fmt.Fprintf(&b, "// %s%s runs the kernel of the level in use by a direct call, which lets c stay on the stack; false: the level has none.\n", name, ty.suffix)
			fmt.Fprintf(&b, "func %s%s(c *call) bool {\nswitch activeLevel {\n", name, ty.suffix)
			for _, lv := range levels {
				fmt.Fprintf(&b, "case %q:\n%s%s%s(c)\n", lv.name, name, lv.suffix, ty.suffix)
			}
			b.WriteString("default:\nreturn false\n}\nreturn true\n}\n\n")
		}
	}
	return b.Bytes()
}
