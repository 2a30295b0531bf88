package webapi

import (
	"context"
	"net/http"
	"sync"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// DefaultTokenMargin is how long before its expiry a token is no longer used, unless
// TokenConfig names another time.
const DefaultTokenMargin = time.Minute

// fetchTimeout bounds one fetch, which outlives the caller that began it.
const fetchTimeout = 30 * time.Second

// Token is an access token and when it expires; the zero time means that its end is
// not known and only a 401 tells.
type Token struct {
	Value   string
	Expires time.Time
}

// TokenConfig says where tokens come from. Fetch and Now are required.
type TokenConfig struct {
	Fetch  func(context.Context) (Token, error) // asks the token endpoint; at most one runs at a time
	Now    func() time.Time
	Margin time.Duration                         // 0 means DefaultTokenMargin
	Apply  func(req *http.Request, token string) // puts the token on a request; nil means "Authorization: Bearer"
}

// TokenSource holds one access token for all the calls of a client. However many
// callers need one at once, it is fetched once. It is safe for concurrent use.
type TokenSource struct {
	config TokenConfig

	mu       sync.Mutex
	held     Token
	underway *fetch // nil while nobody fetches
}

// fetch is one request for a token; its results may be read once done is closed.
type fetch struct {
	done  chan struct{}
	token Token
	err   error
}

// NewTokenSource returns a TokenSource that has not fetched anything yet.
func NewTokenSource(config TokenConfig) (*TokenSource, error) {
	if config.Fetch == nil || config.Now == nil {
		return nil, misconfigured("Tokens", "a fetch function and a clock are needed", nil)
	}
	if config.Margin == 0 {
		config.Margin = DefaultTokenMargin
	}
	if config.Apply == nil {
		config.Apply = bearer
	}
	return &TokenSource{config: config}, nil
}

func bearer(req *http.Request, token string) { req.Header.Set("Authorization", "Bearer "+token) }

// Token returns the held token or waits for a new one. A failed fetch fails everyone
// who waits for it, so that a target that locks after wrong logins is asked once.
func (s *TokenSource) Token(ctx context.Context) (string, error) {
	value, pending := s.current(ctx)
	if pending == nil {
		return value, nil
	}
	select {
	case <-pending.done:
		return pending.token.Value, fault.Doing("fetching an access token", pending.err)
	case <-ctx.Done():
		return "", &fault.Error{
			Kind: fault.Unavailable, Class: fault.Intermittent,
			Doing: "waiting for an access token", Err: ctx.Err(),
		}
	}
}

func (s *TokenSource) current(ctx context.Context) (string, *fetch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.usable() {
		return s.held.Value, nil
	}
	if s.underway == nil {
		s.underway = &fetch{done: make(chan struct{})}
		// Others wait for this token too: it must not die with the caller who came first. Its
		// request holds credentials and is not noted.
		go s.run(connector.WithExchange(context.WithoutCancel(ctx), nil), s.underway)
	}
	return "", s.underway
}

func (s *TokenSource) usable() bool {
	if s.held.Value == "" || s.held.Expires.IsZero() {
		return s.held.Value != ""
	}
	return s.config.Now().Add(s.config.Margin).Before(s.held.Expires)
}

func (s *TokenSource) run(ctx context.Context, f *fetch) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	f.token, f.err = s.config.Fetch(ctx)
	if f.err == nil && f.token.Value == "" {
		f.err = &fault.Error{Kind: fault.Unauthorized, Class: fault.Auth, Detail: "the token endpoint gave an empty token"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.underway = nil
	if f.err == nil {
		s.held = f.token
	}
	close(f.done)
}

// Invalidate forgets the token if it is still the one held. So of many callers whose
// calls were refused with the same token, the first causes the one fetch.
func (s *TokenSource) Invalidate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held.Value == token {
		s.held = Token{}
	}
}

func (s *TokenSource) apply(req *http.Request) (string, error) {
	token, err := s.Token(req.Context())
	if err == nil {
		s.config.Apply(req, token)
	}
	return token, err
}
