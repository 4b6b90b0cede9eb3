package localsgd

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"

	"kac/bench"
	"kac/internal/portable"
	"kac/internal/rng"
	"kac/internal/userdata"
	"kac/particles/localsgd"
)

// Objective says what the clients minimise.
type Objective struct {
	Word string `json:"objective"`
	Quadratics
	Data     string `json:"data,omitempty"`   // path, n x d
	Labels   string `json:"labels,omitempty"` // path, n
	Points   int    `json:"points,omitempty"` // drawn samples
	DataSeed uint64 `json:"data_seed,omitempty"`
	Shares   string `json:"shares,omitempty"` // even, label or dirichlet:C

	tau    float64 // of huber
	line   localsgd.Line
	inputs []float64
	signs  []float64 // labels
	solved *logistics
}

// logistics are objectives by numbers of clients, each solved once.
type logistics struct {
	sync.Mutex
	of map[int]*localsgd.Logistic
}

// Defaults of objectives.
const (
	DefaultHuberDim = 20
	DefaultHuberMu  = .02
	DefaultRidge    = .01
	DefaultPoints   = 1024
	DefaultShares   = "even"
)

// kind is the word without its numbers.
func (o *Objective) kind() string {
	word, _, _ := strings.Cut(o.Word, ":")
	return word
}

// check refuses what is not an objective, and reads files.
func (o *Objective) check(ctx context.Context, clients []int) (err error) {
	if o.kind() != QuadraticWord && o.Matrices+o.Optima != "" {
		return bench.Refuse("objective", o.Word, "--matrices and --optima are those of quadratic")
	}
	switch o.kind() {
	case KinkWord, SmoothKinkWord:
		o.line, err = line("objective", o.Word)
		return err
	case QuadraticWord:
		if o.Word != QuadraticWord {
			return bench.Refuse("objective", o.Word, "quadratic has no numbers; see --dim, --mu, --smoothness, --rotation and --spread")
		}
		if o.Matrices == "" {
			most, d := float64(clients[len(clients)-1]), float64(o.Dim)
			if err := (bench.Memory{{Key: "dim", Value: o.Dim, Bytes: 32 * most * d * d, Lower: "it, or clients"}}).Check(); err != nil {
				return err
			}
		}
		return o.Quadratics.check(ctx)
	case HuberWord:
		return o.checkHuber()
	case LogisticWord:
		return o.checkLogistic(ctx, clients)
	}
	return bench.Refuse("objective", o.Word, "allowed are kink[:L,R], smooth-kink[:W[,L,R]], quadratic, huber[:TAU] and logistic")
}

func (o *Objective) checkHuber() error {
	_, numbers, err := arguments("objective", o.Word)
	if err != nil {
		return err
	}
	switch {
	case len(numbers) > 1 || len(numbers) == 1 && (numbers[0] < 0 || numbers[0] > 1e6):
		return bench.Refuse("objective", o.Word, "write huber, or huber:TAU with the weak convexity TAU >= 0")
	case len(numbers) == 1:
		o.tau = numbers[0]
	}
	for _, err := range []error{
		bench.CheckWhole("dim", o.Dim, 1, MaxDim, "dimension"),
		bench.CheckPositive("mu", o.Mu, 1e6, "least of the lambda"),
		bench.CheckPositive("smoothness", o.Smoothness, 1e6, "largest of the lambda"),
	} {
		if err != nil {
			return err
		}
	}
	if o.Mu > o.Smoothness {
		return bench.Refuse("mu", bench.Number(o.Mu), "the least lambda is above the largest, smoothness %s", bench.Number(o.Smoothness))
	}
	return nil
}

func (o *Objective) checkLogistic(ctx context.Context, clients []int) error {
	if o.Word != LogisticWord {
		return bench.Refuse("objective", o.Word, "logistic has no numbers; --mu is the ridge")
	}
	if err := bench.CheckNumber("mu", o.Mu, 1e-9, 1e6, "ridge (mu/2)|x|^2"); err != nil {
		return err
	}
	if (o.Data == "") != (o.Labels == "") {
		if o.Data == "" {
			return bench.Refuse("labels", o.Labels, "labels come with their inputs; give data too")
		}
		return bench.Refuse("data", o.Data, "inputs come with their labels; give labels too")
	}
	if o.Data != "" {
		if err := o.readData(ctx); err != nil {
			return err
		}
	} else if err := o.draw(); err != nil {
		return err
	}
	o.solved = &logistics{of: map[int]*localsgd.Logistic{}}
	for _, m := range clients {
		if _, err := o.shares(m); err != nil {
			return err
		}
	}
	return nil
}

