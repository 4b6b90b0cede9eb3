package sweep

import (
	"fmt"
	"slices"
	"strings"

	"kac/bench"
)

// grows reports whether the study is one that a directory holds with more sizes or seeds, whose cells are cells of this
// one, and says in words what is new. The groups must be the same, and what decides the numbers of their cells; a group
// whose horizon is still to be found is none of these.
func (s *Study) grows(r *Record) (what string, ok bool) {
	if r.Study == nil || len(r.Groups) != len(s.Groups) {
		return "", false
	}
	var news []string
	for i, g := range s.Groups {
		if r.Groups[i].Name != g.Name {
			return "", false
		}
		there, err := s.Measure.Restore(r.Groups[i].Parameters, r.Groups[i].Reach)
		if err != nil {
			return "", false
		}
		before, now := there.Facts(), g.Facts
		a, err1 := before.IdentitySum()
		b, err2 := now.IdentitySum()
		if err1 != nil || err2 != nil || a != b || before.Points != now.Points {
			return "", false
		}
		more := slices.DeleteFunc(slices.Clone(now.Sizes), func(m int) bool { return slices.Contains(before.Sizes, m) })
		first, last := before.FirstSeed, before.FirstSeed+uint64(before.Seeds)
		switch {
		case len(more)+len(before.Sizes) != len(now.Sizes), now.FirstSeed > first, now.FirstSeed+uint64(now.Seeds) < last:
			return "", false
		}
		schema := now.Schema
		if len(more) > 0 {
			news = append(news, fmt.Sprintf("%s %s of %s", schema.Sizes, bench.Wholes(more, ","), g.Name))
		}
		if now.Seeds > before.Seeds {
			news = append(news, fmt.Sprintf("%d %s of %s, not %d", now.Seeds, schema.Seeds, g.Name, before.Seeds))
		}
	}
	return strings.Join(news, "; "), len(news) > 0
}
