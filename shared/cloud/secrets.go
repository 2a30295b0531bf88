package cloud

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"causeway.example/shared/fault"
)

const (
	secretLife   = 5 * time.Minute  // how long a value is used without asking again
	refreshPause = 30 * time.Second // between two refreshes of one secret, and after one that failed
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
	text      string // that was last handed out; "" before the first
	until     time.Time
	refreshed time.Time
}

// NewSecrets returns a reader of secrets. The build is part of the user agent, as
// Config.Build is.
func NewSecrets(a aws.Config, build string, now func() time.Time) *Secrets {
	return &Secrets{
		now: now, known: map[string]*secret{},
		client: sync.OnceValue(func() *secretsmanager.Client { return secretsmanager.NewFromConfig(named(a, build)) }),
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

// Get returns the settings in the named secret. Errors name the secret and never show
// a value: fault.Rejected of class config if it is missing or no JSON object of
// strings, fault.Unauthorized if we may not read it.
func (s *Secrets) Get(ctx context.Context, name string) (map[string]string, error) {
	each := s.secret(name)
	each.mu.Lock()
	defer each.mu.Unlock()
	if now := s.now(); now.After(each.until) {
		err := s.fetch(ctx, name, each)
		if err != nil && (each.text == "" || fault.KindOf(err) != fault.Unavailable) {
			return nil, err
		}
		if err != nil {
			each.until = now.Add(refreshPause)
		}
	}
	return parseSecret(name, each.text)
}

// fetch asks AWS for the secret's present value.
func (s *Secrets) fetch(ctx context.Context, name string, each *secret) error {
	out, err := s.client().GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
	if err != nil {
		return failure("reading secret "+name, "secret "+name, err)
	}
	if out.SecretString == nil {
		return fault.New(fault.Rejected, fault.Config, "reading secret "+name, "it holds no text")
	}
	if _, err := parseSecret(name, *out.SecretString); err != nil {
		return err
	}
	each.text, each.until = *out.SecretString, s.now().Add(secretLife)
	return nil
}

func parseSecret(name, text string) (settings map[string]string, err error) {
	if err := json.Unmarshal([]byte(text), &settings); err != nil || settings == nil {
		return nil, fault.New(fault.Rejected, fault.Config, "reading secret "+name, "it is no JSON object of strings") // the parser's words quote the value
	}
	return settings, nil
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
	if each.text == "" || each.refreshed.IsZero() || now.Sub(each.refreshed) >= refreshPause {
		each.refreshed = now
		if err := s.fetch(ctx, name, each); err != nil {
			return nil, false, err
		}
	}
	settings, err = parseSecret(name, each.text)
	return settings, each.text != before, err
}
