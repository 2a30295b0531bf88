package redrive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Operation is a plan that is or was applied.
type Operation struct {
	ID      string         `json:"op"`
	Plan    string         `json:"plan"`
	Kind    Kind           `json:"kind"`
	Who     string         `json:"who"`
	Reason  string         `json:"reason"`
	Began   time.Time      `json:"began"`
	Ended   time.Time      `json:"ended,omitzero"`
	State   OperationState `json:"state"`
	Why     string         `json:"why,omitempty"` // it was stopped
	Step    int            `json:"step"`          // of the ramp, from 1
	Counts  Counts         `json:"counts"`
	Exports []Export       `json:"exports,omitempty"` // of a purge
}

// OperationState is the state of an operation.
type OperationState string

// The states. One that is running and whose process ended is finished by applying its plan
// again.
const (
	Running   OperationState = "running"
	Done      OperationState = "done"
	Stopped   OperationState = "stopped"   // by a rule, which Why names
	Cancelled OperationState = "cancelled" // by an operator
)

// Counts are an operation's letters by outcome. Planned is the sum of the
// others but Confirmed, Returned and Pending, which are the parts of Moved.
type Counts struct {
	Planned   int `json:"planned"`
	Moved     int `json:"moved"`     // sent to their queues
	Confirmed int `json:"confirmed"` // of these: the target took them, or had them
	Returned  int `json:"returned"`  // of these: dead again
	Pending   int `json:"pending"`   // of these: not ended yet
	Resolved  int `json:"resolved"`  // taken out because the target had them
	Removed   int `json:"removed"`   // purged
	Left      int `json:"left"`      // stay where they are, by a rule
	Gone      int `json:"gone"`      // deleted by then, sent by another operation, or held by another process
	Remaining int `json:"remaining"` // not processed yet
}

const (
	operationLife  = 30 * 24 * time.Hour // an operation, its plan and its journal
	mostOperations = 100                 // in the list
	leaseLife      = 30 * time.Second
)

func operationKey(id string) string { return "operate|op|" + id }
func cancelKey(id string) string    { return "operate|cancel|" + id }
func leaseKey(queue string) string  { return "operate|lease|" + queue }

const listKey = "operate|ops"

// put stores a value, and replaces the one before.
func (o *Operator) put(ctx context.Context, key string, value any, expires time.Time) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	for range 5 {
		var item port.Item
		if item, err = o.State.Get(ctx, key); err != nil {
			return err
		}
		_, err = o.State.Put(ctx, port.Item{Key: key, Value: text, Revision: item.Revision, Expires: expires})
		if !errors.Is(err, port.ErrConflict) {
			return err
		}
	}
	return err
}

func (o *Operator) get(ctx context.Context, key string, into any) (found bool, err error) {
	item, err := o.State.Get(ctx, key)
	if err != nil || len(item.Value) == 0 {
		return false, err
	}
	return true, fault.Doing("reading "+key, json.Unmarshal(item.Value, into))
}

func (o *Operator) saveOperation(ctx context.Context, op *Operation) error {
	return o.put(ctx, operationKey(op.ID), op, o.Now().Add(operationLife))
}

// list adds the operation to the list of the newest, and a purge also to the list of exports.
func (o *Operator) list(ctx context.Context, op *Operation) error {
	err := o.listIn(ctx, listKey, op.ID, mostOperations)
	if err == nil && op.Kind == Purge {
		err = o.listIn(ctx, exportsKey, op.ID, mostExports)
	}
	return err
}

func (o *Operator) listIn(ctx context.Context, key, id string, most int) error {
	var ids []string
	if _, err := o.get(ctx, key, &ids); err != nil {
		return err
	}
	if slices.Contains(ids, id) {
		return nil
	}
	ids = append([]string{id}, ids[:min(len(ids), most-1)]...)
	return o.put(ctx, key, ids, time.Time{})
}

// Operation returns an operation; it fails with class missing_ref if there is none of that
// id.
func (o *Operator) Operation(ctx context.Context, id string) (op Operation, err error) {
	found, err := o.get(ctx, operationKey(id), &op)
	if err == nil && !found {
		err = &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "no_operation", Doing: "reading operation " + id, Detail: "there is no such operation; causeway op list shows them"}
	}
	return op, err
}

// Operations returns the newest operations, the newest first.
func (o *Operator) Operations(ctx context.Context) (all []Operation, err error) {
	var ids []string
	if _, err := o.get(ctx, listKey, &ids); err != nil {
		return nil, err
	}
	for _, id := range ids {
		var op Operation
		found, err := o.get(ctx, operationKey(id), &op)
		if err != nil {
			return nil, err
		}
		if found {
			all = append(all, op)
		}
	}
	return all, nil
}

// Cancel asks the process that runs the operation to stop before its next message.
func (o *Operator) Cancel(ctx context.Context, id string) error {
	op, err := o.Operation(ctx, id)
	if err != nil {
		return err
	}
	if op.State != Running {
		return &fault.Error{Kind: fault.Rejected, Class: fault.Conflict, Code: "not_running", Doing: "cancelling operation " + id, Detail: "it is " + string(op.State)}
	}
	return o.put(ctx, cancelKey(id), o.Who, o.Now().Add(operationLife))
}

