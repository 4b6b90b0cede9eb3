package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"kac/bench"
	"kac/internal/quantity"
)

// sizeQuantity is a flag: one whole number, which may depend on the dimension.
type sizeQuantity quantity.Quantity

func (n *sizeQuantity) Decode(ctx *kong.DecodeContext) error {
	return decode(ctx, "a whole number, or 2^12, or d^1.5", func(text string) (quantity.Quantity, error) {
		q, err := quantity.Parse(text)
		switch {
		case err == nil && q.Last > 0:
			err = fmt.Errorf("%q is more than one number", text)
		case err == nil && q.Reach > 0:
			err = fmt.Errorf("%q is a time", text)
		}
		return q, err
	}, (*quantity.Quantity)(n))
}

func (n *sizeQuantity) String() string { return quantity.Quantity(*n).String() }

// at is the number in dimension d.
func (n *sizeQuantity) at(key string, d int) (int, error) {
	return bench.WholeAt(key, quantity.Quantity(*n), d)
}
