package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Day is the stored result of one business day of a pair.
type Day struct {
	Pair Pair           `json:"pair"`
	Date string         `json:"date"` // "2026-11-28"
	Span connector.Span `json:"span"`
	Read time.Time      `json:"read,omitzero"` // when it was audited last; zero if it never was
	// Build is the version of Causeway that audited it.
	Build string `json:"build,omitempty"`
	Result
	Closed *Closing `json:"closed,omitempty"`
}

// Open counts the gaps that are not accepted, those without a name too.
func (d Day) Open() int {
	n := d.Unnamed
	for _, gap := range d.Gaps {
		if gap.Accepted == nil {
			n++
		}
	}
	return n
}

// Closing freezes a day. Evidence is the SHA-256 of the day's JSON without the closing: the
// totals of both systems, the reasons and the gaps.
type Closing struct {
	Decision
	Evidence string `json:"evidence"`
}

// stored is a day with what its record in the State needs.
type stored struct {
	Day
	key      string
	revision int64
	known    map[string]*Decision // gaps of the result before, and whether they are accepted
}

func (a *Auditor) load(ctx context.Context, pair Pair, date string) (*stored, error) {
	if err := a.check(pair); err != nil {
		return nil, err
	}
	span, err := dayOf(date, a.zoneOf(pair))
	if err != nil {
		return nil, err
	}
	book := pair.Book
	key := message.Key{System: book.System, Tenant: book.Tenant, Type: book.Type, ID: date}
	day := &stored{Day: Day{Pair: pair, Date: date, Span: span}, key: "audit|" + pair.Target + "|" + key.String(), known: map[string]*Decision{}}
	item, err := a.config.State.Get(ctx, day.key)
	if err == nil && len(item.Value) > 0 {
		err = json.Unmarshal(item.Value, &day.Day)
	}
	if err != nil {
		return nil, port.Unavailable("reading the audit of "+date, err)
	}
	day.revision = item.Revision
	for _, gap := range day.Gaps {
		day.known[gap.ID] = gap.Accepted
	}
	return day, nil
}

// store stores the day. It fails if the day was stored since it was loaded: that result stays.
func (a *Auditor) store(ctx context.Context, day *stored) error {
	value, err := json.Marshal(day.Day)
	if err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	revision, err := a.config.State.Put(bounded, port.Item{Key: day.key, Value: value, Revision: day.revision})
	if err != nil {
		return port.Unavailable("storing the audit of "+day.Date, err)
	}
	day.revision = revision
	return nil
}

// take replaces the result. Gaps that were accepted stay so while they are the same.
func (d *stored) take(result Result, now time.Time, build string) {
	for i := range result.Gaps {
		result.Gaps[i].Accepted = d.known[result.Gaps[i].ID]
	}
	d.Result, d.Read, d.Build = result, now, build
}

// gapID is the same for the same difference. A gap whose amounts change is another one.
func gapID(pair Pair, g Gap) string {
	text := func(m *canonical.Money) string {
		if m == nil {
			return ""
		}
		return m.String()
	}
	return message.DeriveID("audit", pair.Target, pair.Book.System, pair.Book.Tenant, pair.Book.Type, string(g.Kind), g.Entity, g.Ref, text(g.Source), text(g.Target))
}

// report writes the gaps to the ledger that the day did not have before. The target's half of
// a moved record is left to the day on which the source has it.
func (a *Auditor) report(ctx context.Context, day *stored) error {
	var entries []port.Entry
	for _, gap := range day.Gaps {
		if _, known := day.known[gap.ID]; known || gap.Kind == Moved && gap.Effect.Count < 0 {
			continue
		}
		book := day.Pair.Book
		e := a.config.Entry(book.System+"-audit", port.Reconciled)
		e.ID = message.DeriveID("audit", day.Date, gap.ID)
		e.Entity = message.Key{System: book.System, Tenant: book.Tenant, Type: book.Type, ID: gap.Entity}
		e.Event, e.Trace, e.Type, e.Route, e.TargetRef = gap.ID, gap.ID, port.TypeGap, day.Pair.Route, gap.Ref
		e.Outcome = "audit of " + day.Date + ": " + book.Type + " " + gap.Entity
		if gap.Name != "" && gap.Name != gap.Entity {
			e.Outcome += " (" + gap.Name + ")"
		}
		e.Outcome += ": " + gap.Text
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return nil
	}
	if err := a.config.Ledger.Append(ctx, entries...); err != nil {
		return port.Unavailable("writing the ledger", err)
	}
	return nil
}

// Load returns the stored result of the day; Read is zero if it was never audited.
func (a *Auditor) Load(ctx context.Context, pair Pair, date string) (Day, error) {
	day, err := a.load(ctx, pair, date)
	if err != nil {
		return Day{}, err
	}
	return day.Day, nil
}

// Close audits the day record by record, because differences can cancel out in the totals, and
// freezes its result with the evidence. A day that is not over cannot be closed, and one with
// a gap that is not accepted needs a note.
func (a *Auditor) Close(ctx context.Context, pair Pair, date string, by, note string) (Day, error) {
	return a.decide(ctx, pair, date, by, func(day *stored) error {
		if a.config.Now().Before(day.Span.To) {
			return refused(date, "is not over")
		}
		if err := a.audit(ctx, day, depth{a.config.Now().Add(a.config.Plan.Time), true}); err != nil {
			return err
		}
		open := slices.ContainsFunc(day.Gaps, func(g Gap) bool { return g.Accepted == nil }) || day.Unnamed > 0
		if open && note == "" {
			return refused(date, "has unexplained gaps; say in a note why it is closed with them")
		}
		evidence, err := json.Marshal(day.Day)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(evidence)
		day.Closed = &Closing{Decision{a.config.Now().UTC(), by, note}, hex.EncodeToString(sum[:])}
		return nil
	})
}

// Accept marks a gap of the day as accepted. It stays in the balance.
func (a *Auditor) Accept(ctx context.Context, pair Pair, date, gap, by, note string) (Day, error) {
	return a.decide(ctx, pair, date, by, func(day *stored) error {
		i := slices.IndexFunc(day.Gaps, func(g Gap) bool { return g.ID == gap })
		switch {
		case i < 0:
			return refused(date, "has no gap "+gap)
		case note == "":
			return refused(date, "say in a note why the gap is accepted")
		}
		day.Gaps[i].Accepted = &Decision{a.config.Now().UTC(), by, note}
		return nil
	})
}

func (a *Auditor) decide(ctx context.Context, pair Pair, date, by string, change func(*stored) error) (Day, error) {
	day, err := a.load(ctx, pair, date)
	switch {
	case err != nil:
		return Day{}, err
	case day.Closed != nil:
		return day.Day, refused(date, "is closed since "+day.Closed.At.Format(time.RFC3339)+" by "+day.Closed.By)
	case by == "":
		return day.Day, refused(date, "the name of the person who decides is missing")
	}
	if err := change(day); err != nil {
		return Day{}, err
	}
	if err := a.store(ctx, day); err != nil {
		return Day{}, err
	}
	return day.Day, nil
}

func refused(date, rule string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Field: "date", Doing: "deciding about the audit of " + date, Detail: rule}
}
