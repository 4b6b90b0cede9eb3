//go:build linux && amd64

// Command tilemu runs a program, usually a test binary built with the tag amxemulator, on a processor without AMX and
// carries out the few AMX instructions that package kernels uses: it traces the program, and where an instruction
// faults as unknown and is one of these, it does what Intel's manual (Software Developer's Manual, volume 2) says to
// the thread's tile registers and lets the thread go on. It shows that results are right, and nothing about speed.
// Everything else, signals included, passes through.
//
//	go test -c -tags amxemulator -o kernels.test ./kernels
//	tilemu ./kernels.test -test.run TestSplit
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("tilemu: ")
	if len(os.Args) < 2 {
		log.Fatal("usage: tilemu PROGRAM [ARGUMENT...]")
	}
	runtime.LockOSThread() // only the thread that started a program may trace it
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	signal.Ignore(os.Interrupt) // the program has it from the terminal, and ends as it likes
	code, err := trace(cmd.Process.Pid)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

// trace follows all threads of the program until it ends, and returns its exit code.
func trace(pid int) (int, error) {
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, 0, nil); err != nil {
		return 0, fmt.Errorf("waiting for the program to start: %w", err)
	}
	if err := unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_EXITKILL); err != nil {
		return 0, fmt.Errorf("tracing: %w", err)
	}
	threads := map[int]*tiles{pid: {}}
	done := 0
	for tid, sig := pid, 0; ; {
		if tid != 0 {
			if err := unix.PtraceCont(tid, sig); err != nil && !errors.Is(err, unix.ESRCH) { // a thread may have been killed
				return 0, fmt.Errorf("continuing thread %d: %w", tid, err)
			}
		}
		var err error
		if tid, err = unix.Wait4(-1, &status, unix.WALL, nil); errors.Is(err, unix.EINTR) {
			tid = 0
			continue
		} else if err != nil {
			return 0, fmt.Errorf("waiting: %w", err)
		}
		sig = 0
		switch {
		case status.Exited() || status.Signaled():
			delete(threads, tid)
			if tid == pid {
				log.Printf("%d AMX instructions carried out", done)
				if status.Signaled() {
					return 128 + int(status.Signal()), nil
				}
				return status.ExitStatus(), nil
			}
			tid = 0
		case threads[tid] == nil: // a new thread, stopped at its start
			threads[tid] = &tiles{}
		case status.StopSignal() == unix.SIGTRAP: // a thread made another
		case status.StopSignal() == unix.SIGILL:
			n, fault, err := threads[tid].run(tid)
			if err != nil {
				return 0, fmt.Errorf("thread %d: %w", tid, err)
			}
			done += n
			sig = int(fault)
		default:
			sig = int(status.StopSignal())
		}
	}
}
