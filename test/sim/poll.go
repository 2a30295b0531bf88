package sim

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
	"causeway.example/shared/routes"
)

// pollTries is how often a poll that failed or ended early is run again.
const pollTries = 40

// poll runs the shop's poller, and again a little later if it fails or does not come to the
// end, as the next round would.
func (w *world) poll(pause time.Duration) { w.pollAgain(pause, pollTries) }

func (w *world) pollAgain(pause time.Duration, tries int) {
	done := false
	w.spawn("poll", pause, func(p *process) {
		behind := false
		poller, err := reconcile.New(reconcile.Config{
			Runtime: w.runtime(p), System: w.shop(p), Routes: []routes.Route{route}, Retry: w.policy,
			Report: func(r reconcile.Report) {
				behind = behind || r.Behind
				w.note(p, "poll", fmt.Sprintf("%+v", r))
			},
			Wait: func(_ context.Context, pause time.Duration) error {
				p.sleep(pause)
				return nil
			},
		})
		if err != nil {
			panic(err) // the model sets all that it needs
		}
		if err = poller.Run(context.Background()); err != nil {
			w.note(p, "error", err.Error())
		}
		done = err == nil && !behind
	}, func(bool) {
		if !done && tries > 0 {
			w.pollAgain(w.between(time.Minute, 5*time.Minute), tries-1)
		}
	})
}

var _ connector.Poller = source{}

// Feeds implements connector.Poller.
func (s source) Feeds() []connector.Feed {
	return []connector.Feed{{Tenant: "brand", Topic: "customers", Entity: "customer"}, {Tenant: "brand", Topic: "orders", Entity: "order"}}
}

// Changes implements connector.Poller: each entity as the shop has it now, on one page.
func (s source) Changes(_ context.Context, ask connector.Ask) (connector.Page, error) {
	s.p.sleep(s.world.between(10*time.Millisecond, 100*time.Millisecond))
	var page connector.Page
	for _, f := range s.world.stock() {
		if f.Kind != ask.Feed.Entity || f.updated().Before(ask.Since) {
			continue
		}
		change := connector.Change{ID: f.ID, At: f.updated()}
		if s.world.unreadable[f.entity()] == "list" {
			change.Err = fault.New(fault.Invalid, fault.Schema, "reading "+f.entity(), "a field is missing")
		}
		page.Changes = append(page.Changes, change)
	}
	slices.SortStableFunc(page.Changes, func(a, b connector.Change) int { return a.At.Compare(b.At) })
	return page, nil
}

// Fetch implements connector.Poller.
func (s source) Fetch(_ context.Context, feed connector.Feed, change connector.Change) (*message.Raw, error) {
	s.p.sleep(s.world.between(10*time.Millisecond, 100*time.Millisecond))
	for _, f := range s.world.stock() {
		if f.Kind != feed.Entity || f.ID != change.ID {
			continue
		}
		if s.world.unreadable[f.entity()] != "" {
			return nil, fault.New(fault.Rejected, fault.Value, "fetching "+f.entity(), "the shop cannot show it")
		}
		body := newDelivery("", f).body
		return &message.Raw{Tenant: feed.Tenant, Topic: feed.Topic, Trigger: message.Poll, ContentType: "application/json", Body: body}, nil
	}
	return nil, nil
}

// stock returns the newest state of each entity in the shop, as a poll reads it.
func (w *world) stock() []fact {
	newest := map[string]fact{}
	for _, f := range w.happened {
		if f.since.After(w.now) || newest[f.entity()].Version > f.Version {
			continue
		}
		newest[f.entity()] = f
	}
	all := make([]fact, 0, len(newest))
	for _, f := range newest {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b fact) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
	return all
}

// unpolled begins the ids of customers that no poll shows.
const unpolled = "unpolled"

// happens notes a state that the shop has from the fact's time on. Things that happened once
// are not polled.
func (w *world) happens(f fact) {
	if f.once() || strings.HasPrefix(f.ID, unpolled) {
		return
	}
	if f.Also, f.NoHint = "", false; f.Kind == "order" {
		if f.Type = canonical.OrderChanged; f.Closed {
			f.Type = canonical.OrderCancelledEvent
		}
	}
	w.happened = append(w.happened, f)
}

// polled notes what a poll has put into the inbox, as a delivery that was accepted.
func (w *world) polled(batch []port.Outgoing) {
	for _, out := range batch {
		raw, err := message.DecodeRaw(out.Body)
		if err != nil {
			panic(err) // the poller wrote it
		}
		body, err := port.CheckOut(context.Background(), w.store, raw.Body, raw.Claim)
		if err != nil {
			panic(err) // it was stored just now
		}
		var f fact
		if err := json.Unmarshal(body, &f); err != nil {
			panic(err) // the shop wrote it
		}
		w.deliveries = append(w.deliveries, &delivery{id: "poll " + raw.ID[:6], rawID: raw.ID, fact: f, tries: 1, accepted: true})
	}
}
