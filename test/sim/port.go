package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// op is what a process calls.
type op string

const (
	opReceive   op = "receive"
	opSend      op = "send"
	opDelete    op = "delete"
	opDefer     op = "defer"
	opPublish   op = "publish"
	opGet       op = "get"
	opPut       op = "put"
	opAppend    op = "append"
	opSearch    op = "search" // in the ledger
	opStore     op = "store"
	opLoad      op = "load"
	opTranslate op = "translate"
	opDeliver   op = "deliver"
	opFind      op = "find"
)

// call is one call that a fault may spoil.
type call struct {
	p       *process
	op      op
	name    string // queue, record key or entity
	event   string
	attempt int
	kind    string // event type
	number  int    // of the fact
	stages  string // with append: the stages of the entries
}

// phase is where in a call its process is killed.
type phase int

const (
	never phase = iota
	before
	after
)

// fate is what becomes of a call; the zero value lets it succeed.
type fate struct {
	name    string // for the timeline
	crash   phase
	err     error
	applied bool // the effect takes place although err is returned
	hang    bool // nothing is answered; with applied, the effect comes after slow
	slow    time.Duration
	part    bool          // of a batch only a part is accepted
	twice   bool          // the queue hands the message out once more
	quiet   time.Duration // after the answer, the target must hear nothing about the event for so long
}

// ports are the store's ports as one process sees them: each call takes time, lets
// others in before and after its effect, and meets its fate.
type ports struct {
	world *world
	p     *process
}

var (
	_ port.Bus    = ports{}
	_ port.Queue  = ports{}
	_ port.State  = ports{}
	_ port.Ledger = ports{}
	_ port.Vault  = ports{}
)

// do makes one call: time passes, the effect takes place, time passes.
func (c ports) do(ctx context.Context, k call, effect func(f fate) error) error {
	if c.p.dead {
		return errDead // what is deferred runs, but a killed machine reaches nobody
	}
	k.p = c.p
	w := c.world
	f := w.fate(k)
	c.p.sleep(w.between(time.Millisecond, 12*time.Millisecond) + f.slow)
	w.die(c.p, f, before)
	var err error
	if f.err == nil || f.applied || f.part {
		err = effect(f)
	}
	if err == nil {
		err = f.err
	}
	if f.hang {
		err = c.hang(ctx)
	}
	c.p.failed = c.p.failed || err != nil
	if w.tracing {
		w.note(c.p, string(k.op), outcome(k.name+k.stages, f, err))
	}
	w.die(c.p, f, after)
	c.p.sleep(w.between(time.Millisecond, 6*time.Millisecond))
	return err
}

// hang is a call that gets no answer: it ends when its caller gives up. The rest of the
// caller's time is read from the real clock and rounded, so that each run is the same.
func (c ports) hang(ctx context.Context) error {
	left := time.Hour
	if deadline, bounded := ctx.Deadline(); bounded {
		left = time.Until(deadline).Round(200 * time.Millisecond)
	}
	c.p.sleep(left)
	return &fault.Error{Kind: fault.Unavailable, Doing: "calling a port", Err: context.DeadlineExceeded}
}

func outcome(what string, f fate, err error) string {
	switch {
	case f.crash != never:
		return what + " †"
	case err != nil:
		return fmt.Sprint(what, ": ", err)
	}
	return what
}

func (c ports) Publish(ctx context.Context, messages []*message.Message) error {
	return c.do(ctx, call{op: opPublish, name: c.p.handle}, func(f fate) error {
		if f.part {
			messages = messages[:c.world.random.IntN(len(messages)+1)]
		}
		for _, m := range messages {
			c.world.origins[originOf(m.ID, m.Sequence)] = numberOf(m)
			c.world.published[originOf(m.ID, m.Sequence)]++
			c.world.named[m.ID] = nameOf(m.Subject, m.Type)
		}
		return c.world.store.Publish(ctx, messages)
	})
}

func (c ports) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	return c.do(ctx, call{op: opSend, name: queue, event: c.p.handle}, func(fate) error {
		err := c.world.store.Send(ctx, queue, batch)
		if err == nil {
			c.p.durable = c.p.now
			if c.p.name == "poll" {
				c.world.polled(batch)
			}
		}
		return err
	})
}

