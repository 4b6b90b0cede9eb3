//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A live page and a recording in a real browser: nothing on the console, no request but to the program, every control
// does what it says.
func TestExploreBrowser(t *testing.T) {
	ctx := browser(t)
	if dir := os.Getenv("KAC_REPORT_SHOTS"); dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	open := func(t *testing.T, arguments string, before ...chromedp.Action[chromedp.Void]) (*exploring, *tab) {
		t.Helper()
		e := startExplore(t, t.TempDir(), words(arguments)...)
		base, _, _ := strings.Cut(e.address, "/?")
		return e, openAt(t, ctx, e.address, base, before...)
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, screen := range []struct {
			name          string
			width, height int64
			mobile        bool
		}{{"phone", 390, 844, true}, {"desk", 1440, 900, false}} {
			t.Run(screen.name+"-"+scheme, func(t *testing.T) {
				viewport := []chromedp.EmulateViewportOption{chromedp.EmulateScale(1)}
				if screen.mobile {
					viewport = append(viewport, chromedp.EmulateMobile)
				}
				e, p := open(t, "--problem he4 --dim 16 --width 256 --horizon 10 --points 41 --tolerance 1e-6 --speed 0",
					chromedp.EmulateViewport(screen.width, screen.height, viewport...), media("", scheme))
				p.waits(60, `!!kacExplore.state && kacExplore.state.phase === "finished" && !!kacExplore.density && !!kacExplore.constant && kacExplore.frames.length === 41`)
				p.wait(`document.getElementById("n-constant").textContent !== "–"`)
				p.fits(screen.width)
				p.scrub(30)
				p.wait(`document.getElementById("time").textContent === "t = 7.5"`)
				p.inked("cloud", "histogram", "risk", "gap", "coupling")
				p.do(chromedp.Click(chromedp.CSS("#twins")))
				p.wait(`document.getElementById("twin-note").offsetParent !== null`)
				p.shoot("explore-" + screen.name + "-" + scheme)
				p.quiet()
				e.interrupt()
				p.wait(`kacExplore.ended && document.getElementById("phase").textContent.startsWith("kac has ended")`)
				p.quiet()
			})
		}
	}
	t.Run("controls", func(t *testing.T) { exploreControls(t, open) })
	t.Run("keyboard", func(t *testing.T) { exploreKeyboard(t, open) })
	t.Run("viewers", func(t *testing.T) { exploreViewers(t, open) })
	t.Run("wide", func(t *testing.T) { exploreWide(t, open) })
	t.Run("recording", func(t *testing.T) {
		dir := t.TempDir()
		good(t, dir, append(words("explore --no-browser --record rec -q"), words(smallExplore)...)...)
		p := openAt(t, ctx, "file://"+filepath.Join(dir, "rec", "explore.html"), "file:", chromedp.EmulateViewport(1440, 900))
		p.wait(`kacExplore.frames.length === 21 && kacExplore.shown === 0 && !!kacExplore.constant && !!kacExplore.density`)
		p.inked("cloud", "histogram", "risk", "gap", "coupling")
		if ask[bool](p, `!!document.getElementById("network") || !!document.getElementById("pause") || typeof kacLive !== "undefined"`) {
			t.Error("a recording has the controls of a live page")
		}
		p.do(chromedp.Click(chromedp.CSS("#latest")))
		p.wait(`kacExplore.shown === 20 && document.getElementById("time").textContent === "t = 2"`)
		p.do(chromedp.Click(chromedp.CSS("#play")))
		p.wait(`kacExplore.shown > 2 && kacExplore.shown < 20`)
		p.wait(`kacExplore.shown === 20 && kacExplore.playing === null`)
		p.shoot("explore-recording")
		p.quiet()
	})
}

type explorer func(t *testing.T, arguments string, before ...chromedp.Action[chromedp.Void]) (*exploring, *tab)

// scrub moves the slider to a frame.
func (p *tab) scrub(frame int) {
	p.Helper()
	ask[bool](p, fmt.Sprintf(`(s => { s.value = "%d"; return s.dispatchEvent(new Event("input")); })(document.getElementById("scrub"))`, frame))
	p.wait(fmt.Sprintf(`kacExplore.shown === %d`, frame))
}

// fits fails if the page is wider than the screen.
func (p *tab) fits(width int64) {
	p.Helper()
	if got := ask[int64](p, "document.documentElement.scrollWidth"); got > width {
		p.Errorf("the page is %d pixels wide, the screen %d", got, width)
	}
}

