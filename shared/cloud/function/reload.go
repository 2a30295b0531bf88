package function

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/redact"
)

// Opener makes a system's connector from its settings, as the Open of every system does.
type Opener func(settings map[string]string, deps connector.Deps) (connector.System, error)

// reloader keeps a system open. When its credentials are rejected it reads the secret again,
// and opens the system anew if the secret has changed. It is safe for concurrent use.
//
// The secret is read at most once in readPause for that, because strangers can cause it. A
// signature that is wrong by a secret no older than that is rejected with 401. While the
// secret cannot be read, the door answers 503 and the sender retries. A rotation loses no
// delivery if both secrets are entered readPause before the sender signs with the new one.
type reloader struct {
	open    Opener
	profile connector.Profile
	plain   map[string]string // settings that are no secrets
	vault   secretSource
	name    string // of the secret; "" if the system has none
	deps    connector.Deps
	log     *slog.Logger
	mask    *redact.Mask

	current atomic.Pointer[opened]
	mu      sync.Mutex        // held while the secret is read
	last    map[string]string // guarded by mu: the secret that the system is open with
	read    time.Time         // guarded by mu: of the last read after a rejection
	failure error             // guarded by mu: of that read; nil if the secret is known
}

// readPause is the least time between two reads of the secret after rejected credentials.
const readPause = time.Minute

// secretSource gives the settings that a named secret holds at this moment.
type secretSource interface {
	Get(ctx context.Context, name string) (map[string]string, error)
}

// opened is one opening of the system. Its address tells it from others.
type opened struct{ system connector.System }

// start opens the system for the first time.
func (r *reloader) start(ctx context.Context) error {
	secrets := map[string]string{}
	if r.name != "" {
		var err error
		if secrets, err = r.vault.Get(ctx, r.name); err != nil {
			return err
		}
	}
	_, err := r.openWith(secrets)
	return err
}

func (r *reloader) openWith(secrets map[string]string) (*opened, error) {
	settings := maps.Clone(r.plain)
	maps.Copy(settings, secrets)
	r.hide(settings, secrets)
	system, err := r.open(settings, r.deps)
	if err != nil {
		return nil, err
	}
	next := &opened{system}
	r.last = secrets
	r.current.Store(next)
	return next, nil
}

// hide keeps the secrets out of the log: those of the secret, and those that the
// environment holds where there is no Secrets Manager.
func (r *reloader) hide(settings, secrets map[string]string) {
	values := make([]string, 0, len(secrets))
	for key := range secrets {
		values = append(values, settings[key])
	}
	for _, key := range r.profile.Secrets {
		values = append(values, settings[key])
	}
	r.mask.Hide(values...)
}

// reload returns the system opened with the secret as it was read last: the one that was
// rejected if the secret has not changed.
func (r *reloader) reload(ctx context.Context, refused *opened) (*opened, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.current.Load(); now != refused {
		return now, nil
	}
	if r.name == "" {
		return refused, nil
	}
	if now := r.deps.Now(); r.read.IsZero() || now.Sub(r.read) >= readPause {
		r.read = now
		return r.readAgain(ctx, refused)
	}
	return refused, r.failure
}

// readAgain reads the secret and opens the system with it if it has changed.
func (r *reloader) readAgain(ctx context.Context, refused *opened) (next *opened, err error) {
	defer func() { r.failure = err }()
	secrets, err := r.vault.Get(ctx, r.name)
	if err != nil || maps.Equal(secrets, r.last) {
		return refused, err
	}
	r.log.InfoContext(ctx, "opening the system with its new secret")
	return r.openWith(secrets)
}

// retried calls the system, and once more if its credentials were refused and the
// secret turns out to be another one by now.
func retried[T any](ctx context.Context, r *reloader, call func(connector.System) (T, error)) (T, error) {
	with := r.current.Load()
	result, err := call(with.system)
	kind := fault.KindOf(err)
	if err == nil || kind != fault.Unauthentic && kind != fault.Unauthorized {
		return result, err
	}
	fresh, failure := r.reload(ctx, with)
	switch {
	case failure != nil && kind == fault.Unauthentic:
		return result, &fault.Error{
			Kind: fault.Unavailable, Class: fault.Auth, Code: "secret_unknown", Doing: "checking a signature again", Err: failure,
		}
	case failure != nil:
		r.log.ErrorContext(ctx, "fetching the secret after credentials were refused", "error", failure)
		return result, err
	case fresh == with:
		return result, err
	}
	return call(fresh.system)
}

