package main

import (
	"kac/bench"
)

// normaliseFlag is of commands that read particles from a file.
type normaliseFlag struct {
	Normalise bool `group:"Network:" help:"Set every row of a file to norm 1. Without it rows that are not on the unit sphere are refused; those that single precision has moved by less than 1e-6 are set on it."`
}

// networkFile is the file of a flag; nil where that was left out.
func (f *normaliseFlag) networkFile(path, tensor string) *bench.NetworkFile {
	if path == "" {
		return nil
	}
	return &bench.NetworkFile{Path: path, Tensor: tensor, Normalise: f.Normalise}
}
