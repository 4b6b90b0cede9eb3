package localsgd

import (
	"context"
	"errors"
	"math"

	"kac/bench"
	"kac/internal/portable"
	"kac/internal/userdata"
	"kac/particles/localsgd"
)

// Quadratics say which quadratics the clients have: matrices and optima from files, or generated.
type Quadratics struct {
	Matrices string `json:"matrices,omitempty"` // path, M x d x d
	Optima   string `json:"optima,omitempty"`   // path, M x d

	Dim        int     `json:"dim,omitempty"`
	Mu         float64 `json:"mu,omitempty"`
	Smoothness float64 `json:"smoothness,omitempty"`
	Rotation   float64 `json:"rotation,omitempty"`
	Spread     float64 `json:"spread,omitempty"`

	read *localsgd.Quadratics
}

// Defaults of generated quadratics.
const (
	DefaultDim        = 6
	DefaultMu         = .05
	DefaultSmoothness = 1.
	MaxDim            = 10_000
	MaxClients        = 1_000_000
)

// check reads the files, or checks what is generated.
func (q *Quadratics) check(ctx context.Context) (err error) {
	if (q.Matrices == "") != (q.Optima == "") {
		if q.Optima == "" {
			return bench.Refuse("matrices", q.Matrices, "clients have optima too; give --optima, M x d")
		}
		return bench.Refuse("optima", q.Optima, "optima come with their matrices; give --matrices, M x d x d")
	}
	if q.Matrices != "" {
		q.read, err = readQuadratics(ctx, q.Matrices, q.Optima)
		return err
	}
	for _, err := range []error{
		bench.CheckWhole("dim", q.Dim, 1, MaxDim, "dimension"),
		bench.CheckPositive("mu", q.Mu, 1e6, "least curvature"),
		bench.CheckPositive("smoothness", q.Smoothness, 1e6, "largest curvature"),
		bench.CheckNumber("rotation", q.Rotation, 0, 100, "radians"),
		bench.CheckNumber("spread", q.Spread, 0, 1e6, "distance of the optima"),
	} {
		if err != nil {
			return err
		}
	}
	if q.Mu > q.Smoothness {
		return bench.Refuse("mu", bench.Number(q.Mu), "the least curvature is above the largest, smoothness %s", bench.Number(q.Smoothness))
	}
	return nil
}

// of are those of M clients.
func (q *Quadratics) of(ctx context.Context, clients int) (*localsgd.Quadratics, error) {
	if q.read != nil {
		return q.read, nil
	}
	return abandoned(ctx, func() (*localsgd.Quadratics, error) {
		return Generated(clients, q.Dim, q.Mu, q.Smoothness, q.Rotation, q.Spread)
	})
}

// abandoned runs what cannot be stopped, such as the eigenvalues of a large matrix. When the context ends it is left to
// itself: the program is about to end.
func abandoned[T any](ctx context.Context, run func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := run()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return *new(T), ctx.Err()
	}
}

// Generated are quadratics of M clients with eigenvalues lambda_j geometric from mu to H, turned in the planes (1,2),
// (3,4), ... by the angle rotation cos(2 pi m/M), and optima x*_m = 1 + spread u_m, (u_m)_j = cos (j odd, from 1) or
// sin (j even) of 2 pi m ceil(j/2)/M. With rotation 0 all matrices are equal.
func Generated(clients, dim int, mu, smoothness, rotation, spread float64) (*localsgd.Quadratics, error) {
	lambda := make([]float64, dim)
	for j := range lambda {
		lambda[j] = smoothness
		if j < dim-1 {
			lambda[j] = mu * portable.Pow(smoothness/mu, float64(j)/float64(dim-1))
		}
	}
	a, optima := make([]float64, clients*dim*dim), make([]float64, clients*dim)
	for m := range clients {
		own := a[m*dim*dim : (m+1)*dim*dim]
		turn := 2 * math.Pi * float64(m) / float64(clients)
		s, c := math.Sincos(rotation * math.Cos(turn))
		for j := 0; j < dim; j += 2 {
			if j == dim-1 {
				own[j*dim+j] = lambda[j]
				break
			}
			p, q := lambda[j], lambda[j+1]
			own[j*dim+j], own[j*dim+j+1] = p*c*c+q*s*s, (p-q)*s*c
			own[(j+1)*dim+j], own[(j+1)*dim+j+1] = (p-q)*s*c, p*s*s+q*c*c
		}
		for j := range dim {
			// The angle is reduced before its sine: m ceil(j/2) modulo M.
			sin, cos := math.Sincos(2 * math.Pi * float64(m*(j/2+1)%clients) / float64(clients))
			if j%2 == 1 {
				cos = sin
			}
			optima[m*dim+j] = 1 + spread*cos
		}
	}
	return localsgd.NewQuadratics(clients, dim, a, optima)
}

// readFile reads a file of numbers of at most three indices.
func readFile(ctx context.Context, key, path string) (*userdata.Matrix, error) {
	m, err := userdata.ReadStack(ctx, path, func(bytes float64) error {
		return bench.Memory{{Key: key, Value: path, Bytes: 4 * bytes, Lower: "its size"}}.Check()
	})
	if err != nil {
		return nil, bench.Refuse(key, path, "%s", bench.Reason(err))
	}
	return m, nil
}

func readQuadratics(ctx context.Context, matrices, optima string) (*localsgd.Quadratics, error) {
	a, err := readFile(ctx, "matrices", matrices)
	if err != nil {
		return nil, err
	}
	d := a.Columns
	if a.Rows%d != 0 || a.Stacked > 0 && a.Rows/a.Stacked != d {
		rows := a.Rows
		if a.Stacked > 0 {
			rows /= a.Stacked
		}
		return nil, bench.Refuse("matrices", matrices, "it has matrices of %d rows and %d columns; allowed are square ones, M x d x d, or as text M d rows of d numbers", rows, d)
	}
	clients := a.Rows / d
	switch {
	case d > MaxDim:
		return nil, bench.Refuse("matrices", matrices, "it has matrices of dimension %d; allowed are at most %d", d, MaxDim)
	case clients > MaxClients:
		return nil, bench.Refuse("matrices", matrices, "it has %d clients; allowed are at most %d", clients, MaxClients)
	}
	x, err := readFile(ctx, "optima", optima)
	if err != nil {
		return nil, err
	}
	single := clients == 1 && x.Rows == d && x.Columns == 1
	if !single && (x.Rows != clients || x.Columns != d) {
		return nil, bench.Refuse("optima", optima, "it has %d rows of %d numbers; %s has %d clients in dimension %d, which need %d rows of %d", x.Rows, x.Columns, matrices, clients, d, clients, d)
	}
	q, err := abandoned(ctx, func() (*localsgd.Quadratics, error) { return localsgd.NewQuadratics(clients, d, a.X, x.X) })
	if wrong := (*localsgd.MatrixError)(nil); errors.As(err, &wrong) {
		if wrong.Optimum {
			return nil, bench.Refuse("optima", optima, "client %d (counted from 1): %s", wrong.Client+1, wrong.Reason)
		}
		return nil, bench.Refuse("matrices", matrices, "client %d (counted from 1): %s", wrong.Client+1, wrong.Reason)
	}
	return q, err
}
