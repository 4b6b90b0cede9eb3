package slurm

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"kac/bench"
)

var (
	word   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.,+@:-]*$`)
	option = regexp.MustCompile(`^([a-z][a-z-]*)(=[^\s"'\\]+)?$`)
)

// levels of the kernels; which of them the nodes have is not known here.
var levels = []string{"generic", "avx2", "avx512"}

// own are the options of sbatch that the scripts need as they are, or that have a flag.
var own = []string{
	"job-name", "array", "nodes", "ntasks", "cpus-per-task", "mem", "time", "partition", "account", "chdir", "output", "error",
	"open-mode", "requeue", "no-requeue", "signal", "dependency", "wrap", "parsable", "wait",
}

// breaking are the options that contradict those, and why. sbatch takes one amount of memory and one way to
// count processors; and submit.sh reads the number of a job that is really there.
var breaking = map[string]string{
	"mem-per-cpu": "kac slurm sets mem, the memory of an element, and Slurm takes only one of them; give --memory",
	"mem-per-gpu": "kac slurm sets mem, the memory of an element, and Slurm takes only one of them; give --memory",

	"cpus-per-gpu": oneTask, "ntasks-per-node": oneTask, "ntasks-per-core": oneTask, "ntasks-per-socket": oneTask, "ntasks-per-gpu": oneTask,
	"tres-per-task": oneTask,

	"test-only": noJob, "quiet": noJob, "help": noJob, "usage": noJob, "version": noJob,
}

const (
	oneTask = "an element is one task with processors that kac slurm sets; give --cpus"
	noJob   = "sbatch then prints no number of a job, which submit.sh reads"
)

func refuse(key string, value any, format string, arguments ...any) error {
	return &bench.InputError{Key: key, Value: fmt.Sprint(value), Reason: fmt.Sprintf(format, arguments...)}
}

// Check refuses, with an InputError, settings that Slurm would refuse or misread. Zeros that Choose
// fills in are allowed; cells is the number of the study's.
func (s *Settings) Check(cells int) error {
	if s.Shards != 0 && (s.Shards < 1 || s.Shards > cells) {
		return refuse("shards", s.Shards, "allowed are 1 to %d, the number of the study's cells", cells)
	}
	if i := strings.IndexFunc(s.Dir, func(r rune) bool { return r < ' ' || r == 0x7f || r == '%' || r == '\\' }); i >= 0 {
		return refuse("out", s.Dir, "Slurm reads %q in the paths of log files in its own way; choose a directory without %%, \\ and control characters", s.Dir[i:i+1])
	}
	if s.Time != 0 && s.Time < MinTime {
		return refuse("time", Clock(s.Time), "an element stops %d s before its limit; give at least %s", s.Lead(), Clock(MinTime))
	}
	if s.Level != "" && !slices.Contains(levels, s.Level) {
		return refuse("level", s.Level, "allowed are %s", strings.Join(levels, ", "))
	}
	for _, w := range [][2]string{{"partition", s.Partition}, {"account", s.Account}} {
		if w[1] != "" && !word.MatchString(w[1]) {
			return refuse(w[0], w[1], "give a name as Slurm knows it: letters, digits and _.,+@:-")
		}
	}
	given := map[string]string{}
	for _, o := range s.Extra {
		m := option.FindStringSubmatch(o)
		if m == nil {
			return refuse("sbatch", o, "give an option of sbatch without its dashes, on one line and without spaces or quotes, such as qos=long")
		}
		if reason := refused(m[1]); reason != "" {
			return refuse("sbatch", o, "%s", reason)
		}
		if before, twice := given[m[1]]; twice { // sbatch would take the last
			return refuse("sbatch", o, "%s is there twice, %s before it; give it once", m[1], before)
		}
		given[m[1]] = o
	}
	return nil
}

// refused says why an option of sbatch cannot be passed on, "" if it can. sbatch takes the beginning of an
// option for the whole.
func refused(name string) string {
	if slices.Contains(own, name) {
		return fmt.Sprintf("kac slurm sets %s itself%s", name, flagFor(name))
	}
	if reason, ok := breaking[name]; ok {
		return reason
	}
	for _, whole := range slices.Concat(own, slices.Sorted(maps.Keys(breaking))) {
		if strings.HasPrefix(whole, name) {
			return fmt.Sprintf("sbatch could read it as %s; write options out", whole)
		}
	}
	return ""
}

// flagFor names the flag of kac slurm that stands for an option of sbatch.
func flagFor(option string) string {
	switch option {
	case "cpus-per-task":
		return "; give --cpus"
	case "mem":
		return "; give --memory"
	case "array":
		return "; give --shards and --concurrent"
	case "time", "partition", "account":
		return "; give --" + option
	}
	return ""
}
