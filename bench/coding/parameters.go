package coding

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strings"

	"kac/bench"
	"kac/internal/quantity"
	"kac/internal/userdata"
	"kac/particles/coding"
)

// Limits of the sizes.
const (
	MaxBlocks = 1 << 24
	MaxDraws  = 10_000_000
)

// Parameters say everything that determines the numbers of a measurement.
type Parameters struct {
	Graph    string    `json:"graph,omitempty"`
	Matrix   string    `json:"matrix,omitempty"` // path of an assignment, instead of a graph
	Blocks   []int     `json:"blocks"`
	Degrees  []int     `json:"degree"` // 0: the vertices' degrees differ
	Straggle []float64 `json:"straggle,omitempty"`
	Lose     string    `json:"lose,omitempty"` // bernoulli or fixed
	Delays   string    `json:"delays,omitempty"`
	Wait     []float64 `json:"wait,omitempty"`
	Deadline []float64 `json:"deadline,omitempty"`
	Schemes  []string  `json:"schemes"`
	Seeds    int       `json:"seeds"`
	Seed     uint64    `json:"seed"`
	Draws    int       `json:"draws"`
	Rare     bool      `json:"rare,omitempty"`
	// Tolerance is the absolute error asked of the limit.
	Tolerance float64 `json:"tolerance"`

	family family
	matrix *coding.Assignment
	delay  coding.Delay
}

// Defaults of the flags and keys.
const (
	DefaultSeeds     = 8
	DefaultDraws     = 16
	DefaultRareDraws = 20_000
	DefaultTolerance = 1e-10
	DefaultRounds    = 200
	DefaultPoints    = 960
	DefaultFeatures  = 20
	DefaultStep      = .1
	DefaultSteps     = 100
)

// Losses of machines.
const (
	LoseBernoulli = "bernoulli"
	LoseFixed     = "fixed"
)

// Check fills in what follows from the rest. Every error is a bench.InputError that names the parameter.
func (p *Parameters) Check(ctx context.Context) error {
	if err := p.checkGraph(ctx); err != nil {
		return err
	}
	if err := p.checkLosses(ctx); err != nil {
		return err
	}
	for _, err := range []error{
		bench.CheckWhole("seeds", p.Seeds, 1, bench.MaxSeeds, "seeds of each size"),
		bench.CheckWhole("draws", p.Draws, 1, MaxDraws, "draws of stragglers for each seed"),
		bench.CheckNumber("tolerance", p.Tolerance, 1e-15, 1e-2, "absolute error of the limit"),
	} {
		if err != nil {
			return err
		}
	}
	if p.Seed > math.MaxUint64-uint64(p.Seeds) {
		return bench.Refuse("seed", p.Seed, "with %d seeds the last one would be above the largest, %d", p.Seeds, uint64(math.MaxUint64))
	}
	if err := p.checkSchemes(); err != nil {
		return err
	}
	return p.memory().Check()
}

