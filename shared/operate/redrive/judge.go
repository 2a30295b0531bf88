package redrive

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/entity"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate"
	"causeway.example/shared/routes"
)

// Verdict is the decision on one letter.
type Verdict string

// The verdicts. Each letter of a plan has one, so that they add up to all of them.
const (
	Send      Verdict = "send"      // goes to its queue again
	Confirmed Verdict = "confirmed" // the target has it: taken out, not sent
	Newer     Verdict = "newer"     // the target has a newer version: taken out as superseded, not sent
	Looped    Verdict = "loop"      // failed the same way three times: left alone
	Unclear   Verdict = "unclear"   // the outcome of the write is unknown: left alone until checked at the target
	Misfit    Verdict = "misfit"    // cannot go to the route of a redirect: left alone
	Opaque    Verdict = "opaque"    // not a message of Causeway: left alone
	Remove    Verdict = "remove"    // is taken out (purge, resolve)
	Open      Verdict = "open"      // missing at the target: left alone by resolve
)

// Verdicts returns all of them in the order in which they are shown.
func Verdicts() []Verdict {
	return []Verdict{Send, Remove, Confirmed, Newer, Looped, Unclear, Misfit, Opaque, Open}
}

// Words returns the verdict for an operator, as a sentence without its subject.
func (v Verdict) Words() string {
	return map[Verdict]string{
		Send: "are sent again", Remove: "are taken out", Confirmed: "are at the target already: resolved, not sent",
		Newer: "have a newer version at the target: superseded, not sent", Looped: "failed the same way three times: left alone (--force-loop)",
		Unclear: "have an unknown outcome: left alone until checked at the target (--target-has-none)",
		Misfit:  "cannot go to that route: left alone",
		Opaque:  "are not messages of Causeway: left alone (export, purge)", Open: "are missing at the target: left alone",
	}[v]
}

// loops is the number of redrives with the same failure after which a letter is left alone.
const loops = 3

// judging judges letters by the options of an operation.
type judging struct {
	operator *Operator
	options  Options
}

func (o *Operator) judging(options Options) *judging { return &judging{operator: o, options: options} }

func (j *judging) item(ctx context.Context, kind Kind, l operate.Letter) (Item, error) {
	item := Item{
		MessageID: l.MessageID, Queue: l.Queue, To: cmp.Or(j.options.To, l.Queue), Event: l.Event, Entity: l.Entity.String(), Title: l.Title(),
		Version: l.Version, Fingerprint: l.Fingerprint, Redrives: l.Redrives,
	}
	if l.Entity.ID == "" {
		item.Entity = ""
	}
	var err error
	item.Verdict, item.Why, err = j.verdict(ctx, kind, l)
	return item, err
}

// verdict returns what an operation of the kind does with the letter, and why.
func (j *judging) verdict(ctx context.Context, kind Kind, l operate.Letter) (Verdict, string, error) {
	if kind == Purge {
		return Remove, "", nil
	}
	done, why, err := j.settled(ctx, l, l.Queue)
	if err == nil && done == "" && kind == Redirect {
		done, why, err = j.settled(ctx, l, j.options.To)
	}
	switch {
	case err != nil || done != "":
		return done, why, err
	case kind == Resolve && j.options.All:
		return Remove, "settled by hand", nil
	case kind == Resolve:
		return Open, "", nil
	case l.Kind == operate.OpaqueLetter:
		return Opaque, "it is not a message of Causeway", nil
	case kind == Redirect && j.misfit(l) != "":
		return Misfit, j.misfit(l), nil
	case l.Cause.Class == fault.Ambiguous && !j.options.TargetHasNone:
		return Unclear, "the outcome of its write is unknown", nil
	case l.Alike >= loops && !j.options.ForceLoop:
		return Looped, fmt.Sprintf("redriven %d times, failed the same way each time", l.Alike), nil
	}
	return Send, "", nil
}

// misfit returns why a letter cannot be sent to the route of a redirect; "" if it can. A
// delivery has no other way than the translation of its own system, and a route takes only
// events of its source and of its types, as on the bus.
func (j *judging) misfit(l operate.Letter) string {
	route, _ := j.operator.Route(j.options.To)
	switch {
	case l.Kind == operate.OpaqueLetter:
		return ""
	case l.Kind == operate.InboxLetter:
		return "a delivery that was not translated belongs to its own system: redrive it"
	case l.Queue == route.Name():
		return "it died on that route: redrive it"
	case l.Entity.System != route.From:
		return "that route takes events of " + route.From + ", and it is of " + l.Entity.System
	case !slices.Contains(route.Types, l.Type):
		return "that route does not take " + l.Type
	}
	return ""
}

// settled returns Confirmed or Newer, and why, if the entity's record at the target of the
// queue, or at the inbox, has the letter's version or a newer one; "" otherwise.
func (j *judging) settled(ctx context.Context, l operate.Letter, queue string) (Verdict, string, error) {
	if l.Entity.ID == "" {
		return "", "", nil
	}
	target := queue
	if l.Kind == operate.InboxLetter {
		target = routes.Inbox(l.Entity.System)
	} else if route, ok := j.operator.Route(queue); ok {
		target = route.To
	}
	record, err := entity.Load(ctx, j.operator.State, target, l.Entity, l.Kind == operate.InboxLetter)
	if err != nil {
		return "", "", err
	}
	kind, _ := canonical.TypeNamed(l.Type)
	c := record.Confirmed
	switch {
	case kind.Once && slices.Contains(record.Facts, l.Type):
		return Confirmed, strings.TrimSpace(target + " has it as " + record.Ref), nil
	case kind.Once || c == nil:
		return "", "", nil
	case l.Kind == operate.InboxLetter:
		return Confirmed, "it was translated", nil
	case c.Version > l.Version:
		return Newer, "version " + string(c.Version) + " is confirmed", nil
	case c.Version == l.Version && c.Hash == l.Hash:
		return Confirmed, strings.TrimSpace(target + " has it as " + record.Ref), nil
	}
	return "", "", nil
}
