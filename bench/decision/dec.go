package decision

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/userdata"
	ideal "kac/meanfield/decision"
)

// DecParameters are those of the coefficients of a finite class.
type DecParameters struct {
	Table     string    `json:"table"`
	Reference string    `json:"reference"` // mean, or a file whose rows are references
	Gammas    []float64 `json:"gamma"`
	Eps       []float64 `json:"eps,omitempty"`
	Lambda    []float64 `json:"lambda,omitempty"`

	class      ideal.Class
	references [][]float64
}

// Check reads the class. Every error is a bench.InputError.
func (p *DecParameters) Check(ctx context.Context) (err error) {
	if p.Table == "" {
		return bench.Refuse("table", "", "give the class as a table, a row a function and a column a decision")
	}
	rows, err := readTable(ctx, "table", p.Table)
	if err != nil {
		return err
	}
	p.class = rows
	if err := p.class.Check(); err != nil {
		return bench.Refuse("table", p.Table, "%v", err)
	}
	if p.Reference == "mean" {
		p.references = [][]float64{p.class.Mean()}
	} else {
		list, err := readTable(ctx, "reference", p.Reference)
		if err != nil {
			return err
		}
		for i, row := range list {
			if len(row) != len(rows[0]) {
				return bench.Refuse("reference", p.Reference, "it has %d columns, %s has %d", len(row), p.Table, len(rows[0]))
			}
			for j, x := range row {
				if !(x >= 0 && x <= 1) {
					return bench.Refuse("reference", p.Reference, "row %d, column %d is %v; means are from 0 to 1", i+1, j+1, x)
				}
			}
		}
		p.references = list
	}
	if p.Gammas, err = gammas(p.Gammas); err != nil {
		return err
	}
	if len(p.Eps)+len(p.Lambda) == 0 {
		return bench.Refuse("eps", "", "give radii, such as .1,.2, or offsets lambda")
	}
	for key, list := range map[string][]float64{"eps": p.Eps, "lambda": p.Lambda} {
		for _, x := range list {
			if !(x >= 0) || math.IsInf(x, 0) {
				return bench.Refuse(key, bench.Number(x), "allowed are finite numbers from 0 on")
			}
		}
	}
	return nil
}

func readTable(ctx context.Context, key, path string) ([][]float64, error) {
	m, err := userdata.Read(ctx, path, func(bytes float64) error {
		return bench.Memory{{Key: key, Value: path, Bytes: bytes, Lower: "its size"}}.Check()
	})
	if err != nil {
		return nil, bench.Refuse(key, path, "%s", bench.Reason(err))
	}
	var rows [][]float64
	for i := range m.Rows {
		rows = append(rows, m.X[i*m.Columns:(i+1)*m.Columns])
	}
	return rows, nil
}

// DecRow is a coefficient: the largest over the references.
type DecRow struct {
	Gamma       float64
	Eps, Lambda float64 // one of them; the other is NaN
	Reference   int     // row of the reference that has the value, from 1
	ideal.Value
}

// Dec is the result of kac decision dec.
type Dec struct {
	Parameters DecParameters
	Rows       []DecRow
}

// Cells is how many coefficients there are.
func (p *DecParameters) Cells() int { return len(p.Gammas) * (len(p.Eps) + len(p.Lambda)) }

// cell is the row as numbers, and its lists after their lengths.
func (r *DecRow) cell() []float64 {
	out := append([]float64{r.Value.Value, r.Lagrange, float64(r.Reference), float64(len(r.P))}, r.P...)
	for _, list := range [][]int{r.Active, r.Excluded} {
		out = append(out, float64(len(list)))
		for _, i := range list {
			out = append(out, float64(i))
		}
	}
	return out
}

// read fills in what cell wrote.
func (r *DecRow) read(kept []float64) {
	r.Value.Value, r.Lagrange, r.Reference = kept[0], kept[1], int(kept[2])
	take := func() (list []float64) {
		n := int(kept[0])
		list, kept = kept[1:1+n], kept[1+n:]
		return list
	}
	kept = kept[3:]
	r.P = take()
	for _, list := range []*[]int{&r.Active, &r.Excluded} {
		for _, x := range take() {
			*list = append(*list, int(x))
		}
	}
}

