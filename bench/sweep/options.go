package sweep

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"kac/bench"
	"kac/internal/disk"
)

// DefaultInterval is the time between two checkpoints of a cell.
const DefaultInterval = 30 * time.Second

// Options steer Run and Merge; none of them changes a number.
type Options struct {
	Workers     int           // 0: one per processor
	Shard, Of   int           // run part Shard (1, 2, ..., Of) of the cells alone; Of 0: all
	Interval    time.Duration // between two checkpoints of a cell; 0: DefaultInterval
	MaxTime     time.Duration // stop in order after this time; 0: no limit
	CommandLine []string      // for provenance

	// Progress, if set, gets the share of the work of this call that is done. It may be called
	// concurrently.
	Progress func(share float64, what string)
	// Note, if set, gets one line about something that a person should know, such as a damaged file.
	Note func(line string)
	// Remark, if set, gets one line about something that is good to know.
	Remark func(line string)

	FS disk.FS // nil: the operating system's

	claims  claims
	prepare func(context.Context, *Group) (bench.Runner, error)
	start   time.Time
	process int
}

func (o Options) filled() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Of < 1 {
		o.Shard, o.Of = 1, 1
	}
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.Remark == nil {
		o.Remark = func(string) {}
	}
	if o.FS == nil {
		o.FS = disk.Real
	}
	if o.claims == nil {
		var once sync.Once
		note := o.Note
		o.claims = flocks{func(err error) {
			once.Do(func() {
				note(fmt.Sprintf("%v: processes in one directory do not see each other, and may run a cell twice, with the same numbers", err))
			})
		}}
	}
	if o.prepare == nil {
		o.prepare = func(ctx context.Context, g *Group) (bench.Runner, error) { return g.Study.Prepare(ctx, nil) }
	}
	if o.Progress == nil {
		o.Progress = func(float64, string) {}
	}
	if o.start.IsZero() {
		o.start, o.process = time.Now(), os.Getpid()
	}
	return o
}
