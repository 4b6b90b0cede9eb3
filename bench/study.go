package bench

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Study is one checked measurement of a system, in which all is fixed but a size and a seed: sweeps, status, checks,
// Slurm and reports know of a system what is here. It is immutable, and can be made again from Facts().Parameters.
type Study interface {
	Facts() Facts
	// Cost is what a cell of that size takes; where sizes run Together, the one size is 0.
	Cost(size int) Cost
	// Prepare does what all cells share, such as solving the ideal limit, once. progress may be nil.
	Prepare(ctx context.Context, progress func(share float64)) (Runner, error)
}

// Facts are what is known of a study before anything is computed.
type Facts struct {
	Schema    *Schema
	Problem   string // a plain CSV field
	Dim       int
	Labels    []any // those of the schema: string, float64 or int
	Sizes     []int // increasing
	FirstSeed uint64
	Seeds     int
	Points    int       // number of times
	Times     []float64 // nil while the study is Open
	Reach     float64   // the last time is the first with this risk; 0: it was given

	// Parameters are all parameters, as JSON has them; Identity those that decide the numbers of one cell, by which
	// files are told apart.
	Parameters, Identity any
	// Line are those of Identity that are the same in a study up to a later last time, whose cells go on from the final
	// states of this one's; nil: there is no such study.
	Line      any
	Precision string // of the arithmetic: decides whether another processor gives other last digits
}

// Cost is what a cell takes.
type Cost struct {
	Work   float64 // nominal floating-point operations: only their proportions matter
	Memory float64 // bytes
	State  float64 // bytes of a checkpoint
	Final  float64 // bytes of the state at the last time, which is kept; 0: none is
	Alone  bool    // large: cells like this run one after another, each on all workers
}

// ReadParameters reads recorded Facts.Parameters.
func ReadParameters(recorded json.RawMessage, parameters any) error {
	if err := json.Unmarshal(recorded, parameters); err != nil {
		return fmt.Errorf("decoding the parameters: %w", err)
	}
	return nil
}

// Runner runs the cells of a study. Calls may be concurrent.
type Runner interface {
	// RunCell returns the rows of a cell, times x Schema.Columns, row-major; those of all sizes, size after size, if
	// they run together (size 0). A run that goes on from a saved state gives the same bits as one that was not
	// interrupted. Errors: the context's, ErrCellState for a state that is not of this cell, Save's own, those of the
	// system.
	RunCell(ctx context.Context, size int, seed uint64, o CellOptions) ([]float64, error)
}

// CellOptions steer a cell; none of them changes a number.
type CellOptions struct {
	Workers int // 0: one per processor

	// Before is a state that Save was given, to go on from; nil: from the start.
	Before []byte
	// Save, if set, gets the whole state after a step, at most every Interval (0: after every step), and once more when
	// the context is cancelled, unless that stopped it within a step whose beginning is gone. It must not keep the
	// slice. An error ends the run.
	Save     func(state []byte) error
	Interval time.Duration

	// Final, if set, gets the state at the last time of a cell that is finished: given as Before to a study that
	// differs in a later last time, it goes on from there. It must not keep the slice.
	Final func(state []byte) error

	// Progress, if set, is called with the share of the cell that is done, not too often.
	Progress func(share float64)
}

// Told is Progress for what tells a word beside the share.
func (o CellOptions) Told(share float64, _ string) {
	if o.Progress != nil {
		o.Progress(share)
	}
}

// ErrCellState is wrapped by every refusal of a state to go on from.
var ErrCellState = errors.New("not a state of this cell")

// Limited is a Runner that knows its ideal limit by itself: reference.csv has its rows.
type Limited interface {
	Limit(ctx context.Context) (*Limit, error)
}

// Limit is an ideal limit by time, and how it was solved.
type Limit struct {
	Rows   [][]float64 // in the order of Schema.Limit; NaN: not known
	Record any         // for study.json
	Note   string      // why something of it is not known; "" if all is
	Lacks  string      // what that is, such as C(t)
}

// Shared is a Study whose limit is that of others with the same key, though they differ elsewhere. Without it every
// group has its own.
type Shared interface {
	LimitKey() any // comparable
}

// Open is a Study that lacks something which takes time to find, such as the time at which a risk is reached. Until
// then Facts has no Times.
type Open interface {
	// Resolve finds it; known keeps what was found for other studies of the call.
	Resolve(ctx context.Context, known map[any]any) (Study, error)
}

