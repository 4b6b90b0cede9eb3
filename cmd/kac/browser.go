package main

import (
	"os"
	"os/exec"
	"runtime"
)

// openBrowser has the system's opener show an address, as cmd/go does for its own pages.
func openBrowser(address string) error {
	var command []string
	switch {
	case runtime.GOOS == "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler"}
	case runtime.GOOS == "darwin":
		command = []string{"open"}
	default:
		command = []string{"xdg-open"}
	}
	if own := os.Getenv("BROWSER"); own != "" {
		command = []string{own}
	}
	cmd := exec.Command(command[0], append(command[1:], address)...)
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait() // a browser's opener ends by itself, or with the browser
	return nil
}
