package audit

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/redact"
	"causeway.example/shared/retry"
)

// explanation is why the target lacks an entity, as far as the ledger shows it.
type explanation struct {
	bucket    Bucket // "" if the ledger does not explain why the target lacks it
	reason    string
	confirmed bool // the target had confirmed it
}

func (c *comparison) key(id string) message.Key {
	return message.Key{System: c.pair.Book.System, Tenant: c.pair.Book.Tenant, Type: c.pair.Book.Type, ID: id}
}

// newest is how many of an entity's entries are searched for an explanation.
const newest = 50

// explanation reads the newest entries of the entity. The newest that decides counts: an entity
// may have been dead before it was confirmed. Of a message that was superseded, or skipped as a
// duplicate, the entries that show it in flight decide nothing.
func (c *comparison) explanation(ctx context.Context, id string) (explanation, error) {
	entries, err := c.config.Ledger.Find(ctx, port.Query{Entity: c.key(id), Limit: newest, Newest: true})
	if err != nil {
		return explanation{}, port.Unavailable("reading the ledger", err)
	}
	repeats := map[string]bool{} // by event
	for _, e := range entries {
		if e.Route != "" && e.Route != c.pair.Route {
			continue
		}
		if e.Stage == port.Superseded || strings.Contains(e.Outcome, port.OutcomeDuplicate) {
			repeats[e.Event] = true
			continue
		}
		if repeats[e.Event] && !e.Stage.Ends() {
			continue
		}
		if x, decides := c.decided(e); decides {
			return x, nil
		}
	}
	return explanation{reason: "no message in the ledger"}, nil
}

func (c *comparison) decided(e port.Entry) (explanation, bool) {
	switch e.Stage {
	case port.Dead, port.Parked:
		text := string(e.Stage)
		if e.Error != nil {
			text += ": " + e.Error.Message
		}
		return explanation{bucket: Dead, reason: text}, true
	case port.Skipped:
		return explanation{bucket: Skipped, reason: e.Outcome}, true
	case port.Confirmed:
		return explanation{reason: c.target.name() + " confirmed it at " + e.At.UTC().Format(time.RFC3339), confirmed: true}, true
	case port.Received, port.Translated, port.Published, port.Queued, port.Sent, port.Deferred:
		if c.config.Now().Sub(e.At) < c.config.Plan.Patience {
			return explanation{bucket: Waiting, reason: "in flight, " + string(e.Stage)}, true
		}
		return explanation{reason: "its message was last seen " + string(e.Stage) + " at " + e.At.UTC().Format(time.RFC3339) + " and did not end"}, true
	}
	return explanation{}, false
}

// settle classifies records that one side alone has: first by the ledger, then by the other
// side's records of other days.
func (p *pass) settle(ctx context.Context) error {
	var lacking []string
	unexplained := map[string]explanation{}
	for id, h := range p.held {
		if len(h.found) > 0 {
			continue
		}
		x, err := p.explanation(ctx, id)
		if err != nil {
			return err
		}
		if x.bucket != "" {
			p.own.explain(x.bucket, x.reason, id, one(h.record))
			continue
		}
		unexplained[id] = x
		lacking = append(lacking, id)
	}
	slices.Sort(lacking)
	found, err := p.target.lookup(ctx, lacking)
	if err != nil {
		return err
	}
	for _, id := range lacking {
		if err := p.lack(ctx, &p.held[id].record, found, unexplained[id]); err != nil {
			return err
		}
	}
	return p.settleStrays(ctx)
}

// lack handles a record that the target does not have on this day.
func (p *pass) lack(ctx context.Context, r *connector.Record, found map[string]connector.Record, x explanation) error {
	elsewhere, there := found[r.ID]
	switch {
	case there && p.inside(elsewhere.At): // it came while the lists were read
		p.own.Target = p.own.Target.Plus(one(elsewhere))
		return p.differ(ctx, r, &elsewhere)
	case there:
		p.gap(Gap{Kind: Moved, Text: p.target.name() + " has it on " + p.date(elsewhere.At)}, r, &elsewhere, one(*r))
	default:
		text := "missing at " + p.target.name() + "; " + x.reason
		p.gap(Gap{Kind: Missing, Text: text, Confirmed: x.confirmed}, r, nil, one(*r))
	}
	return nil
}

func (p *pass) date(at time.Time) string { return at.In(p.zoneOf(p.pair)).Format(dateLayout) }