// system returns the connector whose every call goes through the reloader.
func (r *reloader) system() connector.System {
	system := r.current.Load().system
	if _, partner := system.Source.(connector.Partner); partner {
		system.Source = partnerSource{source{r}}
	} else if system.Source != nil {
		system.Source = source{r}
	}
	if system.Target != nil {
		system.Target = target{r}
	}
	if system.Poller != nil {
		system.Poller = poller{r}
	}
	if system.Subscriber != nil {
		system.Subscriber = subscriber{r}
	}
	return system
}

type (
	source        struct{ *reloader }
	partnerSource struct{ source }
	target        struct{ *reloader }
	poller        struct{ *reloader }
	subscriber    struct{ *reloader }
)

var (
	_ connector.Source     = source{}
	_ connector.Partner    = partnerSource{}
	_ connector.Target     = target{}
	_ connector.Poller     = poller{}
	_ connector.Subscriber = subscriber{}
)

// Receive implements connector.Source.
func (s source) Receive(ctx context.Context, request connector.Request) (*message.Raw, error) {
	return retried(ctx, s.reloader, func(to connector.System) (*message.Raw, error) { return to.Source.Receive(ctx, request) })
}

// Translate implements connector.Source.
func (s source) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	return retried(ctx, s.reloader, func(to connector.System) (connector.Translation, error) { return to.Source.Translate(ctx, raw) })
}

// Adopt implements connector.Partner. No signature is checked there, so there is
// nothing that a new secret could change.
func (s partnerSource) Adopt(ctx context.Context, event []byte, at time.Time) (*message.Raw, error) {
	partner, ok := s.current.Load().system.Source.(connector.Partner)
	if !ok {
		return nil, fault.New(fault.Unknown, fault.Bug, "adopting a partner event", "the system opened again takes none")
	}
	return partner.Adopt(ctx, event, at)
}

// Deliver implements connector.Target. What was refused for its credentials had no
// effect, so trying it again is no second one.
func (t target) Deliver(ctx context.Context, delivery connector.Delivery) (connector.Receipt, error) {
	return retried(ctx, t.reloader, func(to connector.System) (connector.Receipt, error) { return to.Target.Deliver(ctx, delivery) })
}

// Find implements connector.Target.
func (t target) Find(ctx context.Context, key message.Key) (string, error) {
	return retried(ctx, t.reloader, func(to connector.System) (string, error) { return to.Target.Find(ctx, key) })
}

// Search implements connector.Searcher.
func (t target) Search(ctx context.Context, delivery connector.Delivery) (string, error) {
	return retried(ctx, t.reloader, func(to connector.System) (string, error) { return connector.SearchFor(ctx, to.Target, delivery) })
}

// Feeds implements connector.Poller.
func (p poller) Feeds() []connector.Feed { return p.current.Load().system.Poller.Feeds() }

// Changes implements connector.Poller.
func (p poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	return retried(ctx, p.reloader, func(to connector.System) (connector.Page, error) { return to.Poller.Changes(ctx, ask) })
}

// Fetch implements connector.Poller.
func (p poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	return retried(ctx, p.reloader, func(to connector.System) (*message.Raw, error) { return to.Poller.Fetch(ctx, feed, change) })
}

// Subscriptions implements connector.Subscriber.
func (s subscriber) Subscriptions(ctx context.Context) ([]connector.Subscription, error) {
	return retried(ctx, s.reloader, func(to connector.System) ([]connector.Subscription, error) { return to.Subscriber.Subscriptions(ctx) })
}

// Subscribe implements connector.Subscriber.
func (s subscriber) Subscribe(ctx context.Context, broken connector.Subscription) error {
	_, err := retried(ctx, s.reloader, func(to connector.System) (struct{}, error) { return struct{}{}, to.Subscriber.Subscribe(ctx, broken) })
	return err
}
