package sweep

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/regular"
	"kac/internal/sealed"
)

var missingSums = store.Finding{Path: SumsFile, Problem: "is missing"}

// Check reads every file of a study, finished or not, and compares it with its checksum: cells and
// checkpoints with their own, study.json with its own, and all results with SHA256SUMS. Errors: an
// InputError for a directory without a study, and those of the disk.
func (ms Measures) Check(dir string) (*store.Checked, error) { return ms.check(disk.Real, dir) }

func (ms Measures) check(on disk.FS, dir string) (*store.Checked, error) {
	c := &checker{on: on, dir: dir}
	record, err := readRecord(on, dir)
	switch {
	case isDamage(err):
		c.bad(StudyFile, err)
	case err != nil:
		return nil, err
	case record == nil:
		if !store.Holds(on, dir, cellsDir) && !store.Holds(on, dir, SumsFile) && !store.Holds(on, dir, TableFile) {
			return nil, noStudy(dir)
		}
		c.bad(StudyFile, errors.New("is missing"))
	default:
		if c.study, err = ms.restore(record); err != nil {
			c.bad(StudyFile, err)
		}
		c.out.Complete = record.Complete
	}
	c.out.Files++
	if err := c.cells(); err != nil {
		return nil, err
	}
	if err := c.sums(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(c.out.Bad, func(a, b store.Finding) int { return strings.Compare(a.Path, b.Path) })
	return &c.out, nil
}

type checker struct {
	on    disk.FS
	dir   string
	study *Study // nil if study.json is damaged
	out   store.Checked
}

func (c *checker) bad(path string, err error) {
	for _, b := range c.out.Bad {
		if b.Path == path {
			return
		}
	}
	c.out.Add(c.dir, path, err)
	c.out.Files-- // counted by its reader
}

// cells reads all sealed files.
func (c *checker) cells() error {
	grid := map[string]cell{}
	if c.study != nil {
		for _, place := range c.study.cells() {
			grid[filepath.ToSlash(place.base())] = place
		}
	}
	groups, err := c.on.ReadDir(filepath.Join(c.dir, cellsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("listing the cells: %w", err)
	}
	for _, group := range groups {
		if !group.IsDir() {
			continue
		}
		entries, err := c.on.ReadDir(filepath.Join(c.dir, cellsDir, group.Name()))
		if err != nil {
			return fmt.Errorf("listing the cells of %s: %w", group.Name(), err)
		}
		for _, e := range entries {
			name := cellsDir + "/" + group.Name() + "/" + e.Name()
			if err := c.sealed(name, grid); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) sealed(name string, grid map[string]cell) error {
	path := filepath.Join(c.dir, filepath.FromSlash(name))
	var err error
	switch {
	case isState(name):
		var payload []byte
		if payload, err = sealed.Read(c.on, path, checkpointKind, checkpointVersion); err == nil {
			base, _, _ := strings.Cut(strings.TrimSuffix(name, finalExt), checkpointExt)
			err = c.checkpoint(payload, base, grid)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a cell that is running replaces them
		}
	case strings.HasSuffix(name, cellExt):
		place, known := grid[strings.TrimSuffix(name, cellExt)]
		switch {
		case known:
			_, _, err = readCell(c.on, c.dir, place)
		case c.study != nil:
			c.bad(name, errors.New("is no cell of this study"))
		default:
			var payload []byte
			if payload, err = sealed.Read(c.on, path, cellKind, cellVersion); err == nil {
				var head store.CellHead
				if head, _, err = store.ReadHead(payload); err == nil {
					err = namedAs(strings.TrimSuffix(name, cellExt), head)
				}
			}
		}
	default:
		return nil
	}
	c.out.Files++
	if isDamage(err) {
		c.bad(name, err)
		return nil
	}
	return err
}

// checkpoint compares whose state it is with its place. Without study.json the name alone tells.
func (c *checker) checkpoint(payload []byte, base string, grid map[string]cell) error {
	head, _, err := decodeCheckpoint(payload)
	if err != nil {
		return err
	}
	place, known := grid[base]
	switch {
	case !known && c.study != nil:
		return fmt.Errorf("%w: is no cell of this study", sealed.ErrDamaged)
	case !known:
		return namedAs(base, head)
	}
	_, err = place.checkpoint(payload)
	return err
}

// namedAs compares a cell with its name, where nothing else tells which it should be.
func namedAs(base string, head store.CellHead) error {
	name := path.Base(base)
	letters := strings.TrimRight(name[:strings.IndexAny(name+"0", "0123456789")], "-")
	if head.Size == 0 {
		letters = ""
	}
	if name != cellName(letters, int(head.Size), head.Seed) {
		return fmt.Errorf("%w: it is of size %d and seed %d", sealed.ErrDamaged, head.Size, head.Seed)
	}
	return nil
}

// sums compares SHA256SUMS with the files.
func (c *checker) sums() error {
	data, err := disk.ReadFile(c.on, filepath.Join(c.dir, SumsFile), textLimit)
	if errors.Is(err, fs.ErrNotExist) {
		if c.out.Complete {
			c.out.Bad = append(c.out.Bad, missingSums)
		}
		return nil
	}
	c.out.Files++
	if err != nil && isDamage(err) {
		c.bad(SumsFile, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the sums: %w", err)
	}
	listed := map[string]string{}
	var order []string
	for line := range strings.Lines(string(data)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if _, hexed := hex.DecodeString(sum); !ok || hexed != nil || len(sum) != 2*sha256.Size || sum != strings.ToLower(sum) ||
			!strings.HasSuffix(line, "\n") || !filepath.IsLocal(filepath.FromSlash(name)) {
			c.bad(SumsFile, fmt.Errorf("the line %q is not a checksum and a name", line))
			return nil
		}
		listed[name], order = sum, append(order, name)
	}
	if c.study != nil && !slices.Equal(order, c.study.names()) {
		c.bad(SumsFile, errors.New("does not list the files of this study"))
		return nil
	}
	for _, name := range order {
		own := strings.HasSuffix(name, cellExt) || name == StudyFile // they have a checksum of their own
		sum, err := hash(c.on, c.dir, name, c.study.limit())
		switch {
		case err != nil && isDamage(err):
			c.bad(name, err)
		case errors.Is(err, fs.ErrNotExist):
			c.bad(name, errors.New("is missing"))
		case err != nil:
			return err
		case own && sum != listed[name]: // and looked at already; if it is in order, the sums are not
			if !slices.ContainsFunc(c.out.Bad, func(b store.Finding) bool { return b.Path == name }) {
				c.bad(SumsFile, fmt.Errorf("does not fit %s, which is in order", name))
			}
		case sum != listed[name]:
			c.bad(name, fmt.Errorf("differs from its checksum in %s", SumsFile))
		}
		if !own {
			c.out.Files++ // the others are counted already
		}
	}
	return nil
}

// cells are the places of the grid, in the order of table.csv.
func (s *Study) cells() []cell {
	var out []cell
	for _, g := range s.Groups {
		for _, size := range g.cellSizes() {
			out = append(out, g.cellsOf(size)...)
		}
	}
	return out
}

// names are the files that SHA256SUMS lists, in its order.
func (s *Study) names() []string {
	names := append(s.outputs(), StudyFile)
	for _, c := range s.cells() {
		names = append(names, filepath.ToSlash(c.base())+cellExt)
	}
	slices.Sort(names)
	return names
}

// results are the tables and arrays.
func (s *Study) outputs() []string {
	var names []string
	for _, f := range s.files(nil) {
		names = append(names, f.name)
	}
	for _, g := range s.Groups {
		for _, a := range arraysOf(g.Facts.Schema) {
			names = append(names, arrayName(g, a))
		}
	}
	return names
}

// sums is the content of SHA256SUMS, in the form of sha256sum(1).
func (s *Study) sums(on disk.FS, dir string) (string, error) {
	var out strings.Builder
	for _, name := range s.names() {
		sum, err := hash(on, dir, name, s.limit())
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "%s  %s\n", sum, name)
	}
	return out.String(), nil
}

// Bounds of what is read: of study.json and SHA256SUMS, which grow with the number of cells, and of
// results, a file of which has at most rowLimit bytes a row.
const (
	textLimit = 1 << 28
	rowLimit  = 1 << 11
)

// limit bounds the files of results; a larger one, such as one extended to a terabyte, is not read.
func (s *Study) limit() int64 {
	if s == nil {
		return 1 << 36
	}
	rows := 0
	for _, g := range s.Groups {
		rows += g.Facts.Points * (1 + len(g.Facts.Sizes)*(1+g.Facts.Seeds))
	}
	return 1<<26 + rowLimit*int64(rows)
}

func hash(on disk.FS, dir, name string, limit int64) (string, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	f, err := on.Open(path)
	if store.IsBad(err) {
		return "", err // it names the file
	}
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	defer f.Close()
	if f.Size() > limit {
		return "", &regular.SizeError{Name: path, Size: f.Size(), Limit: limit}
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
