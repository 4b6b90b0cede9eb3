package training

import (
	"context"

	"kac/particles"
)

// Files are what has been read of a user's files: each is read once, by whoever asks first, so that a pipe serves
// as well. The zero value has read none; nil keeps nothing.
type Files struct {
	own           bool // data and heldOut are read
	data, heldOut *particles.Samples
	rows          map[string]*particles.Matrix // of teachers, by path
}

// Dimension returns that of the user's data, 0 without any, and reads them.
func (f *Files) Dimension(ctx context.Context, p Parameters) (int, error) {
	data, _, err := p.load(ctx, f)
	if err != nil || data == nil {
		return 0, err
	}
	return data.D, nil
}

// samples are the user's data and what they are tested on.
func (f *Files) samples(ctx context.Context, files [4]ownFile) (data, held *particles.Samples, err error) {
	if f != nil && f.own {
		return f.data, f.heldOut, nil
	}
	if err := differ(files[:]); err != nil {
		return nil, nil, err
	}
	if data, err = readOwn(ctx, files[0], files[1]); err != nil {
		return nil, nil, err
	}
	if files[2].path != "" {
		if held, err = readOwn(ctx, files[2], files[3]); err != nil {
			return nil, nil, err
		}
	}
	if f != nil {
		f.own, f.data, f.heldOut = true, data, held
	}
	return data, held, nil
}

// matrix is rows of one length from a file.
func (f *Files) matrix(ctx context.Context, path string) (*particles.Matrix, error) {
	if f == nil {
		return particles.ReadMatrix(ctx, path)
	}
	if m := f.rows[path]; m != nil {
		return m, nil
	}
	m, err := particles.ReadMatrix(ctx, path)
	if err != nil {
		return nil, err
	}
	if f.rows == nil {
		f.rows = map[string]*particles.Matrix{}
	}
	f.rows[path] = m
	return m, nil
}