// inked fails if a panel has nothing but its axes: less than fifty pixels of a colour that axes do not have.
func (p *tab) inked(panels ...string) {
	p.Helper()
	for _, id := range panels {
		count := ask[int](p, `(id => {
	const canvas = document.querySelector("#" + id + " canvas"), c = canvas.getContext("2d"), data = c.getImageData(0, 0, canvas.width, canvas.height).data;
	let count = 0;
	for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 25) count++;
	return count;
})("`+id+`")`)
		if count < 50 {
			p.Errorf("%s: %d coloured pixels", id, count)
		}
		if ask[string](p, `document.querySelector("#`+id+` .plot").getAttribute("aria-label") || ""`) == "" {
			p.Errorf("%s has no description", id)
		}
	}
}

// set gives a field of the form a value, as typing does.
func (p *tab) set(id, value string) {
	p.Helper()
	ask[bool](p, fmt.Sprintf(`(f => { f.value = %q; return f.dispatchEvent(new Event("change", { bubbles: true })); })(document.getElementById(%q))`, value, id))
}

// exploreControls uses every control of a live page once.
func exploreControls(t *testing.T, open explorer) {
	_, p := open(t, "--problem he4 --dim 6 --width 32 --horizon 400 --points 20001 --tolerance 1e-5 --speed 0.5")
	button := func(id string) { p.do(chromedp.Click(chromedp.CSS("#" + id))) }
	p.waits(60, `!!kacExplore.state && kacExplore.state.phase === "running" && kacExplore.frames.length > 2`)
	button("pause")
	p.wait(`kacExplore.state.paused && document.getElementById("pause").textContent === "Go on" && document.getElementById("phase").textContent === "Paused."`)
	n := ask[int](p, `kacExplore.frames.length`)
	button("step")
	p.wait(fmt.Sprintf(`kacExplore.frames.length === %d && kacExplore.shown === %d`, n+1, n))
	p.scrub(1)
	button("step")
	p.wait(fmt.Sprintf(`kacExplore.frames.length === %d && kacExplore.shown === 1`, n+2)) // the past stays in view
	button("latest")
	p.wait(fmt.Sprintf(`kacExplore.shown === %d`, n+1))
	button("pause")
	p.wait(fmt.Sprintf(`!kacExplore.state.paused && kacExplore.frames.length > %d`, n+2))
	p.set("speed", "0")
	p.wait(`kacExplore.state.speed === 0`)
	p.waits(30, fmt.Sprintf(`kacExplore.frames.length > %d`, n+100))
	p.scrub(1)
	p.set("speed", "5")
	p.wait(`kacExplore.state.speed === 5`)
	button("play")
	p.wait(`kacExplore.shown > 3 && document.getElementById("play").textContent === "Stop"`)
	button("play")
	p.wait(`kacExplore.playing === null && document.getElementById("play").textContent === "Play back"`)
	before := ask[int](p, `document.querySelectorAll("#twins:checked").length`)
	button("twins")
	if ask[int](p, `document.querySelectorAll("#twins:checked").length`) == before {
		t.Error("the lines to the twins cannot be chosen")
	}
	// A mistake is told of beside its field, and the run goes on; then every field of another network.
	p.set("dim", "4097")
	button("start")
	p.wait(`!document.getElementById("refused").hidden && document.getElementById("refused").textContent.startsWith("dim 4097: ") && document.activeElement.id === "dim" && kacExplore.state.run === 1`)
	p.noted(`the server responded with a status of 400`) // the browser's own word on a refusal
	for id, value := range map[string]string{"problem": "circle", "dim": "8", "width": "48", "seed": "18446744073709551615", "dynamics": "descent", "eta": "0.05", "horizon": "2", "points": "21", "eigenvalues": "limit"} {
		p.set(id, value)
	}
	p.set("speed", "0")
	p.wait(`kacExplore.state.speed === 0`)
	button("start")
	p.waits(60, `kacExplore.state.run === 2 && kacExplore.state.phase === "finished" && kacExplore.frames.length === 21 && !!kacExplore.density`)
	want := `{"problem":"circle","rank":2,"dim":8,"width":48,"seed":"18446744073709551615","horizon":2,"points":21,"dynamics":"descent","eta":0.05,"tolerance":0.00001,"eigenvalues":"limit"}`
	if got := ask[string](p, `JSON.stringify(kacExplore.run.parameters)`); got != want {
		t.Errorf("the second network is %s, want %s", got, want)
	}
	p.wait(`document.getElementById("constant-note").textContent.startsWith("C(t) is not shown: ") && document.getElementById("refused").hidden`)
	// What the two links save.
	for path, begin := range map[string]string{"/recording.html": "<!DOCTYPE html>", "/frames.npz": "PK"} {
		if !ask[bool](p, `[...document.querySelectorAll(".save a")].some(a => a.getAttribute("href") === "`+path+`" && a.download !== "")`) {
			t.Errorf("no link to %s", path)
		}
		ask[bool](p, `(fetch("`+path+`").then(r => r.text()).then(s => { window.got = s; }), window.got = "", true)`)
		p.wait(`window.got.startsWith("` + begin + `")`)
	}
	p.quiet()
}

