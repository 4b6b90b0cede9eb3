package bench

import (
	"bufio"
	"fmt"
	"io"

	"kac/meanfield"
)

// ReferenceHeader is the first line of reference.csv and of `kac reference`.
const ReferenceHeader = "time,risk,error,self_energy"

// ReferenceRow is the infinite-width network at one time.
type ReferenceRow struct {
	Time       float64 `json:"time"`        // paper time
	Risk       float64 `json:"risk"`        // ||f_MF - f*||^2
	Error      float64 `json:"error"`       // the solver's estimate of its error in Risk
	SelfEnergy float64 `json:"self_energy"` // ||f_MF||^2
}

// ReferenceRows evaluates the reference at times within its horizon.
func ReferenceRows(r *meanfield.Reference, times []float64) []ReferenceRow {
	rows := make([]ReferenceRow, len(times))
	for i, t := range times {
		rows[i] = ReferenceRow{Time: t, Risk: r.Risk(t), Error: r.RiskError(t), SelfEnergy: r.SelfEnergy(t)}
	}
	return rows
}

// WriteReferenceCSV writes ReferenceHeader and the rows.
func WriteReferenceCSV(w io.Writer, rows []ReferenceRow) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, ReferenceHeader)
	for _, r := range rows { // a failed write is kept and returned by Flush
		fmt.Fprintf(out, "%s,%s,%s,%s\n", Number(r.Time), Number(r.Risk), Number(r.Error), Number(r.SelfEnergy))
	}
	return out.Flush()
}
