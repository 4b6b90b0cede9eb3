package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kac/bench/sweep"
)

// The same study at once, in eight shards, and on a real Slurm that loses a node and the jobs on it:
// the tables are the same byte for byte. Then elements that are told of their time limit, and elements
// that are cancelled: nothing but the whole study makes tables.
func TestSlurm(t *testing.T) {
	c := startCluster(t)
	dir := t.TempDir()
	study := studyFile(t, dir, clusterStudy)
	began := time.Now()
	phase := func(what string) { t.Logf("%5.1f s: %s", time.Since(began).Seconds(), what) }

	good(t, dir, "sweep", study, "seeds=2", "--out", "straight", "-q")
	want := sweepTables(t, filepath.Join(dir, "straight"))
	phase("run at once")

	for i := range 8 {
		good(t, dir, "sweep", study, "seeds=2", "--out", "shards", "-q", "--shard", fmt.Sprintf("%d/8", 8-i))
	}
	good(t, dir, "sweep", study, "seeds=2", "--out", "shards", "-q", "--merge")
	equalTables(t, "eight shards", sweepTables(t, filepath.Join(dir, "shards")), want)
	phase("eight shards")

	t.Run("node", func(t *testing.T) {
		s := submit(t, c, dir, study, "a node")
		s.killNode()
		phase("node n2 killed")
		c.wait("the end of n2", time.Minute, func() bool { return strings.Contains(c.nodes(), "n2 down") })
		phase("Slurm has noticed")
		c.node("n2")
		c.finish(s.merge, "COMPLETED")
		phase("finished")
		for i := range 8 {
			log := s.log(i + 1)
			starts := 1
			if i+1 == s.lost {
				starts = 2
			}
			if got := strings.Count(log, ": start "); got != starts || !strings.Contains(log, fmt.Sprintf(": start %d on n", starts)) || !strings.HasSuffix(log, ": finished\n") {
				t.Errorf("shard %d: %d starts, want %d\n%s", i+1, got, starts, log)
			}
		}
		equalTables(t, "Slurm", sweepTables(t, s.out), want)
		good(t, dir, "check", s.out)
	})

	t.Run("stopped", func(t *testing.T) {
		s := submit(t, c, dir, study, "stopped")
		first, second := s.running("n1"), s.running("n2")
		c.signal(first, syscall.SIGUSR1)
		c.must("scancel", fmt.Sprintf("%s_%d", s.array, second))
		c.wait("the requeue", time.Minute, func() bool { return strings.Contains(s.log(first), "back in the queue") })
		if out, err := c.run(filepath.Join(s.out, "slurm", "submit.sh")); err == nil || !strings.Contains(out, "are still in the queue") {
			t.Errorf("submitted twice: %v, %s", err, out)
		}
		phase("one stopped, one cancelled")
		c.finish(s.merge, "FAILED")
		phase("merge failed")
		if log := s.log(first); !strings.Contains(log, ": start 2 on n") || !strings.HasSuffix(log, ": finished\n") {
			t.Errorf("the stopped element:\n%s", log)
		}
		if log := s.log(second); !strings.Contains(log, ": stopped; the cells are saved\n") || strings.Contains(log, ": start 2 on n") {
			t.Errorf("the cancelled element:\n%s", log)
		}
		says := fmt.Sprintf("shards of 8 with cells left: %d\n", second)
		if log := string(content(t, s.out, "slurm/log/merge.txt")); !strings.Contains(log, "cells are missing\n") || !strings.Contains(log, says) {
			t.Errorf("the merge, without %q:\n%s", says, log)
		}
		if _, err := os.Stat(filepath.Join(s.out, sweep.TableFile)); err == nil {
			t.Error("there are tables of a part of the study")
		}
		s.again()
		c.finish(s.merge, "COMPLETED")
		phase("finished")
		equalTables(t, "submitted again", sweepTables(t, s.out), want)
	})
}

// submission is a study on the cluster.
type submission struct {
	t            *testing.T
	c            *cluster
	out          string
	array, merge string
	lost         int // the shard that was killed
}

func submit(t *testing.T, c *cluster, dir, study, name string) *submission {
	t.Helper()
	s := &submission{t: t, c: c, out: filepath.Join(dir, "on "+name)}
	before := c.t
	c.t = t
	t.Cleanup(func() {
		c.t = before
		if t.Failed() {
			logs, _ := filepath.Glob(filepath.Join(s.out, "slurm", "log", "*"))
			for _, path := range logs {
				data, _ := os.ReadFile(path)
				t.Logf("%s:\n%s", filepath.Base(path), data)
			}
		}
	})
	good(t, dir, "slurm", study, "seeds=2", "--out", s.out, "--shards", "8", "--time", "1h", "--memory", "400M", "--merge-memory", "400M",
		"--checkpoint", "0.1", "--partition", "main", "--sbatch", "nice=1")
	s.again()
	return s
}

// again submits, and reads the numbers of the jobs as a person would.
func (s *submission) again() {
	s.t.Helper()
	out := s.c.must(filepath.Join(s.out, "slurm", "submit.sh"))
	if _, err := fmt.Sscanf(out, "array job %s (8 elements) and merge job %s are submitted", &s.array, &s.merge); err != nil {
		s.t.Fatalf("submit.sh says %q: %v", out, err)
	}
}

func (s *submission) log(shard int) string {
	data, _ := os.ReadFile(filepath.Join(s.out, "slurm", "log", fmt.Sprintf("array-%d.txt", shard))) // not there before it runs
	return string(data)
}

// running waits for a shard on the node.
func (s *submission) running(node string) int {
	s.t.Helper()
	shard := 0
	s.c.wait("an element on "+node, time.Minute, func() bool {
		out, _ := s.c.run("squeue", "-h", "-j", s.array, "-t", "R", "-w", node, "-o", "%K")
		shard, _ = strconv.Atoi(out)
		return shard > 0 && strings.Contains(s.log(shard), ": start ")
	})
	return shard
}

// killNode waits until n2 is in the middle of a cell, and kills it.
func (s *submission) killNode() {
	s.t.Helper()
	s.c.wait("running cells with checkpoints on both nodes", time.Minute, func() bool {
		status, err := measures(&process{ctx: context.Background()}).Status(s.out)
		if err != nil || len(status.Running) != 2 || status.Running[0].Share == 0 || status.Running[1].Share == 0 {
			return false
		}
		for s.lost = 8; s.lost > 0; s.lost-- {
			if log := s.log(s.lost); strings.Contains(log, ": start 1 on n2\n") && !strings.Contains(log, ": finished\n") {
				return true
			}
		}
		return false
	})
	if n := s.c.kill("n2"); n < 3 { // slurmstepd, the script, kac
		s.t.Fatalf("killed %d processes of jobs on n2", n)
	}
	s.c.wait("a cell that is left in the middle", 10*time.Second, func() bool {
		status, err := measures(&process{ctx: context.Background()}).Status(s.out)
		if err != nil {
			return false
		}
		begun := 0
		for _, g := range status.Groups {
			begun += g.Started
		}
		return begun > 0
	})
}
