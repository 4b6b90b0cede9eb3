package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"kac/bench"
	"kac/bench/store"
	"kac/internal/disk"
	"kac/internal/provenance"
	"kac/internal/sealed"
	"kac/internal/visible"
)

// The sealed files of a cell.
const (
	cellKind          = "kac cell"
	cellVersion       = 2
	checkpointKind    = "kac checkpoint"
	checkpointVersion = 3
)

// errOther says that a whole file belongs to a study with other parameters.
var errOther = store.ErrOtherStudy

// Session is a process that ran cells.
type Session struct {
	provenance.Info
	CommandLine visible.Arguments `json:"command_line"`
	Workers     int               `json:"workers"`
	StartTime   string            `json:"start_time"` // RFC 3339
	Process     int               `json:"process"`
}

// maker says who finished a cell and how long it took.
type maker struct {
	Session Session `json:"session"`
	Seconds float64 `json:"seconds"` // running, over all processes
	Workers int     `json:"workers"` // of the cell, in the last process
	// Earlier are the processes before it whose checkpoints were gone on from.
	Earlier []Session `json:"earlier,omitempty"`
}

// cell is a place in the grid. Its size is 0 if all sizes of a seed run together.
type cell struct {
	group *Group
	size  int
	seed  uint64
}

// cellSizes are the sizes of the group's cells.
func (g *Group) cellSizes() []int {
	if g.Facts.Schema.Together {
		return []int{0}
	}
	return g.Facts.Sizes
}

// cellsOf are the cells of one size.
func (g *Group) cellsOf(size int) []cell {
	out := make([]cell, g.Facts.Seeds)
	for i := range out {
		out[i] = cell{g, size, g.Facts.FirstSeed + uint64(i)}
	}
	return out
}

// base is the path of the cell's files within the study's directory, without their endings.
func (c cell) base() string {
	return filepath.Join(cellsDir, c.group.Name, cellName(c.group.Facts.Schema.Letter, c.size, c.seed))
}

func cellName(letter string, size int, seed uint64) string {
	if size == 0 {
		return fmt.Sprintf("s%04d", seed)
	}
	return fmt.Sprintf("%s%06d-s%04d", letter, size, seed)
}

func (c cell) String() string {
	if c.size == 0 {
		return fmt.Sprintf("%s seed %d", c.group.Name, c.seed)
	}
	return fmt.Sprintf("%s %s=%d seed %d", c.group.Name, c.group.Facts.Schema.Letter, c.size, c.seed)
}

// line is what states of the cell begin with, those of shorter and longer studies too.
func (c cell) line() (store.CellHead, error) {
	identity, err := c.group.Facts.LineSum()
	return store.CellHead{Identity: identity, Size: uint64(c.size), Seed: c.seed}, err
}

// head is what the cell's files begin with.
func (c cell) head() (store.CellHead, error) {
	identity, err := c.group.Facts.IdentitySum()
	return store.CellHead{Identity: identity, Size: uint64(c.size), Seed: c.seed}, err
}

// form is what a finished cell's rows must be.
func (c cell) form() store.CellForm {
	f := &c.group.Facts
	form := store.CellForm{Times: f.Times, Columns: len(f.Schema.Columns), Blocks: 1}
	if c.size == 0 {
		form.Blocks = len(f.Sizes)
	}
	return form
}

// A finished cell is a store.CellHead, its rows, and who made it, as JSON.

func encodeCell(c cell, values []float64, by maker) ([]byte, error) {
	head, err := c.head()
	if err != nil {
		return nil, err
	}
	who, err := json.Marshal(by)
	if err != nil {
		return nil, fmt.Errorf("encoding who made a cell: %w", err)
	}
	return append(store.AppendRows(head.Append(nil), values, len(c.group.Facts.Schema.Columns)), who...), nil
}