// Adopter is a Study that takes what it lacks from the parameters of an earlier process, or says in a phrase, such as
// "the horizon 3, which an earlier version computed; today it is 4", why it cannot. Others must have equal parameters.
type Adopter interface {
	Adopt(parameters json.RawMessage) (Study, error)
}

// LineSum is the SHA-256 of Facts.Line as JSON, of Identity where there is none.
func (f *Facts) LineSum() ([sha256.Size]byte, error) {
	own := *f
	if f.Line != nil {
		own.Identity = f.Line
	}
	return own.IdentitySum()
}

// IdentitySum is the SHA-256 of Facts.Identity as JSON.
func (f *Facts) IdentitySum() ([sha256.Size]byte, error) {
	data, err := json.Marshal(f.Identity)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("encoding the parameters of %s: %w", f.Problem, err)
	}
	return sha256.Sum256(data), nil
}

// Rows is how many rows all cells of the study have.
func (f *Facts) Rows() float64 { return float64(len(f.Sizes)) * float64(f.Seeds) * float64(f.Points) }

// Group is a named study of a sweep. The name is that of its files.
type Group struct {
	Name  string
	Study Study
}

// Sweep is what a study file says.
type Sweep struct {
	Declared any // as JSON, with defaults filled in, one spelling for one meaning: equal ones are the same study
	Groups   []Group
}

// Measure is a system that can be swept.
type Measure struct {
	Name string   // the word behind `measure =`
	Keys []string // of its study files: the flags of its verb
	// Read makes the groups out of the values of a study file, whose keys are known ones. Bad input is an InputError.
	Read func(values map[string]any) (*Sweep, error)
	// Restore makes a study of its recorded Facts.Parameters and Facts.Reach.
	Restore func(parameters json.RawMessage, reach float64) (Study, error)
	// Plan, if set, measures what groups will cost; without it one cell is run for some seconds and the others are
	// scaled by Cost.
	Plan func(ctx context.Context, groups []Group, workers int, progress func(share float64, what string)) (*Plan, error)
	// Program, if set, is the command whose --out directory Run reads, for reports. Errors of Run: those of package
	// sealed for damaged files, an InputError for what is not finished.
	Program string
	Run     func(ctx context.Context, dir string) (*Run, error)
	// Text, if set, writes the table for people at the end of a sweep in the place of the general one.
	Text func(results []*Result) (string, error)
	// Pictures are drawn of a finished sweep, after its tables.
	Pictures []Picture
}

// Picture is a file of a sweep's directory that a measure draws.
type Picture struct {
	Name string
	Draw func(w io.Writer, results []*Result) error
}

// Run is what one command left in its directory.
type Run struct {
	Result   *Result
	Sessions []Session
	Sums     map[string]string // SHA-256 of its files
}

// Plan is what the groups of a sweep will cost.
type Plan struct {
	Groups []GroupPlan
	Took   time.Duration // the measuring
}

// GroupPlan is a group's.
type GroupPlan struct {
	Prepare     float64 // seconds before its first cell
	Limit       float64 // seconds of its limit, when the tables are made, beside Prepare
	Evaluations float64 // right-hand sides or steps of a cell
	Sizes       []SizePlan
}

// SizePlan is a class of equal cells.
type SizePlan struct {
	Size, Cells, Workers int
	Form                 string
	Flops                float64 // of one cell
	Seconds              float64 // of one cell
	Memory               float64 // bytes, of one cell
	Measured             bool    // not scaled
}

// Result is a finished group.
type Result struct {
	Group
	Facts Facts
	Cells []Cell // by size and seed, each with the rows of all times
	Limit [][]float64
	Means *Means
}

// Cell is one size and seed, seen at every time.
type Cell struct {
	Size    int
	Seed    uint64
	Columns int
	Values  []float64 // times x Columns, row-major, in the order of Schema.Columns
}

// Place is the cell's size and seed.
func (c Cell) Place() (size int, seed uint64) { return c.Size, c.Seed }

// Value is that of a row and a column.
func (c Cell) Value(row, column int) float64 { return c.Values[row*c.Columns+column] }

// Rows is the number of times.
func (c Cell) Rows() int { return len(c.Values) / c.Columns }

// Row is the numbers of one time.
func (c Cell) Row(row int) []float64 { return c.Values[row*c.Columns : (row+1)*c.Columns] }
