package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"
)

// load is processor time, in seconds, that the whole machine and that this program with its children have taken so far;
// NaN where the system does not tell in Linux's way.
type load struct {
	at          time.Time
	system, own float64
}

// mostForeign is how many processors other programs may keep busy before times are not worth much.
const mostForeign = 0.2

func loadNow(libraries []library) load {
	l := load{at: time.Now(), system: machineTime(), own: processorTime(os.Getpid())}
	for _, lib := range libraries {
		l.own += lib.processorTime()
	}
	return l
}

// foreign returns how many processors other programs kept busy between two moments.
func foreign(from, to load) float64 {
	return ((to.system - from.system) - (to.own - from.own)) / to.at.Sub(from.at).Seconds()
}

// tick is the unit of /proc's times: USER_HZ is 100 on every architecture that Go runs on.
const tick = 0.01

// machineTime sums the busy times of all processors: user, nice, system, irq, softirq and stolen, not idle and waiting.
func machineTime() float64 {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return nan
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return ticks(strings.Fields(line), 1, 2, 3, 6, 7, 8)
}

// processorTime is the time that one process has taken, user and system.
func processorTime(pid int) float64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nan
	}
	// The second field is the program's name in parentheses, which may hold anything, also parentheses.
	rest := text[bytes.LastIndexByte(text, ')')+1:]
	return ticks(strings.Fields(string(rest)), 11, 12)
}

func ticks(fields []string, which ...int) float64 {
	sum := 0.0
	for _, i := range which {
		if i >= len(fields) {
			return nan
		}
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return nan
		}
		sum += v * tick
	}
	return sum
}
