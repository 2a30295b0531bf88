package redrive

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
)

// Operator carries out an operator's commands.
type Operator struct {
	*operate.Desk
	Who    string                                           // the operator, for the ledger
	Sleep  func(ctx context.Context, d time.Duration) error // waits, or fails when ctx ends
	Random func() float64                                   // in [0,1), for ids
	Report func(Progress)                                   // called after each message and step; may be nil
}

// Kind is the kind of an operation.
type Kind string

// The kinds.
const (
	Redrive  Kind = "redrive"  // send them to their queue again
	Redirect Kind = "redirect" // send them to another route's queue
	Purge    Kind = "purge"    // export them, then delete them
	Resolve  Kind = "resolve"  // take out letters that the target has, or that an operator settled
)

// sends reports whether the operation sends messages: with a pace, in steps that are judged.
func (k Kind) sends() bool { return k == Redrive || k == Redirect }

// Plan is an operation that was not applied yet. It is frozen: later letters are not in it.
type Plan struct {
	ID          string    `json:"plan"`
	Kind        Kind      `json:"kind"`
	Environment string    `json:"environment"`
	Who         string    `json:"who"`
	Made        time.Time `json:"made"`
	Expires     time.Time `json:"expires"`
	Items       []Item    `json:"items"`
	Checks      []string  `json:"checks,omitempty"` // facts for the operator
	Refused     string    `json:"refused,omitempty"`
	Options     Options   `json:"options"`
}

// Options are the choices of an operation.
type Options struct {
	Rate           float64 `json:"rate"`                      // messages a second; 0: 10
	ForceLoop      bool    `json:"force_loop,omitempty"`      // also letters that failed the same way three times
	TargetHasNone  bool    `json:"target_has_none,omitempty"` // also letters with an unknown outcome: the operator checked the target
	DespiteCircuit bool    `json:"despite_circuit,omitempty"` // although a target's circuit is open
	To             string  `json:"to,omitempty"`              // Redirect: the route
	All            bool    `json:"all,omitempty"`             // Resolve: also letters that no record shows at the target
}

// Item is one letter of a plan.
type Item struct {
	MessageID   string           `json:"message_id"`
	Queue       string           `json:"queue"` // in which it died
	To          string           `json:"to,omitempty"`
	Event       string           `json:"event_id"`
	Entity      string           `json:"entity,omitempty"`
	Title       string           `json:"title"`
	Version     message.Sequence `json:"entity_version,omitempty"`
	Fingerprint string           `json:"group"`
	Redrives    int              `json:"redrives"`
	Verdict     Verdict          `json:"verdict"`
	Why         string           `json:"why,omitempty"`
}

// planLife is how long a plan can be applied.
const planLife = 15 * time.Minute

// defaultRate is the number of messages a second if the plan has none.
const defaultRate = 10

// Plan makes and stores the plan of an operation of the kind on the selected letters. It moves
// nothing.
func (o *Operator) Plan(ctx context.Context, kind Kind, s operate.Selector, options Options) (Plan, error) {
	p := Plan{
		ID: o.newID("p"), Kind: kind, Environment: o.Name, Who: o.Who, Made: o.Now().UTC(), Options: options,
	}
	p.Expires = p.Made.Add(planLife)
	if _, known := o.Route(options.To); kind == Redirect && !known {
		return p, &fault.Error{
			Kind: fault.Invalid, Class: fault.Value, Code: "no_route", Doing: "planning a redirect",
			Detail: fmt.Sprintf("there is no route %q; --to names one of %s", options.To, strings.Join(o.names(), ", ")),
		}
	}
	var letters []operate.Letter
	if err := o.DeadLetters(ctx, s, func(l operate.Letter, _ port.Incoming) bool { letters = append(letters, l); return true }); err != nil {
		return p, err
	}
	j := o.judging(options)
	for _, l := range letters {
		item, err := j.item(ctx, kind, l)
		if err != nil {
			return p, err
		}
		p.Items = append(p.Items, item)
	}
	slices.SortStableFunc(p.Items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Entity, b.Entity), cmp.Compare(a.Version, b.Version))
	})
	if err := o.check(ctx, &p); err != nil {
		return p, err
	}
	return p, o.storePlan(ctx, p)
}

// names returns the names of all routes.
func (o *Operator) names() (all []string) {
	for _, route := range o.Routes {
		all = append(all, route.Name())
	}
	return all
}

// Reason returns why the first letter with the verdict has it, in words.
func (p Plan) Reason(v Verdict) string {
	for _, item := range p.Items {
		if item.Verdict == v {
			return item.Why
		}
	}
	return ""
}

