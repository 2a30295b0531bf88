package netsuitetest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
)

// Act answers a request in place of the account. Calling serve gives the request its
// usual effect and answer.
type Act func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc)

// Fault is a misbehaviour and the requests that it befalls. Empty conditions hold for
// every request.
type Fault struct {
	Method       string
	PathContains string
	BodyContains string
	Times        int // how many requests; 0 means 1
	Do           Act
}

type plan struct {
	Fault
	left int
}

// Plan adds a fault. Of several that fit a request, the one planned first befalls it.
func (f *Fake) Plan(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plans = append(f.plans, &plan{fault, max(fault.Times, 1)})
}

func (f *Fake) planned(r *http.Request, body []byte) Act {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.plans {
		if p.left > 0 && p.fits(r, body) {
			p.left--
			return p.Do
		}
	}
	return nil
}

func (p *plan) fits(r *http.Request, body []byte) bool {
	return (p.Method == "" || p.Method == r.Method) && strings.Contains(r.URL.Path, p.PathContains) &&
		bytes.Contains(body, []byte(p.BodyContains))
}

// Throttle answers 429 with the Retry-After header as given: seconds, a date, or "" for none.
func Throttle(retryAfter string) Act {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		refuse(w, http.StatusTooManyRequests, "CONCURRENCY_LIMIT_EXCEEDED", "", "Concurrent request limit exceeded. Request blocked.")
	}
}

// Answer refuses with an error of NetSuite's, such as 400 "USER_ERROR" at "email".
func Answer(status int, code, path string) Act {
	return AnswerText(status, code, path, "")
}

// AnswerText is Answer with NetSuite's own words for the cause, such as "This entity
// already exists."
func AnswerText(status int, code, path, detail string) Act {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		refuse(w, status, code, path, strings.TrimSpace("Error while accessing a resource. "+detail))
	}
}

// Down answers 503 with a page of HTML, as a load balancer does.
func Down() Act { return page(http.StatusServiceUnavailable) }

// HTML answers 200 with a page of HTML, as a proxy or a login page does.
func HTML() Act { return page(http.StatusOK) }

func page(status int) Act {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html><body>NetSuite</body></html>") // whether the reader is still there does not matter
	}
}

// Truncated answers 200 with JSON that breaks off.
func Truncated() Act {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id": "60`)
	}
}

// Changed answers that somebody else has just changed the record.
func Changed() Act { return Answer(http.StatusConflict, "RCRD_HAS_BEEN_CHANGED", "") }

// LoggedOut answers 401.
func LoggedOut() Act {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) { unauthorized(w) }
}

// FailAfter takes effect and answers 500.
func FailAfter() Act {
	return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		serve(newNowhere(), r)
		refuse(w, http.StatusInternalServerError, "UNEXPECTED_ERROR", "", "An unexpected error occurred.")
	}
}

// HangAfter takes effect and does not answer until the caller goes away.
func HangAfter() Act {
	return func(_ http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		serve(newNowhere(), r)
		<-r.Context().Done()
	}
}

// Late does not answer until the caller goes away, and takes effect when released.
func Late(released <-chan struct{}) Act {
	return func(_ http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		<-r.Context().Done()
		<-released
		serve(newNowhere(), r)
	}
}

// Slow waits for the gate before it serves.
func Slow(gate <-chan struct{}) Act {
	return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		select {
		case <-gate:
			serve(w, r)
		case <-r.Context().Done():
		}
	}
}

// ResetBefore resets the connection without any effect.
func ResetBefore() Act {
	return func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) { reset(w) }
}

// ResetAfter takes effect and resets the connection.
func ResetAfter() Act {
	return func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		serve(newNowhere(), r)
		reset(w)
	}
}

func reset(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // closing then sends a reset; without it, an end, which serves as well
	}
	_ = conn.Close()
}

// nowhere is a ResponseWriter whose answer nobody gets.
type nowhere struct{ header http.Header }

func newNowhere() *nowhere                     { return &nowhere{http.Header{}} }
func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) WriteHeader(int)             {}
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
