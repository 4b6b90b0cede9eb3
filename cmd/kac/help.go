package main

import (
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"kac/internal/provenance"
)

// askHelp turns the ways in which people ask for help into kong's: kac alone, kac help gap, kac gap help. A file of
// that name is still one.
func askHelp(arguments []string) []string {
	switch n := len(arguments); {
	case n == 0:
		return []string{"--help"}
	case arguments[0] == "help":
		return append(arguments[1:len(arguments):len(arguments)], "--help")
	case n == 2 && arguments[1] == "help":
		if _, err := os.Lstat("help"); err != nil {
			return []string{arguments[0], "--help"}
		}
	}
	return arguments
}

// helpCommand stands in the list of commands; askHelp answers it.
type helpCommand struct {
	Verb string `arg:"" optional:"" placeholder:"VERB" help:"The command to explain."`
}

func (c *helpCommand) Run() error { return nil }

// versionFlag is kac --version, the same as kac version.
type versionFlag bool

func (versionFlag) BeforeReset(app *kong.Kong) error {
	if err := provenance.Current().Print(app.Stdout); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	app.Exit(0)
	return nil
}
