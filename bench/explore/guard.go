package explore

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strconv"
	"sync"
)

// guard lets in whoever has the token of the printed address, once: the first page that shows it gets a session in its
// place, a cookie that no script can read, and the token is worth nothing from then on. Requests that another site's
// page makes, or that come by another name than the loopback's (DNS rebinding), are refused whatever they hold.
type guard struct {
	hosts  [2]string // that requests may be for
	cookie string    // its name: cookies know no port
	token  string

	mu      sync.Mutex
	spent   bool
	session string
}

func newGuard(port int) *guard {
	n := strconv.Itoa(port)
	return &guard{
		hosts: [2]string{"127.0.0.1:" + n, "localhost:" + n}, cookie: "kac-" + n,
		token: rand.Text(), session: rand.Text(),
	}
}

// refusal says why a request is not for us; "" if it may be.
func (g *guard) refusal(r *http.Request) string {
	own := func(host string) bool { return host == g.hosts[0] || host == g.hosts[1] }
	if !own(r.Host) {
		return "this is not the address that kac explore printed"
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		return "another site asks"
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return ""
	}
	return "another site asks"
}

// known reports whether the request is of the session.
func (g *guard) known(r *http.Request) bool {
	c, err := r.Cookie(g.cookie)
	return err == nil && same(c.Value, g.session)
}

// fresh reports whether the token is right and not spent.
func (g *guard) fresh(token string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.spent && same(token, g.token)
}

// redeem spends the token and returns the session's cookie; nil if it is wrong or spent.
func (g *guard) redeem(token string) *http.Cookie {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.spent || !same(token, g.token) {
		return nil
	}
	g.spent = true
	return &http.Cookie{Name: g.cookie, Value: g.session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
