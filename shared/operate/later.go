package operate

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Later is an entity of another system that followed from the one that was traced, such as a parcel of
// an order, and where it is.
type Later struct {
	Entity  message.Key `json:"entity"`
	Verdict string      `json:"verdict"` // one clause per target, after those that have it
	Targets []Place     `json:"targets"`
}

const (
	mostLater  = 20  // entities that followed
	mostOfEach = 200 // entries of each, the newest
)

// later returns what other systems told of the entity, the oldest first. Their entries have its id
// as a search key; an order of another store with the same id is told apart by the routes, which
// keep its parcels from this store.
func (d *Desk) later(ctx context.Context, key message.Key) ([]Later, error) {
	search := port.SearchKey(port.KeyID, key.ID)
	if search == "" {
		return nil, nil
	}
	found, err := d.Ledger.Find(ctx, port.Query{Key: search, Newest: true, Limit: mostEntries})
	if err != nil {
		return nil, err
	}
	var all []Later
	seen := map[message.Key]bool{key: true}
	for _, e := range slices.Backward(found) {
		if elsewhere := e.Entity.System != key.System && e.Entity.Type != "" && e.Entity.Type != "delivery"; !elsewhere || seen[e.Entity] || len(all) == mostLater {
			continue
		}
		seen[e.Entity] = true
		l, err := d.whereIs(ctx, e.Entity)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(l.Targets, func(p Place) bool { return p.Target == key.System && p.Stage == port.Skipped }) {
			all = append(all, l)
		}
	}
	return all, nil
}

// whereIs returns where the entity is.
func (d *Desk) whereIs(ctx context.Context, key message.Key) (Later, error) {
	l := Later{Entity: key}
	entries, err := d.Ledger.Find(ctx, port.Query{Entity: key, Newest: true, Limit: mostOfEach})
	if err != nil {
		return l, err
	}
	slices.SortStableFunc(entries, func(a, b port.Entry) int { return cmp.Or(a.At.Compare(b.At), stageOrder(a)-stageOrder(b)) })
	l.Targets = places(entries)
	return l, d.settle(ctx, &l)
}

// settle puts into words where the entity is. Another store that it was kept from is not worth a word.
func (d *Desk) settle(ctx context.Context, l *Later) error {
	var has, clauses []string
	for i := range l.Targets {
		p := &l.Targets[i]
		if err := d.describe(ctx, p); err != nil {
			return err
		}
		switch p.Stage {
		case port.Skipped:
		case port.Confirmed, port.Superseded:
			has = append(has, p.Target)
		default:
			clauses = append(clauses, p.Words)
		}
	}
	if len(has) > 0 {
		clauses = append([]string{"is in " + strings.Join(has, ", ")}, clauses...)
	}
	l.Verdict = strings.Join(clauses, "; ")
	return nil
}