// decodeCell reads a payload that must be the cell c of its group.
func decodeCell(b []byte, c cell) (values []float64, by maker, err error) {
	head, err := c.head()
	if err != nil {
		return nil, maker{}, err
	}
	rest, err := head.Check(b, c.group.Facts.Schema.Size)
	if err != nil {
		return nil, maker{}, err
	}
	form := c.form()
	values, rest, err = form.Rows(rest)
	if err != nil {
		return nil, maker{}, err
	}
	if err := json.Unmarshal(rest, &by); err != nil {
		return nil, maker{}, fmt.Errorf("%w: who made it: %w", sealed.ErrDamaged, err)
	}
	return values, by, nil
}

// readCell reads a finished cell. The error wraps fs.ErrNotExist, sealed.ErrDamaged or errOther, or
// is a *sealed.VersionError.
func readCell(on disk.FS, dir string, c cell) ([]float64, maker, error) {
	path := filepath.Join(dir, c.base()+cellExt)
	payload, err := sealed.Read(on, path, cellKind, cellVersion)
	if err != nil {
		return nil, maker{}, err
	}
	out, by, err := decodeCell(payload, c)
	if err != nil {
		return nil, maker{}, fmt.Errorf("%s: %w", path, err)
	}
	return out, by, nil
}

// split is the cell by sizes.
func (c cell) split(values []float64) []bench.Cell {
	f := &c.group.Facts
	columns := len(f.Schema.Columns)
	if c.size != 0 {
		return []bench.Cell{{Size: c.size, Seed: c.seed, Columns: columns, Values: values}}
	}
	var out []bench.Cell
	n := len(f.Times) * columns
	for i, size := range f.Sizes {
		out = append(out, bench.Cell{Size: size, Seed: c.seed, Columns: columns, Values: values[i*n : (i+1)*n]})
	}
	return out
}

// isDamage tells bytes that are wrong from a disk that fails.
func isDamage(err error) bool { return store.IsBad(err) || errors.Is(err, errOther) }

// checkpoint is a cell under way: a store.CellHead, how far the cell is (its share, seconds of running, 8 bytes each),
// the processes that ran it up to here (8 bytes of length, JSON), and the state that bench.Runner.RunCell saves.
type checkpoint struct {
	share    float64
	spent    time.Duration
	sessions []Session // the last one up to here
	state    []byte
}

func (c *checkpoint) encode(head store.CellHead) ([]byte, error) {
	who, err := json.Marshal(c.sessions)
	if err != nil {
		return nil, fmt.Errorf("encoding who made a checkpoint: %w", err)
	}
	b := store.AppendNumbers(head.Append(nil), c.share, c.spent.Seconds())
	return append(store.AppendBytes(b, who), c.state...), nil
}

// decodeCheckpoint reads a checkpoint; whose it is is for others to see.
func decodeCheckpoint(b []byte) (store.CellHead, *checkpoint, error) {
	head, b, err := store.ReadHead(b)
	if err != nil {
		return head, nil, err
	}
	numbers, b, err := store.ReadNumbers(b, 2)
	if err != nil {
		return head, nil, err
	}
	share, seconds := numbers[0], numbers[1]
	if !(share >= 0 && share <= 1) || !(seconds >= 0 && seconds < 1e9) {
		return head, nil, fmt.Errorf("%w: share %g after %g s", sealed.ErrDamaged, share, seconds)
	}
	who, state, err := store.ReadBytes(b)
	if err != nil {
		return head, nil, err
	}
	c := &checkpoint{share: share, spent: time.Duration(seconds * float64(time.Second)), state: state}
	if err := json.Unmarshal(who, &c.sessions); err != nil {
		return head, nil, fmt.Errorf("%w: who made it: %w", sealed.ErrDamaged, err)
	}
	return head, c, nil
}

// checkpoint reads a checkpoint that must be of the cell.
func (c cell) checkpoint(payload []byte) (*checkpoint, error) {
	_, saved, err := decodeCheckpoint(payload)
	if err != nil {
		return nil, err
	}
	head, err := c.line()
	if err == nil {
		_, err = head.Check(payload, c.group.Facts.Schema.Size)
	}
	return saved, err
}
