package explore

import (
	"embed"
	"fmt"
	"html/template"
	"io"

	"kac/bench/report/uplot"
	"kac/internal/provenance"
	"kac/particles"
)

//go:embed page.html page.css panels.js live.js page.js
var assets embed.FS

// page is what page.html shows: live, or with a recording.
type page struct {
	Live                  bool
	Title                 string
	Policy                string
	Version, UPlotVersion string
	Problems              []string
	MaxPoints             int
	UPlotStyle, Style     template.CSS
	UPlot                 template.JS
	Scripts               []template.JS
	Recording             []recorded
}

// recorded is a message in a page; encoding/json writes no character that ends a script.
type recorded struct {
	Kind string
	Data template.JS
}

// livePage is the page that the server sends.
func livePage() *page {
	p := &page{Live: true, Title: "kac explore"}
	for _, info := range particles.Presets() {
		if info.Exact {
			p.Problems = append(p.Problems, info.Name)
		}
	}
	return p
}

// write writes the page. Nothing but a live page's own server may be asked for anything, and no other script runs.
func (p *page) write(w io.Writer) error {
	t, err := template.New("page.html").ParseFS(assets, "page.html")
	if err != nil {
		return fmt.Errorf("reading the page's template: %w", err)
	}
	read := func(name string) string {
		data, e := assets.ReadFile(name)
		if e != nil && err == nil {
			err = e
		}
		return string(data)
	}
	style, names := read("page.css"), []string{"panels.js", "page.js"}
	if p.Live {
		names = []string{"panels.js", "live.js", "page.js"}
	}
	var scripts []string
	p.Scripts = nil
	for _, name := range names {
		text := read(name)
		p.Scripts = append(p.Scripts, template.JS(text))
		scripts = append(scripts, text)
	}
	if err != nil {
		return fmt.Errorf("reading the page's parts: %w", err)
	}
	p.UPlotStyle, p.Style = template.CSS(uplot.Style), template.CSS(style)
	p.UPlot = template.JS(uplot.Script)
	p.Policy = uplot.Policy([]string{style}, scripts)
	if p.Live {
		p.Policy += "; connect-src 'self'"
	}
	p.Version, p.UPlotVersion, p.MaxPoints = provenance.Version, uplot.Version, MaxPoints
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}
