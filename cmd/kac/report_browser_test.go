//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserStudy is a sweep with all that a report shows: two dimensions, bands, slopes, C(t).
const browserStudy = `problem = "he4"
dim = [6, 9]
widths = ["d^1.5", "d^2", "2*d^2"]
seeds = 4
horizon = "reach 0.5"
points = 13
tolerance = 1e-7
`

// chromium returns a browser, which KAC_CHROMIUM may name. The test takes a minute and is skipped unless
// KAC_REQUIRE_REPORT is set; then a missing browser is a failure.
func chromium(t *testing.T) string {
	t.Helper()
	if os.Getenv("KAC_REQUIRE_REPORT") == "" {
		t.Skip("KAC_REQUIRE_REPORT is not set; make test-report installs Chromium, sets it and runs this")
	}
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if name := os.Getenv("KAC_CHROMIUM"); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("no browser among %v", names)
	return ""
}

// browser starts Chromium with an empty profile and nothing of its own on the network.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", false))
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // closes the browser and waits for its process
			t.Logf("closing the browser: %v", err)
		}
		cancel()
		release()
	})
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("starting the browser: %v", err)
	}
	return ctx
}

// tab is a page with what went wrong in it.
type tab struct {
	*testing.T
	ctx      context.Context
	allowed  string // what requests may begin with
	mu       sync.Mutex
	problems []string
}

// open opens a page in a tab of its own.
func open(t *testing.T, parent context.Context, path string, before ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	return openAt(t, parent, "file://"+path, "file:", before...)
}

// openAt is open of any address; what does not begin with allowed may not be asked for.
func openAt(t *testing.T, parent context.Context, address, allowed string, before ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	p := &tab{T: t, ctx: ctx, allowed: allowed}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, p.heard); err != nil {
		t.Fatal(err)
	}
	p.do(command(network.Enable, network.EnableParams{}), command(log.Enable, cdp.Empty{}))
	p.do(before...)
	p.do(chromedp.Navigate(address))
	return p
}

// command is an action that only sends a command.
func command[P, R any](c cdp.Command[P, R], parameters P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, parameters)
		return err
	})
}

func (p *tab) heard(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			problem += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		problem = fmt.Sprintf("console.%s", e.Type)
	case *log.EventEntryAdded:
		problem = fmt.Sprintf("log, %s: %s", e.Entry.Level, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, p.allowed) && !strings.HasPrefix(url, "data:") && url != "about:blank" {
			problem = "a request to " + url
		}
	}
	if problem != "" {
		p.mu.Lock()
		p.problems = append(p.problems, problem)
		p.mu.Unlock()
	}
}

// quiet fails if the page said anything or asked for anything.
func (p *tab) quiet() {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, problem := range p.problems {
		p.Error(problem)
	}
	p.problems = nil
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.Fatal(err)
	}
}

// ask evaluates JavaScript.
func ask[T any](p *tab, code string) T {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](code))
	if err != nil {
		p.Fatalf("%s: %v", code, err)
	}
	return v
}

// shoot saves a picture of the whole page in KAC_REPORT_SHOTS.
func (p *tab) shoot(name string) {
	p.Helper()
	dir := os.Getenv("KAC_REPORT_SHOTS")
	if dir == "" {
		return
	}
	data, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644)
	}
	if err != nil {
		p.Error(err)
	}
}

// inks counts, for each series of a chart, the pixels of its colour.
const inks = `(n => {
	const c = kacCharts[n], canvas = c.box.querySelector("canvas");
	const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
	copy.drawImage(canvas, 0, 0);
	const data = copy.getImageData(0, 0, canvas.width, canvas.height).data;
	return c.data.series.map(s => {
		const hex = c.colour(s), rgb = [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));
		let count = 0;
		for (let i = 0; i < data.length; i += 4) {
			if (data[i + 3] > 200 && Math.abs(data[i] - rgb[0]) + Math.abs(data[i + 1] - rgb[1]) + Math.abs(data[i + 2] - rgb[2]) < 30) count++;
		}
		return count;
	});
})`

