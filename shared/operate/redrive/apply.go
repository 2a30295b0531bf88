package redrive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
)

// Progress is the state of an operation that runs.
type Progress struct {
	Operation Operation
	Steps     int    // of the ramp
	Size      int    // of this step
	Words     string // the current act
}

// ramp is the number of messages that each step sends; the last step sends all others.
var ramp = []int{1, 5, 25}

const (
	patience  = time.Minute // wait for the outcome of a step
	look      = 200 * time.Millisecond
	saveEvery = 25 // messages
)

// run is an operation in this process.
type run struct {
	operator  *Operator
	op        *Operation
	plan      Plan
	judging   *judging
	lease     *lease
	hands     map[string]engine.Hand
	next      time.Time // when the rate allows another message
	again     bool      // continues the operation of another process
	missed    []Item    // could not be taken: deleted, or still hidden by that process
	undeleted []Item    // of these: sent before
}

// Apply applies the plan, or finishes an operation whose process ended. It returns the ended
// operation; its State is Stopped or Cancelled if a rule or an operator stopped it.
//
// It fails with code "plan_expired", "refused" (by a check of the plan), "busy" (another
// operation works on a queue of it) or "reason_missing", and then has moved nothing. After
// any other error, also of ctx, the same call continues.
func (o *Operator) Apply(ctx context.Context, planID, reason string) (Operation, error) {
	plan, err := o.LoadPlan(ctx, planID)
	if err != nil {
		return Operation{}, err
	}
	op, err := o.begin(ctx, plan, reason)
	if err != nil {
		return op, err
	}
	held, err := o.take(ctx, op.ID, plan.Queues())
	if err != nil {
		return op, err
	}
	r := &run{operator: o, op: &op, plan: plan, again: op.Step > 0, judging: o.judging(plan.Options), lease: held, hands: map[string]engine.Hand{}}
	err = r.apply(ctx)
	ended := context.WithoutCancel(ctx)
	for _, hand := range r.hands {
		err = errors.Join(err, hand.Close(ended))
	}
	return op, errors.Join(err, o.saveOperation(ended, &op), held.release(ended))
}

// begin returns the operation of the plan: a new one, or the unfinished one.
func (o *Operator) begin(ctx context.Context, plan Plan, reason string) (Operation, error) {
	doing := "applying plan " + plan.ID
	op := Operation{ID: "o" + plan.ID[1:], Plan: plan.ID, Kind: plan.Kind, Who: o.Who, Reason: reason, Began: o.Now().UTC(), State: Running}
	var before Operation
	begun, err := o.get(ctx, operationKey(op.ID), &before)
	switch {
	case err != nil:
		return op, err
	case begun && before.State == Done:
		return before, &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: "applied", Doing: doing, Detail: "it was applied at " + before.Began.Format(time.RFC3339) + " as " + before.ID}
	case !begun && o.Now().After(plan.Expires):
		return op, &fault.Error{Kind: fault.Rejected, Class: fault.Stale, Code: "plan_expired", Doing: doing, Detail: "it expired at " + plan.Expires.Format("15:04:05Z") + "; make a new one"}
	case plan.Refused != "" && !begun:
		return op, &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: "refused", Doing: doing, Detail: plan.Refused}
	case reason == "":
		return op, &fault.Error{Kind: fault.Invalid, Class: fault.Value, Code: "reason_missing", Doing: doing, Detail: "give a reason with --reason; the ledger keeps it"}
	}
	if begun {
		op.Began, op.Exports, op.Step = before.Began, before.Exports, 1
	}
	op.Counts = Counts{Planned: len(plan.Items), Remaining: len(plan.Items)}
	return op, nil
}

