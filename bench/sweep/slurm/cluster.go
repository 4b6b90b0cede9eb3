package slurm

import (
	"bytes"
	"context"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

var arraySize = regexp.MustCompile(`(?m)^MaxArraySize\s*=\s*(\d+)\s*$`)

// MostShards asks the cluster how many elements an array may have: indices start from 1 here and end below
// its MaxArraySize. 0 if nobody answers within some seconds, as on a machine that is not of a cluster.
func MostShards(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "scontrol", "show", "config")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return 0
	}
	m := arraySize.FindSubmatch(bytes.ReplaceAll(out, []byte("\r"), nil))
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return 0
	}
	return max(n-1, 0)
}
