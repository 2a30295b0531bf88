package operate

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// Trace is what happened to one entity, across systems.
type Trace struct {
	Entity  message.Key `json:"entity"`
	Name    string      `json:"name,omitempty"`
	Verdict string      `json:"verdict"` // one clause per target
	Command string      `json:"command,omitempty"`
	Targets []Place     `json:"targets"`
	Steps   []Step      `json:"steps"`
	Related []string    `json:"related,omitempty"` // other entities of the same deliveries, for a person
	Later   []Later     `json:"later,omitempty"`   // what other systems told of it, such as parcels
	Cut     bool        `json:"cut,omitempty"`     // older steps were left out
}

// Place is the state of an entity at one target.
type Place struct {
	Route   string     `json:"route"`
	Target  string     `json:"target"`
	Stage   port.Stage `json:"stage"` // of the newest event there
	Since   time.Time  `json:"since"`
	Ref     string     `json:"ref,omitempty"` // the target's id
	Words   string     `json:"words"`         // a sentence without its subject
	Command string     `json:"command,omitempty"`
	entry   port.Entry
}

// Step is one or several like entries of the ledger.
type Step struct {
	At      time.Time        `json:"at"`
	Last    time.Time        `json:"last"`  // of the last entry
	Count   int              `json:"count"` // of entries
	Stage   port.Stage       `json:"stage"`
	Route   string           `json:"route,omitempty"`
	Type    string           `json:"type,omitempty"`
	Event   string           `json:"event_id"`
	Trace   string           `json:"trace_id"`
	Version int              `json:"version,omitempty"` // ordinal among the entity's versions
	Attempt int              `json:"attempt,omitempty"`
	Outcome string           `json:"outcome"` // of the ledger
	Words   string           `json:"words"`   // the outcome, shortened
	Ref     string           `json:"target_ref,omitempty"`
	Error   *port.EntryError `json:"error,omitempty"`
	Next    time.Time        `json:"next,omitzero"`
	Took    time.Duration    `json:"took_ns,omitempty"`
	// Exchange is the last request to the target and its answer, masked.
	Exchange *connector.Exchange `json:"exchange,omitempty"`
}

const (
	mostEntries = 1000 // of one entity
	mostTraces  = 40   // deliveries of one entity
	perTrace    = 200
)

// Trace returns the journey of the entity. It reads a bounded number of entries, the newest.
func (d *Desk) Trace(ctx context.Context, key message.Key) (Trace, error) {
	t := Trace{Entity: key}
	entries, err := d.journey(ctx, key, &t)
	if err != nil {
		return t, err
	}
	t.Steps = fold(entries)
	for _, e := range entries {
		t.Name = cmp.Or(numberOf(e.Keys), t.Name)
	}
	t.Targets = places(entries)
	for i := range t.Steps {
		t.Steps[i].Words = words(t.Steps[i])
	}
	if t.Later, err = d.later(ctx, key); err != nil {
		return t, err
	}
	return t, d.conclude(ctx, &t, entries)
}

// journey returns the entries about the entity and about the deliveries that it came with,
// the oldest first.
func (d *Desk) journey(ctx context.Context, key message.Key, t *Trace) ([]port.Entry, error) {
	query := port.Query{Entity: key, Newest: true, Limit: mostEntries}
	if key.Type == "delivery" {
		query = port.Query{Event: key.ID, Newest: true, Limit: mostEntries}
	}
	own, err := d.Ledger.Find(ctx, query)
	if err != nil {
		return nil, err
	}
	t.Cut = len(own) == mostEntries
	seen, traces := map[string]bool{}, []string{}
	for _, e := range own {
		seen[e.ID] = true
		if !slices.Contains(traces, e.Trace) && len(traces) < mostTraces {
			traces = append(traces, e.Trace)
		}
	}
	related := map[string]bool{}
	for _, trace := range traces {
		entries, err := d.Ledger.Find(ctx, port.Query{Trace: trace, Limit: perTrace})
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			switch {
			case seen[e.ID]:
			case e.Entity.Type == "" || e.Entity.Type == "delivery":
				own, seen[e.ID] = append(own, e), true
			case e.Entity != key:
				related[Title(e.Entity, "")] = true
			}
		}
	}
	for title := range related {
		t.Related = append(t.Related, title)
	}
	slices.Sort(t.Related)
	slices.SortStableFunc(own, func(a, b port.Entry) int { return cmp.Or(a.At.Compare(b.At), stageOrder(a)-stageOrder(b)) })
	return own, nil
}