// The report of a real sweep in a real browser, at a phone's and a desk's width, light and dark: it says
// nothing on the console, asks for nothing, and its charts draw, answer the pointer, hide and scale.
func TestReportBrowser(t *testing.T) {
	ctx := browser(t)
	if dir := os.Getenv("KAC_REPORT_SHOTS"); dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	good(t, dir, "sweep", studyFile(t, dir, browserStudy), "--out", "study", "-q")
	path := filepath.Join(dir, strings.TrimSpace(good(t, dir, "report", "study", "-q").stdout))
	for _, scheme := range []string{"light", "dark"} {
		for _, screen := range []struct {
			name          string
			width, height int64
			scale         float64
			mobile        bool
		}{{"phone", 390, 844, 2, true}, {"desk", 1440, 900, 1, false}} {
			t.Run(screen.name+"-"+scheme, func(t *testing.T) {
				viewport := []chromedp.EmulateViewportOption{chromedp.EmulateScale(screen.scale)}
				if screen.mobile {
					viewport = append(viewport, chromedp.EmulateMobile)
				}
				p := open(t, ctx, path, chromedp.EmulateViewport(screen.width, screen.height, viewport...), media("", scheme))
				p.drawn(screen.width)
				p.shoot(screen.name + "-" + scheme)
				p.legend()
				p.scales()
				p.pointer()
				p.quiet()
			})
		}
	}
	t.Run("copy", func(t *testing.T) {
		p := open(t, ctx, path)
		p.do(chromedp.Click(chromedp.CSS("#he4-table")), chromedp.Click(chromedp.CSS(".scroll:has(#he4-table) + button.copy")))
		p.wait(`document.querySelector(".scroll:has(#he4-table) + button.copy").textContent === "Copied"`)
		p.quiet()
	})
	t.Run("save", func(t *testing.T) { // what "Save data" saves has the points of all curves
		p := open(t, ctx, path)
		p.do(chromedp.Click(chromedp.CSS("#he4-d6-gap .save")))
		lines := strings.Split(strings.TrimSpace(ask[string](p, "kacCharts[0].csv()")), "\n")
		if lines[0] != "curve,paper time t,m ‖f_m − f_MF‖^2,low,high" || len(lines) != 1+4*13 || !strings.HasPrefix(lines[1], "m = 15,0,") || strings.Count(lines[1], ",") != 4 {
			t.Errorf("%d lines: %q", len(lines), lines)
		}
		p.quiet()
	})
	t.Run("theme", func(t *testing.T) { // the charts follow when the theme changes under an open page
		p := open(t, ctx, path, media("", "light"))
		light := ask[[]int](p, inks+"(0)")
		p.do(media("", "dark"))
		p.wait(`kacCharts[0].plot.series[1].stroke() === kacCharts[0].data.series[0].dark`)
		if dark := ask[[]int](p, inks+"(0)"); light[0] < 50 || dark[0] < 50 {
			t.Errorf("pixels of the first curve: %d in light, %d in dark", light[0], dark[0])
		}
		p.quiet()
	})
	t.Run("without-script", func(t *testing.T) { staticPage(t, ctx, path) })
	t.Run("print", func(t *testing.T) { printed(t, ctx, path) })
	t.Run("network", func(t *testing.T) { noNetwork(t, ctx, path) })
}

func media(kind, scheme string) chromedp.Action[chromedp.Void] {
	return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: kind, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
}

// wait waits until the code is true.
func (p *tab) wait(code string) {
	p.Helper()
	p.waits(5, code)
}

