package training

import (
	"context"
	"os"

	"kac/bench"
	"kac/particles"
)

// ownFile is a file of the user and the flag that it came by.
type ownFile struct{ key, path string }

func (p *Parameters) ownFiles() [4]ownFile {
	return [4]ownFile{{"data", p.Inputs}, {"labels", p.Labels}, {"test-data", p.TestInputs}, {"test-labels", p.TestLabels}}
}

// load reads the user's data, if there are any, and takes n and d from them; held is what they are tested on,
// nil if nothing was given for that.
func (p *Parameters) load(ctx context.Context, from *Files) (data, held *particles.Samples, err error) {
	files := p.ownFiles()
	for _, pair := range [][2]ownFile{{files[0], files[1]}, {files[1], files[0]}, {files[2], files[3]}, {files[3], files[2]}} {
		if absent, other := pair[0], pair[1]; absent.path == "" && other.path != "" {
			return nil, nil, bench.Refuse(absent.key, "", "inputs and labels come together; %s is %s", other.key, bench.ShowValue(other.path))
		}
	}
	switch {
	case p.Inputs == "" && p.TestInputs != "":
		return nil, nil, bench.Refuse("test-data", p.TestInputs, "it belongs to data of your own; without these, held-out inputs are drawn by test-samples")
	case p.Inputs == "":
		return nil, nil, nil
	}
	if data, held, err = from.samples(ctx, files); err != nil {
		return nil, nil, err
	}
	if p.Dim != 0 && p.Dim != data.D {
		return nil, nil, bench.Refuse("dim", p.Dim, "rows of %s have %d numbers", p.Inputs, data.D)
	}
	if p.Samples != 0 && p.Samples != data.N {
		return nil, nil, bench.Refuse("samples", p.Samples, "%s has %d rows", p.Inputs, data.N)
	}
	p.Dim, p.Samples, p.Tests, p.Sum = data.D, data.N, data.N, bench.Checksum(data.X, data.Y)
	if held == nil {
		return data, nil, nil
	}
	if held.D != data.D {
		return nil, nil, bench.Refuse("test-data", p.TestInputs, "its rows have %d numbers, those of %s %d", held.D, p.Inputs, data.D)
	}
	p.TestRows, p.TestSum = held.N, bench.Checksum(held.X, held.Y)
	return data, held, nil
}

// readOwn reads inputs and their labels.
func readOwn(ctx context.Context, inputs, labels ownFile) (*particles.Samples, error) {
	s, err := bench.ReadSamples(ctx, [2]string{inputs.key, labels.key}, inputs.path, labels.path)
	if err != nil {
		return nil, err
	}
	if s.N < 2 {
		return nil, bench.Refuse(inputs.key, inputs.path, "it has one row; the spread of errors over the inputs needs at least 2")
	}
	return s, nil
}

// differ refuses a pipe in two places, by whatever names: it can be read once. A file may serve for training
// and test, but not for inputs and labels.
func differ(files []ownFile) error {
	infos := make([]os.FileInfo, len(files))
	for i, f := range files {
		if f.path == "" {
			continue
		}
		info, err := os.Stat(f.path)
		if err != nil {
			continue // said where it is read
		}
		infos[i] = info
		for k, other := range infos[:i] {
			if other == nil || !os.SameFile(info, other) {
				continue
			}
			switch first := files[k]; {
			case info.Mode()&os.ModeNamedPipe != 0:
				return bench.Refuse(f.key, f.path, "it is the pipe of %s %s too; a pipe can be read once", first.key, bench.ShowValue(first.path))
			case k == i-1 && i%2 == 1 && info.Mode().IsRegular():
				return bench.Refuse(f.key, f.path, "it is the file of the inputs too")
			}
		}
	}
	return nil
}
