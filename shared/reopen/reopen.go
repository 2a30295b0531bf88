package reopen

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/valuemap"
)

// Config is a system and what it is opened with.
type Config struct {
	Open     valuemap.Opener
	Profile  connector.Profile
	Deps     connector.Deps
	Settings map[string]string // without those that Secret returns and without imported entries
	// Secret returns the settings of the system's secret at this moment; nil if it has none.
	Secret func(ctx context.Context) (map[string]string, error)
	State  port.State // with the imported map entries; nil: none are used
	Log    *slog.Logger
	Hide   func(secrets ...string) // keeps them out of the log; nil for nothing
}

// Reopener keeps a system open. It is safe for concurrent use.
type Reopener struct {
	config Config

	current atomic.Pointer[valuemap.Opened]
	mu      sync.Mutex        // held while the system is opened again
	secret  map[string]string // guarded by mu: that the system is open with
	entries valuemap.Entries  // guarded by mu: that were stored when the system was opened
	edition int64             // guarded by mu: revision of their record at its last read
	secrets look              // guarded by mu: at the secret, after a rejection
	maps    look              // guarded by mu: at the entries
	read    atomic.Int64      // when the entries were read last, in nanoseconds since 1970
}

// look is the last read of what a system is opened with.
type look struct {
	at      time.Time
	failure error
}

// Pause is the least time between two reads of the secret after rejected credentials; of the entries
// after a missing one it is valuemap.Pause. Stale is the age of entries from which the next call
// reads them.
const (
	Pause = time.Minute
	Stale = 5 * time.Minute
)