// stageOrder orders the entries of one instant as they follow from each other.
func stageOrder(e port.Entry) int {
	return slices.Index([]port.Stage{
		port.Received, port.Translated, port.Published, port.Queued, port.Deferred, port.Dead, port.Parked,
		Redriven, Edited, Purged, port.Sent, port.Confirmed, port.Superseded, port.Skipped, Settled, Bound,
	}, e.Stage)
}

// fold joins entries that say the same of one event on one route, one after the other.
func fold(entries []port.Entry) []Step {
	var steps []Step
	last := map[string]int{} // the newest step of an event on a route
	versions := ordinals(entries)
	for _, e := range entries {
		on := e.Event + " " + e.Route
		if i, ok := last[on]; ok && alike(steps[i], e) {
			s := &steps[i]
			s.Count, s.Last, s.Next, s.Attempt = s.Count+1, e.At, e.Next, max(s.Attempt, e.Attempt)
			s.Exchange = cmp.Or(e.Exchange, s.Exchange)
			continue
		}
		last[on] = len(steps)
		steps = append(steps, Step{
			At: e.At, Last: e.At, Count: 1, Stage: e.Stage, Route: e.Route, Type: e.Type, Event: e.Event, Trace: e.Trace, Version: versions[e.Version],
			Attempt: e.Attempt, Outcome: e.Outcome, Ref: e.TargetRef, Error: e.Error, Next: e.Next, Took: e.Took, Exchange: e.Exchange,
		})
	}
	return steps
}

func alike(s Step, e port.Entry) bool {
	if s.Stage != e.Stage || (s.Error == nil) != (e.Error == nil) {
		return false
	}
	if s.Error != nil {
		return s.Error.Fingerprint == e.Error.Fingerprint
	}
	return s.Outcome == e.Outcome
}

// ordinals numbers the versions of an entity, the oldest that is seen first.
func ordinals(entries []port.Entry) map[message.Sequence]int {
	var versions []message.Sequence
	for _, e := range entries {
		if e.Version != "" && !slices.Contains(versions, e.Version) {
			versions = append(versions, e.Version)
		}
	}
	slices.Sort(versions)
	n := map[message.Sequence]int{}
	for i, v := range versions {
		n[v] = i + 1
	}
	return n
}

// places returns the state of the newest event on each route. What only repeats an event that ended
// decides nothing, unless the ledger has nothing else of the route.
func places(entries []port.Entry) []Place {
	repeats := map[string]bool{} // by event and route
	for _, e := range entries {
		if repeat(e) {
			repeats[e.Event+" "+e.Route] = true
		}
	}
	byRoute := map[string]Place{}
	newest(byRoute, slices.DeleteFunc(slices.Clone(entries), func(e port.Entry) bool {
		return repeat(e) || repeats[e.Event+" "+e.Route] && !e.Stage.Ends()
	}))
	alone := map[string]Place{}
	newest(alone, entries)
	for route, p := range alone {
		if _, known := byRoute[route]; !known {
			byRoute[route] = p
		}
	}
	if len(byRoute) > 1 {
		delete(byRoute, "") // a delivery that was skipped or failed beside those that arrived
	}
	all := make([]Place, 0, len(byRoute))
	for _, p := range byRoute {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Place) int { return cmp.Compare(a.Route, b.Route) })
	return all
}

// repeat reports whether the entry ends a message that repeats an earlier one.
func repeat(e port.Entry) bool {
	return e.Stage == port.Skipped && strings.HasPrefix(e.Outcome, port.OutcomeDuplicate)
}

// newest adds the state of the newest event on each route. Entries after its end, such as those of an older
// event that was superseded, do not count.
func newest(byRoute map[string]Place, entries []port.Entry) {
	for _, e := range entries {
		if e.Route == "" && !(e.Entity.Type == "delivery" && (e.Stage.Ends() || e.Stage == port.Deferred)) {
			continue
		}
		p, known := byRoute[e.Route]
		if known && !p.changedBy(e) {
			continue
		}
		target := "translation"
		if _, after, ok := strings.Cut(e.Route, "-to-"); ok {
			target = after
		}
		byRoute[e.Route] = Place{Route: e.Route, Target: target, Stage: e.Stage, Since: e.At, Ref: cmp.Or(e.TargetRef, p.Ref), entry: e}
	}
}

