package gap

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"kac/bench"
)

// limitHeader are the columns that the limits add to reference.csv; they are empty where a limit is not known.
const limitHeader = "gap_constant,gap_constant_error,coupling_constant,coupling_constant_error,mean_coupling_constant,mean_coupling_constant_error"

// columns are those of limitHeader.
func (l *Limit) columns() [6]*[]float64 {
	return [6]*[]float64{&l.Constant, &l.ConstantError, &l.Coupling, &l.CouplingError, &l.MeanCoupling, &l.MeanCouplingError}
}

// writeReference writes reference.csv: the infinite network at the study's times, and the limits there.
func writeReference(w io.Writer, rows []bench.ReferenceRow, l *Limit) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s,%s\n", bench.ReferenceHeader, limitHeader)
	for _, r := range rows { // a failed write is kept and returned by Flush
		fmt.Fprintf(out, "%s,%s\n", bench.Fields(r.Time, r.Risk, r.Error, r.SelfEnergy), bench.Fields(l.row(r.Time)...))
	}
	return out.Flush()
}

// readLimit reads the limits from a reference.csv. It is nil where there are none: they were not computed, or the file
// is of a build that did not keep them.
func readLimit(r io.Reader) (*Limit, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	if strings.Join(rows[0], ",") != bench.ReferenceHeader+","+limitHeader {
		return nil, nil
	}
	var l Limit
	known := false
	for i, row := range rows[1:] {
		var numbers [10]float64
		for k, field := range row {
			if numbers[k] = math.NaN(); field == "" {
				continue
			}
			if numbers[k], err = strconv.ParseFloat(field, 64); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+2, err)
			}
			known = known || k >= 4
		}
		l.Times = append(l.Times, numbers[0])
		for k, c := range l.columns() {
			*c = append(*c, numbers[4+k])
		}
	}
	if !known {
		return nil, nil
	}
	return &l, nil
}
