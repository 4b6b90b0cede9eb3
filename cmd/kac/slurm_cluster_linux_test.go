package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"
)

// cluster is a Slurm of two emulated nodes, n1 and n2, of one processor each: munged, slurmctld and two
// slurmd of its own, on loopback, with everything they write in one directory.
type cluster struct {
	t       *testing.T
	dir     string
	daemons map[string]*exec.Cmd
}

const slurmConf = `ClusterName=kac
SlurmctldHost={{.Host}}(127.0.0.1)
SlurmctldPort={{index .Ports 0}}
SlurmUser={{.User}}
SlurmdUser={{.User}}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
# A requeued job waits for as long as a credential lives, 120 s unless it is said; the least is 5 s.
AuthInfo=socket={{.Dir}}/munge/socket,cred_expire=5
StateSaveLocation={{.Dir}}/state
SlurmdSpoolDir={{.Dir}}/spool-%n
SlurmctldPidFile={{.Dir}}/slurmctld.pid
SlurmdPidFile={{.Dir}}/slurmd-%n.pid
SlurmctldLogFile={{.Dir}}/slurmctld.log
SlurmdLogFile={{.Dir}}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
# A node that does not answer for 5 s is down, and one that comes back is up.
SlurmdTimeout=5
ReturnToService=2
KillWait=5
SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=2
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname={{.Host}} NodeAddr=127.0.0.1 Port={{index .Ports 1}} CPUs=1 RealMemory=1000
NodeName=n2 NodeHostname={{.Host}} NodeAddr=127.0.0.1 Port={{index .Ports 2}} CPUs=1 RealMemory=1000
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
`

// startCluster starts it, and stops it at the end of the test. Nobody's go test starts daemons unasked:
// the test is skipped unless KAC_REQUIRE_SLURM is set, and then a missing program is a failure.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	if os.Getenv("KAC_REQUIRE_SLURM") == "" {
		t.Skip("KAC_REQUIRE_SLURM is not set; make test-slurm installs Slurm, sets it and runs this")
	}
	for _, program := range []string{"munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel", "sinfo"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("no %s on this machine", program)
		}
	}
	// Not t.TempDir, whose name is too long for the path of a socket.
	dir, err := os.MkdirTemp("", "kac-slurm-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &cluster{t: t, dir: dir, daemons: map[string]*exec.Cmd{}}
	c.configure()
	t.Cleanup(c.stop)
	munge := filepath.Join(dir, "munge")
	c.start("munged", "munged", "--foreground", "--force", "--key-file="+munge+"/key", "--socket="+munge+"/socket",
		"--pid-file="+munge+"/pid", "--log-file="+munge+"/log", "--seed-file="+munge+"/seed")
	c.wait("munged", 10*time.Second, func() bool { _, err := os.Stat(munge + "/socket"); return err == nil })
	c.start("slurmctld", "slurmctld", "-D", "-c", "-f", filepath.Join(dir, "slurm.conf"))
	c.node("n1")
	c.node("n2")
	c.wait("idle nodes", 30*time.Second, func() bool { return c.nodes() == "n1 idle n2 idle" })
	return c
}

func (c *cluster) configure() {
	c.t.Helper()
	host, err := os.Hostname()
	if err != nil {
		c.t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		c.t.Fatal(err)
	}
	var ports []int
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			c.t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	var conf bytes.Buffer
	err = template.Must(template.New("").Parse(slurmConf)).Execute(&conf, map[string]any{
		"Dir": c.dir, "Host": strings.Split(host, ".")[0], "User": me.Username, "Ports": ports,
	})
	key := make([]byte, 1024)
	_, _ = rand.Read(key) // never fails
	err = errors.Join(err, os.Mkdir(filepath.Join(c.dir, "munge"), 0o755), os.Mkdir(filepath.Join(c.dir, "state"), 0o755),
		os.Mkdir(filepath.Join(c.dir, "spool-n1"), 0o755), os.Mkdir(filepath.Join(c.dir, "spool-n2"), 0o755),
		os.WriteFile(filepath.Join(c.dir, "munge", "key"), key, 0o600), os.WriteFile(filepath.Join(c.dir, "slurm.conf"), conf.Bytes(), 0o644))
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) environ() []string {
	return append(os.Environ(), "SLURM_CONF="+filepath.Join(c.dir, "slurm.conf"))
}

