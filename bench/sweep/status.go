package sweep

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"strconv"
	"time"

	"kac/bench"
	"kac/internal/disk"
	"kac/internal/progress"
	"kac/internal/sealed"
)

// GroupStatus counts the cells of a group.
type GroupStatus struct {
	Name                   string
	Done, Running, Started int // Started: not running, with a checkpoint
	Left                   int // neither finished, running nor started
	Share                  float64
}

// RunningCell is a cell that a process works on.
type RunningCell struct {
	Cell  string
	Share float64 // of its horizon, at the last checkpoint
}

// StudyStatus is how far a study is.
type StudyStatus struct {
	Complete bool // tables and sums are written
	Groups   []GroupStatus
	Running  []RunningCell
	Damaged  []string
	// WorkerSeconds is the running time left on one worker, by the cells that are finished, or by the
	// checkpoints if none is; NaN without both. Rest is that time shared among the cells that run now.
	WorkerSeconds float64
	Rest          time.Duration
}

// Status looks at a study's directory without disturbing the processes that work in it.
func (ms Measures) Status(dir string) (*StudyStatus, error) {
	on := disk.Real
	record, study, err := ms.recorded(on, dir)
	if err != nil {
		return nil, err
	}
	out := &StudyStatus{Complete: record.Complete, WorkerSeconds: nan}
	spent, cost := 0.0, 0.0   // of finished cells
	begun, partly := 0.0, 0.0 // the same by the checkpoints of others
	type class struct {
		group *Group
		size  int
	}
	type sum struct{ seconds, cells float64 }
	known := map[class]sum{}
	var open []*job
	groups := map[*Group]*GroupStatus{}
	total, ahead := map[*Group]float64{}, map[*Group]float64{}
	for _, g := range study.Groups {
		groups[g] = &GroupStatus{Name: g.Name}
	}
	for _, j := range study.jobs(1, 1) {
		g := groups[j.group]
		total[j.group] += j.cost
		_, by, err := readCell(on, dir, j.cell)
		switch {
		case err == nil:
			g.Done++
			ahead[j.group] += j.cost
			seconds := by.Seconds * float64(max(1, by.Workers))
			s := known[class{j.group, j.size}]
			known[class{j.group, j.size}] = sum{s.seconds + seconds, s.cells + 1}
			spent, cost = spent+seconds, cost+j.cost
			continue
		case !errors.Is(err, fs.ErrNotExist):
			out.Damaged = append(out.Damaged, err.Error())
		}
		base := filepath.Join(dir, j.base())
		payload, from, _ := sealed.ReadNewest(on, base+checkpointExt, checkpointKind, checkpointVersion)
		if from != "" {
			if _, saved, err := decodeCheckpoint(payload); err == nil {
				j.share = saved.share
				begun, partly = begun+saved.spent.Seconds(), partly+j.cost*saved.share
			}
		}
		switch {
		case isLocked(base + lockExt):
			g.Running++
			out.Running = append(out.Running, RunningCell{j.cell.String(), j.share})
		case from != "":
			g.Started++
		default:
			g.Left++
		}
		ahead[j.group] += j.cost * j.share
		open = append(open, j)
	}
	for _, g := range study.Groups {
		s := groups[g]
		s.Share = ahead[g] / total[g]
		out.Groups = append(out.Groups, *s)
	}
	if cost == 0 {
		spent, cost = begun, partly
	}
	if cost > 0 {
		out.WorkerSeconds = 0
		for _, j := range open {
			each := j.cost * spent / cost
			if s := known[class{j.group, j.size}]; s.cells > 0 {
				each = s.seconds / s.cells
			}
			out.WorkerSeconds += each * (1 - j.share)
		}
		if n := len(out.Running); n > 0 {
			out.Rest = time.Duration(out.WorkerSeconds / float64(n) * float64(time.Second))
		}
	}
	return out, nil
}

// Write prints the status for people.
func (s *StudyStatus) Write(w io.Writer) error {
	rows := [][]string{{"group", "done", "running", "begun", "left", "share"}}
	var all GroupStatus
	for _, g := range s.Groups {
		rows = append(rows, g.row())
		all.Done, all.Running, all.Started, all.Left = all.Done+g.Done, all.Running+g.Running, all.Started+g.Started, all.Left+g.Left
	}
	if len(s.Groups) > 1 {
		all.Name = "all"
		row := all.row()
		row[5] = ""
		rows = append(rows, row)
	}
	text := bench.Columns(rows, 1)
	for _, c := range s.Running {
		text += fmt.Sprintf("running: %s, %.0f %% at its last checkpoint\n", c.Cell, math.Floor(100*c.Share))
	}
	for _, d := range s.Damaged {
		text += "damaged: " + d + "\n"
	}
	switch {
	case s.Complete:
		text += "finished: all tables are written\n"
	case all.Running+all.Started+all.Left == 0:
		text += "all cells are finished; the tables are not written yet\n"
	case math.IsNaN(s.WorkerSeconds):
		text += "no cell is finished or has a checkpoint yet, so the time left is not known\n"
	case len(s.Running) > 0:
		text += fmt.Sprintf("about %s left, at %d cells at once\n", progress.Duration(s.Rest), len(s.Running))
	default:
		text += fmt.Sprintf("no process is running; about %s of one worker are left\n", progress.Duration(time.Duration(s.WorkerSeconds*float64(time.Second))))
	}
	_, err := io.WriteString(w, text)
	return err
}

// WriteCSV writes the counts, one line a group.
func (s *StudyStatus) WriteCSV(w io.Writer) error {
	t := newTable(w, "group,done,running,begun,left,share")
	for _, g := range s.Groups {
		t.text(g.Name)
		for _, n := range []int{g.Done, g.Running, g.Started, g.Left} {
			t.whole(n)
		}
		t.numbers(g.Share)
		t.end()
	}
	return t.out.Flush()
}

func (g GroupStatus) row() []string {
	return []string{g.Name, strconv.Itoa(g.Done), strconv.Itoa(g.Running), strconv.Itoa(g.Started), strconv.Itoa(g.Left), fmt.Sprintf("%.0f %%", math.Floor(100*g.Share))}
}
