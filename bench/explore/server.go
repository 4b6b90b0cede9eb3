package explore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"

	"kac/bench"
)

// Server shows a Live to browsers on this machine. net/http alone: one stream of events a viewer, and a POST for
// everything that a control says.
type Server struct {
	live     *Live
	guard    *guard
	listener net.Listener
	page     []byte
}

// Listen takes a port of the loopback interface, any free one if it is 0. A port that cannot be had is an InputError.
func Listen(port int) (net.Listener, error) {
	if err := bench.CheckWhole("port", port, 0, 65535, "ports of the loopback interface; 0 is any free one"); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err == nil {
		return l, nil
	}
	reason := err
	if inner := errors.Unwrap(err); inner != nil {
		reason = inner
	}
	return nil, bench.Refuse("port", port, "cannot be had (%v); another program may use it: give another one, or 0 for any free one", reason)
}

// NewServer prepares the server of a listener that Listen made.
func NewServer(live *Live, l net.Listener) (*Server, error) {
	var page bytes.Buffer
	if err := livePage().write(&page); err != nil {
		return nil, err
	}
	at, ok := l.Addr().(*net.TCPAddr)
	if !ok || !at.IP.IsLoopback() {
		return nil, fmt.Errorf("%v is not an address of the loopback interface", l.Addr())
	}
	return &Server{live: live, guard: newGuard(at.Port), listener: l, page: page.Bytes()}, nil
}

// Address is what a browser opens, with the token that is good for one session.
func (s *Server) Address() string {
	return "http://" + s.guard.hosts[0] + "/?token=" + s.guard.token
}

const (
	shutdown     = 2 * time.Second
	writeTimeout = time.Minute // of one message to a browser that does not read
	bodyLimit    = 1 << 16
)

// Serve answers until ctx is done, then ends the live run and all streams, and returns when no goroutine is left.
func (s *Server) Serve(ctx context.Context) error {
	server := &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 16,
		ErrorLog: log.New(io.Discard, "", 0), // what strangers send is no news
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(s.listener) }()
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-ended:
	}
	s.live.Close()
	late, cancel := context.WithTimeout(context.Background(), shutdown)
	defer cancel()
	if err := server.Shutdown(late); err != nil {
		server.Close()
	}
	if failed == nil {
		failed = <-ended
	}
	if errors.Is(failed, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving the page: %w", failed)
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.show)
	mux.HandleFunc("POST /session", s.enter)
	mux.HandleFunc("GET /events", s.member(s.stream))
	mux.HandleFunc("POST /start", s.member(control(func(p Parameters) error { return s.live.Start(p) })))
	mux.HandleFunc("POST /pause", s.member(control(func(p struct{ Paused bool }) error { s.live.Pause(p.Paused); return nil })))
	mux.HandleFunc("POST /step", s.member(control(func(struct{}) error { s.live.Step(); return nil })))
	mux.HandleFunc("POST /speed", s.member(control(func(p struct{ Speed float64 }) error { return s.live.Speed(p.Speed) })))
	mux.HandleFunc("GET /recording.html", s.member(s.download("text/html; charset=utf-8", func(r *Recording, w io.Writer) error { return r.WritePage(w) })))
	mux.HandleFunc("GET /frames.npz", s.member(s.download("application/zip", func(r *Recording, w io.Writer) error { return r.WriteArchive(w) })))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Content-Security-Policy", "frame-ancestors 'none'")
		if why := s.guard.refusal(r); why != "" {
			http.Error(w, "Refused: "+why+".", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// show sends the page to the session, and to whoever has the token while it is good: the page then asks for the
// session.
func (s *Server) show(w http.ResponseWriter, r *http.Request) {
	if !s.guard.known(r) && !s.guard.fresh(r.URL.Query().Get("token")) {
		http.Error(w, "Refused: open the address that kac explore printed, with its token. The token opens one session; after that only the same browser is let in. "+
			"For another browser start kac explore again.", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(s.page) // a browser that has gone needs no page
}

// enter gives a session for the token.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) {
	control(func(p struct{ Token string }) error {
		if s.guard.known(r) { // the address was opened again
			return nil
		}
		cookie := s.guard.redeem(p.Token)
		if cookie == nil {
			return errors.New("the token is wrong, or another browser has used it")
		}
		http.SetCookie(w, cookie)
		return nil
	})(w, r)
}

// member asks for the session.
func (s *Server) member(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.guard.known(r) {
			answer(w, http.StatusForbidden, errors.New("open the address that kac explore printed, with its token"))
			return
		}
		next(w, r)
	}
}

// control reads the JSON that a control sends, and obeys. The answer is 204, or 400 with {"reason", "key"}.
func control[T any](obey func(T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var value T
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&value)
		if err != nil {
			err = fmt.Errorf("not what a control of the page sends: %w", err)
		} else {
			err = obey(value)
		}
		if err != nil {
			answer(w, http.StatusBadRequest, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// answer sends an error as the page shows it.
func answer(w http.ResponseWriter, status int, err error) {
	said := map[string]string{"reason": err.Error()}
	if input := asInput(err); input != nil {
		said["key"] = input.Key
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(said) // a browser that has gone needs no answer
}

// stream is a viewer: server-sent events until the browser or the server goes away.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	view := s.live.View()
	defer view.Close()
	for {
		messages, err := view.Next(r.Context())
		if err != nil {
			return
		}
		for _, m := range messages {
			if err := out.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
				return
			}
			if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", m.Kind, m.Data); err != nil {
				return
			}
		}
		if err := out.Flush(); err != nil {
			return
		}
	}
}

// download sends the frames so far as a file.
func (s *Server) download(kind string, write func(*Recording, io.Writer) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		recording, err := s.live.Run().Record()
		if err == nil {
			var file bytes.Buffer
			if err = write(recording, &file); err == nil {
				w.Header().Set("Content-Type", kind)
				w.Header().Set("Content-Disposition", "attachment")
				w.Write(file.Bytes()) // a browser that has gone needs no file
				return
			}
		}
		http.Error(w, err.Error(), http.StatusConflict)
	}
}