// start runs a daemon in the foreground of a process of ours; it ends with the test program, too.
func (c *cluster) start(name, program string, arguments ...string) {
	c.t.Helper()
	cmd := exec.Command(program, arguments...)
	cmd.Env = c.environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	log, err := os.Create(filepath.Join(c.dir, name+".out"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.daemons[name] = cmd
}

func (c *cluster) node(name string) {
	c.t.Helper()
	c.start(name, "slurmd", "-D", "-N", name, "-f", filepath.Join(c.dir, "slurm.conf"))
}

// end ends a daemon by its process number.
func (c *cluster) end(name string, signal syscall.Signal) {
	cmd := c.daemons[name]
	delete(c.daemons, name)
	_ = cmd.Process.Signal(signal) // it may have ended
	timer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait()
}

// kill takes a node away as a power cut does: its slurmd, the steps of its jobs and all they started,
// by process number. It returns how many processes of jobs that were.
func (c *cluster) kill(name string) int {
	c.end(name, syscall.SIGKILL)
	return c.killJobs("SLURMD_NODENAME=" + name)
}

// killJobs kills the processes of this cluster's jobs that have a variable ("": all jobs) in their
// environment, and the slurmstepd above them.
func (c *cluster) killJobs(variable string) int {
	victims := map[int]bool{}
	for _, pid := range c.processes(variable) {
		victims[pid] = true
		if parent, name := above(pid); strings.HasPrefix(name, "slurmstepd") {
			victims[parent] = true
		}
	}
	for pid := range victims {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
	return len(victims)
}

// signal sends a signal to the script of an element and to nothing else, as slurmstepd does near the
// time limit. (scancel --batch --signal may repeat itself until it hits the next run of the element.)
func (c *cluster) signal(shard int, signal syscall.Signal) {
	c.t.Helper()
	for _, pid := range c.processes(fmt.Sprintf("SLURM_ARRAY_TASK_ID=%d", shard)) {
		if _, name := above(pid); strings.HasPrefix(name, "slurmstepd") {
			if err := syscall.Kill(pid, signal); err != nil {
				c.t.Fatal(err)
			}
			return
		}
	}
	c.t.Fatalf("no script of shard %d is running", shard)
}

// processes are the numbers of the processes of this cluster's jobs that have a variable ("": all) in
// their environment.
func (c *cluster) processes(variable string) []int {
	conf := "SLURM_CONF=" + filepath.Join(c.dir, "slurm.conf")
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	var found []int
	for _, path := range all {
		data, err := os.ReadFile(path) // not there any more: the process has ended
		has := func(text string) bool { return strings.Contains("\x00"+string(data), "\x00"+text) }
		if err == nil && has(conf+"\x00") && has("SLURM_JOB_ID=") && (variable == "" || has(variable+"\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			found = append(found, pid)
		}
	}
	return found
}

// above is the parent of a process, and its name.
func above(pid int) (int, string) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(status), "\nPPid:\t")
	text, _, _ := strings.Cut(rest, "\n")
	parent, _ := strconv.Atoi(text)
	name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", parent))
	return parent, string(name)
}

func (c *cluster) stop() {
	if c.t.Failed() {
		for _, name := range []string{"slurmctld.log", "slurmd-n1.log", "slurmd-n2.log", "munged.out"} {
			data, _ := os.ReadFile(filepath.Join(c.dir, name))
			c.t.Logf("%s ends with\n%s", name, data[max(0, len(data)-3000):])
		}
	}
	c.killJobs("")
	for _, name := range []string{"n1", "n2", "slurmctld", "munged"} {
		if c.daemons[name] != nil {
			c.end(name, syscall.SIGTERM)
		}
	}
}

// run runs a client of Slurm.
func (c *cluster) run(name string, arguments ...string) (string, error) {
	cmd := exec.Command(name, arguments...)
	cmd.Env = c.environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(arguments, " "), err, out)
	}
	return strings.TrimSpace(string(out)), err
}

func (c *cluster) must(name string, arguments ...string) string {
	c.t.Helper()
	out, err := c.run(name, arguments...)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// nodes are their states, "n1 idle n2 down*".
func (c *cluster) nodes() string {
	out, _ := c.run("sinfo", "-h", "-N", "-o", "%N %T")
	return strings.Join(strings.Fields(out), " ")
}

// job is a field of a job, such as JobState.
func (c *cluster) job(id, field string) string {
	out, _ := c.run("scontrol", "show", "job", id)
	_, rest, _ := strings.Cut(out, field+"=")
	if words := strings.Fields(rest); len(words) > 0 {
		return words[0]
	}
	return ""
}

func (c *cluster) wait(what string, limit time.Duration, ready func() bool) {
	c.t.Helper()
	for start := time.Now(); !ready(); time.Sleep(100 * time.Millisecond) {
		if time.Since(start) > limit {
			queue, _ := c.run("squeue", "-a")
			c.t.Fatalf("waited %v for %s; nodes %s\n%s", limit, what, c.nodes(), queue)
		}
	}
}

// finish waits for the end of a job and checks how it ended.
func (c *cluster) finish(id, state string) {
	c.t.Helper()
	got := ""
	c.wait("job "+id, 5*time.Minute, func() bool {
		got = c.job(id, "JobState")
		return got != "PENDING" && got != "RUNNING" && got != "COMPLETING"
	})
	if got != state {
		c.t.Fatalf("job %s is %s, want %s", id, got, state)
	}
}