func (o *Operator) cancelled(ctx context.Context, id string) (who string, yes bool, err error) {
	yes, err = o.get(ctx, cancelKey(id), &who)
	return who, yes, err
}

// holder is the operation that works on a queue.
type holder struct {
	Operation string    `json:"op"`
	Who       string    `json:"who"`
	Token     string    `json:"token"`
	Until     time.Time `json:"until"`
}

// lease is the right to work on some queues, of one process.
type lease struct {
	operator *Operator
	holder   holder
	queues   []string
	revision map[string]int64
}

// take takes the lease of all the queues, or none.
func (o *Operator) take(ctx context.Context, op string, queues []string) (*lease, error) {
	l := &lease{operator: o, queues: queues, revision: map[string]int64{}}
	l.holder = holder{Operation: op, Who: o.Who, Token: message.DeriveID(op, o.Now().String(), fmt.Sprint(o.Random()))}
	for _, queue := range queues {
		if err := l.takeOne(ctx, queue); err != nil {
			return nil, errors.Join(err, l.release(ctx))
		}
	}
	return l, nil
}

func (l *lease) takeOne(ctx context.Context, queue string) error {
	item, err := l.operator.State.Get(ctx, leaseKey(queue))
	if err != nil {
		return err
	}
	var h holder
	if len(item.Value) > 0 {
		if err := json.Unmarshal(item.Value, &h); err != nil {
			return fault.Doing("reading the lease of "+queue, err)
		}
		if h.Token != l.holder.Token {
			return busy(queue, h)
		}
	}
	return l.store(ctx, queue, item.Revision)
}

func busy(queue string, h holder) error {
	return &fault.Error{
		Kind: fault.NotReady, Class: fault.Conflict, Code: "busy", Doing: "working on " + queue,
		Detail: fmt.Sprintf("operation %s of %s works on it; see causeway op show %s (if its process ended, the queue is free %s)",
			h.Operation, h.Who, h.Operation, h.Until.UTC().Format("at 15:04:05Z")),
	}
}

func (l *lease) store(ctx context.Context, queue string, revision int64) error {
	l.holder.Until = l.operator.Now().Add(leaseLife).UTC()
	text, err := json.Marshal(l.holder)
	if err != nil {
		return err
	}
	l.revision[queue], err = l.operator.State.Put(ctx, port.Item{Key: leaseKey(queue), Value: text, Revision: revision, Expires: l.holder.Until})
	if errors.Is(err, port.ErrConflict) {
		return busy(queue, holder{Operation: "another operation", Who: "another operator", Until: l.holder.Until})
	}
	return err
}

// renew keeps the lease, when a third of it has passed. It fails with code "busy" if
// another process took it in between.
func (l *lease) renew(ctx context.Context) error {
	if l.holder.Until.Sub(l.operator.Now()) > leaseLife*2/3 {
		return nil
	}
	for _, queue := range l.queues {
		if err := l.store(ctx, queue, l.revision[queue]); err != nil {
			return err
		}
	}
	return nil
}

// release ends the lease.
func (l *lease) release(ctx context.Context) error {
	var failures []error
	for queue, revision := range l.revision {
		text, err := json.Marshal(l.holder)
		if err == nil {
			_, err = l.operator.State.Put(ctx, port.Item{Key: leaseKey(queue), Value: text, Revision: revision, Expires: l.operator.Now().Add(-time.Second)})
		}
		if !errors.Is(err, port.ErrConflict) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// Work runs an operation that moves no letters, such as an import of bindings: it holds the lease
// of the name, stores the operation, and its end after work. Work calls renew now and then, which
// fails if another process took the lease, or if the operation was cancelled. An operation of the
// same id that was killed is taken up again.
func (o *Operator) Work(ctx context.Context, op *Operation, name string, work func(ctx context.Context, renew func() error) error) error {
	l, err := o.take(ctx, op.ID, []string{name})
	if err != nil {
		return err
	}
	defer func() { _ = l.release(context.WithoutCancel(ctx)) }() // it expires otherwise
	op.Who, op.Began, op.State = o.Who, o.Now().UTC(), Running
	if err := errors.Join(o.saveOperation(ctx, op), o.list(ctx, op)); err != nil {
		return err
	}
	op.State = Done
	failed := work(ctx, func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		who, cancelled, err := o.cancelled(ctx, op.ID)
		if err == nil && cancelled {
			err = fault.New(fault.Rejected, fault.Conflict, "operation "+op.ID, "was cancelled by "+who)
		}
		return errors.Join(err, l.renew(ctx))
	})
	if failed != nil {
		op.State, op.Why = Stopped, failed.Error()
	}
	op.Ended = o.Now().UTC()
	return errors.Join(failed, o.saveOperation(context.WithoutCancel(ctx), op))
}
