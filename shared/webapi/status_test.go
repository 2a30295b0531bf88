package webapi_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

func TestStatusDecidesKindAndClass(t *testing.T) {
	t.Parallel()
	server := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Path[1:])
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "canary body")
	})
	client := mustNew(t, webapi.Config{BaseURL: server.URL})
	for status, want := range map[int]struct {
		kind  fault.Kind
		class fault.Class
	}{
		300: {fault.Unauthorized, fault.Config},
		308: {fault.Unauthorized, fault.Config},
		400: {fault.Rejected, fault.Value},
		401: {fault.Unauthorized, fault.Auth},
		402: {fault.Rejected, fault.Value},
		403: {fault.Unauthorized, fault.Auth},
		404: {fault.Rejected, fault.MissingRef},
		405: {fault.Unauthorized, fault.Config},
		407: {fault.Unauthorized, fault.Config},
		408: {fault.Unavailable, fault.Intermittent},
		409: {fault.Rejected, fault.Conflict},
		410: {fault.Rejected, fault.MissingRef},
		412: {fault.Rejected, fault.Conflict},
		413: {fault.Rejected, fault.TooLarge},
		415: {fault.Rejected, fault.Value},
		421: {fault.Unauthorized, fault.Config},
		422: {fault.Rejected, fault.Value},
		423: {fault.Unavailable, fault.Intermittent},
		425: {fault.Unavailable, fault.Intermittent},
		426: {fault.Unauthorized, fault.Config},
		429: {fault.Throttled, fault.RateLimit},
		431: {fault.Rejected, fault.TooLarge},
		477: {fault.Rejected, fault.Value},
		500: {fault.Unavailable, fault.Intermittent},
		503: {fault.Unavailable, fault.Intermittent},
		502: {fault.Unavailable, fault.Ambiguous},
		504: {fault.Unavailable, fault.Ambiguous},
		524: {fault.Unavailable, fault.Intermittent},
		777: {fault.Unavailable, fault.Intermittent},
	} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			got, err := client.Do(t.Context(), post("/"+strconv.Itoa(status)))
			wantFault(t, err, want.kind, want.class)
			if fault.As(err).Status != status || got.Status != status || string(got.Body) != "canary body" {
				t.Errorf("answer = %d %q, fault status %d", got.Status, got.Body, fault.As(err).Status)
			}
			if strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var stolen atomic.Bool
	other := mustServe(t, func(http.ResponseWriter, *http.Request) { stolen.Store(true) })
	server := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/?secret=canary", http.StatusFound)
	})
	_, err := mustNew(t, webapi.Config{BaseURL: server.URL}).Do(t.Context(), post("/"))
	wantFault(t, err, fault.Unauthorized, fault.Config)
	if stolen.Load() || strings.Contains(err.Error(), "canary") {
		t.Errorf("followed = %v, error = %v", stolen.Load(), err)
	}
}

func TestWaitOfTheAnswer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		value  string
		after  time.Duration
	}{
		"seconds":         {429, "17", 17 * time.Second},
		"date":            {429, clock.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		"at maintenance":  {503, "120", 2 * time.Minute},
		"none":            {429, "", 0},
		"beyond the most": {503, "604800", webapi.MaxRetryAfter},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mustServe(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", clock.UTC().Format(http.TimeFormat))
				w.Header().Set("Retry-After", tc.value)
				w.WriteHeader(tc.status)
			})
			_, err := mustNew(t, webapi.Config{BaseURL: server.URL}).Do(t.Context(), post("/"))
			if got := fault.As(err).After; got != tc.after {
				t.Errorf("After = %v, want %v", got, tc.after)
			}
		})
	}
}