// settleStrays classifies records that the target alone has on this day.
func (p *pass) settleStrays(ctx context.Context) error {
	ids := make([]string, 0, len(p.strays))
	for _, r := range p.strays {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	found, err := p.source.lookup(ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	for i := range p.strays {
		if err := p.stray(ctx, &p.strays[i], found); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) stray(ctx context.Context, r *connector.Record, found map[string]connector.Record) error {
	p.own.Target = p.own.Target.Plus(one(*r))
	origin, there := found[r.ID]
	missing := Sum{}.Minus(one(*r))
	switch {
	case there && p.inside(origin.At): // it was placed while the lists were read
		p.own.Source = p.own.Source.Plus(one(origin))
		return p.differ(ctx, &origin, r)
	case there:
		p.gap(Gap{Kind: Moved, Text: p.source.name() + " has it on " + p.date(origin.At)}, &origin, r, missing)
	case r.State == connector.Withdrawn:
		p.own.explain(Skipped, "deleted at "+p.source.name()+" after it was written; closed at "+p.target.name(), r.ID, missing)
	default:
		p.gap(Gap{Kind: Unexpected, Text: "only at " + p.target.name() + ": " + p.source.name() + " does not have it"}, nil, r, missing)
	}
	return nil
}

// differ compares the amounts of two records of one entity. The source's is read again if they
// differ, because its list may show an amount that is not owed.
func (p *pass) differ(ctx context.Context, source, target *connector.Record) error {
	if source.Err != nil || target.Err != nil {
		text := "the record of " + p.source.name() + " cannot be read"
		err := source.Err
		if err == nil {
			text, err = "the record of "+p.target.name()+" cannot be read", target.Err
		}
		p.gap(Gap{Kind: Unreadable, Text: text + ": " + redact.Emails(err.Error())}, source, target, one(*source).Minus(one(*target)))
		return nil
	}
	if source.Amount == target.Amount {
		return nil
	}
	body, err := p.whole(ctx, source)
	if err != nil {
		return err
	}
	if source.Amount == target.Amount {
		return nil
	}
	effect := one(*source).Minus(one(*target))
	x, err := p.explanation(ctx, source.ID)
	if err != nil {
		return err
	}
	if x.bucket != "" {
		p.own.explain(x.bucket, x.reason, source.ID, effect)
		return nil
	}
	g := Gap{Kind: Amount, Text: p.target.name() + " has " + target.Amount.String() + ", " + p.source.name() + " " + source.Amount.String() + "; " + x.reason}
	if source.Amount.Currency != target.Amount.Currency {
		g.Kind = Currency
	} else {
		g.Parts, err = p.itemize(ctx, target, body)
	}
	p.gap(g, source, target, effect)
	return err
}

// whole fetches and translates the entity, and corrects the record's amount by it. It returns
// nil if that is not possible, or was done Plan.Checked times.
func (p *pass) whole(ctx context.Context, r *connector.Record) (any, error) {
	if p.checked >= p.config.Plan.Checked {
		return nil, nil
	}
	p.checked++
	raw, err := p.fetch(ctx, &p.source, r.ID, r.Within, r.UpdatedAt)
	if err != nil || raw == nil {
		return nil, passing(ctx, err)
	}
	raw.ReceivedAt = p.config.Now().UTC()
	var made connector.Translation
	err = p.source.call(ctx, func() (err error) {
		made, err = p.source.system.Source.Translate(ctx, raw)
		return err
	})
	if err != nil {
		return nil, passing(ctx, err)
	}
	for _, event := range made.Events {
		if event.Entity != p.key(r.ID) {
			continue
		}
		if amount, ok := amountOf(event.Body); ok {
			p.own.Source = p.own.Source.Minus(one(*r))
			r.Amount = amount
			p.own.Source = p.own.Source.Plus(one(*r))
			return event.Body, nil
		}
	}
	return nil, nil
}

// passing returns the error only if it ends the run. A record that cannot be fetched or
// translated is compared by its list, and does not stop the others.
func passing(ctx context.Context, err error) error {
	if errors.Is(err, retry.ErrNoTime) {
		return err
	}
	return ctx.Err()
}

func amountOf(body any) (canonical.Money, bool) {
	switch body := body.(type) {
	case *canonical.Order:
		return body.Total, true
	case *canonical.Payment:
		return body.Amount, true
	}
	return canonical.Money{}, false
}

// itemize returns the parts that differ, none if the target cannot compare them.
func (p *pass) itemize(ctx context.Context, target *connector.Record, body any) ([]Part, error) {
	itemizer, ok := p.target.system.Auditor.(connector.Itemizer)
	if !ok || body == nil {
		return nil, nil
	}
	var all []connector.Part
	err := p.target.call(ctx, func() (err error) {
		all, err = itemizer.Itemize(ctx, *target, body)
		return err
	})
	if err != nil {
		return nil, passing(ctx, err)
	}
	var differing []Part
	for _, part := range all {
		if part.Want != part.Found && len(differing) < mostParts {
			differing = append(differing, Part{part.Name, part.Want, part.Found})
		}
	}
	return differing, nil
}

const mostParts = 20

func plural(n int, word string) string {
	if n == 1 || n == -1 {
		return strconv.Itoa(n) + " " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