// Open opens the system.
func Open(ctx context.Context, c Config) (*Reopener, error) {
	r := &Reopener{config: c}
	if len(c.Profile.Maps()) == 0 {
		r.config.State = nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	read := make(chan stored, 1)
	if r.config.State != nil {
		r.looked()
		go func() { read <- r.load(ctx) }()
	}
	secret := map[string]string{}
	var err error
	if c.Secret != nil {
		if secret, err = c.Secret(ctx); err != nil {
			return nil, err
		}
	}
	// Most systems have no imported entries, so that this is done when it is known.
	_, err = r.openWith(ctx, secret, valuemap.Entries{})
	if r.config.State == nil {
		return r, err
	}
	at := <-read
	if at.err != nil {
		return nil, at.err
	}
	if r.edition = at.revision; len(at.entries) > 0 {
		_, err = r.openWith(ctx, secret, at.entries)
	}
	return r, err
}

// stored is the entries at a moment, with the revision of their record.
type stored struct {
	entries  valuemap.Entries
	revision int64
	err      error
}

func (r *Reopener) load(ctx context.Context) (s stored) {
	s.entries, s.revision, s.err = valuemap.Load(ctx, r.config.State, r.config.Profile.Name)
	return s
}

// Opened returns the system as it is open at this moment.
func (r *Reopener) Opened() valuemap.Opened { return *r.current.Load() }

// looked notes that the entries are read now.
func (r *Reopener) looked() {
	r.maps = look{at: r.config.Deps.Now()}
	r.read.Store(r.maps.at.UnixNano())
}

func (r *Reopener) openWith(ctx context.Context, secret map[string]string, entries valuemap.Entries) (*valuemap.Opened, error) {
	settings := map[string]string{}
	maps.Copy(settings, r.config.Settings)
	maps.Copy(settings, secret)
	r.hide(settings, secret)
	next, err := valuemap.Open(r.config.Open, r.config.Profile, settings, r.config.Deps, entries)
	if err != nil {
		return nil, err
	}
	for _, left := range next.Left {
		r.config.Log.ErrorContext(ctx, "opening the system without imported map entries", "system", r.config.Profile.Name, "setting", left.Setting, "reason", left.Why, "next", "causeway doctor")
	}
	r.secret, r.entries = secret, entries
	r.current.Store(&next)
	return &next, nil
}

// hide keeps the secrets out of the log: those of the secret, and those that are plain settings
// where there is no Secrets Manager.
func (r *Reopener) hide(settings, secret map[string]string) {
	if r.config.Hide == nil {
		return
	}
	values := make([]string, 0, len(secret))
	for key := range secret {
		values = append(values, settings[key])
	}
	for _, key := range r.config.Profile.Secrets {
		values = append(values, settings[key])
	}
	r.config.Hide(values...)
}

// again returns the system opened with what the look reads, and the revision of its entries: the one
// that failed if nothing has changed. A read within the pause after another one is left out.
func (r *Reopener) again(ctx context.Context, failed *valuemap.Opened, w wanted) (*valuemap.Opened, int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.current.Load(); now != failed {
		return now, r.edition, nil
	}
	if now := r.config.Deps.Now(); !w.at.IsZero() && now.Sub(w.at) < w.pause {
		return failed, r.edition, w.failure
	}
	w.at = r.config.Deps.Now()
	next, err := w.read(ctx)
	if w.failure = err; err != nil || next == nil {
		return failed, r.edition, err
	}
	return next, r.edition, nil
}

// wanted is what is read after a failure.
type wanted struct {
	*look
	pause   time.Duration // least time between two reads
	read    func(context.Context) (*valuemap.Opened, error)
	subject string
}

// readSecret reads the secret and opens the system with it if it has changed; nil if not.
func (r *Reopener) readSecret(ctx context.Context) (*valuemap.Opened, error) {
	if r.config.Secret == nil {
		return nil, nil
	}
	secret, err := r.config.Secret(ctx)
	if err != nil || maps.Equal(secret, r.secret) {
		return nil, err
	}
	r.config.Log.InfoContext(ctx, "opening the system with its new secret")
	return r.openWith(ctx, secret, r.entries)
}

// readMaps reads the entries and opens the system with them if they have changed; nil if not.
func (r *Reopener) readMaps(ctx context.Context) (*valuemap.Opened, error) {
	r.looked()
	entries, edition, err := valuemap.Load(ctx, r.config.State, r.config.Profile.Name)
	if err != nil {
		return nil, err
	}
	if r.edition = edition; entries.Equal(r.entries) {
		return nil, nil
	}
	r.config.Log.InfoContext(ctx, "opening the system with new map entries", "system", r.config.Profile.Name)
	return r.openWith(ctx, r.secret, entries)
}

// fresh returns the open system, with entries that are no older than Stale unless another
// call is reading them, or they cannot be read.
func (r *Reopener) fresh(ctx context.Context) *valuemap.Opened {
	age := func() time.Duration { return r.config.Deps.Now().Sub(time.Unix(0, r.read.Load())) }
	if r.config.State == nil || age() < Stale || !r.mu.TryLock() {
		return r.current.Load()
	}
	defer r.mu.Unlock()
	if age() >= Stale {
		if _, err := r.readMaps(ctx); err != nil {
			r.config.Log.WarnContext(ctx, "reading imported map entries; those from before are used", "system", r.config.Profile.Name, "error", err)
		}
	}
	return r.current.Load()
}

// retried calls the system, and once more if it failed for something that turns out to be
// another one by now: its credentials, or an entry of a map.
func retried[T any](ctx context.Context, r *Reopener, call func(connector.System) (T, error)) (T, error) {
	with := r.fresh(ctx)
	result, err := call(with.System)
	if err == nil {
		return result, nil
	}
	next, edition, err := r.after(ctx, with, err)
	if next == nil {
		return result, err
	}
	result, err = call(next.System)
	return result, r.advised(ctx, err, edition)
}

// after returns the system to call again after the failure, and the revision of its entries; nil with
// the failure's words if there is no other one.
func (r *Reopener) after(ctx context.Context, with *valuemap.Opened, err error) (*valuemap.Opened, int64, error) {
	kind := fault.KindOf(err)
	w := wanted{&r.secrets, Pause, r.readSecret, "the secret after credentials were refused"}
	switch {
	case r.mapOf(err) != "":
		if w = (wanted{&r.maps, valuemap.Pause, r.readMaps, "map entries after one was missing"}); r.config.State == nil {
			return nil, 0, err
		}
	case kind != fault.Unauthentic && kind != fault.Unauthorized:
		return nil, 0, err
	}
	next, edition, failure := r.again(ctx, with, w)
	switch {
	case failure != nil && kind == fault.Unauthentic:
		return nil, 0, &fault.Error{
			Kind: fault.Unavailable, Class: fault.Auth, Code: "secret_unknown", Doing: "checking a signature again", Err: failure,
		}
	case failure != nil:
		r.config.Log.ErrorContext(ctx, "reading "+w.subject, "error", failure)
		fallthrough
	case next == with:
		return nil, 0, r.advised(ctx, err, edition)
	}
	return next, edition, nil
}

// mapOf returns the map setting that the failure is about; "" if it is about none.
func (r *Reopener) mapOf(err error) string {
	f := fault.As(err)
	if f == nil || f.Kind != fault.Rejected || f.Class != fault.Config || !slices.Contains(r.config.Profile.Maps(), f.Field) {
		return ""
	}
	return f.Field
}

// advised completes a failure about a map setting: an entry can be imported. It notes what is missing
// from the entries of the revision, so that the message waits for it.
func (r *Reopener) advised(ctx context.Context, err error, edition int64) error {
	setting := r.mapOf(err)
	if setting == "" || r.config.State == nil {
		return err
	}
	if into := connector.ExchangeOf(ctx); into != nil {
		into.Missing = connector.MissingEntry{Setting: setting, Revision: edition}
	}
	f := *fault.As(err)
	if f.Detail != "" {
		f.Detail += "; "
	}
	f.Detail += valuemap.Remedy(r.config.Profile.Name, setting)
	return &f
}

// System returns the connector whose every delivery, translation, poll and look at subscriptions goes
// through the Reopener. Its other parts, such as Checker and Auditor, are those of this moment.
func (r *Reopener) System() connector.System {
	system := r.current.Load().System
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
	source        struct{ *Reopener }
	partnerSource struct{ source }
	target        struct{ *Reopener }
	poller        struct{ *Reopener }
	subscriber    struct{ *Reopener }
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
	return retried(ctx, s.Reopener, func(to connector.System) (*message.Raw, error) { return to.Source.Receive(ctx, request) })
}

// Translate implements connector.Source.
func (s source) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	return retried(ctx, s.Reopener, func(to connector.System) (connector.Translation, error) { return to.Source.Translate(ctx, raw) })
}