// RunDec computes constrained values, then offset values, that are not kept. cells, and progress, may be nil.
func RunDec(ctx context.Context, p DecParameters, cells *store.Cells, progress func(share float64, what string)) (*Dec, error) {
	d := &Dec{Parameters: p}
	nan, sum := math.NaN(), bench.Checksum(slices.Concat(slices.Concat(p.class...), slices.Concat(p.references...))) // the files may change
	for _, gamma := range p.Gammas {
		for k := range len(p.Eps) + len(p.Lambda) {
			best := DecRow{Gamma: gamma, Eps: nan, Lambda: nan}
			best.Value.Value = math.Inf(-1)
			if k < len(p.Eps) {
				best.Eps = p.Eps[k]
			} else {
				best.Lambda = p.Lambda[k-len(p.Eps)]
			}
			name := fmt.Sprintf("table %.8s gamma %v number %d", sum, gamma, k+1)
			if kept := cells.Get(name); kept != nil {
				best.read(kept)
			} else {
				if err := p.value(ctx, &best); err != nil {
					return nil, err
				}
				if err := cells.Add(name, best.cell()...); err != nil {
					return nil, err
				}
			}
			d.Rows = append(d.Rows, best)
			if progress != nil {
				progress(float64(len(d.Rows))/float64(p.Cells()), "coefficients")
			}
		}
	}
	return d, nil
}

// value is the largest over the references.
func (p *DecParameters) value(ctx context.Context, best *DecRow) error {
	for i, fb := range p.references {
		var v ideal.Value
		var err error
		if math.IsNaN(best.Lambda) {
			v, err = p.class.Constrained(ctx, fb, best.Gamma, best.Eps)
		} else if v, err = p.class.Offset(fb, best.Gamma, best.Lambda); err == nil {
			v.Lagrange = math.NaN()
		}
		if err != nil {
			return err
		}
		if v.Value > best.Value.Value {
			best.Value, best.Reference = v, i+1
		}
	}
	return nil
}

// DecHeader is the first line of dec.csv.
const DecHeader = "gamma,eps,lambda,value,lagrange,reference,p,active,excluded"

// WriteCSV writes the table; p, active and excluded are lists with spaces between, functions counted from 1, the
// reference as fb.
func (d *Dec) WriteCSV(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, DecHeader)
	for _, r := range d.Rows {
		fmt.Fprintf(out, "%s,%d,%s,%s,%s\n", bench.Fields(r.Gamma, r.Eps, r.Lambda, r.Value.Value, r.Lagrange), r.Reference, d.law(r), d.names(r.Active), d.names(r.Excluded))
	}
	return out.Flush()
}

func (d *Dec) law(r DecRow) string {
	var list []string
	for _, x := range r.P {
		list = append(list, bench.Number(x))
	}
	return strings.Join(list, " ")
}

func (d *Dec) names(list []int) string {
	var out []string
	for _, i := range list {
		if i == len(d.Parameters.class) {
			out = append(out, "fb")
		} else {
			out = append(out, fmt.Sprint(i+1))
		}
	}
	return strings.Join(out, " ")
}

// WriteText writes the table for people.
func (d *Dec) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "Decision-estimation coefficient of %d functions on %d decisions.\n\n", len(d.Parameters.class), len(d.Parameters.class[0]))
	rows := [][]string{{"gamma", "eps", "lambda", "value", "Lagrange", "active", "excluded", "p"}}
	for _, r := range d.Rows {
		var p []string
		for j, x := range r.P {
			if x > 1e-12 {
				p = append(p, fmt.Sprintf("%d:%.3g", j+1, x))
			}
		}
		rows = append(rows, []string{bench.Number(r.Gamma), bench.Known("%g", r.Eps), bench.Known("%g", r.Lambda), fmt.Sprintf("%.8f", r.Value.Value), bench.Known("%.6f", r.Lagrange),
			d.names(r.Active), d.names(r.Excluded), strings.Join(p, " ")})
	}
	fmt.Fprint(out, bench.AlignRight(rows))
	return out.Flush()
}
