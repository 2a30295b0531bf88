package reconcile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/redact"
	"causeway.example/shared/retry"
)

// finding is one change as the system shows it now, compared with the targets.
type finding struct {
	change       connector.Change
	key          message.Key
	raw          *message.Raw // nil if the entity is gone
	states       []polled
	untranslated error // why there are no states: the inbox keeps the message with this reason
	missing      []polled
	inHand       bool
}

// polled is a state that a target may have to get.
type polled struct {
	entity.State
	key    message.Key
	target string // with finding.missing: the target that does not have it …
	err    error  // … as far as that could be read
}

func (s *sweep) key(change connector.Change) message.Key {
	return message.Key{System: s.config.System.Profile.Name, Tenant: s.feed.Tenant, Type: s.feed.Entity, ID: change.ID}
}

// read fetches the changed entity and translates it as the inbox would. An entity that
// cannot be translated is no error, unless the failure passes by itself.
func (s *sweep) read(ctx context.Context, change connector.Change) (*finding, error) {
	f := &finding{change: change, key: s.key(change)}
	if change.Err != nil {
		return f, change.Err
	}
	err := s.patiently(ctx, func() (err error) {
		f.raw, err = s.config.System.Poller.Fetch(ctx, s.feed, change)
		return err
	})
	if err != nil || f.raw == nil {
		return f, err
	}
	f.raw.System, f.raw.ID = f.key.System, rawID(f.key.System, f.raw, change.At)
	f.untranslated = s.patiently(ctx, func() (err error) {
		f.states, err = s.translate(ctx, *f.raw)
		return err
	})
	if err := f.untranslated; err != nil && (ctx.Err() != nil || errors.Is(err, retry.ErrNoTime) || retry.DispositionOf(fault.As(err)) == retry.Retry) {
		return f, err
	}
	return f, nil
}

// rawID is the same for the same content of the same change polled again, and differs from
// the id of the delivery that should have reported it.
func rawID(system string, raw *message.Raw, changed time.Time) string {
	sum := sha256.Sum256(raw.Body)
	return message.DeriveID(system, raw.Tenant, raw.Topic, string(message.Poll), changed.UTC().Format(time.RFC3339Nano), hex.EncodeToString(sum[:]))
}

// translate returns the states of all events. It turns a panic into an error without
// details of the message, so that one entity does not end every run.
func (s *sweep) translate(ctx context.Context, raw message.Raw) (states []polled, err error) {
	defer func() {
		if recover() != nil {
			err = fault.New(fault.Unknown, fault.Bug, "translating "+raw.ID, "the code panicked")
		}
	}()
	now := s.config.Now().UTC()
	raw.ReceivedAt = now
	translation, err := s.config.System.Source.Translate(ctx, &raw)
	if err != nil || translation.Skip != "" {
		return nil, err
	}
	for _, event := range translation.Events {
		state, err := entity.StateOf(event, true, now)
		if err != nil {
			return nil, err
		}
		states = append(states, polled{State: state, key: event.Entity})
	}
	return states, nil
}

// compare compares each state with what the targets of its event type confirmed. A record
// that cannot be read counts as missing. The states of the changed entity itself are the
// first of those that are missing: an operator reads about the first.
func (s *sweep) compare(ctx context.Context, f *finding) {
	for _, each := range f.states {
		for _, target := range s.targets[each.Type] {
			found, err := entity.Compare(ctx, s.config.State, target, each.key, each.State, s.config.Now())
			switch {
			case err != nil || found == entity.Missing:
				each.target, each.err = target, err
				f.missing = append(f.missing, each)
			case found == entity.InHand:
				f.inHand = true
			}
		}
	}
	slices.SortStableFunc(f.missing, func(a, b polled) int { return f.order(a) - f.order(b) })
}

func (f *finding) order(each polled) int {
	if each.key == f.key {
		return 0
	}
	return 1
}

