package store

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"kac/internal/plotting"
)

// PictureError says that a picture of a run could not be made. The run is complete without it: its
// tables are written, and the same command tries the picture again.
type PictureError struct {
	Names []string
	Err   error
}

func (e *PictureError) Error() string {
	return fmt.Sprintf("%s cannot be made (%v); everything else is written", strings.Join(e.Names, ", "), e.Err)
}

func (e *PictureError) Unwrap() error { return e.Err }

// Picture is the file of a drawing as SVG. What the drawing does not survive is an error.
func Picture(name string, draw func() (*plotting.Figure, error)) File {
	return File{name, func(w io.Writer) (err error) {
		defer func() {
			if broken := recover(); broken != nil {
				err = fmt.Errorf("drawing: %v", broken)
			}
		}()
		figure, err := draw()
		if err != nil {
			return err
		}
		return figure.Write(w, "svg")
	}}
}

// Draw replaces pictures after everything else, and then the record. One that fails costs neither the
// others nor the record; the error is then a *PictureError.
func (d *Dir) Draw(pictures ...File) error {
	failed := &PictureError{}
	for _, p := range pictures {
		d.seals.Drawing = append(d.seals.Drawing, p.Name)
	}
	for _, p := range pictures {
		if err := d.Replace(p); err != nil {
			failed.Names, failed.Err = append(failed.Names, p.Name), errors.Join(failed.Err, err)
		}
	}
	d.seals.Drawing = nil
	err := d.WriteRecord()
	if failed.Err != nil {
		failed.Err = errors.Join(failed.Err, err)
		return failed
	}
	return err
}