var waits = map[string]time.Duration{
	"0":                              0,
	"1":                              time.Second,
	" 5 ":                            5 * time.Second,
	"2.0":                            2 * time.Second,
	"0.5":                            500 * time.Millisecond,
	"007":                            7 * time.Second,
	"86400":                          24 * time.Hour,
	"86401":                          24 * time.Hour,
	"99999999999999999999999999999":  24 * time.Hour,
	"-5":                             0,
	"1e3":                            0,
	"1_0":                            0,
	"1.2.3":                          0,
	".":                              0,
	"soon":                           0,
	"inf":                            0,
	"1h":                             0,
	"":                               0,
	"Sun, 22 Nov 2026 21:00:30 GMT":  30 * time.Second,
	"Sun, 22 Nov 2026 20:59:30 GMT":  0,
	"Sun, 22 Nov 2099 21:00:00 GMT":  24 * time.Hour,
	"Sunday, 22-Nov-26 21:01:00 GMT": time.Minute,
	"Sun, 32 Nov 2026 21:00:30 GMT":  0,
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range waits {
		if got := webapi.RetryAfter(value, clock); got != want {
			t.Errorf("RetryAfter(%q) = %v, want %v", value, got, want)
		}
	}
}

// TestARetryAfterDateIsMeantByTheTargetsClock has a target whose clock is an hour ahead.
func TestARetryAfterDateIsMeantByTheTargetsClock(t *testing.T) {
	t.Parallel()
	server := mustServe(t, func(w http.ResponseWriter, _ *http.Request) {
		theirs := clock.Add(time.Hour)
		w.Header().Set("Date", theirs.UTC().Format(http.TimeFormat))
		w.Header().Set("Retry-After", theirs.Add(2*time.Minute).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusTooManyRequests)
	})
	_, err := mustNew(t, webapi.Config{BaseURL: server.URL, Now: func() time.Time { return clock }}).Do(t.Context(), post("/"))
	if f := fault.As(err); f == nil || f.After != 2*time.Minute {
		t.Errorf("%v", err)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for value := range waits {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := webapi.RetryAfter(value, clock); got < 0 || got > webapi.MaxRetryAfter {
			t.Errorf("RetryAfter(%q) = %v", value, got)
		}
	})
}

func TestClassifyRefines(t *testing.T) {
	t.Parallel()
	server := mustServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"code":"EXISTS"}`)
	})
	for name, tc := range map[string]struct {
		classify func(webapi.Response, *fault.Error) *fault.Error
		kind     fault.Kind
		fails    bool
	}{
		"another kind": {func(r webapi.Response, e *fault.Error) *fault.Error {
			if strings.Contains(string(r.Body), "EXISTS") {
				e.Kind, e.Class, e.Code = fault.Duplicate, fault.DuplicateOf, "EXISTS"
			}
			return e
		}, fault.Duplicate, true},
		"unchanged":     {func(_ webapi.Response, e *fault.Error) *fault.Error { return e }, fault.Rejected, true},
		"not a failure": {func(webapi.Response, *fault.Error) *fault.Error { return nil }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := mustNew(t, webapi.Config{BaseURL: server.URL, Classify: tc.classify})
			got, err := client.Do(t.Context(), post("/"))
			if (err != nil) != tc.fails || got.Status != http.StatusConflict {
				t.Fatalf("Do = %d, %v", got.Status, err)
			}
			if tc.fails && (fault.KindOf(err) != tc.kind || fault.As(err).Status != 409 || fault.As(err).Doing == "") {
				t.Errorf("fault = %+v, want kind %v", fault.As(err), tc.kind)
			}
		})
	}
}

func TestClassifyIsNotAskedAboutSuccess(t *testing.T) {
	t.Parallel()
	server := mustServe(t, func(http.ResponseWriter, *http.Request) {})
	client := mustNew(t, webapi.Config{BaseURL: server.URL, Classify: func(webapi.Response, *fault.Error) *fault.Error {
		t.Error("called for 200")
		return nil
	}})
	if _, err := client.Do(t.Context(), post("/")); err != nil {
		t.Error(err)
	}
}

// TestTransportIsShared proves that an answer, good or bad, frees its connection.
func TestTransportIsShared(t *testing.T) {
	t.Parallel()
	peers := map[string]bool{}
	server := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		peers[r.RemoteAddr] = true
		w.WriteHeader(map[bool]int{true: 200, false: 500}[r.URL.Path == "/ok"])
		_, _ = io.WriteString(w, "body")
	})
	client := mustNew(t, webapi.Config{BaseURL: server.URL})
	for _, path := range []string{"/ok", "/bad", "/ok", "/bad"} {
		_, _ = client.Do(t.Context(), post(path))
	}
	if len(peers) != 1 {
		t.Errorf("four calls opened %d connections", len(peers))
	}
}
