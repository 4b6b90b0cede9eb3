package store

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"kac/internal/disk"
	"kac/internal/regular"
	"kac/internal/sealed"
)

// Finding is a file that is not as it was written.
type Finding struct {
	Path    string // within the directory, slashed
	Problem string
}

// In is the finding as an error that wraps sealed.ErrDamaged; dir is the directory.
func (f Finding) In(dir string) error {
	return fmt.Errorf("%s %s: %w", filepath.Join(dir, filepath.FromSlash(f.Path)), strings.TrimPrefix(f.Problem, "damaged: "), sealed.ErrDamaged)
}

// Checked is what a look at all files of a directory has shown.
type Checked struct {
	Program  string // that wrote them, if that is known
	Files    int    // looked at
	Complete bool
	Bad      []Finding // by path
	// Undrawn are pictures of a complete run that a killed process had still to draw. Nothing is lost
	// without them, and the same command draws them.
	Undrawn []string
}

// Texts are the bad files, each "path: problem".
func (c *Checked) Texts() []string {
	var out []string
	for _, b := range c.Bad {
		out = append(out, b.Path+": "+b.Problem)
	}
	return out
}

// Add counts a file, and says what is wrong with it; nil: nothing. The directory's path is left out of
// the error's text.
func (c *Checked) Add(dir, name string, err error) {
	c.Files++
	if err == nil {
		return
	}
	text := err.Error()
	for _, before := range []string{"reading ", "open ", "read "} {
		text = strings.TrimPrefix(text, before)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	text = strings.TrimPrefix(strings.TrimPrefix(text, path+": "), path+" ")
	c.Bad = append(c.Bad, Finding{name, text})
	slices.SortStableFunc(c.Bad, func(a, b Finding) int { return strings.Compare(a.Path, b.Path) })
}

// IsBad tells a file that is not as it was written, or not a file at all, from a disk that fails.
func IsBad(err error) bool {
	version, size := (*sealed.VersionError)(nil), (*regular.SizeError)(nil)
	return errors.Is(err, sealed.ErrDamaged) || errors.Is(err, regular.ErrNotRegular) || errors.As(err, &size) || errors.As(err, &version)
}

// Holds reports whether dir has a file of this name, whatever it is.
func Holds(on disk.FS, dir, name string) bool {
	list, err := names(on, dir)
	return err == nil && slices.Contains(list, name)
}

// Check compares every file that a record tells of, and the record itself, with their checksums.
// Errors are those of the disk, or tell of a record of another format.
func Check(on disk.FS, dir, record string) (*Checked, error) {
	out := &Checked{}
	data, err := readRecord(on, filepath.Join(dir, record))
	var head *Head
	if err == nil {
		head, err = decode(data)
	}
	switch {
	case err != nil && IsBad(err):
		out.Add(dir, record, err)
		return out, nil // nothing else is known
	case err != nil:
		return nil, fmt.Errorf("reading what the directory holds: %w", err)
	case head.Format != RecordFormat:
		return nil, fmt.Errorf("%s is of a %q run of format %d, which has no checksums; this program checks format %d", filepath.Join(dir, record), head.Program, head.Format, RecordFormat)
	}
	out.Program, out.Complete = head.Program, head.Complete
	out.Add(dir, record, nil)
	for _, name := range slices.Sorted(maps.Keys(head.Sums)) {
		if filepath.Base(name) != name {
			out.Add(dir, record, fmt.Errorf("it lists %q, which is not a file beside it", name))
			out.Files--
			continue
		}
		_, err := head.Verify(on, dir, record, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			// A run under way may have been stopped before it, a complete one before a picture.
			if head.Complete && !slices.Contains(head.Drawing, name) {
				out.Add(dir, name, errors.New("is missing"))
			}
		case err != nil && !IsBad(err):
			return nil, fmt.Errorf("reading %s: %w", name, err)
		default:
			out.Add(dir, name, err)
		}
	}
	for _, name := range head.Drawing {
		if head.Complete && !Holds(on, dir, name) {
			out.Undrawn = append(out.Undrawn, name)
		}
	}
	return out, nil
}
