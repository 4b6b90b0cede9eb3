// Package uplot embeds uPlot (https://github.com/leeoniya/uPlot, MIT licence), the chart library of reports and of
// kac explore. fetch.sh brings its files.
package uplot

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"strings"
)

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

// Policy is the Content-Security-Policy of a page that holds uPlot and these styles and scripts: nothing is fetched,
// and no other script runs.
func Policy(styles, scripts []string) string {
	return "default-src 'none'; img-src data:; style-src " + sources(Style, styles) + "; script-src " + sources(Script, scripts) +
		"; base-uri 'none'; form-action 'none'"
}

// sources are texts as a policy names them, by their SHA-256.
func sources(first string, more []string) string {
	var out []string
	for _, text := range append([]string{first}, more...) {
		sum := sha256.Sum256([]byte(text))
		out = append(out, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return strings.Join(out, " ")
}