func (c ports) Receive(ctx context.Context, queue string, most int, wait time.Duration) (batch []port.Incoming, err error) {
	err = c.do(ctx, call{op: opReceive, name: queue}, func(f fate) (err error) {
		batch, err = c.world.store.Receive(ctx, queue, most, wait)
		for _, in := range batch {
			if h := c.world.store.held(in); f.twice && h != nil {
				c.world.store.haunt(h, queue, f.slow)
			}
		}
		return err
	})
	return batch, err
}

func (c ports) Delete(ctx context.Context, in port.Incoming) error {
	return c.do(ctx, call{op: opDelete, name: in.Queue, event: c.p.handle}, func(f fate) error {
		if h := c.world.store.held(in); f.twice && h != nil {
			c.world.store.haunt(h, in.Queue, c.world.between(0, 10*time.Minute))
		}
		return c.world.store.Delete(ctx, in)
	})
}

func (c ports) Defer(ctx context.Context, in port.Incoming, until time.Time) error {
	// The queue counts in its own time: what the caller asks for is a pause.
	until = until.Add(-c.p.skew)
	return c.do(ctx, call{op: opDefer, name: in.Queue, event: c.p.handle}, func(fate) error {
		err := c.world.store.Defer(ctx, in, until)
		if err == nil && numberOfHandle(in.Handle) == c.p.parcel { // not a message that is woken
			c.world.quiet.parcels[c.p.parcel] = c.p.named
		}
		return err
	})
}

func (c ports) Get(ctx context.Context, key string) (item port.Item, err error) {
	err = c.do(ctx, call{op: opGet, name: key, event: c.p.handle}, func(fate) (err error) {
		item, err = c.world.store.Get(ctx, key)
		return err
	})
	return item, err
}

func (c ports) Put(ctx context.Context, item port.Item) (revision int64, err error) {
	err = c.do(ctx, call{op: opPut, name: item.Key, event: c.p.handle}, func(fate) (err error) {
		revision, err = c.world.store.Put(ctx, item)
		if err == nil {
			c.p.claims = true
			c.world.noted(c.p, item)
		}
		return err
	})
	return revision, err
}

func (c ports) Append(ctx context.Context, entries ...port.Entry) error {
	k := call{op: opAppend, event: c.p.handle}
	if c.world.tracing {
		for _, e := range entries {
			k.stages += " " + string(e.Stage) + " (" + e.Outcome + ")"
		}
	}
	return c.do(ctx, k, func(fate) error {
		c.world.target.remember(entries)
		return c.world.store.Append(ctx, entries...)
	})
}

// Find reads the ledger. The pipeline may read a bounded part of it only: an entity can have
// any number of entries.
func (c ports) Find(ctx context.Context, q port.Query) ([]port.Entry, error) {
	if q.Limit == 0 && c.p.name != "operator" {
		c.world.breaks(c.p.handle, "%s reads the ledger without a limit", c.p.name)
	}
	var found []port.Entry
	err := c.do(ctx, call{op: opSearch, event: c.p.handle}, func(fate) (err error) {
		found, err = c.world.store.Find(ctx, q)
		return err
	})
	return found, err
}

// AddressSecrets cannot fail: the secret was read before.
func (c ports) AddressSecrets(ctx context.Context) (canonical.AddressSecrets, error) {
	return c.world.store.AddressSecrets(ctx)
}

func (c ports) Store(ctx context.Context, data []byte) (claim message.Claim, err error) {
	err = c.do(ctx, call{op: opStore, event: c.p.handle}, func(fate) (err error) {
		claim, err = c.world.store.Store(ctx, data)
		return err
	})
	return claim, err
}

func (c ports) Load(ctx context.Context, claim message.Claim) (data []byte, err error) {
	err = c.do(ctx, call{op: opLoad, event: c.p.handle}, func(fate) (err error) {
		data, err = c.world.store.Load(ctx, claim)
		return err
	})
	return data, err
}

var errDead = errors.New("the process was killed")

// down is how a port fails that is out of reach or throttled.
func down(doing string) error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: doing, Detail: "throttled"}
}