// changedBy reports whether the entry says something newer than the place's own.
func (p *Place) changedBy(e port.Entry) bool {
	if e.Version < p.entry.Version || e.Stage == port.Sent {
		return false
	}
	return e.Version != p.entry.Version || e.Stage != port.Skipped || !settled(p.Stage)
}

func settled(s port.Stage) bool { return s == port.Confirmed || s == port.Superseded }

// conclude sets verdict and next command.
func (d *Desk) conclude(ctx context.Context, t *Trace, entries []port.Entry) error {
	if len(entries) == 0 {
		t.Verdict = "has no entry in the ledger"
		return nil
	}
	var sentences []string
	for i := range t.Targets {
		if err := d.describe(ctx, &t.Targets[i]); err != nil {
			return err
		}
		p := t.Targets[i]
		sentences = append(sentences, p.Words)
		counts := map[string]int{}
		if err := d.waiters(ctx, p.Target, t.Entity, counts); err != nil {
			return err
		}
		if words := waitWords(counts, "it"); words != "" {
			sentences = append(sentences, words)
		}
		if t.Command == "" {
			t.Command = p.Command
		}
	}
	if len(sentences) == 0 {
		last := entries[len(entries)-1]
		sentences = append(sentences, fmt.Sprintf("is on its way: %s, %s ago", last.Outcome, Ago(d.Now().Sub(last.At))))
		if last.Stage == port.Skipped {
			sentences[0] = "was sent to no target: " + last.Outcome
		}
	}
	t.Verdict = strings.Join(sentences, "; ")
	return nil
}

// describe sets the words and the command of a place.
func (d *Desk) describe(ctx context.Context, p *Place) error {
	e, since := p.entry, clock(p.Since, d.Now())
	switch p.Stage {
	case port.Confirmed:
		p.Words = "is in " + p.Target
		if p.Ref != "" {
			p.Words += " as " + p.Ref
		}
		p.Words += ", since " + since
	case port.Superseded:
		p.Words = "is in " + p.Target + " in a newer version, since " + since
	case port.Skipped:
		p.Words = "is NOT in " + p.Target + ": skipped, " + e.Outcome
		if (repeat(e) || strings.HasPrefix(e.Outcome, "resolved")) && !strings.HasSuffix(e.Outcome, port.OutcomeLetter) {
			p.Words = "is in " + p.Target + " already: " + strings.TrimPrefix(e.Outcome, port.OutcomeDuplicate)
		}
	case port.Dead, port.Parked:
		p.Words = fmt.Sprintf("is NOT in %s: %s since %s: %s", p.Target, p.Stage, since, brief(e))
		if e.Route == "" {
			p.Words = fmt.Sprintf("was NOT translated: %s since %s: %s", p.Stage, since, brief(e))
		}
		p.Command = cmp.Or(adviseEntry(e, p.Target).Command, "causeway inspect "+e.Event)
	case port.Deferred:
		return d.describeWaiting(ctx, p, since)
	case Redriven:
		p.Words = "was redriven to " + p.Target + " at " + since + " and has not ended"
	default:
		return d.describeQueued(ctx, p, since)
	}
	return nil
}

// describeQueued describes a place whose message is queued, and the pause or circuit that
// stops the queue.
func (d *Desk) describeQueued(ctx context.Context, p *Place, since string) error {
	p.Words, p.Command = "is queued for "+p.Target+" since "+since, "causeway status"
	pauses, err := d.Valve.Pauses(ctx)
	if err != nil {
		return err
	}
	for _, pause := range pauses {
		if pause.Queue == p.Route {
			p.Words += fmt.Sprintf("; the route is paused by %s: %s", pause.Who, pause.Reason)
			p.Command = "causeway route resume " + p.Route
			return nil
		}
	}
	open, err := admission.OpenCircuits(ctx, d.State, p.Target)
	for _, c := range open {
		p.Words += fmt.Sprintf("; nothing is sent to %s since %s", strings.TrimSpace(p.Target+" "+c.Operation), clock(c.Since, d.Now()))
		if c.Auth {
			p.Words += ", because it rejects our credentials or a permission: renew or grant them"
		}
		p.Words += "; next attempt at " + clock(c.Probe, d.Now())
	}
	return err
}