// handOn puts the change in the inbox and reports it in the ledger. The ledger is read
// before, because Translate may publish the message at once.
func (s *sweep) handOn(ctx context.Context, f *finding) error {
	e := s.config.Entry(f.key.System+"-poll", port.Reconciled)
	e.Entity, e.Trace, e.Event = f.key, f.raw.ID, f.raw.ID
	if e.Type, e.Outcome = s.explain(ctx, f); s.previews() {
		s.report.Unconfirmed++
		return nil
	}
	for _, each := range f.missing {
		if each.key == f.key {
			e.Version, e.Hashes.Canonical = each.Version, each.Hash
		}
	}
	now := s.config.Now()
	if f.change.At.Before(now.Add(-s.config.Plan.Live)) {
		f.raw.Lane = message.Backfill
	}
	if err := s.receiver.Accept(ctx, f.raw, now); err != nil {
		return err
	}
	if e.Type == port.TypeGap {
		s.report.Gaps++
	} else {
		s.report.Unconfirmed++
	}
	s.record(ctx, e)
	return nil
}

// explain returns the type and the text of the ledger entry about a change that is handed
// on. It is a gap if no delivery reported one of the missing states. Otherwise the targets
// are late, as in an outage, which needs no alarm of its own. A change that no webhook reports is
// found in this way alone.
func (s *sweep) explain(ctx context.Context, f *finding) (kind, text string) {
	if s.span != nil {
		return port.TypeUnconfirmed, s.backfilled(f)
	}
	text = named(f.key, f.change) + ": "
	if f.untranslated != nil {
		return port.TypeUnconfirmed, text + "cannot be translated: " + redact.Emails(f.untranslated.Error()) + "; handed on to the inbox, which keeps it with its reason"
	}
	if s.feed.Unannounced {
		targets := make([]string, len(f.missing))
		for i, each := range f.missing {
			targets[i] = each.target
		}
		return port.TypeUnconfirmed, text + "polled, and new to " + strings.Join(targets, ", ") + "; handed on"
	}
	var late []string
	var unknown error
	for _, each := range f.missing {
		reported, err := s.reported(ctx, each)
		if !reported && err == nil {
			return port.TypeGap, "gap found: " + text + "no delivery reported " + f.words(each, "change") + "; handed on"
		}
		unknown = errors.Join(unknown, err)
		word := each.target + " has not confirmed " + f.words(each, "state")
		if each.err != nil {
			word = "it cannot be read whether " + each.target + " has confirmed " + f.words(each, "state")
		}
		late = append(late, word)
	}
	text += strings.Join(late, ", ")
	if unknown != nil {
		return port.TypeUnconfirmed, text + "; it is unknown whether a delivery reported it, because the ledger cannot be read; handed on"
	}
	return port.TypeUnconfirmed, text + "; handed on again"
}

// words name a state of the changed entity, or of one that was translated with it.
func (f *finding) words(each polled, what string) string {
	if each.key == f.key {
		return "this " + what
	}
	return each.Type + " " + each.key.ID
}

func named(key message.Key, change connector.Change) string {
	text := key.Type + " " + key.ID
	if change.Name != "" && change.Name != key.ID {
		text += " (" + change.Name + ")"
	}
	return text + ", changed " + change.At.UTC().Format(time.RFC3339)
}

const (
	// newest is how many of an entity's published events are searched for a state.
	newest = 20
	// ledgerWithin is how long the ledger may take: a run must not end because it hangs.
	ledgerWithin = 5 * time.Second
)

// reported reports whether the state, or a newer one, is among those published last. A
// fact counts as reported in any version.
func (s *sweep) reported(ctx context.Context, each polled) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, ledgerWithin)
	defer cancel()
	entries, err := s.config.Ledger.Find(ctx, port.Query{Entity: each.key, Stage: port.Published, Limit: newest, Newest: true})
	return slices.ContainsFunc(entries, func(e port.Entry) bool {
		if each.Once {
			return e.Type == each.Type
		}
		return e.Hashes.Canonical == each.Hash || e.Version > each.Version
	}), err
}

// record writes a ledger entry. A failure is an error of the run, but does not end it.
func (s *sweep) record(ctx context.Context, e port.Entry) {
	if s.previews() {
		return
	}
	if err := s.append(ctx, e); err != nil {
		s.config.Log.ErrorContext(ctx, "writing the ledger", append(s.labels(), "outcome", e.Outcome, "error", err)...)
		s.unwritten = cmp.Or(s.unwritten, err)
	}
}

func (r *round) append(ctx context.Context, e port.Entry) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ledgerWithin)
	defer cancel()
	if err := r.config.Ledger.Append(ctx, e); err != nil {
		return port.Unavailable("writing the ledger", err)
	}
	return nil
}
