package gap

import (
	"fmt"
	"slices"
	"strings"

	"kac/bench"
)

// grows reports whether a study that is asked for is one that is there with more widths, seeds or times, and says in
// words what is new; "" if nothing is.
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
	if later(there, asked) {
		same.Horizon, same.Points, same.Snapshots = asked.Horizon, asked.Points, asked.Snapshots
	}
	if list, err := bench.Differences(same, asked); err != nil || len(list) > 0 {
		return "", false
	}
	var news []string
	if asked.Horizon > there.Horizon {
		news = append(news, laterText(there, asked))
	}
	if len(asked.Widths) > len(there.Widths) {
		more := slices.DeleteFunc(slices.Clone(asked.Widths), func(m int) bool { return slices.Contains(there.Widths, m) })
		news = append(news, "widths "+bench.Wholes(more, ","))
	}
	if asked.Seeds > there.Seeds {
		news = append(news, fmt.Sprintf("%d seeds, not %d", asked.Seeds, there.Seeds))
	}
	return strings.Join(news, ", "), true
}

// Grown says what the study has that the one in the directory had not; "" if it is the same.
func (s *Store) Grown() string { return s.grown }

// later reports whether the times of a study are the first ones of another, whose snapshots are those of the first and
// later ones.
func later(there, asked *Parameters) bool {
	if !(asked.Horizon > there.Horizon) || len(asked.Snapshots) < len(there.Snapshots) {
		return false
	}
	same, more := asked.Snapshots[:len(there.Snapshots)], asked.Snapshots[len(there.Snapshots):]
	return slices.Equal(same, there.Snapshots) && (len(more) == 0 || more[0] > there.Horizon) && bench.FirstTimes(there.Times(), asked.Times())
}

// notLater says what a later last time lacks, where that alone is in the way; "" if it is not.
func notLater(there, asked *Parameters) string {
	same := *asked
	same.Points = bench.LaterPoints(there.Horizon, there.Points, asked.Horizon)
	if _, ok := grows(there, &same); ok && same.Points > 0 {
		return fmt.Sprintf("with --points %d it would go on to %s: its times are then the first ones", same.Points, bench.Number(asked.Horizon))
	}
	same = *asked
	more := slices.IndexFunc(asked.Snapshots, func(t float64) bool { return t > there.Horizon })
	if same.Snapshots = slices.Clone(there.Snapshots); more >= 0 {
		same.Snapshots = append(same.Snapshots, asked.Snapshots[more:]...)
	}
	if _, ok := grows(there, &same); ok {
		kept := "none"
		if len(there.Snapshots) > 0 {
			kept = bench.Numbers(there.Snapshots)
		}
		return fmt.Sprintf("its --snapshots up to there are %s and stay so; new ones are later", kept)
	}
	same = *asked
	same.Points = there.Points
	if same.Horizon = there.Horizon; asked.Horizon > there.Horizon {
		if _, ok := grows(there, &same); ok {
			spacing := there.Times()[1]
			return fmt.Sprintf("it goes on to multiples of %s, the distance of its times, whose first ones must be the same", bench.Number(spacing))
		}
	}
	return ""
}
