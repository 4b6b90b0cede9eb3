package explore

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"kac/meanfield"
)

// Message is what the page is told: JSON of a kind. The page reads the same ones from the server and from a recording.
type Message struct {
	Kind string
	Data []byte
}

func newMessage(kind string, value any) (*Message, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encoding %s for the page: %w", kind, err)
	}
	return &Message{kind, data}, nil
}

// appendNumber writes the shortest decimal that reads back as x.
func appendNumber(b []byte, x float64) []byte { return strconv.AppendFloat(b, x, 'g', -1, 64) }

// head is what is known of a run before it moves.
type head struct {
	Run        int        `json:"run"`
	Parameters Parameters `json:"parameters"`
	Title      string     `json:"title"`
	Task       string     `json:"task"`
	Rank       int        `json:"rank"`
	Times      []finite   `json:"times"`
	Risk       []finite   `json:"risk"` // of the infinite network
	RiskError  finite     `json:"risk_error"`
}

func headMessage(r *Run, ref *meanfield.Reference) (*Message, error) {
	h := head{
		Run: r.Number, Parameters: r.Parameters, Title: r.Problem.Name(), Task: r.Problem.Task().String(), Rank: r.Problem.Rank(),
		RiskError: finite(ref.Error()),
	}
	for _, t := range r.Times {
		h.Times, h.Risk = append(h.Times, finite(t)), append(h.Risk, finite(ref.Risk(t)))
	}
	return newMessage("run", h)
}

// noMessage says why a curve is not there.
func noMessage(kind string, why error) *Message {
	m, err := newMessage(kind, map[string]string{"why": why.Error()})
	if err != nil { // a map of texts has no reason
		return &Message{kind, []byte(`{"why":""}`)}
	}
	return m
}

// densityMessage packs places and values of all times as float32: count[t], then a and p of each.
func densityMessage(d *Density) *Message {
	var data []byte
	for t := range d.Places {
		for _, list := range [][]float64{d.Places[t], d.Values[t]} {
			for _, x := range list {
				data = float32Bytes(data, x)
			}
		}
	}
	places := 0
	if len(d.Places) > 0 {
		places = len(d.Places[0])
	}
	text := base64.StdEncoding.EncodeToString(data)
	return &Message{"density", fmt.Appendf(nil, `{"places":%d,"data":"%s"}`, places, text)}
}

type constant struct {
	Times         []finite `json:"times"`
	Constant      []finite `json:"constant"`
	Error         []finite `json:"error"`
	Coupling      []finite `json:"coupling"`
	CouplingError []finite `json:"coupling_error"`
}

func constantMessage(f *meanfield.Fluctuation) (*Message, error) {
	list := func(x []float64) (out []finite) {
		for _, v := range x {
			out = append(out, finite(v))
		}
		return out
	}
	return newMessage("constant", constant{list(f.Times), list(f.Constant), list(f.ConstantError), list(f.Coupling), list(f.CouplingError)})
}

type frames struct {
	Run  int         `json:"run"`
	From int         `json:"from"`
	Rows [][7]finite `json:"rows"`
	Data string      `json:"data"` // float32, frame x cloud x particle
}

func framesMessage(r *Run, from int, list []*Frame) (*Message, error) {
	m := frames{Run: r.Number, From: from}
	data := make([]byte, 0, 4*clouds*r.Parameters.Width*len(list))
	for _, f := range list {
		m.Rows = append(m.Rows, [7]finite{
			finite(f.Time), finite(f.Risk), finite(f.ReferenceRisk), finite(f.FunctionError), finite(f.CouplingMean), finite(f.CouplingMax), finite(f.CouplingSquare),
		})
		for _, cloud := range f.clouds() {
			for _, x := range cloud {
				data = float32Bytes(data, x)
			}
		}
	}
	m.Data = base64.StdEncoding.EncodeToString(data)
	return newMessage("frames", m)
}

func float32Bytes(b []byte, x float64) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(x)))
}

// state is what all viewers see alike.
type state struct {
	Run     int     `json:"run"`
	Phase   string  `json:"phase"`
	Reason  string  `json:"reason,omitempty"`
	Paused  bool    `json:"paused"`
	Speed   float64 `json:"speed"`
	Viewers int     `json:"viewers"`
	Frames  int     `json:"frames"`
	Points  int     `json:"points"`
}

// state is called under the lock.
func (l *Live) state() *state {
	return &state{Run: l.number, Paused: l.paused, Speed: l.speed, Viewers: l.viewers}
}

// of adds what the run says of itself.
func (s *state) of(r *Run) *state {
	phase, err := r.Phase()
	s.Phase, s.Frames, s.Points = phase, len(r.Frames()), len(r.Times)
	if err != nil {
		if s.Reason = err.Error(); asInput(err) != nil {
			s.Reason = asInput(err).Error()
		}
	}
	return s
}