// noted takes what the page said from its problems, if it is that.
func (p *tab) noted(words string) {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, problem := range p.problems {
		if !strings.Contains(problem, words) {
			p.Error(problem)
		}
	}
	p.problems = nil
}

// exploreKeyboard goes through the controls by Tab alone, and uses them by keys.
func exploreKeyboard(t *testing.T, open explorer) {
	_, p := open(t, "--problem he4 --dim 6 --width 32 --horizon 40 --points 2001 --tolerance 1e-5 --speed 1")
	p.waits(60, `!!kacExplore.state && kacExplore.state.phase === "running" && kacExplore.frames.length > 20`)
	var order []string
	for range 18 {
		p.do(chromedp.KeyEvent(kb.Tab))
		id := ask[string](p, `document.activeElement.id`)
		order = append(order, id)
		if !ask[bool](p, `getComputedStyle(document.activeElement).outlineStyle !== "none"`) {
			t.Errorf("%s: the focus cannot be seen", id)
		}
		switch id {
		case "pause":
			p.do(chromedp.KeyEvent(" "))
			p.wait(`kacExplore.state.paused`)
		case "scrub":
			at := ask[int](p, `kacExplore.shown`)
			p.do(chromedp.KeyEvent(kb.ArrowLeft))
			p.wait(fmt.Sprintf(`kacExplore.shown === %d`, at-1))
			p.do(chromedp.KeyEvent(kb.Home))
			p.wait(`kacExplore.shown === 0`)
		case "twins":
			p.do(chromedp.KeyEvent(" "))
			p.wait(`document.getElementById("twins").checked`)
		}
	}
	want := "problem dim width seed dynamics horizon points eigenvalues start pause step play speed scrub latest twins save-page save-frames"
	if got := strings.Join(order, " "); got != want {
		t.Errorf("Tab goes through\n%s, want\n%s", got, want)
	}
	p.quiet()
}

// exploreViewers has a second tab, which sees the run from its beginning and what the first one does, and a stranger.
func exploreViewers(t *testing.T, open explorer) {
	e, p := open(t, "--problem he4 --dim 6 --width 32 --horizon 400 --points 20001 --tolerance 1e-5 --speed 1")
	p.waits(60, `!!kacExplore.state && kacExplore.frames.length > 5`)
	base, _, _ := strings.Cut(e.address, "/?")
	second := openAt(t, p.ctx, base+"/", base)
	second.waits(60, `!!kacExplore.state && kacExplore.frames.length > 5 && kacExplore.frames[0].row[0] === 0`)
	p.wait(`document.getElementById("phase").textContent.endsWith(" 2 viewers.")`)
	second.do(chromedp.Click(chromedp.CSS("#pause")))
	p.wait(`kacExplore.state.paused && document.getElementById("pause").textContent === "Go on"`)
	second.quiet()
	second.do(chromedp.Navigate("about:blank"))
	p.wait(`kacExplore.state.viewers === 1`)
	p.quiet()
	stranger := openAt(t, browser(t), e.address, base)
	if got := ask[string](stranger, `document.body.textContent`); !strings.HasPrefix(got, "Refused: ") {
		t.Errorf("another browser sees %q", got)
	}
}

// exploreWide draws a network of 4096 neurons: a frame of all panels with lines to the twins takes less than the
// thirtieth of a second. Of many the quick ones count: the machine has other work.
func exploreWide(t *testing.T, open explorer) {
	_, p := open(t, "--problem he4 --dim 16 --width 4096 --horizon 4 --points 21 --tolerance 1e-5 --speed 0", chromedp.EmulateViewport(1440, 900))
	p.waits(60, `!!kacExplore.state && kacExplore.frames.length === 21 && !!kacExplore.constant`)
	p.do(chromedp.Click(chromedp.CSS("#twins")))
	ask[bool](p, `(async () => { kacExplore.draws.length = 0; window.between = []; let last = null; for (let k = 0; k < 60; k++) {
		const s = document.getElementById("scrub"); s.value = String(k % 21); s.dispatchEvent(new Event("input"));
		const now = await new Promise(requestAnimationFrame);
		if (last !== null) window.between.push(now - last);
		last = now;
	} window.drawn = true; })(), true`)
	p.waits(60, `!!window.drawn`)
	for what, list := range map[string]string{"drawing": "kacExplore.draws", "from one frame to the next": "window.between"} {
		times := ask[[]float64](p, `[...`+list+`].sort((a, b) => a - b)`)
		if len(times) < 40 || times[len(times)/4] > 1000./30 {
			t.Errorf("%s: %d frames, the quickest quarter in %v ms", what, len(times), times[:len(times)/4+1])
			continue
		}
		t.Logf("4096 particles, %s: %.1f ms in the median, %.1f at best", what, times[len(times)/2], times[0])
	}
	p.shoot("explore-wide")
	p.quiet()
}
