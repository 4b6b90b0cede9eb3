package gap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"kac/bench"
)

// pending is a Group whose horizon is the time at which a risk is reached.
type pending struct{ *Group }

// resolveKey tells times of risks apart.
type resolveKey struct {
	problem   string
	tolerance float64
	reach     float64
}

// Resolve finds the horizon. A risk that is not reached in time is an InputError.
func (g pending) Resolve(ctx context.Context, known map[any]any) (bench.Study, error) {
	k := resolveKey{g.Parameters.Key(), g.Parameters.Tolerance, g.Reach}
	t, ok := known[k].(float64)
	if !ok {
		var err error
		if t, err = bench.FirstTime(ctx, "horizon", g.Problem, g.Parameters.Tolerance, g.Reach); err != nil {
			return nil, err
		}
		known[k] = t
	}
	own := *g.Group
	own.Parameters.Horizon = own.Parameters.RoundUp(t)
	if _, err := own.Parameters.Check(); err != nil {
		return nil, g.explain(err)
	}
	return &own, nil
}

// Adopt takes the horizon that an earlier process found for a risk, made a multiple of the steps as today. Another
// horizon is of an earlier version.
func (g *Group) Adopt(parameters json.RawMessage) (bench.Study, error) {
	var there Parameters
	if err := json.Unmarshal(parameters, &there); err != nil {
		return nil, fmt.Errorf("parameters that cannot be read (%w)", err)
	}
	own := *g
	if own.Parameters.Horizon == 0 {
		own.Parameters.Horizon = own.Parameters.RoundUp(there.Horizon)
	}
	if was, today := there.Horizon, own.Parameters.Horizon; was != today {
		return nil, fmt.Errorf("the horizon %s of %s, which an earlier version computed; today it is %s", bench.Number(was), g.Name, bench.Number(today))
	}
	there.initial = own.Parameters.initial
	if _, err := there.Check(); err != nil || !reflect.DeepEqual(own.Parameters, there) {
		return nil, errors.New("other groups, made by another version")
	}
	return &own, nil
}
