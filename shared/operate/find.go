package operate

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Candidate is an entity that a search found.
type Candidate struct {
	Entity  message.Key `json:"entity"`
	Name    string      `json:"name,omitempty"`
	Matched string      `json:"matched"` // the kind of key that matched: "number", "sku", "event", …
	Last    time.Time   `json:"last"`    // time of its newest entry that the search read
	trace   string
}

// Title names the candidate for a person.
func (c Candidate) Title() string { return Title(c.Entity, c.Name) }

const (
	mostHits       = 60 // entries that a search by one key reads
	mostCandidates = 20
)

// Find returns the entities that a text can mean, the most recent first: an entity's key, or
// "type/id"; an order's number ("#1001" or "1001"); the store's id; the target's id; a SKU;
// a tracking number; an e-mail address; the sender's id of a webhook; an event id or trace
// id; the fingerprint of a failure. Several candidates mean that the text is ambiguous.
func (d *Desk) Find(ctx context.Context, text string) ([]Candidate, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	kind, value := "", text
	if key, err := message.ParseKey(text); err == nil {
		return d.byKey(ctx, key)
	}
	if before, after, ok := strings.Cut(text, "/"); ok && !strings.Contains(after, "/") {
		kind, value = before, after
	}
	f := finder{desk: d, kind: kind, byEntity: map[message.Key]*Candidate{}}
	if err := f.search(ctx, value); err != nil {
		return nil, err
	}
	return f.candidates(value), nil
}

func (d *Desk) byKey(ctx context.Context, key message.Key) ([]Candidate, error) {
	entries, err := d.Ledger.Find(ctx, port.Query{Entity: key, Newest: true, Limit: mostHits})
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	c := Candidate{Entity: key, Matched: "key", Last: entries[0].At}
	for _, e := range entries {
		c.Name = cmp.Or(c.Name, numberOf(e.Keys))
	}
	return []Candidate{c}, nil
}

// finder gathers what a search finds.
type finder struct {
	desk     *Desk
	kind     string // of the entity, if the text names one
	byEntity map[message.Key]*Candidate
}

// search is one query of a search, and the kind of key that it looks for.
type search struct {
	kind  string
	query port.Query
}

// searches returns the queries that find what the text can mean.
func (f *finder) searches(ctx context.Context, value string) (all []search, err error) {
	if strings.Contains(value, "@") {
		keys, err := port.AddressKeys(ctx, f.desk.Ledger, value)
		for _, key := range keys {
			all = append(all, search{port.KeyEmail, port.Query{Key: key}})
		}
		return all, err
	}
	for _, kind := range port.KeyKinds() {
		if key := port.SearchKey(kind, value); key != "" {
			all = append(all, search{kind, port.Query{Key: key}})
		}
	}
	return append(all, search{"event", port.Query{Event: value}}, search{"trace", port.Query{Trace: value}}), nil
}

func (f *finder) search(ctx context.Context, value string) error {
	searches, err := f.searches(ctx, value)
	if err != nil {
		return err
	}
	for _, s := range searches {
		s.query.Newest, s.query.Limit = true, mostHits
		entries, err := f.desk.Ledger.Find(ctx, s.query)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := f.add(ctx, s.kind, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// add takes an entry that was found. An entry about a delivery yields the entities that were
// published of the delivery, or the delivery itself if there are none.
func (f *finder) add(ctx context.Context, kind string, e port.Entry) error {
	if e.Entity.Type != "" && e.Entity.Type != "delivery" {
		f.take(kind, e)
		return nil
	}
	if c := f.byEntity[deliveryKey(e)]; c != nil {
		return nil
	}
	entries, err := f.desk.Ledger.Find(ctx, port.Query{Trace: e.Trace, Limit: mostHits})
	if err != nil {
		return err
	}
	became := false
	for _, of := range entries {
		if of.Entity.Type != "" && of.Entity.Type != "delivery" && of.Stage == port.Published {
			became = true
			f.take(kind, of)
		}
	}
	if !became {
		e.Entity = deliveryKey(e)
		f.take(kind, e)
	}
	return nil
}

func deliveryKey(e port.Entry) message.Key {
	return message.Key{System: e.Entity.System, Tenant: e.Entity.Tenant, Type: "delivery", ID: e.Event}
}

func (f *finder) take(kind string, e port.Entry) {
	if f.kind != "" && f.kind != e.Entity.Type {
		return
	}
	c := f.byEntity[e.Entity]
	if c == nil {
		c = &Candidate{Entity: e.Entity, Matched: kind, trace: e.Trace}
		f.byEntity[e.Entity] = c
	}
	c.Name = cmp.Or(c.Name, numberOf(e.Keys))
	if e.At.After(c.Last) {
		c.Last = e.At
	}
}

// candidates returns the closest matches: entities with that id or number before entities
// that refer to them, and an order before its payments.
func (f *finder) candidates(value string) []Candidate {
	var all []Candidate
	for _, c := range f.byEntity {
		all = append(all, *c)
	}
	if orders := keep(all, func(c Candidate) bool {
		return c.Entity.Type == "order" && (c.Matched == port.KeyNumber || c.Matched == port.KeyID && c.Entity.ID == value || c.Matched == port.KeyRef)
	}); len(orders) > 0 {
		all = keep(all, func(c Candidate) bool {
			return c.Entity.Type == "order" || c.Entity.ID == value || !slices.ContainsFunc(orders, func(o Candidate) bool { return o.Entity.Tenant == c.Entity.Tenant })
		})
	}
	if exact := keep(all, func(c Candidate) bool {
		return c.Matched == port.KeyNumber || c.Entity.ID == value || c.Matched == port.KeyRef
	}); len(exact) > 0 {
		all = exact
	}
	if entities := keep(all, func(c Candidate) bool { return c.Entity.Type != "delivery" }); len(entities) > 0 {
		all = entities
	}
	slices.SortFunc(all, func(a, b Candidate) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Entity.String(), b.Entity.String()))
	})
	return all[:min(len(all), mostCandidates)]
}

func keep(all []Candidate, wanted func(Candidate) bool) (kept []Candidate) {
	for _, c := range all {
		if wanted(c) {
			kept = append(kept, c)
		}
	}
	return kept
}