func (r *run) apply(ctx context.Context) error {
	if err := errors.Join(r.operator.list(ctx, r.op), r.operator.saveOperation(ctx, r.op)); err != nil {
		return err
	}
	items := r.plan.Items
	if r.plan.Kind == Purge {
		var err error
		if items, err = r.exported(ctx); err != nil {
			return err
		}
	}
	for step, size := range append(ramp[:len(ramp):len(ramp)], len(items)) {
		r.op.Step = step + 1
		rest, err := r.stepOf(ctx, items, size)
		if items = rest; err != nil || r.op.State != Running {
			return err
		}
		if len(items) == 0 && r.again && len(r.missed)+len(r.undeleted) > 0 {
			if items, err = r.waitForMissed(ctx); err != nil {
				return err
			}
		}
		if len(items) == 0 {
			break
		}
	}
	r.op.State, r.op.Ended = Done, r.operator.Now().UTC()
	r.report(0, "done")
	return nil
}

// stepOf makes one step of the ramp and judges its outcome. Only an operation that sends
// needs a ramp.
func (r *run) stepOf(ctx context.Context, items []Item, size int) (rest []Item, err error) {
	if !r.plan.Kind.sends() {
		rest, _, err = r.step(ctx, items, len(items))
		return rest, err
	}
	rest, sent, err := r.step(ctx, items, size)
	if err == nil && r.op.State == Running {
		err = r.judgeStep(ctx, sent, r.op.Step)
	}
	return rest, err
}

// step works on items until size of them were sent, and returns the others and the sent ones.
func (r *run) step(ctx context.Context, items []Item, size int) (rest, sent []Item, err error) {
	for len(items) > 0 && len(sent) < size {
		if stop, err := r.mayContinue(ctx); stop || err != nil {
			return items, sent, err
		}
		item := items[0]
		hand, err := r.hand(ctx, item.Queue)
		if err != nil {
			return items, sent, err
		}
		did, err := r.move(ctx, hand, item)
		if err != nil {
			return items, sent, err
		}
		items = items[1:]
		r.op.Counts.Remaining--
		r.count(did)
		switch did {
		case moved:
			sent = append(sent, item)
		case gone:
			r.missed = append(r.missed, item)
		}
		if (r.op.Counts.Planned-r.op.Counts.Remaining)%saveEvery == 0 {
			if err := r.operator.saveOperation(ctx, r.op); err != nil {
				return items, sent, err
			}
		}
		r.report(size, "moving")
	}
	return items, sent, nil
}

// waitForMissed waits until the letters of a killed process are visible again, deletes those
// that were sent before, and returns the others.
func (r *run) waitForMissed(ctx context.Context) ([]Item, error) {
	r.report(len(r.missed)+len(r.undeleted), "waiting for letters that the earlier process holds")
	for until := r.operator.Now().Add(hold + time.Second); r.operator.Now().Before(until); {
		if err := errors.Join(r.operator.Sleep(ctx, leaseLife/6), r.lease.renew(ctx)); err != nil {
			return nil, err
		}
	}
	for _, item := range r.undeleted {
		hand, err := r.hand(ctx, item.Queue)
		if err != nil {
			return nil, err
		}
		if _, err := r.move(ctx, hand, item); err != nil {
			return nil, err
		}
	}
	missed := r.missed
	r.again, r.missed, r.undeleted = false, nil, nil
	r.op.Counts.Gone -= len(missed)
	r.op.Counts.Remaining += len(missed)
	return missed, nil
}

func (r *run) hand(ctx context.Context, queue string) (engine.Hand, error) {
	if r.hands[queue] == nil {
		hand, err := r.open(ctx, queue)
		if err != nil {
			return nil, err
		}
		r.hands[queue] = hand
	}
	return r.hands[queue], nil
}

func (r *run) count(did outcome) {
	c := &r.op.Counts
	switch did {
	case moved:
		c.Moved++
		c.Pending++
	case resolved:
		c.Resolved++
	case removed:
		c.Removed++
	case left:
		c.Left++
	case gone, finished:
		c.Gone++
	}
}