// Adopt implements connector.Partner. No signature is checked there, so there is
// nothing that a new secret could change.
func (s partnerSource) Adopt(ctx context.Context, event []byte, at time.Time) (*message.Raw, error) {
	partner, ok := s.current.Load().System.Source.(connector.Partner)
	if !ok {
		return nil, fault.New(fault.Unknown, fault.Bug, "adopting a partner event", "the system opened again takes none")
	}
	return partner.Adopt(ctx, event, at)
}

// Deliver implements connector.Target. What was refused for its credentials had no
// effect, so trying it again is no second one.
func (t target) Deliver(ctx context.Context, delivery connector.Delivery) (connector.Receipt, error) {
	return retried(ctx, t.Reopener, func(to connector.System) (connector.Receipt, error) { return to.Target.Deliver(ctx, delivery) })
}

// Find implements connector.Target.
func (t target) Find(ctx context.Context, key message.Key) (string, error) {
	return retried(ctx, t.Reopener, func(to connector.System) (string, error) { return to.Target.Find(ctx, key) })
}

// Search implements connector.Searcher.
func (t target) Search(ctx context.Context, delivery connector.Delivery) (string, error) {
	return retried(ctx, t.Reopener, func(to connector.System) (string, error) { return connector.SearchFor(ctx, to.Target, delivery) })
}

// Feeds implements connector.Poller.
func (p poller) Feeds() []connector.Feed { return p.current.Load().System.Poller.Feeds() }

// Changes implements connector.Poller.
func (p poller) Changes(ctx context.Context, ask connector.Ask) (connector.Page, error) {
	return retried(ctx, p.Reopener, func(to connector.System) (connector.Page, error) { return to.Poller.Changes(ctx, ask) })
}

// Fetch implements connector.Poller.
func (p poller) Fetch(ctx context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	return retried(ctx, p.Reopener, func(to connector.System) (*message.Raw, error) { return to.Poller.Fetch(ctx, feed, change) })
}

// Subscriptions implements connector.Subscriber.
func (s subscriber) Subscriptions(ctx context.Context) ([]connector.Subscription, error) {
	return retried(ctx, s.Reopener, func(to connector.System) ([]connector.Subscription, error) { return to.Subscriber.Subscriptions(ctx) })
}

// Subscribe implements connector.Subscriber.
func (s subscriber) Subscribe(ctx context.Context, broken connector.Subscription) error {
	_, err := retried(ctx, s.Reopener, func(to connector.System) (struct{}, error) { return struct{}{}, to.Subscriber.Subscribe(ctx, broken) })
	return err
}
