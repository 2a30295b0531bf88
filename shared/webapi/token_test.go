package webapi_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// issuer hands out the tokens t1, t2, … with a lifetime, or fails.
type issuer struct {
	fetched atomic.Int32
	life    time.Duration
	clock   func() time.Time
	err     error
	gate    chan struct{} // nil, or closed when fetches may finish
}

func (i *issuer) fetch(ctx context.Context) (webapi.Token, error) {
	n := i.fetched.Add(1)
	if i.gate != nil {
		select {
		case <-i.gate:
		case <-ctx.Done():
			return webapi.Token{}, ctx.Err()
		}
	}
	token := webapi.Token{Value: "t" + strconv.Itoa(int(n))}
	if i.life != 0 {
		token.Expires = i.clock().Add(i.life)
	}
	return token, i.err
}

func (i *issuer) mustSource(t *testing.T) *webapi.TokenSource {
	t.Helper()
	if i.clock == nil {
		i.clock = now
	}
	source, err := webapi.NewTokenSource(webapi.TokenConfig{Fetch: i.fetch, Now: i.clock})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func wantToken(t *testing.T, source *webapi.TokenSource, want string) {
	t.Helper()
	if got, err := source.Token(t.Context()); got != want || err != nil {
		t.Errorf("Token = %q, %v; want %q", got, err, want)
	}
}

func TestManyCallersOneFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{gate: make(chan struct{})}
		source := i.mustSource(t)
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { wantToken(t, source, "t1") })
		}
		synctest.Wait()
		close(i.gate)
		callers.Wait()
		if got := i.fetched.Load(); got != 1 {
			t.Errorf("fetched %d times for 50 callers", got)
		}
	})
}

func TestTokenIsKeptUntilShortlyBeforeItsEnd(t *testing.T) {
	t.Parallel()
	at := clock
	i := &issuer{life: time.Hour, clock: func() time.Time { return at }}
	source := i.mustSource(t)
	wantToken(t, source, "t1")
	at = clock.Add(time.Hour - webapi.DefaultTokenMargin - time.Second)
	wantToken(t, source, "t1")
	at = clock.Add(time.Hour - webapi.DefaultTokenMargin)
	wantToken(t, source, "t2")
}

func TestTokenWithoutAnEndIsKept(t *testing.T) {
	t.Parallel()
	at := clock
	i := &issuer{clock: func() time.Time { return at }}
	source := i.mustSource(t)
	wantToken(t, source, "t1")
	at = clock.AddDate(10, 0, 0)
	wantToken(t, source, "t1")
}

func TestTokenShorterThanTheMarginIsStillHandedOut(t *testing.T) {
	t.Parallel()
	source := (&issuer{life: time.Second}).mustSource(t)
	wantToken(t, source, "t1")
	wantToken(t, source, "t2")
}

func TestInvalidateForgetsOnlyTheTokenNamed(t *testing.T) {
	t.Parallel()
	source := (&issuer{}).mustSource(t)
	wantToken(t, source, "t1")
	source.Invalidate("t1")
	wantToken(t, source, "t2")
	source.Invalidate("t1")
	wantToken(t, source, "t2")
}

func TestFailedFetchFailsEveryWaiterOnceAndIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{gate: make(chan struct{}), err: fault.New(fault.Unauthorized, "", "logging in", "locked")}
		source := i.mustSource(t)
		var callers sync.WaitGroup
		for range 5 {
			callers.Go(func() {
				if _, err := source.Token(t.Context()); fault.KindOf(err) != fault.Unauthorized {
					t.Errorf("err = %v", err)
				}
			})
		}
		synctest.Wait()
		close(i.gate)
		callers.Wait()
		if i.fetched.Load() != 1 {
			t.Errorf("fetched %d times", i.fetched.Load())
		}
		i.err = nil
		wantToken(t, source, "t2")
	})
}

func TestCallerWhoGivesUpLeavesTheFetchToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{gate: make(chan struct{})}
		source := i.mustSource(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := source.Token(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("err = %v", err)
		}
		synctest.Wait()
		close(i.gate)
		wantToken(t, source, "t1")
	})
}

func TestFetchThatHangsEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, err := webapi.NewTokenSource(webapi.TokenConfig{Now: now, Fetch: func(ctx context.Context) (webapi.Token, error) {
			<-ctx.Done()
			return webapi.Token{}, ctx.Err()
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := source.Token(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestNewTokenSourceNeedsItsFunctions(t *testing.T) {
	t.Parallel()
	fetch := (&issuer{}).fetch
	for _, config := range []webapi.TokenConfig{{}, {Fetch: fetch}, {Now: now}} {
		if _, err := webapi.NewTokenSource(config); err == nil || fault.As(err).Class != fault.Config {
			t.Errorf("NewTokenSource = %v", err)
		}
	}
}

func TestEmptyTokenIsRefused(t *testing.T) {
	t.Parallel()
	source, err := webapi.NewTokenSource(webapi.TokenConfig{Now: now, Fetch: func(context.Context) (webapi.Token, error) {
		return webapi.Token{}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = source.Token(t.Context())
	wantFault(t, err, fault.Unauthorized, fault.Auth)
}

// onlyAccepts is a target that knows one token at a time.
func onlyAccepts(valid *atomic.Value, calls *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.Header.Get("Authorization") != "Bearer "+valid.Load().(string) {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
}

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		valid   string
		fails   bool
		calls   int32
		fetched int32
	}{
		"accepted at once":        {"t1", false, 1, 1},
		"expired, fresh accepted": {"t2", false, 2, 2},
		"fresh refused as well":   {"t3", true, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var valid atomic.Value
			var calls atomic.Int32
			valid.Store(tc.valid)
			server := mustServe(t, onlyAccepts(&valid, &calls))
			i := &issuer{}
			client := mustNew(t, webapi.Config{BaseURL: server.URL, Tokens: i.mustSource(t)})
			_, err := client.Do(t.Context(), post("/"))
			if (err != nil) != tc.fails || calls.Load() != tc.calls || i.fetched.Load() != tc.fetched {
				t.Errorf("err = %v after %d calls and %d fetches", err, calls.Load(), i.fetched.Load())
			}
			if tc.fails {
				wantFault(t, err, fault.Unauthorized, fault.Auth)
			}
		})
	}
}

func TestManyCallsRefusedAtOnceFetchOnce(t *testing.T) {
	t.Parallel()
	var valid atomic.Value
	var calls atomic.Int32
	valid.Store("t2")
	server := mustServe(t, onlyAccepts(&valid, &calls))
	i := &issuer{}
	client := mustNew(t, webapi.Config{BaseURL: server.URL, Tokens: i.mustSource(t)})
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			if _, err := client.Do(t.Context(), post("/")); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if got := i.fetched.Load(); got != 2 {
		t.Errorf("%d tokens were fetched, want the expired one and one more", got)
	}
}

func TestOnly401IsTriedAgainAndOnlyWithTokens(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		tokens bool
	}{
		"403":                {403, true},
		"500":                {500, true},
		"429":                {429, true},
		"401 without tokens": {401, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			server := mustServe(t, func(w http.ResponseWriter, _ *http.Request) { calls.Add(1); w.WriteHeader(tc.status) })
			config := webapi.Config{BaseURL: server.URL}
			if tc.tokens {
				config.Tokens = (&issuer{}).mustSource(t)
			}
			if _, err := mustNew(t, config).Do(t.Context(), post("/")); err == nil || calls.Load() != 1 {
				t.Errorf("err = %v after %d calls", err, calls.Load())
			}
		})
	}
}

// TestTokenFaultIsNotTheMessagesFault: whatever goes wrong at the token endpoint, the
// message stays deliverable and nothing is ambiguous.
func TestTokenFaultIsNotTheMessagesFault(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err   error
		kind  fault.Kind
		class fault.Class
	}{
		"wrong secret answered 400": {&fault.Error{Kind: fault.Rejected, Class: fault.Value, Status: 400}, fault.Unauthorized, fault.Auth},
		"address wrong":             {&fault.Error{Kind: fault.Unauthorized, Class: fault.Config}, fault.Unauthorized, fault.Config},
		"unclassified":              {errors.New("odd"), fault.Unauthorized, fault.Auth},
		"no answer":                 {&fault.Error{Kind: fault.Unavailable, Class: fault.Ambiguous}, fault.Unavailable, fault.Intermittent},
		"name unknown":              {&fault.Error{Kind: fault.Unavailable, Class: fault.Connection}, fault.Unavailable, fault.Connection},
		"asked to wait":             {&fault.Error{Kind: fault.Throttled, After: time.Minute}, fault.Throttled, fault.RateLimit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			server := mustServe(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
			client := mustNew(t, webapi.Config{BaseURL: server.URL, Tokens: (&issuer{err: tc.err}).mustSource(t)})
			_, err := client.Do(t.Context(), post("/"))
			wantFault(t, err, tc.kind, tc.class)
			e := fault.As(err)
			if e.Doing != "posting order 1 to target" || e.After != fault.As(tc.err).After || !errors.Is(err, e.Err) {
				t.Errorf("fault = %+v", e)
			}
			if calls.Load() != 0 {
				t.Error("a request was sent without a token")
			}
		})
	}
}

func TestTokenInAnotherHeader(t *testing.T) {
	t.Parallel()
	server := mustServe(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Seen", r.Header.Get("X-Shopify-Access-Token"))
	})
	source, err := webapi.NewTokenSource(webapi.TokenConfig{
		Fetch: (&issuer{}).fetch, Now: now,
		Apply: func(r *http.Request, token string) { r.Header.Set("X-Shopify-Access-Token", token) },
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := mustNew(t, webapi.Config{BaseURL: server.URL, Tokens: source}).Do(t.Context(), post("/"))
	if err != nil || got.Header.Get("Seen") != "t1" {
		t.Errorf("the target saw %q, %v", got.Header.Get("Seen"), err)
	}
}
