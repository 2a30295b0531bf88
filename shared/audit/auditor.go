package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/intake"
	"causeway.example/shared/port"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// Plan is how far back, how deep and how long an audit goes.
type Plan struct {
	Days     int            // a run audits the days that ended last
	Settle   time.Duration  // a day is audited once it ended so long ago
	Zone     *time.Location // of the business date, where neither system has one; nil is UTC
	Rows     int            // a longer span whose totals differ is halved …
	Least    time.Duration  // … unless it is as short as this
	Held     int            // most records that are held in memory at once
	Named    int            // most gaps that a day names
	Checked  int            // most differing amounts of a day for which the entity is fetched
	Patience time.Duration  // a message that is in flight for longer explains nothing
	Time     time.Duration  // longest run
	Emit     bool           // a run emits missing records
}

// DefaultPlan fits a run every night. Gaps of a day stay below 200 KB, half of what one item of
// DynamoDB holds. Patience is the retention of a queue.
func DefaultPlan() Plan {
	return Plan{
		Days: 7, Settle: time.Hour, Rows: 500, Least: time.Hour, Held: 20_000, Named: 200, Checked: 50,
		Patience: 4 * 24 * time.Hour, Time: 13 * time.Minute,
	}
}

// Config is what an Auditor needs. Bus of the runtime may be missing, and Plan, Retry, Report
// and Wait have defaults.
type Config struct {
	port.Runtime
	Systems map[string]connector.System // by name
	Routes  []routes.Route              // of the installation
	Retry   retry.Policy                // zero: retry.DefaultPolicy
	Plan    Plan                        // zero: DefaultPlan
	Report  func(Day)                   // called for each audited day, for a metric; nil: not called
	// Wait returns when the time has passed or ctx has ended, then with ctx's error; nil:
	// a timer.
	Wait func(ctx context.Context, pause time.Duration) error
}

// Pair is a book and a target that has its records.
type Pair struct {
	Book   connector.Book `json:"book"`
	Target string         `json:"target"`
	Route  string         `json:"route"` // that delivers the records to the target
}

// String returns "shopify-orders-to-netsuite example-brand.myshopify.com".
func (p Pair) String() string { return p.Route + " " + p.Book.Tenant }

// Auditor compares sources with targets. Create it with New.
type Auditor struct {
	config    Config
	pairs     []Pair
	receivers map[string]*intake.Receiver // by source
}

// New checks the configuration; its error names what is missing. A system without a
// connector.Auditor is not audited.
func New(config Config) (*Auditor, error) {
	a := &Auditor{config: config, receivers: map[string]*intake.Receiver{}}
	a.config.Retry, a.config.Plan = cmp.Or(config.Retry, retry.DefaultPolicy()), cmp.Or(config.Plan, DefaultPlan())
	failures := []error{port.Require(
		port.Field{Name: "State", Set: config.State != nil},
		port.Field{Name: "Ledger", Set: config.Ledger != nil},
		port.Field{Name: "Now", Set: config.Now != nil},
		port.Field{Name: "Random", Set: config.Random != nil},
		port.Field{Name: "Log", Set: config.Log != nil},
	)}
	for _, name := range slices.Sorted(maps.Keys(config.Systems)) {
		system := config.Systems[name]
		if system.Auditor == nil || system.Source == nil || system.Poller == nil {
			continue
		}
		receiver, err := intake.New(config.Runtime, system)
		a.receivers[name] = receiver
		failures = append(failures, err)
		a.pairs = append(a.pairs, a.pairsOf(system)...)
	}
	if err := errors.Join(failures...); err != nil {
		return nil, &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "making the auditor", Err: err}
	}
	return a, nil
}

// pairsOf returns the pairs of the source's own books with each target that a route leads to. A
// source that is a target too has books of other systems.
func (a *Auditor) pairsOf(source connector.System) (pairs []Pair) {
	for _, book := range source.Auditor.Books() {
		for _, route := range a.config.Routes {
			target := a.config.Systems[route.To]
			carries := slices.ContainsFunc(route.Types, func(kind string) bool { return strings.HasPrefix(kind, book.Type+".") })
			if book.System == source.Profile.Name && route.From == book.System && carries && target.Auditor != nil && slices.Contains(target.Auditor.Books(), book) {
				pairs = append(pairs, Pair{book, route.To, route.Name()})
			}
		}
	}
	return pairs
}

// Pairs returns the pairs that can be audited.
func (a *Auditor) Pairs() []Pair { return slices.Clone(a.pairs) }

func (a *Auditor) zoneOf(pair Pair) *time.Location {
	source, target := a.config.Systems[pair.Book.System], a.config.Systems[pair.Target]
	return zone(source.Auditor.Calendar(), target.Auditor.Calendar(), a.config.Plan.Zone)
}

// Compare audits one span and stores nothing. If one of the systems has dates without a time,
// the span must begin and end at midnight in its zone.
func (a *Auditor) Compare(ctx context.Context, pair Pair, span connector.Span) (Result, error) {
	return a.compare(ctx, pair, span, byTotals(a.config.Now().Add(a.config.Plan.Time)))
}