// check checks the circuits of the plan's targets.
func (o *Operator) check(ctx context.Context, p *Plan) error {
	seen := map[string]bool{}
	for _, item := range p.Items {
		route, ok := o.Route(item.To)
		if !ok || !p.Kind.sends() || item.Verdict != Send || seen[route.To] {
			continue
		}
		seen[route.To] = true
		open, err := admission.OpenCircuits(ctx, o.State, route.To)
		if err != nil {
			return err
		}
		for _, c := range open {
			p.Checks = append(p.Checks, fmt.Sprintf("%s: circuit open since %s, next probe %s", strings.TrimSpace(route.To+" "+c.Operation), c.Since.UTC().Format("15:04:05Z"), c.Probe.UTC().Format("15:04:05Z")))
			if !p.Options.DespiteCircuit {
				p.Refused = "the circuit of " + route.To + " is open: messages sent now would only wait"
			}
		}
		if len(open) == 0 {
			p.Checks = append(p.Checks, route.To+": circuit closed")
		}
	}
	return nil
}

// Count returns the number of the plan's letters with a verdict.
func (p Plan) Count(v Verdict) (n int) {
	for _, item := range p.Items {
		if item.Verdict == v {
			n++
		}
	}
	return n
}

// Queues returns the queues that the plan works on, sorted.
func (p Plan) Queues() (queues []string) {
	for _, item := range p.Items {
		queues = append(queues, item.Queue)
	}
	slices.Sort(queues)
	return slices.Compact(queues)
}

// Targets returns the queues to which messages would be sent, sorted.
func (p Plan) Targets() (queues []string) {
	for _, item := range p.Items {
		if item.Verdict == Send {
			queues = append(queues, item.To)
		}
	}
	slices.Sort(queues)
	return slices.Compact(queues)
}

func planKey(id string) string { return "operate|plan|" + id }

// storePlan puts the plan into the vault, because a State item is small, and its claim into
// the State. The plan's hash is in the claim.
func (o *Operator) storePlan(ctx context.Context, p Plan) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	claim, err := o.Vault.Store(ctx, text)
	if err != nil {
		return err
	}
	value, err := json.Marshal(claim)
	if err != nil {
		return err
	}
	_, err = o.State.Put(ctx, port.Item{Key: planKey(p.ID), Value: value, Expires: o.Now().Add(operationLife)})
	return err
}

// LoadPlan returns a stored plan; it fails with class missing_ref if there is none of that id.
func (o *Operator) LoadPlan(ctx context.Context, id string) (p Plan, err error) {
	doing := "reading plan " + id
	item, err := o.State.Get(ctx, planKey(id))
	if err != nil {
		return p, err
	}
	if len(item.Value) == 0 {
		return p, &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "no_plan", Doing: doing, Detail: "there is no such plan; make one with causeway redrive"}
	}
	var claim message.Claim
	if err := json.Unmarshal(item.Value, &claim); err != nil {
		return p, fault.Doing(doing, err)
	}
	text, err := o.Vault.Load(ctx, claim)
	if err != nil {
		return p, fault.Doing(doing, err)
	}
	return p, json.Unmarshal(text, &p)
}

// newID returns a short id that people can type.
func (o *Operator) newID(prefix string) string {
	id := message.DeriveID(prefix, o.Now().String(), o.Who, fmt.Sprint(o.Random()))
	return prefix + "-" + id[:6]
}

// AutoResolve takes out the dead letters that the target has by now: a later success of the
// same entity closes older failures. It returns their number, and makes no plan if there are
// none. An engine calls it from time to time; a queue on which an operation works is left to
// the next call.
func (o *Operator) AutoResolve(ctx context.Context) (int, error) {
	j, done := o.judging(Options{}), []string{}
	var failed error
	err := o.DeadLetters(ctx, operate.Selector{}, func(l operate.Letter, _ port.Incoming) bool {
		var v Verdict
		if v, _, failed = j.settled(ctx, l, l.Queue); v != "" {
			done = append(done, l.MessageID)
		}
		return failed == nil
	})
	if err != nil || failed != nil || len(done) == 0 {
		return 0, cmp.Or(err, failed)
	}
	plan, err := o.Plan(ctx, Resolve, operate.Selector{Events: done}, Options{})
	if err != nil {
		return 0, err
	}
	op, err := o.Apply(ctx, plan.ID, "the target has them by now")
	if f := fault.As(err); f != nil && f.Code == "busy" {
		err = nil
	}
	return op.Counts.Resolved, err
}