// draw makes inputs ~ N(0, I/d^0) and labels of a random direction, of which a fifth is flipped at the boundary.
func (o *Objective) draw() error {
	for _, err := range []error{bench.CheckWhole("points", o.Points, 2, 1<<22, "drawn samples"), bench.CheckWhole("dim", o.Dim, 1, MaxDim, "dimension")} {
		if err != nil {
			return err
		}
	}
	if err := (bench.Memory{{Key: "points", Value: o.Points, Bytes: 16 * float64(o.Points) * float64(o.Dim), Lower: "it, or dim"}}).Check(); err != nil {
		return err
	}
	d := o.Dim
	direction := make([]float64, d)
	rng.Normal(o.DataSeed, rng.Teacher, 0, direction)
	o.inputs, o.signs = make([]float64, o.Points*d), make([]float64, o.Points)
	for i := range o.Points {
		a := o.inputs[i*d : (i+1)*d]
		rng.Normal(o.DataSeed, rng.Data, uint64(i), a)
		z := 0.0
		for j, x := range a {
			z += x * direction[j]
		}
		s := rng.New(o.DataSeed, rng.LabelNoise, uint64(i))
		o.signs[i] = -1
		if s.Float64() < 1/(1+portable.Exp(-2*z/math.Sqrt(float64(d)))) {
			o.signs[i] = 1
		}
	}
	return nil
}

func (o *Objective) readData(ctx context.Context) error {
	read := func(key, path string) (*userdata.Matrix, error) {
		m, err := userdata.Read(ctx, path, func(bytes float64) error {
			return bench.Memory{{Key: key, Value: path, Bytes: 2 * bytes, Lower: "its size"}}.Check()
		})
		if err != nil {
			return nil, bench.Refuse(key, path, "%s", bench.Reason(err))
		}
		return m, nil
	}
	x, err := read("data", o.Data)
	if err != nil {
		return err
	}
	y, err := read("labels", o.Labels)
	if err != nil {
		return err
	}
	if len(y.X) != x.Rows {
		return bench.Refuse("labels", o.Labels, "it has %d labels, %s has %d rows", len(y.X), o.Data, x.Rows)
	}
	for i, v := range x.X {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return bench.Refuse("data", o.Data, "%s is %v; inputs are finite", x.Place(i), v)
		}
	}
	two := slices.Compact(slices.Sorted(slices.Values(y.X)))
	if len(two) != 2 || math.IsNaN(two[0]) {
		return bench.Refuse("labels", o.Labels, "it has %d different values; the logistic loss takes two", len(two))
	}
	o.Points, o.Dim, o.inputs = x.Rows, x.Columns, x.X
	o.signs = make([]float64, x.Rows)
	for i, v := range y.X {
		o.signs[i] = -1
		if v == two[1] {
			o.signs[i] = 1
		}
	}
	return nil
}

// shares deals the samples out.
func (o *Objective) shares(clients int) ([][]int, error) {
	if clients > o.Points {
		return nil, bench.Refuse("clients", clients, "there are %d samples, and a client has at least one", o.Points)
	}
	word, numbers, err := arguments("shares", o.Shares)
	if err != nil {
		return nil, err
	}
	var list [][]int
	switch {
	case o.Shares == "even":
		list = localsgd.EvenShares(o.Points, clients, o.DataSeed)
	case o.Shares == "label":
		list = localsgd.LabelShares(o.signs, clients)
	case word == "dirichlet" && len(numbers) == 1:
		if !(numbers[0] > 0) || numbers[0] > 1e9 {
			return nil, bench.Refuse("shares", o.Shares, "the concentration is %s; allowed are numbers above 0 and up to 1e9", bench.Number(numbers[0]))
		}
		list = localsgd.DirichletShares(o.signs, clients, numbers[0], o.DataSeed)
	default:
		return nil, bench.Refuse("shares", o.Shares, "allowed are even, label and dirichlet:C with C > 0")
	}
	for m, share := range list {
		if len(share) == 0 {
			return nil, bench.Refuse("shares", o.Shares, "client %d of %d (counted from 1) has no sample; take fewer clients, a larger concentration or another --data-seed", m+1, clients)
		}
	}
	return list, nil
}

// of is the objective of M clients.
func (o *Objective) of(ctx context.Context, clients int) (localsgd.Objective, error) {
	switch o.kind() {
	case QuadraticWord:
		return o.Quadratics.of(ctx, clients)
	case HuberWord:
		f := &localsgd.Huber{Lambda: make([]float64, o.Dim), Tau: o.tau}
		for j := range f.Lambda {
			f.Lambda[j] = o.Smoothness
			if j < o.Dim-1 {
				f.Lambda[j] = o.Mu * portable.Pow(o.Smoothness/o.Mu, float64(j)/float64(o.Dim-1))
			}
		}
		return f, nil
	case LogisticWord:
		return o.logistic(ctx, clients)
	}
	return localsgd.OnLine{Line: o.line}, nil
}

func (o *Objective) logistic(ctx context.Context, clients int) (localsgd.Objective, error) {
	o.solved.Lock()
	defer o.solved.Unlock()
	if f := o.solved.of[clients]; f != nil {
		return f, nil
	}
	list, err := o.shares(clients)
	if err != nil {
		return nil, err
	}
	f, err := localsgd.NewLogistic(ctx, o.inputs, o.signs, o.Dim, o.Mu, list)
	if errors.Is(err, localsgd.ErrNewton) {
		return nil, bench.Refuse("mu", bench.Number(o.Mu), "%v; take more", err)
	}
	if err != nil {
		return nil, err
	}
	o.solved.of[clients] = f
	return f, nil
}

// fixedClients is how many clients the user's matrices have; 0: any.
func (o *Objective) fixedClients() int {
	if o.read != nil {
		return o.read.Clients()
	}
	return 0
}