// depth is how an audit compares, and until when.
type depth struct {
	until    time.Time
	thorough bool // record by record, also where the totals are equal
}

func byTotals(until time.Time) depth { return depth{until: until} }

func (a *Auditor) compare(ctx context.Context, pair Pair, span connector.Span, how depth) (Result, error) {
	source, target := a.config.Systems[pair.Book.System], a.config.Systems[pair.Target]
	if err := a.check(pair); err != nil {
		return Result{}, err
	}
	c := &comparison{Auditor: a, pair: pair, thorough: how.thorough, days: source.Auditor.Calendar().Days || target.Auditor.Calendar().Days}
	pacer := a.pacer(how.until)
	c.source = side{source, pair.Book, pacer, &c.result.Requests}
	c.target = side{target, pair.Book, pacer, &c.result.Requests}
	err := c.span(ctx, span)
	c.result.balance()
	if err != nil {
		return Result{}, fmt.Errorf("auditing %s: %w", pair, err)
	}
	return c.result, nil
}

// check rejects a pair that cannot be audited.
func (a *Auditor) check(pair Pair) error {
	if slices.Contains(a.pairs, pair) {
		return nil
	}
	return fault.New(fault.Rejected, fault.Config, "auditing "+pair.String(), "is not a pair that can be audited")
}

// pacer repeats throttled calls until then.
func (a *Auditor) pacer(until time.Time) retry.Pacer {
	return retry.Pacer{Backoff: a.config.Retry.Backoff, Now: a.config.Now, Random: a.config.Random, Wait: a.config.Wait, Until: until}
}

// Run audits the last days of every pair, those first that were not audited for longest. A
// day that fails does not stop the others; the error names each. A run that has no
// time left ends without an error, and the next one continues.
func (a *Auditor) Run(ctx context.Context) error {
	until := a.config.Now().Add(a.config.Plan.Time)
	if end, bounded := ctx.Deadline(); bounded && end.Add(-grace).Before(until) {
		until = end.Add(-grace)
	}
	due, err := a.due(ctx)
	failures := []error{err}
	for _, day := range due {
		if ctx.Err() != nil || !a.config.Now().Before(until) {
			a.config.Log.InfoContext(ctx, "the audit has no time left", "next", day.Pair.String(), "date", day.Date)
			break
		}
		err := a.audit(ctx, day, byTotals(until))
		if errors.Is(err, retry.ErrNoTime) {
			a.config.Log.InfoContext(ctx, "the audit is throttled for longer than it has time", "pair", day.Pair.String(), "error", err)
			continue
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// grace is the part of the context's time that is left for storing the result.
const grace = 10 * time.Second

// due returns the days to audit that are not closed.
func (a *Auditor) due(ctx context.Context) (due []*stored, err error) {
	now := a.config.Now()
	var failures []error
	for _, pair := range a.pairs {
		latest := now.Add(-a.config.Plan.Settle).In(a.zoneOf(pair))
		noon := time.Date(latest.Year(), latest.Month(), latest.Day(), 12, 0, 0, 0, latest.Location())
		for back := 1; back <= a.config.Plan.Days; back++ {
			day, err := a.load(ctx, pair, noon.AddDate(0, 0, -back).Format(dateLayout))
			if err == nil && day.Closed == nil {
				due = append(due, day)
			}
			failures = append(failures, err)
		}
	}
	slices.SortStableFunc(due, func(x, y *stored) int { return x.Read.Compare(y.Read) })
	return due, errors.Join(failures...)
}

// Audit audits one day now, also one that is not over, and stores the result. A closed day is
// returned as it is.
func (a *Auditor) Audit(ctx context.Context, pair Pair, date string) (Day, error) {
	day, err := a.load(ctx, pair, date)
	if err == nil && day.Closed == nil {
		err = a.audit(ctx, day, byTotals(a.config.Now().Add(a.config.Plan.Time)))
	}
	if err != nil {
		return Day{}, err
	}
	return day.Day, nil
}

// audit compares the day, reports its gaps, emits missing records if that is planned, and
// stores the result.
func (a *Auditor) audit(ctx context.Context, day *stored, how depth) error {
	result, err := a.compare(ctx, day.Pair, day.Span, how)
	if err != nil {
		return err
	}
	day.take(result, a.config.Now().UTC(), a.config.Build)
	if err := a.report(ctx, day); err != nil {
		return err
	}
	if a.config.Plan.Emit {
		if _, err := a.Emit(ctx, day.Day); err != nil {
			return err
		}
	}
	if err := a.store(ctx, day); err != nil {
		return err
	}
	a.config.Log.InfoContext(ctx, "audited", "pair", day.Pair.String(), "date", day.Date, "source", result.Source.String(), "target", result.Target.String(),
		"skipped", result.Skipped.Count, "waiting", result.Waiting.Count, "dead", result.Dead.Count, "gaps", len(result.Gaps)+result.Unnamed, "requests", result.Requests)
	if a.config.Report != nil {
		a.config.Report(day.Day)
	}
	return nil
}
