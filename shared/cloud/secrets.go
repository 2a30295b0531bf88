package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-secretsmanager-caching-go/v2/secretcache"

	"causeway/shared/fault"
)

const (
	secretLife   = 5 * time.Minute  // how long a value is used without asking again
	refreshPause = 30 * time.Second // between two refreshes of one secret
)

// Secrets reads secrets that are a JSON object of settings. It asks AWS at most once
// in five minutes for each, and goes on with the last value while AWS cannot be
// reached. It is safe for concurrent use.
type Secrets struct {
	now    func() time.Time
	client func() *secretsmanager.Client

	mu    sync.Mutex
	known map[string]*secret
}

// secret is what is known of one secret.
type secret struct {
	mu        sync.Mutex
	cache     *secretcache.Cache
	text      string // that was last handed out
	refreshed time.Time
}

// NewSecrets returns a reader of secrets. The clock paces Refresh; the cache has its
// own.
func NewSecrets(a aws.Config, now func() time.Time) *Secrets {
	return &Secrets{
		now: now, known: map[string]*secret{},
		client: sync.OnceValue(func() *secretsmanager.Client { return secretsmanager.NewFromConfig(a) }),
	}
}

func (s *Secrets) secret(name string) *secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[name] == nil {
		s.known[name] = &secret{}
	}
	return s.known[name]
}

// newCache makes a cache for one secret: to drop it is the only way to have its value
// fetched at once, since the library's own refresh sleeps for seconds.
func (s *Secrets) newCache() (*secretcache.Cache, error) {
	return secretcache.New(func(c *secretcache.Cache) {
		c.Client, c.CacheItemTTL, c.MaxCacheSize = s.client(), int64(secretLife), 1
	})
}

// Get returns the settings in the named secret. Errors name the secret and never show
// a value: fault.Rejected of class config if it is missing or no JSON object of
// strings, fault.Unauthorized if we may not read it.
func (s *Secrets) Get(ctx context.Context, name string) (map[string]string, error) {
	each := s.secret(name)
	each.mu.Lock()
	defer each.mu.Unlock()
	return s.get(ctx, name, each)
}

func (s *Secrets) get(ctx context.Context, name string, each *secret) (settings map[string]string, err error) {
	doing := "reading secret " + name
	if each.cache == nil {
		if each.cache, err = s.newCache(); err != nil {
			return nil, failure(doing, "secret "+name, err)
		}
	}
	text, err := each.cache.GetSecretStringWithContext(ctx, name)
	if err != nil {
		return nil, secretFailure(doing, name, err)
	}
	if err := json.Unmarshal([]byte(text), &settings); err != nil || settings == nil {
		return nil, fault.New(fault.Rejected, fault.Config, doing, "it is no JSON object of strings") // the parser's words quote the value
	}
	each.text = text
	return settings, nil
}

// secretFailure classifies the library's own errors too.
func secretFailure(doing, name string, err error) error {
	if _, empty := errors.AsType[*secretcache.InvalidOperationError](err); empty {
		return fault.New(fault.Rejected, fault.Config, doing, "it holds bytes, not text")
	}
	if _, none := errors.AsType[*secretcache.VersionNotFoundError](err); none {
		return fault.New(fault.Rejected, fault.Config, doing, "it has no value yet")
	}
	return failure(doing, "secret "+name, err)
}

// Refresh fetches the secret past the cache, as after a target refused our
// credentials, at most once in thirty seconds. Changed tells whether the value differs
// from the one that was last handed out. If it cannot be fetched, or was a moment ago,
// what is known stays.
func (s *Secrets) Refresh(ctx context.Context, name string) (settings map[string]string, changed bool, err error) {
	each := s.secret(name)
	each.mu.Lock()
	defer each.mu.Unlock()
	before, now := each.text, s.now()
	if !each.refreshed.IsZero() && now.Sub(each.refreshed) < refreshPause {
		settings, err = s.get(ctx, name, each)
		return settings, err == nil && each.text != before, err
	}
	old := each.cache
	each.refreshed, each.cache = now, nil
	if settings, err = s.get(ctx, name, each); err != nil {
		each.cache = old
		return nil, false, err
	}
	return settings, each.text != before, nil
}
