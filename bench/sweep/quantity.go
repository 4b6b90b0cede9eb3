package sweep

import (
	"kac/bench"
	"kac/internal/quantity"
)

// Quantity is one entry of dim, widths or horizon, in the grammar of kac gap's flags.
type Quantity = quantity.Quantity

// number prints the shortest text that reads back as x.
var number = bench.Number
