//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kac/bench/explore"
)

// exploring is a kac explore under way.
type exploring struct {
	*testing.T
	cmd     *exec.Cmd
	address string
	stderr  *bytes.Buffer
}

// explore starts the program and reads the line that it prints.
func startExplore(t *testing.T, dir string, arguments ...string) *exploring {
	t.Helper()
	e := &exploring{T: t, cmd: exec.Command(binary, append([]string{"explore", "--no-browser"}, arguments...)...), stderr: &bytes.Buffer{}}
	e.cmd.Dir, e.cmd.Stderr = dir, e.stderr
	out, err := e.cmd.StdoutPipe()
	if err == nil {
		err = e.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if !regexp.MustCompile(`^http://127\.0\.0\.1:[0-9]+/\?token=[A-Z2-7]{26}\n$`).MatchString(line) {
		t.Fatalf("printed %q, %v\n%s", line, err, e.stderr)
	}
	e.address = strings.TrimSpace(line)
	return e
}

// interrupt sends Ctrl-C and wants a quick end without an error.
func (e *exploring) interrupt() {
	e.Helper()
	sent := time.Now()
	if err := e.cmd.Process.Signal(os.Interrupt); err != nil {
		e.Fatal(err)
	}
	if err := e.cmd.Wait(); err != nil || time.Since(sent) > 20*time.Second {
		e.Errorf("Ctrl-C: %v after %v\n%s", err, time.Since(sent), e.stderr)
	}
}

const smallExplore = "--problem he4 --dim 6 --width 32 --horizon 2 --points 21 --tolerance 1e-6"

// The line, the token, who is let in, a port in use, and the end by Ctrl-C.
func TestExplore(t *testing.T) {
	dir := t.TempDir()
	e := startExplore(t, dir, words(smallExplore+" --port 0 --speed 0")...)
	base, token, _ := strings.Cut(e.address, "/?token=")
	ask := func(client *http.Client, method, path string, change func(*http.Request)) (int, string) {
		t.Helper()
		r, err := http.NewRequest(method, base+path, strings.NewReader(`{"token":"`+token+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(r)
		}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	stranger := &http.Client{}
	page := "/?token=" + token
	for what, c := range map[string]struct {
		path   string
		change func(*http.Request)
	}{
		"no token":        {"/", nil},
		"a wrong token":   {"/?token=" + strings.Repeat("A", 26), nil},
		"another host":    {page, func(r *http.Request) { r.Host = "evil.example" }},
		"another port":    {page, func(r *http.Request) { r.Host = "127.0.0.1:1" }},
		"another origin":  {page, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }},
		"no origin":       {page, func(r *http.Request) { r.Header.Set("Origin", "null") }},
		"another site":    {page, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }},
		"the stream":      {"/events", nil},
		"the recording":   {"/recording.html", nil},
		"a false session": {"/events", func(r *http.Request) { r.Header.Set("Cookie", "kac-1=x") }},
	} {
		t.Run(what, func(t *testing.T) {
			if code, body := ask(stranger, "GET", c.path, c.change); code != http.StatusForbidden || !strings.Contains(strings.ToLower(body), "open the address") && !strings.HasPrefix(body, "Refused") {
				t.Errorf("%s: %d, %q", what, code, body)
			}
		})
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	friend := &http.Client{Jar: jar}
	if code, body := ask(friend, "GET", page, nil); code != 200 || !strings.Contains(body, "<title>kac explore</title>") {
		t.Errorf("the printed address: %d, %.100s", code, body)
	}
	if code, _ := ask(friend, "POST", "/pause", nil); code != http.StatusForbidden {
		t.Errorf("a control without a session: %d", code)
	}
	if code, body := ask(friend, "POST", "/session", nil); code != http.StatusNoContent {
		t.Errorf("the session: %d, %s", code, body)
	}
	if code, _ := ask(friend, "GET", "/", nil); code != 200 {
		t.Errorf("the page again: %d", code)
	}
	// The token was good for one session.
	if code, _ := ask(stranger, "GET", page, nil); code != http.StatusForbidden {
		t.Errorf("the token a second time: %d", code)
	}
	if code, body := ask(stranger, "POST", "/session", nil); code != http.StatusBadRequest || !strings.Contains(body, "another browser has used it") {
		t.Errorf("a second session: %d, %s", code, body)
	}
	if code, body := ask(friend, "POST", "/start", nil); code != http.StatusBadRequest || !strings.Contains(body, "not what a control") {
		t.Errorf("a control that says something else: %d, %s", code, body)
	}
	port := strings.TrimPrefix(base, "http://127.0.0.1:")
	if r := kac(t, dir, "explore", "--no-browser", "--port", port); r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, "--port "+port+": cannot be had (") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("a port in use: %d, %q", r.code, r.stderr)
	}
	e.interrupt()
	if s := e.stderr.String(); s != "" {
		t.Errorf("it said %q", s)
	}
	if _, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
		t.Error("something still listens")
	}
}

