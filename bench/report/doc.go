// Package report makes one HTML file out of a finished study, to be read, sent and printed.
//
//	kac sweep DIR, kac gap DIR -> Open -> Study -> charts, tables, sentences -> Write
//	                                       report.html   all in one file, no network
//	                                       NAME.svg|pdf  each chart
//
// Every chart is described once (chart) and drawn twice: by gonum/plot, for paper and for readers
// without JavaScript, and by uPlot, which is embedded, for the screen. Equal studies give equal bytes.
package report