// Stages of an operator's acts. Package redrive writes their ledger entries.
const (
	Redriven port.Stage = "redriven" // sent to its queue again by an operator
	Purged   port.Stage = "purged"   // taken out of the dead-letter queue, and exported
	Edited   port.Stage = "edited"   // sent with changes under a new event id
	Settled  port.Stage = "resolved" // taken out because nothing is missing
	Bound    port.Stage = "bound"    // bound to a record of the target; written by package crosswalk
)

var parentWords = regexp.MustCompile(`(\w+) (\S+) (?:has a dead letter|did not reach)`)

// describeWaiting describes a place whose message is deferred: what it waits for, and why.
func (d *Desk) describeWaiting(ctx context.Context, p *Place, since string) error {
	e := p.entry
	p.Words, p.Command = fmt.Sprintf("WAITS for %s since %s", p.Target, since), "causeway status"
	if e.Error == nil {
		return nil
	}
	found := parentWords.FindStringSubmatch(e.Error.Message)
	if found == nil || e.Error.Code != pipeline.ParentDead && e.Error.Code != pipeline.ParentMissing {
		p.Words += ": " + brief(e)
		if !e.Next.IsZero() {
			p.Words += "; next attempt at " + clock(e.Next, d.Now())
		}
		return nil
	}
	parent := message.Key{System: e.Entity.System, Tenant: e.Entity.Tenant, Type: found[1], ID: found[2]}
	p.Words = fmt.Sprintf("WAITS for %s %s at %s", parent.Type, parent.ID, p.Target)
	p.Command = "causeway trace " + parent.Type + "/" + parent.ID
	of, err := d.buried(ctx, parent, p.Target)
	switch {
	case err != nil:
		return err
	case of == nil:
		p.Words += ", which has not arrived"
	default:
		p.Words += fmt.Sprintf(", %s since %s: %s", of.Stage, clock(of.At, d.Now()), brief(*of))
		p.Command = cmp.Or(adviseEntry(*of, p.Target).Command, p.Command)
	}
	return nil
}

// buried returns the newest entry by which the entity is dead at the target, nil if there is none.
// One of another system, such as the order that a parcel waits for, is found by its id.
func (d *Desk) buried(ctx context.Context, key message.Key, target string) (*port.Entry, error) {
	entries, err := d.Ledger.Find(ctx, port.Query{Entity: key, Newest: true, Limit: mostHits})
	if err == nil && len(entries) == 0 {
		entries, err = d.Ledger.Find(ctx, port.Query{Key: port.SearchKey(port.KeyID, key.ID), Newest: true, Limit: mostHits})
	}
	i := slices.IndexFunc(entries, func(e port.Entry) bool {
		return e.Entity.Type == key.Type && e.Entity.ID == key.ID && e.Error != nil &&
			(e.Stage == port.Dead || e.Stage == port.Parked) && strings.HasSuffix(e.Route, "-to-"+target)
	})
	if err != nil || i < 0 {
		return nil, err
	}
	return &entries[i], nil
}

// brief returns the message of an entry, without the act that failed.
func brief(e port.Entry) string {
	if e.Error == nil {
		return e.Outcome
	}
	return Brief(e.Error.Message, e.Error.Field)
}

// attempted is the beginning of an error that names the act that failed.
var attempted = regexp.MustCompile(`^(delivering|writing|translating|reading|validating|searching|looking|posting) [^:]*(?:https?://[^:]*)?[^:]*: `)

// Brief returns the message of a failure from its field on, or without the act that failed.
func Brief(message, field string) string {
	if i := strings.Index(message, field+": "); field != "" && i >= 0 {
		return message[i:]
	}
	return attempted.ReplaceAllString(message, "")
}

// words returns the outcome of a step with a shortened message.
func words(s Step) string {
	if s.Stage == Redriven { // the step has its route
		return strings.TrimPrefix(s.Outcome, "redrive to "+s.Route+" ")
	}
	if s.Error == nil || !strings.HasSuffix(s.Outcome, s.Error.Message) {
		return s.Outcome
	}
	return strings.TrimSuffix(s.Outcome, s.Error.Message) + Brief(s.Error.Message, s.Error.Field)
}

// clock returns a time of today as hours and minutes, any other with its day; UTC.
func clock(at, now time.Time) string {
	at, now = at.UTC(), now.UTC()
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format("15:04") + "Z"
	}
	return at.Format("2 Jan 15:04") + "Z"
}
