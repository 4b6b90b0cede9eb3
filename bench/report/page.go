package report

import (
	"bytes"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"kac/bench/report/uplot"
	"kac/bench/store"
	"kac/internal/plotting"
	"kac/internal/provenance"
)

//go:embed page.html page.css page.js
var assets embed.FS

// page is what page.html shows.
type page struct {
	Title, Question, Lead, Missing, Files string
	Heading                               string // of the first section
	Version, UPlotVersion                 string
	Policy                                string // Content-Security-Policy
	UPlotStyle, Style                     template.CSS
	UPlot, Script                         template.JS
	Contents                              []link
	Families                              []familyView
	Provenance                            []table
}

type link struct{ ID, Title string }

type familyView struct {
	ID, Title, Answer string
	WidthTitle        string
	Numbers           table // of the answer
	Words             []item
	Groups            []groupView
	Slopes, Dimension []chartView
	Tables            []table
	References        []table
}

type groupView struct {
	ID, Title string
	Charts    []chartView
	Tables    []table
}

type chartView struct {
	ID, Title, Caption, Alt, XLabel, YLabel, Bands string
	Image                                          template.URL
	Entries                                        []string
	Data                                           template.JS
}

// drawing is a chart's file beside the report.
type drawing struct {
	name string
	data []byte
}

var functions = template.FuncMap{
	"markup": func(text string) template.HTML { return template.HTML(plotting.HTML(text)) },
	"plain":  plotting.Plain,
}

// write writes the page.
func (p *page) write(w io.Writer) error {
	t, err := template.New("page.html").Funcs(functions).ParseFS(assets, "page.html")
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
	style, script := read("page.css"), read("page.js")
	if err != nil {
		return fmt.Errorf("reading the page's parts: %w", err)
	}
	p.UPlotStyle, p.Style, p.UPlot, p.Script = template.CSS(uplot.Style), template.CSS(style), template.JS(uplot.Script), template.JS(script)
	p.Policy = uplot.Policy([]string{style}, []string{script})
	p.Version, p.UPlotVersion = provenance.Version, uplot.Version
	var out bytes.Buffer
	if err := t.Execute(&out, p); err != nil {
		return fmt.Errorf("filling the page: %w", err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// builder makes the page and the drawings.
type builder struct {
	study    *Study
	drawings []drawing
	undrawn  *store.PictureError // charts that cannot be drawn, which are left out
}

func (b *builder) page() page {
	if b.study.General != nil {
		return b.general()
	}
	families := b.study.families()
	p := page{Heading: "Answer", Provenance: b.study.provenanceTables()}
	var names []string
	ids := map[string]bool{}
	for n, f := range families {
		if ids[f.Slug] { // several problems without a name
			f.Slug += "-" + strconv.Itoa(n+1)
		}
		ids[f.Slug] = true
		v := b.family(f, f.title(families))
		names = append(names, v.Title+", "+"*d* = "+join(f.dims()))
		for _, g := range v.Groups {
			p.Contents = append(p.Contents, link{g.ID, g.Title})
		}
		p.Contents = append(p.Contents, link{v.ID + "-width", "slopes" + ofFamily(families, v.Title)})
		if len(v.Dimension) > 0 {
			p.Contents = append(p.Contents, link{v.ID + "-dimension", "dimensions" + ofFamily(families, v.Title)})
		}
		p.Contents = append(p.Contents, link{v.ID + "-reference", "infinite width" + ofFamily(families, v.Title)})
		p.Families = append(p.Families, v)
	}
	p.Contents = append(p.Contents, link{"provenance", "provenance"})
	p.Question = "How far is a network of *m* neurons from its infinite-width limit, " + b.until() + "?"
	p.Lead = strings.Join(names, "; ")
	p.Missing = plotting.Escape(b.study.Missing)
	p.Title = "kac report: " + plotting.Plain(p.Lead)
	p.Files = "Beside this file, every chart is there as SVG and as PDF under the name below it. The numbers of every network and time are in " + b.table() + "."
	return p
}

func ofFamily(all []*family, title string) string {
	if len(all) == 1 {
		return ""
	}
	return " of " + title
}

// until says up to what time, in the question.
func (b *builder) until() string {
	for _, g := range b.study.Groups {
		if g.Reach == 0 {
			return "up to a given time"
		}
	}
	return "up to the time at which the limit has learned"
}

func (b *builder) table() string {
	switch b.study.Program {
	case "kac gap":
		return "gap.csv"
	case sweepProgram:
	default:
		return "the tables of " + b.study.Program
	}
	return "table.csv and table.parquet"
}

func (b *builder) family(f *family, title string) familyView {
	v := familyView{ID: f.Slug, Title: title, Answer: f.answer(), WidthTitle: "How the gap falls with the width", Numbers: f.answerTable(), Words: f.words()}
	for _, g := range f.Groups {
		v.Groups = append(v.Groups, b.group(g, title+", "+f.label(g)))
		v.References = append(v.References, g.referenceTable(f.label(g)))
	}
	for _, q := range quantities {
		v.Slopes = b.add(v.Slopes, f.againstWidth(q), f.exponents(q))
	}
	v.Dimension = b.add(nil, f.againstDimension()...)
	v.Tables = []table{f.scaledTable()}
	if len(v.Slopes) > 0 {
		v.Tables = append(v.Tables, f.slopeTable())
	}
	v.References = append([]table{f.solvedTable()}, v.References...)
	return v
}

func (b *builder) group(g *Group, title string) groupView {
	v := groupView{ID: g.Name, Title: title, Charts: b.add(nil, g.timeCharts(title)...)}
	for _, q := range quantities {
		v.Tables = append(v.Tables, g.timeTable(title, q))
	}
	return v
}

// add draws charts; nil ones are left out.
func (b *builder) add(views []chartView, charts ...*chart) []chartView {
	for _, c := range charts {
		if c == nil {
			continue
		}
		before := len(b.drawings)
		v, err := b.chart(c)
		if err != nil {
			if b.undrawn == nil {
				b.undrawn = &store.PictureError{}
			}
			b.undrawn.Names, b.undrawn.Err = append(b.undrawn.Names, c.ID), errors.Join(b.undrawn.Err, err)
			b.drawings = b.drawings[:before]
			continue
		}
		views = append(views, v)
	}
	return views
}

func (b *builder) chart(c *chart) (chartView, error) {
	v := chartView{
		ID: c.ID, Title: c.Title, Caption: c.Caption, Alt: c.Alt(), XLabel: c.X.Label, YLabel: c.Y.Label, Entries: c.entries(), Bands: c.Bands,
	}
	picture, err := c.figure()
	if err != nil {
		return v, err
	}
	for _, format := range []string{"svg", "pdf"} {
		var out bytes.Buffer
		if err := picture.Write(&out, format); err != nil {
			return v, fmt.Errorf("the chart %s: %w", c.ID, err)
		}
		b.drawings = append(b.drawings, drawing{c.ID + "." + format, out.Bytes()})
		if format == "svg" {
			v.Image = template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(out.Bytes()))
		}
	}
	data, err := c.encode()
	v.Data = template.JS(data)
	return v, err
}
