package explore

import "context"

// View is a viewer's place in what there is to see. A slow one falls behind and misses nothing. Not for concurrent use.
type View struct {
	live    *Live
	version int
	run     *Run
	head    bool
	curves  int
	frames  int
	ended   bool
}

// View adds a viewer; Close takes it away.
func (l *Live) View() *View {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.viewers++
	l.tell()
	return &View{live: l, version: -1}
}

// Close says that the viewer has gone.
func (v *View) Close() {
	v.live.mu.Lock()
	defer v.live.mu.Unlock()
	v.live.viewers--
	v.live.tell()
}

// Next waits for something new and returns it. The last message is "end"; after it the error is context.Canceled.
func (v *View) Next(ctx context.Context) ([]*Message, error) {
	l := v.live
	for {
		l.mu.Lock()
		change, state := l.change, l.state()
		version, run, closed := l.version, l.current, l.closed
		l.mu.Unlock()
		if closed {
			if v.ended {
				return nil, context.Canceled
			}
			v.ended = true
			return []*Message{{Kind: "end", Data: []byte("{}")}}, nil
		}
		if version != v.version {
			v.version = version
			messages, err := v.news(run)
			if err != nil {
				return nil, err
			}
			last, err := newMessage("state", state.of(run))
			if err != nil {
				return nil, err
			}
			return append(messages, last), nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-change:
		}
	}
}

// news is what the viewer does not have of a run.
func (v *View) news(run *Run) (out []*Message, err error) {
	if run != v.run {
		v.run, v.head, v.curves, v.frames = run, false, 0, 0
	}
	head, curves := run.known()
	if head == nil {
		return nil, nil
	}
	if !v.head {
		v.head = true
		out = append(out, head)
	}
	out = append(out, curves[v.curves:]...)
	v.curves = len(curves)
	frames := run.Frames()
	for v.frames < len(frames) {
		n := min(len(frames)-v.frames, batch(run.Parameters.Width))
		m, err := framesMessage(run, v.frames, frames[v.frames:v.frames+n])
		if err != nil {
			return nil, err
		}
		out = append(out, m)
		v.frames += n
	}
	return out, nil
}

// batch is how many frames of m particles one message carries: about a megabyte.
func batch(m int) int { return max(1, 1<<20/(4*clouds*m)) }