// waits is wait for what may take so many seconds.
func (p *tab) waits(seconds int, code string) {
	p.Helper()
	for range 20 * seconds {
		if ask[bool](p, code) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.Errorf("not true within %d s: %s", seconds, code)
}

// drawn checks that every chart is there with every series, and that nothing is wider than the screen.
func (p *tab) drawn(width int64) {
	p.Helper()
	if n := ask[int](p, "kacCharts.length"); n != 16 || n != ask[int](p, `document.querySelectorAll("figure.chart").length`) {
		p.Fatalf("%d charts, want 16", n)
	}
	for n := range 16 {
		id := ask[string](p, fmt.Sprintf("kacCharts[%d].data.id", n))
		for i, count := range ask[[]int](p, fmt.Sprintf("%s(%d)", inks, n)) {
			if count < 15 {
				p.Errorf("%s: %d pixels of series %d", id, count, i)
			}
		}
	}
	// Tables that are cut say so, others do not; what charts answer to is said.
	p.do(chromedp.Click(chromedp.CSS("#he4-d6 ~ details > summary")))
	p.wait(`document.querySelector("#he4-d6 ~ details").open`)
	// The page hears of the box that has just opened with the next frame.
	p.wait(`[...document.querySelectorAll(".scroll")].every(s => s.closest("details:not([open])") || (s.scrollWidth > s.clientWidth + 1) !== s.previousElementSibling.hidden)`)
	if cut := ask[bool](p, `!document.querySelector(".scroll:has(#he4-answer)").previousElementSibling.hidden`); cut != (width < 500) {
		p.Errorf("at %d pixels: the answer's table is said to be cut: %t", width, cut)
	}
	if !ask[bool](p, `document.querySelector(".live-only").offsetParent !== null`) {
		p.Error("nothing says what the charts answer to")
	}
	if got := ask[int64](p, "document.documentElement.scrollWidth"); got > width {
		p.Errorf("the page is %d pixels wide, the screen %d", got, width)
	}
	if ask[bool](p, `[...document.querySelectorAll("img.static")].some(i => i.offsetParent !== null)`) {
		p.Error("a drawing shows beside its chart")
	}
}

// legend hides and shows a width by clicks on its name.
func (p *tab) legend() {
	p.Helper()
	const button = "#he4-d6-gap .legend li:first-child button"
	before := ask[[]int](p, inks+"(0)")
	p.do(chromedp.Click(chromedp.CSS(button)))
	hidden := ask[[]int](p, inks+"(0)")
	if hidden[0] > before[0]/10 || hidden[1] < before[1]/2 {
		p.Errorf("hiding the first width: pixels of the series %v, before %v", hidden, before)
	}
	if ask[string](p, `document.querySelector("`+button+`").getAttribute("aria-pressed")`) != "false" {
		p.Error("the hidden entry is marked as shown")
	}
	p.do(chromedp.Click(chromedp.CSS(button)))
	if again := ask[[]int](p, inks+"(0)"); again[0] != before[0] {
		p.Errorf("shown again: %d pixels, before %d", again[0], before[0])
	}
}

// scales changes to a logarithmic axis and back.
func (p *tab) scales() {
	p.Helper()
	const button = "#he4-d6-risk .scale"
	number := ask[int](p, `kacCharts.findIndex(c => c.data.id === "he4-d6-risk")`)
	state := fmt.Sprintf(`[kacCharts[%d].plot.scales.y.distr, kacCharts[%d].plot.valToPos(.6, "y")]`, number, number)
	linear := ask[[]float64](p, state)
	p.do(chromedp.Click(chromedp.CSS(button)))
	log := ask[[]float64](p, state)
	if linear[0] != 1 || log[0] != 3 || linear[1] == log[1] {
		p.Errorf("scale and place of .6: %v, then %v", linear, log)
	}
	for i, count := range ask[[]int](p, fmt.Sprintf("%s(%d)", inks, number)) {
		if count < 15 {
			p.Errorf("logarithmic: %d pixels of series %d", count, i)
		}
	}
	p.do(chromedp.Click(chromedp.CSS(button)))
	if again := ask[[]float64](p, state); again[0] != 1 || again[1] != linear[1] {
		p.Errorf("back on the linear axis: %v, before %v", again, linear)
	}
}

// pointer moves over a chart and reads the values beside the legend.
func (p *tab) pointer() {
	p.Helper()
	p.do(chromedp.ScrollIntoView(chromedp.CSS("#he4-d6-gap .plot")))
	at := ask[[]float64](p, `(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector("#he4-d6-gap .u-over").getBoundingClientRect())`)
	p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
	p.wait(`document.querySelector("#he4-d6-gap .at").textContent !== ""`)
	for i, text := range ask[[]string](p, `[...document.querySelectorAll("#he4-d6-gap .legend output")].map(o => o.textContent)`) {
		if text == "" || i < 3 && !strings.Contains(text, " ± ") {
			p.Errorf("value %d under the pointer is %q", i, text)
		}
	}
}

// staticPage is the report where scripts do not run: drawings in place of charts.
func staticPage(t *testing.T, ctx context.Context, path string) {
	p := open(t, ctx, path, chromedp.EmulateViewport(1440, 900),
		command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	p.visibleDrawings()
	p.shoot("without-script")
	p.quiet()
}

// visibleDrawings checks that all drawings show, and none is broken.
func (p *tab) visibleDrawings() {
	p.Helper()
	images := ask[[]bool](p, `[...document.querySelectorAll("img.static")].map(i => i.offsetParent !== null && i.complete && i.naturalWidth > 100)`)
	for i, ok := range images {
		if !ok {
			p.Errorf("drawing %d does not show", i)
		}
	}
	if len(images) != 16 || ask[bool](p, `[...document.querySelectorAll(".plot")].some(e => e.offsetParent !== null)`) {
		p.Errorf("%d drawings, or an empty chart", len(images))
	}
}

// printed is the report on paper, on which charts are drawings, in light colours.
func printed(t *testing.T, ctx context.Context, path string) {
	p := open(t, ctx, path, media("print", "dark"))
	p.visibleDrawings()
	if got := ask[string](p, `getComputedStyle(document.documentElement).backgroundColor`); got != "rgb(255, 255, 255)" {
		t.Errorf("paper is %s", got)
	}
	p.do(media("", "dark"))
	pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), func(o *page.PrintToPDFParams) { o.PaperWidth, o.PaperHeight = 8.27, 11.69 }))
	if err != nil || !strings.HasPrefix(string(pdf), "%PDF-") || len(pdf) < 50_000 {
		t.Errorf("printing: %d bytes, %v", len(pdf), err)
	}
	if dir := os.Getenv("KAC_REPORT_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "print.pdf"), pdf, 0o644); err != nil {
			t.Error(err)
		}
	}
	p.quiet()
}

// noNetwork tries to fetch from the page: its policy forbids every way, and nothing arrives.
func noNetwork(t *testing.T, ctx context.Context, path string) {
	var hits atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hits.Add(1) }))
	defer server.Close()
	p := open(t, ctx, path)
	p.quiet()
	ask[bool](p, fmt.Sprintf(`!!(async url => {
		const image = new Promise(done => { const i = new Image(); i.onload = () => done(false); i.onerror = () => done(true); i.src = url; });
		const script = new Promise(done => { const s = document.createElement("script"); s.onload = () => done(false); s.onerror = () => done(true); s.src = url; document.head.append(s); });
		window.kacBlocked = [await image, await script, await fetch(url).then(() => false, () => true)];
	})(%q)`, server.URL))
	p.wait("window.kacBlocked !== undefined")
	for i, ok := range ask[[]bool](p, "kacBlocked") {
		if !ok {
			t.Errorf("way %d onto the network is open", i)
		}
	}
	if n := hits.Load(); n > 0 {
		t.Errorf("%d requests arrived", n)
	}
	if len(p.problems) == 0 {
		t.Error("three forbidden requests, and the page was heard to say nothing: the other checks of that are deaf")
	}
}