// mayContinue waits for the rate, renews the lease, and checks whether an operator cancelled.
func (r *run) mayContinue(ctx context.Context) (stop bool, err error) {
	if err := ctx.Err(); err != nil {
		return true, err
	}
	if who, yes, err := r.operator.cancelled(ctx, r.op.ID); err != nil || yes {
		r.end(Cancelled, "by "+who)
		return true, err
	}
	if err := r.lease.renew(ctx); err != nil {
		return true, err
	}
	if !r.plan.Kind.sends() {
		return false, nil
	}
	now := r.operator.Now()
	if wait := r.next.Sub(now); wait > 0 {
		if err := r.operator.Sleep(ctx, wait); err != nil {
			return true, err
		}
	}
	rate := r.plan.Options.Rate
	if rate <= 0 {
		rate = defaultRate
	}
	r.next = r.operator.Now().Add(time.Duration(float64(time.Second) / rate))
	return false, nil
}

func (r *run) end(state OperationState, why string) {
	r.op.State, r.op.Why, r.op.Ended = state, why, r.operator.Now().UTC()
}

// judgeStep waits for the outcome of the messages of a step, and stops the operation if a
// fifth of them, and at least three in a step of three or more, are dead again; or if none
// of them ended while the target's circuit is open.
func (r *run) judgeStep(ctx context.Context, sent []Item, step int) error {
	began := r.operator.Now()
	open, confirmed, returned := sent, 0, 0
	for len(open) > 0 {
		var still []Item
		for _, item := range open {
			ended, stage, err := r.ended(ctx, item)
			if err != nil {
				return err
			}
			switch {
			case !ended:
				still = append(still, item)
			case stage == port.Dead || stage == port.Parked:
				returned++
				r.op.Counts.Returned++
				r.op.Counts.Pending--
			default:
				confirmed++
				r.op.Counts.Confirmed++
				r.op.Counts.Pending--
			}
		}
		r.report(len(sent), "waiting for the outcome")
		if open = still; len(open) == 0 || r.operator.Now().Sub(began) >= patience {
			break
		}
		if err := errors.Join(r.lease.renew(ctx), r.operator.Sleep(ctx, look)); err != nil {
			return err
		}
	}
	if returned > 0 && returned >= min(3, len(sent)) && returned*5 >= len(sent) {
		r.end(Stopped, fmt.Sprintf("step %d: %d of %d dead again; see causeway why", step, returned, len(sent)))
		return nil
	}
	if len(sent) > 0 && len(open) == len(sent) {
		return r.judgeCircuits(ctx, sent, step)
	}
	return r.operator.saveOperation(ctx, r.op)
}

func (r *run) judgeCircuits(ctx context.Context, sent []Item, step int) error {
	for _, item := range sent {
		route, ok := r.operator.Route(item.To)
		if !ok {
			continue
		}
		circuits, err := admission.OpenCircuits(ctx, r.operator.State, route.To)
		if err != nil {
			return err
		}
		if len(circuits) > 0 {
			r.end(Stopped, fmt.Sprintf("the circuit of %s opened, and no message of step %d ended", route.To, step))
			return nil
		}
	}
	if step == 1 {
		r.end(Stopped, "the first message has no outcome after "+patience.String()+"; see causeway trace "+sent[0].Title)
	}
	return nil
}

// ended returns the stage in which a message that was sent ended, and whether it has.
func (r *run) ended(ctx context.Context, item Item) (bool, port.Stage, error) {
	entries, err := r.operator.Ledger.Find(ctx, port.Query{Event: item.Event, Since: r.op.Began, Newest: true, Limit: 20})
	if err != nil {
		return false, "", err
	}
	for _, e := range entries {
		ours := e.RedriveCount > item.Redrives || e.RedriveCount == 0 && e.At.After(r.op.Began)
		if e.Function == "operator" || e.Route != "" && e.Route != item.To || !ours {
			continue // of an earlier redrive, or of another route
		}
		if e.Stage.Ends() || e.Stage == port.Translated {
			return true, e.Stage, nil
		}
	}
	return false, "", nil
}

func (r *run) report(size int, words string) {
	if r.operator.Report != nil {
		r.operator.Report(Progress{Operation: *r.op, Steps: len(ramp) + 1, Size: size, Words: words})
	}
}
