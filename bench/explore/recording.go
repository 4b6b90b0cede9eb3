package explore

import (
	"archive/zip"
	"encoding/csv"
	"errors"
	"fmt"
	"html/template"
	"io"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/npy"
)

// Files of a recording. Beside them CloudNames, each frame x particle, with the ending .npy.
const (
	PageFile = "explore.html"
	RowsFile = "frames.csv"
)

// RowsHeader is the first line of frames.csv.
const RowsHeader = "time,risk,reference_risk,function_error,coupling_mean,coupling_max,coupling_square"

// Files are the names of all files of a recording.
func Files() []string {
	names := []string{PageFile, RowsFile}
	for _, cloud := range CloudNames {
		names = append(names, cloud+".npy")
	}
	return names
}

// Recording is what a run has shown so far.
type Recording struct {
	run    *Run
	head   *Message
	curves []*Message
	frames []*Frame
}

// ErrNothing says that there is no frame yet.
var ErrNothing = errors.New("there is no frame yet to be recorded")

// Record takes the frames so far.
func (r *Run) Record() (*Recording, error) {
	head, curves := r.known()
	frames := r.Frames()
	if head == nil || len(frames) == 0 {
		return nil, ErrNothing
	}
	return &Recording{r, head, curves, frames}, nil
}

// Frames is how many frames it has.
func (r *Recording) Frames() int { return len(r.frames) }

// WritePage writes one HTML file that needs no network and plays the frames.
func (r *Recording) WritePage(w io.Writer) error {
	p := &page{Title: fmt.Sprintf("kac explore: %s, d = %d, m = %d", r.run.Problem.Name(), r.run.Parameters.Dim, r.run.Parameters.Width)}
	messages := append([]*Message{r.head}, r.curves...)
	n := batch(r.run.Parameters.Width)
	for from := 0; from < len(r.frames); from += n {
		m, err := framesMessage(r.run, from, r.frames[from:min(from+n, len(r.frames))])
		if err != nil {
			return err
		}
		messages = append(messages, m)
	}
	for _, m := range messages {
		p.Recording = append(p.Recording, recorded{m.Kind, template.JS(m.Data)})
	}
	return p.write(w)
}

// WriteRows writes the numbers of the frames, one row each.
func (r *Recording) WriteRows(w io.Writer) error {
	out := csv.NewWriter(w)
	if _, err := io.WriteString(w, RowsHeader+"\n"); err != nil {
		return err
	}
	for _, f := range r.frames {
		var row []string
		for _, x := range []float64{f.Time, f.Risk, f.ReferenceRisk, f.FunctionError, f.CouplingMean, f.CouplingMax, f.CouplingSquare} {
			row = append(row, bench.Number(x))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// WriteCloud writes one of CloudNames, frames x particles, as .npy.
func (r *Recording) WriteCloud(w io.Writer, cloud int) error {
	m := r.run.Parameters.Width
	data := make([]float64, 0, len(r.frames)*m)
	for _, f := range r.frames {
		data = append(data, f.clouds()[cloud]...)
	}
	return npy.Write(w, data, len(r.frames), m)
}

// WriteArchive writes the .npy files and the rows in one .npz, which numpy.load reads.
func (r *Recording) WriteArchive(w io.Writer) error {
	out := zip.NewWriter(w)
	add := func(name string, fill func(io.Writer) error) error {
		part, err := out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return err
		}
		return fill(part)
	}
	rows := make([]float64, 0, 7*len(r.frames))
	for _, f := range r.frames {
		rows = append(rows, f.Time, f.Risk, f.ReferenceRisk, f.FunctionError, f.CouplingMean, f.CouplingMax, f.CouplingSquare)
	}
	if err := add("frames.npy", func(w io.Writer) error { return npy.Write(w, rows, len(r.frames), 7) }); err != nil {
		return err
	}
	for n, name := range CloudNames {
		if err := add(name+".npy", func(w io.Writer) error { return r.WriteCloud(w, n) }); err != nil {
			return err
		}
	}
	return out.Close()
}

// Tables are the files of a recording.
func (r *Recording) Tables() []store.File {
	files := []store.File{{Name: PageFile, Fill: r.WritePage}, {Name: RowsFile, Fill: r.WriteRows}}
	for n, name := range CloudNames {
		files = append(files, store.File{Name: name + ".npy", Fill: func(w io.Writer) error { return r.WriteCloud(w, n) }})
	}
	return files
}
