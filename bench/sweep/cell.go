package sweep

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"kac/bench"
	"kac/bench/gap"
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
	checkpointVersion = 2
)

// errOther says that a whole file belongs to a study with other parameters.
var errOther = errors.New("of a study with other parameters")

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

// cell is a place in the grid.
type cell struct {
	group *Group
	width int
	seed  uint64
}

// base is the path of the cell's files within the study's directory, without their endings.
func (c cell) base() string {
	return filepath.Join(cellsDir, c.group.Name, cellName(c.width, c.seed))
}

func cellName(width int, seed uint64) string { return fmt.Sprintf("m%06d-s%04d", width, seed) }

func (c cell) String() string {
	return fmt.Sprintf("%s m=%d seed %d", c.group.Name, c.width, c.seed)
}

// identity is a hash of all parameters that decide a cell's numbers.
func (g *Group) identity() ([sha256.Size]byte, error) {
	p := g.Parameters
	p.Widths, p.Seeds, p.Seed = nil, 0, 0
	data, err := json.Marshal(&p)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("encoding the parameters of %s: %w", g.Name, err)
	}
	return sha256.Sum256(data), nil
}

// The payload of a finished cell, little-endian:
//
//	SHA-256 of the group's parameters (32 bytes)
//	width, seed, rows (8 bytes each)
//	rows: time, risk, reference risk, function error, mean, largest and mean square coupling (8 bytes each)
//	who made it, as JSON
const cellHeader = sha256.Size + 3*8

const rowNumbers = 7

func numbers(r *gap.Row) [rowNumbers]*float64 {
	return [rowNumbers]*float64{&r.Time, &r.Risk, &r.ReferenceRisk, &r.FunctionError, &r.CouplingMean, &r.CouplingMax, &r.CouplingSquare}
}

func encodeCell(g *Group, c gap.Cell, by maker) ([]byte, error) {
	identity, err := g.identity()
	if err != nil {
		return nil, err
	}
	who, err := json.Marshal(by)
	if err != nil {
		return nil, fmt.Errorf("encoding who made a cell: %w", err)
	}
	b := append([]byte(nil), identity[:]...)
	for _, v := range [...]uint64{uint64(c.Width), c.Seed, uint64(len(c.Rows))} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	for i := range c.Rows {
		for _, x := range numbers(&c.Rows[i]) {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(*x))
		}
	}
	return append(b, who...), nil
}

// decodeCell reads a payload that must be the cell c of its group.
func decodeCell(b []byte, c cell) (gap.Cell, maker, error) {
	fail := func(format string, arguments ...any) (gap.Cell, maker, error) {
		return gap.Cell{}, maker{}, fmt.Errorf("%w: %s", sealed.ErrDamaged, fmt.Sprintf(format, arguments...))
	}
	if len(b) < cellHeader {
		return fail("%d bytes are too few for a cell", len(b))
	}
	identity, err := c.group.identity()
	if err != nil {
		return gap.Cell{}, maker{}, err
	}
	if !bytes.Equal(b[:sha256.Size], identity[:]) {
		return gap.Cell{}, maker{}, errOther
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[sha256.Size+8*i:]) }
	if word(0) != uint64(c.width) || word(1) != c.seed {
		return fail("it is of width %d and seed %d", word(0), word(1))
	}
	times := c.group.Parameters.Times()
	body := b[cellHeader:]
	if word(2) != uint64(len(times)) || len(body) < 8*rowNumbers*len(times) {
		return fail("%d rows in %d bytes, not %d", word(2), len(b), len(times))
	}
	out := gap.Cell{Width: c.width, Seed: c.seed, Rows: make([]gap.Row, len(times))}
	for i := range out.Rows {
		for _, x := range numbers(&out.Rows[i]) {
			*x = math.Float64frombits(binary.LittleEndian.Uint64(body))
			body = body[8:]
		}
		if !bench.SameTime(out.Rows[i].Time, times[i]) {
			return fail("row %d is of time %s, not %s", i+1, number(out.Rows[i].Time), number(times[i]))
		}
		out.Rows[i].Time = times[i]
	}
	var by maker
	if err := json.Unmarshal(body, &by); err != nil {
		return fail("who made it: %v", err)
	}
	return out, by, nil
}

// readCell reads a finished cell. The error wraps fs.ErrNotExist, sealed.ErrDamaged or errOther, or
// is a *sealed.VersionError.
func readCell(on disk.FS, dir string, c cell) (gap.Cell, maker, error) {
	path := filepath.Join(dir, c.base()+cellExt)
	payload, err := sealed.Read(on, path, cellKind, cellVersion)
	if err != nil {
		return gap.Cell{}, maker{}, err
	}
	out, by, err := decodeCell(payload, c)
	if err != nil {
		return gap.Cell{}, maker{}, fmt.Errorf("%s: %w", path, err)
	}
	return out, by, nil
}

// A checkpoint is how far the cell is (share of the horizon, seconds of running, 8 bytes each), the
// processes that ran it up to here (8 bytes of length, JSON), and the state that gap.Study.RunCell saves.
const checkpointHeader = 3 * 8

type checkpoint struct {
	share    float64
	spent    time.Duration
	sessions []Session // the last one up to here
	state    []byte
}

func (c *checkpoint) encode() ([]byte, error) {
	who, err := json.Marshal(c.sessions)
	if err != nil {
		return nil, fmt.Errorf("encoding who made a checkpoint: %w", err)
	}
	b := make([]byte, 0, checkpointHeader+len(who)+len(c.state))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.share))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.spent.Seconds()))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(who)))
	return append(append(b, who...), c.state...), nil
}

func decodeCheckpoint(b []byte) (*checkpoint, error) {
	fail := func(format string, arguments ...any) (*checkpoint, error) {
		return nil, fmt.Errorf("%w: %s", sealed.ErrDamaged, fmt.Sprintf(format, arguments...))
	}
	if len(b) < checkpointHeader {
		return fail("%d bytes are too few for a checkpoint", len(b))
	}
	share := math.Float64frombits(binary.LittleEndian.Uint64(b))
	seconds := math.Float64frombits(binary.LittleEndian.Uint64(b[8:]))
	who, body := binary.LittleEndian.Uint64(b[16:]), b[checkpointHeader:]
	if !(share >= 0 && share <= 1) || !(seconds >= 0 && seconds < 1e9) {
		return fail("share %g after %g s", share, seconds)
	}
	if who > uint64(len(body)) {
		return fail("%d bytes of who made it in %d", who, len(b))
	}
	c := &checkpoint{share: share, spent: time.Duration(seconds * float64(time.Second)), state: body[who:]}
	if err := json.Unmarshal(body[:who], &c.sessions); err != nil {
		return fail("who made it: %v", err)
	}
	return c, nil
}
