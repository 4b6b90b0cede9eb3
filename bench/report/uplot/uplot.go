// Package uplot embeds uPlot (https://github.com/leeoniya/uPlot, MIT licence), the chart library of reports and of
// kac explore. fetch.sh brings its files.
package uplot

import _ "embed"

//go:generate bash fetch.sh

// Version is that of fetch.sh.
const Version = "1.6.32"

// Script defines uPlot, Style is its style sheet.
var (
	//go:embed uPlot.iife.min.js
	Script string
	//go:embed uPlot.min.css
	Style string
)