func (p *Parameters) checkGraph(ctx context.Context) (err error) {
	if p.Matrix != "" {
		if p.Graph != "" || len(p.Blocks)+len(p.Degrees) > 0 || len(p.Schemes) > 0 {
			return bench.Refuse("matrix", p.Matrix, "an assignment of your own has its blocks and machines; leave out graph, blocks, degree and schemes")
		}
		if p.matrix, err = readMatrix(ctx, p.Matrix); err != nil {
			return err
		}
		p.Blocks, p.Degrees, p.Schemes = []int{p.matrix.Blocks()}, []int{0}, []string{Matrix}
		return nil
	}
	if p.Graph == "" {
		p.Graph = "regular"
	}
	vertices := 0
	if strings.HasPrefix(p.Graph, "file:") && len(p.Blocks) == 1 {
		// The number of blocks of a list of edges: a vertex beyond it is a mistake in the list.
		vertices, p.Blocks = p.Blocks[0], nil
	}
	if p.family, err = readFamily(p.Graph, vertices); err != nil {
		return err
	}
	blocks, degree := p.family.sized()
	switch {
	case !blocks && len(p.Blocks) > 0:
		return bench.Refuse("blocks", bench.Wholes(p.Blocks, ","), "the graph %s has %d blocks of its own; leave it out", p.Graph, p.family.blocks())
	case blocks && len(p.Blocks) == 0:
		return bench.Refuse("blocks", "", "give the number of data blocks, such as 1024")
	case !degree && len(p.Degrees) > 0:
		return bench.Refuse("degree", bench.Wholes(p.Degrees, ","), "the graph %s has its own degree; leave it out", p.Graph)
	case degree && len(p.Degrees) == 0:
		return bench.Refuse("degree", "", "give the degree, how many machines hold a block, such as 3")
	}
	if !blocks {
		p.Blocks = []int{p.family.blocks()}
	}
	if p.Blocks, err = increasing("blocks", p.Blocks, 2, MaxBlocks); err != nil {
		return err
	}
	if degree {
		if p.Degrees, err = increasing("degree", p.Degrees, 1, 10_000); err != nil {
			return err
		}
	} else if p.Degrees = []int{0}; len(p.Blocks) == 1 {
		p.Degrees[0] = p.family.degree(p.Blocks[0])
	}
	for _, n := range p.Blocks {
		for _, d := range p.Degrees {
			if err := p.family.check(n, d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Parameters) checkLosses(ctx context.Context) (err error) {
	if p.Delays == "" {
		if len(p.Wait)+len(p.Deadline) > 0 {
			return bench.Refuse("delays", "", "waiting is for machines that take time; give their law, such as exponential:1,1")
		}
		if len(p.Straggle) == 0 {
			return bench.Refuse("straggle", "", "give the probability to lose a machine, such as .3")
		}
		if p.Straggle, err = CheckStraggle(p.Straggle); err != nil {
			return err
		}
		if p.Lose == "" {
			p.Lose = LoseBernoulli
		}
		if p.Lose != LoseBernoulli && p.Lose != LoseFixed {
			return bench.Refuse("lose", p.Lose, "allowed are %s (each machine by itself) and %s (the share of all machines, rounded down)", LoseBernoulli, LoseFixed)
		}
		return nil
	}
	switch {
	case len(p.Straggle) > 0:
		return bench.Refuse("straggle", bench.Numbers(p.Straggle), "with delays the stragglers are those that are not waited for; give wait or deadline instead")
	case p.Lose != "":
		return bench.Refuse("lose", p.Lose, "with delays the stragglers are those that are not waited for")
	case p.Rare:
		return bench.Refuse("rare", "given", "only for machines that are lost independently, by straggle")
	case len(p.Wait)+len(p.Deadline) == 0:
		return bench.Refuse("wait", "", "give the shares of the machines that the master waits for, such as .7,.9, or a deadline")
	}
	if p.delay, err = readDelay(ctx, p.Delays); err != nil {
		return err
	}
	for _, w := range p.Wait {
		if !(w > 0 && w <= 1) {
			return bench.Refuse("wait", bench.Numbers(p.Wait), "%s is not allowed; shares of the machines are above 0 and at most 1", bench.Number(w))
		}
	}
	for _, t := range p.Deadline {
		if !(t >= 0) || math.IsInf(t, 0) {
			return bench.Refuse("deadline", bench.Numbers(p.Deadline), "%s is not allowed; times are finite and at least 0", bench.Number(t))
		}
	}
	return nil
}

func (p *Parameters) checkSchemes() (err error) {
	if p.matrix != nil {
		if p.Rare {
			return bench.Refuse("rare", "given", "only for graph codes")
		}
		return nil
	}
	asked := len(p.Schemes) > 0 && p.Schemes[0] != "all"
	switch {
	case p.Rare && len(p.Schemes) == 0:
		p.Schemes = []string{"graph"}
	case p.Rare && (len(p.Schemes) != 1 || p.Schemes[0] != "graph"):
		return bench.Refuse("schemes", strings.Join(p.Schemes, ","), "with rare the scheme is graph")
	case p.Rare && p.Lose == LoseFixed:
		return bench.Refuse("lose", p.Lose, "with rare machines are lost independently")
	case len(p.Schemes) == 0:
		p.Schemes = defaultSchemes
	}
	if p.Schemes, err = checkSchemes(p.Schemes); err != nil {
		return err
	}
	var fit []string
	for _, name := range p.Schemes {
		why := ""
		for _, n := range p.Blocks {
			for _, d := range p.Degrees {
				if d == 0 && p.family.kind != "file" {
					d = p.family.degree(n)
				}
				if reason := admits(name, n, d); reason != "" {
					why = reason
				}
			}
		}
		switch {
		case why == "":
			fit = append(fit, name)
		case asked && !slices.Equal(p.Schemes, defaultSchemes):
			return bench.Refuse("schemes", name, "%s", why)
		}
	}
	p.Schemes = fit
	return nil
}

// CheckStraggle refuses probabilities outside [0, 1), and returns them in increasing order.
func CheckStraggle(list []float64) ([]float64, error) {
	list = slices.Sorted(slices.Values(list))
	for i, x := range list {
		switch {
		case !(x >= 0 && x < 1):
			return nil, bench.Refuse("straggle", bench.Numbers(list), "%s is not allowed; probabilities to lose a machine are at least 0 and below 1", bench.Number(x))
		case i > 0 && x == list[i-1]:
			return nil, bench.Refuse("straggle", bench.Numbers(list), "%s is there twice", bench.Number(x))
		}
	}
	return list, nil
}

func increasing(key string, list []int, low, high int) ([]int, error) {
	text := bench.Wholes(list, ",")
	list = slices.Sorted(slices.Values(list))
	for i, n := range list {
		switch {
		case n < low || n > high:
			return nil, bench.Refuse(key, text, "%d is not allowed; allowed are whole numbers from %d to %d", n, low, high)
		case i > 0 && n == list[i-1]:
			return nil, bench.Refuse(key, text, "%d is there twice", n)
		}
	}
	return list, nil
}

// readMatrix reads a user's assignment.
func readMatrix(ctx context.Context, path string) (*coding.Assignment, error) {
	m, err := read(ctx, "matrix", path)
	if err != nil {
		return nil, err
	}
	a, err := coding.FromMatrix(m.Rows, m.Columns, m.X)
	if err != nil {
		return nil, bench.Refuse("matrix", path, "%v; rows are blocks and columns machines", err)
	}
	return a, nil
}

func read(ctx context.Context, key, path string) (*userdata.Matrix, error) {
	m, err := userdata.Read(ctx, path, func(bytes float64) error {
		return bench.Memory{{Key: key, Value: path, Bytes: bytes, Lower: "its size"}}.Check()
	})
	if err != nil {
		return nil, bench.Refuse(key, path, "%s", bench.Reason(err))
	}
	return m, nil
}

// readDelay reads --delays.
func readDelay(ctx context.Context, text string) (coding.Delay, error) {
	kind, rest, _ := strings.Cut(text, ":")
	const allowed = "allowed are exponential:SHIFT,MEAN, pareto:LEAST,EXPONENT and file:PATH"
	switch kind {
	case "exponential", "pareto":
		list, err := quantity.ParseList(rest)
		var two []float64
		for _, q := range list {
			two = append(two, q.At(0)...)
		}
		if err != nil || len(two) != 2 {
			return coding.Delay{}, bench.Refuse("delays", text, "give two numbers after the law; %s", allowed)
		}
		make := coding.Exponential
		if kind == "pareto" {
			make = coding.Pareto
		}
		d, err := make(two[0], two[1])
		if err != nil {
			return d, bench.Refuse("delays", text, "%v", err)
		}
		return d, nil
	case "file":
		m, err := read(ctx, "delays", rest)
		if err != nil {
			return coding.Delay{}, err
		}
		d, err := coding.Measured(m.X)
		if err != nil {
			return d, bench.Refuse("delays", text, "%v", err)
		}
		return d, nil
	}
	return coding.Delay{}, bench.Refuse("delays", text, "no such law; %s", allowed)
}

// memory estimates what the largest cells hold at once.
func (p *Parameters) memory() bench.Memory {
	n := p.Blocks[len(p.Blocks)-1]
	machines, entries := 0., 0.
	if p.matrix != nil {
		machines, entries = float64(p.matrix.Machines()), float64(p.matrix.Blocks())*p.matrix.Replication()
	} else {
		d := p.Degrees[len(p.Degrees)-1]
		if d == 0 && p.family.kind != "file" {
			d = p.family.degree(n)
		}
		entries = float64(n) * float64(d)
		if p.family.kind == "file" {
			entries = float64(p.family.file.Vertices()) * p.family.file.Replication()
		}
		machines = entries / 2
	}
	blocks := float64(n)
	// While a random graph is made: half-edges, edges twice, and a map of them. Afterwards: the edges and one scheme at
	// a time.
	making, held := 24*entries, 4*entries+8*blocks
	if p.matrix != nil {
		making = 20 * entries
	}
	for _, name := range p.Schemes {
		bytes := 14*entries + 8*blocks
		switch name {
		case "graph":
			bytes = 20 * blocks
		case "bernoulli", Matrix:
			bytes += 40*machines + 8*blocks
		case "cyclic":
			bytes += 8 * blocks * blocks
		}
		held = max(held, 4*entries+8*blocks+bytes)
	}
	bytes := max(making, held) + 16*blocks
	if p.Delays != "" {
		bytes += 12 * machines
	}
	return bench.Memory{{Key: "blocks", Value: n, Bytes: bytes * float64(p.cellsAtOnce()), Lower: "it"},
		{Key: "seeds", Value: p.Seeds, Bytes: 120 * float64(p.rows()), Lower: "it"}}
}

// rows is the number of rows, one for each seed.
func (p *Parameters) rows() int {
	return len(p.Blocks) * len(p.Degrees) * len(p.Schemes) * p.Seeds * max(len(p.Straggle)+len(p.Wait)+len(p.Deadline), 1)
}

func (p *Parameters) cellsAtOnce() int {
	return min(p.Seeds*len(p.Blocks)*len(p.Degrees), runtime.GOMAXPROCS(0))
}
