//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A live page and a recording in a real browser, at a phone's and a desk's width, light and dark: nothing on the
// console, no request but to the program, every control does what it says.
func TestExploreBrowser(t *testing.T) {
	ctx := browser(t)
	screens := []struct {
		name          string
		width, height int64
		mobile        bool
	}{{"phone", 390, 844, true}, {"desk", 1440, 900, false}}
	for _, screen := range screens {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(screen.name+"-"+scheme, func(t *testing.T) {
				e := startExplore(t, t.TempDir(), words("--problem he4 --dim 16 --width 256 --horizon 20 --points 81 --tolerance 1e-6 --speed 0")...)
				viewport := []chromedp.EmulateViewportOption{chromedp.EmulateScale(1)}
				if screen.mobile {
					viewport = append(viewport, chromedp.EmulateMobile)
				}
				p := openAt(t, ctx, e.address, strings.Split(e.address, "/?")[0], chromedp.EmulateViewport(screen.width, screen.height, viewport...), media("", scheme))
				p.waits(60, `!!kacExplore.state && kacExplore.state.phase === "finished" && kacExplore.density !== null && !!kacExplore.constant && kacExplore.frames.length === 81`)
				p.wait(`document.getElementById("n-constant").textContent !== "–"`)
				if got := ask[int64](p, "document.documentElement.scrollWidth"); got > screen.width {
					t.Errorf("the page is %d pixels wide, the screen %d", got, screen.width)
				}
				p.do(chromedp.Click(chromedp.CSS("#twins")))
				p.do(chromedp.SetValue(chromedp.CSS("#scrub"), "30"))
				ask[bool](p, `document.getElementById("scrub").dispatchEvent(new Event("input"))`)
				p.wait(`kacExplore.shown === 30 && document.getElementById("time").textContent === "t = 7.5"`)
				p.shoot("explore-" + screen.name + "-" + scheme)
				p.quiet()
				e.interrupt()
				p.wait(`kacExplore.ended`)
				p.quiet()
			})
		}
	}
}
