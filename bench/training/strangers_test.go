package training

import (
	"strings"
	"testing"
	"time"

	"kac/bench"
	"kac/internal/disk/disktest"
)

// A whole checkpoint of a run with another seed, beside the run.json of this one, is not in order.
func TestCheckStrangeCheckpoint(t *testing.T) {
	s := trainedStudy(t)
	for _, other := range []bool{false, true} {
		m := disktest.NewMemory()
		out, err := OpenOn(m, "out", &s.p, nil, bench.Session{})
		if err != nil {
			t.Fatal(err)
		}
		c := *s.checkpoints[0]
		if other {
			c.Parameters.Seed++
		}
		out.saved, out.saving = time.Time{}, 0
		if err := out.Checkpoint(&c); err != nil {
			t.Fatal(err)
		}
		out.Close()
		checked, err := Check(m, "out")
		if err != nil || (len(checked.Bad) == 1 && checked.Bad[0].Path == CheckpointFile && strings.Contains(checked.Bad[0].Problem, "other parameters")) != other {
			t.Errorf("another seed: %v: check says %+v, %v", other, checked, err)
		}
	}
}
