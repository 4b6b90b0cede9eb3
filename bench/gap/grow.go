package gap

import (
	"fmt"
	"slices"
	"strings"

	"kac/bench"
)

// grows reports whether a study that is asked for is one that is there with more widths or seeds, and says in words
// what is new; "" if nothing is.
func grows(there, asked *Parameters) (what string, ok bool) {
	if there.Seeds < 1 || asked.Seed > there.Seed || there.Seed-asked.Seed > uint64(asked.Seeds) || there.Seed-asked.Seed+uint64(there.Seeds) > uint64(asked.Seeds) {
		return "", false
	}
	for _, m := range there.Widths {
		if !slices.Contains(asked.Widths, m) {
			return "", false
		}
	}
	same := *there
	same.Widths, same.Seeds, same.Seed = asked.Widths, asked.Seeds, asked.Seed
	if list, err := bench.Differences(same, asked); err != nil || len(list) > 0 {
		return "", false
	}
	var news []string
	if len(asked.Widths) > len(there.Widths) {
		more := slices.DeleteFunc(slices.Clone(asked.Widths), func(m int) bool { return slices.Contains(there.Widths, m) })
		news = append(news, "widths "+WidthsText(more))
	}
	if asked.Seeds > there.Seeds {
		news = append(news, fmt.Sprintf("%d seeds, not %d", asked.Seeds, there.Seeds))
	}
	return strings.Join(news, ", "), true
}

// Grown says what the study has that the one in the directory had not; "" if it is the same.
func (s *Store) Grown() string { return s.grown }
