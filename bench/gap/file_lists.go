package gap

import (
	"slices"
	"strings"

	"kac/bench"
	"kac/internal/quantity"
)

// dimensions are the values of dim; 0, the problem's own, without any.
func dimensions(dims []quantity.Quantity) ([]int, error) {
	if len(dims) == 0 {
		return []int{0}, nil
	}
	var list []int
	for _, q := range dims {
		if q.Power != 0 || q.Reach > 0 {
			return nil, bench.Refuse("dim", q.String(), "give whole numbers, such as [8, 16, 32] or 8..32")
		}
		for _, x := range q.At(0) {
			d := int(x)
			if float64(d) != x || d < 1 || d > bench.MaxDim {
				return nil, bench.Refuse("dim", bench.Number(x), "give whole numbers from rank + 2 to %d", bench.MaxDim)
			}
			if slices.Contains(list, d) {
				return nil, bench.Refuse("dim", bench.Number(x), "is there twice")
			}
			list = append(list, d)
		}
	}
	return list, nil
}

// horizon is a last time of a group.
type horizon struct {
	time, reach float64
	computed    bool   // from the dimension or the risk: it may move up to a multiple of eta's
	slug        string // "" if the study has one horizon
}

func widthsAt(widths []quantity.Quantity, d int) ([]int, error) {
	list, err := bench.WholesAt("widths", widths, d, bench.MaxWidth)
	slices.Sort(list)
	return list, err
}

func horizonsAt(horizons []quantity.Quantity, d int) ([]horizon, error) {
	var list []horizon
	for _, q := range horizons {
		h := horizon{reach: q.Reach, computed: q.Reach > 0 || q.Power != 0}
		text := strings.NewReplacer(" ", "", "*", "x", "^", "").Replace(q.String())
		if q.Reach > 0 {
			h.slug = text
			list = append(list, h)
			continue
		}
		for _, x := range q.At(d) {
			if h.time = x; q.Power != 0 {
				h.time = bench.Significant(x)
			}
			if h.slug = "T" + text; q.Last > 0 {
				h.slug = "T" + bench.Number(x)
			}
			list = append(list, h)
		}
	}
	for i, a := range list {
		for _, b := range list[:i] {
			if a.time == b.time && a.reach == b.reach {
				return nil, bench.Refuse("horizon", strings.Join(texts(horizons), ","), "in dimension %d two horizons are the same, %s", d, a.slug)
			}
		}
	}
	if len(list) == 1 {
		list[0].slug = ""
	}
	return list, nil
}

func texts(list []quantity.Quantity) []string {
	out := make([]string, len(list))
	for i, q := range list {
		out[i] = q.String()
	}
	return out
}