// --record: the same rows as kac gap, the clouds, a page; it ends by itself, and kac check knows it. Ctrl-C keeps
// what is there.
func TestExploreRecord(t *testing.T) {
	dir := t.TempDir()
	r := good(t, dir, append(words("explore --no-browser --record rec "+smallExplore), "--seed", "3")...)
	if !strings.Contains(r.stderr, "21 frames (finished) are in rec") {
		t.Errorf("it said %q", r.stderr)
	}
	good(t, dir, "check", "rec")
	good(t, dir, append(words("gap --problem he4 --dim 6 --widths 32 --seeds 1 --seed 3 --horizon 2 --points 21 --tolerance 1e-6"), "--out", "gap", "-q")...)
	rows := strings.Split(readText(t, filepath.Join(dir, "rec", explore.RowsFile)), "\n")
	want := strings.Split(readText(t, filepath.Join(dir, "gap", "gap.csv")), "\n")
	for i := range want {
		if i == 0 || want[i] == "" {
			continue
		}
		if fields := strings.Split(want[i], ","); rows[i] != strings.Join(fields[len(fields)-7:], ",") {
			t.Errorf("frame %d: %s, in gap.csv %s", i-1, rows[i], want[i])
		}
	}
	if other := kac(t, dir, append(words("explore --no-browser --record rec "+smallExplore), "--seed", "4")...); other.code != 2 || !strings.Contains(other.stderr, "--record rec: ") {
		t.Errorf("a directory of another run: %d, %q", other.code, other.stderr)
	}
	e := startExplore(t, dir, words("--record half --problem he4 --dim 6 --width 32 --horizon 1000 --points 20001 --speed 20")...)
	time.Sleep(time.Second)
	e.interrupt()
	if s := e.stderr.String(); !strings.Contains(s, "frames (running) are in half") && !strings.Contains(s, "no frame yet") {
		t.Errorf("it said %q", s)
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// SIGTERM ends it, too, and what cannot be is refused before anything listens.
func TestExploreMistakes(t *testing.T) {
	e := startExplore(t, t.TempDir(), words(smallExplore)...)
	if err := e.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := e.cmd.Wait(); err != nil {
		t.Error(err)
	}
	for line, want := range map[string]string{
		"--width 0":                             "--width 0: allowed are whole numbers from 1 to 16777216 (neurons)",
		"--points 1":                            "--points 1: allowed are whole numbers from 2 to 20001 (frames from time 0 to the horizon)",
		"--port 70000":                          "--port 70000: allowed are whole numbers from 0 to 65535 (ports of the loopback interface; 0 is any free one)",
		"--speed -1":                            "--speed -1: allowed are numbers from 0, as fast as it goes, to 10000 (paper time per second)",
		"--leave stay":                          "--leave stay: allowed are pause and run",
		"--eigenvalues mine":                    "--eigenvalues mine: allowed are network, limit and auto",
		"--eta 0.1":                             "--eta 0.1: the flow has no step; use eta with dynamics descent only",
		"--problem xor4":                        "--problem xor4: it has no exact infinite-width limit",
		"--dim 2":                               "--dim 2: ",
		"--horizon nan":                         "--horizon nan: ",
		"--width 2..9":                          "--width 2..9: ",
		"--dynamics adam":                       "--dynamics adam: allowed are flow and descent",
		"--width 900000 --points 2 --dim 512":   "--width 900000: needs about ",
		"--points 20001 --width 100000 --dim 3": "--points 20001: needs about ",
	} {
		t.Run(line, func(t *testing.T) {
			r := kac(t, "", slices.Concat([]string{"explore", "--no-browser"}, words(line))...)
			if r.code != 2 || r.stdout != "" || !strings.HasPrefix(r.stderr, "kac explore: "+want) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("exit code %d, %q, %q; want %q", r.code, r.stdout, r.stderr, want)
			}
		})
	}
}
