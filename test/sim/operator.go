package sim

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// operator puts dead letters back, as the safety rules of the operator's command say:
// one operation at a time, copy then delete, a journal, a look at the ledger first, and a
// ramp that stops. It stands on the same faulty ports.
type operator struct {
	world    *world
	p        *process
	ports    ports
	careless bool // looks at neither lock nor ledger: a move by hand
	native   bool // moves letters as they lie, as the queue service does
	ramp     bool // moves one, and goes on only if it does not come back
	moved    int
	began    time.Time
}

// lockLife is how long an operation may be silent before another may begin.
const lockLife = 10 * time.Minute

// redrive starts an operation on the route's dead letters. done is told how it ended.
func (w *world) redrive(pause time.Duration, prepare func(o *operator), done func(crashed bool)) {
	w.spawn("operator", pause, func(p *process) {
		o := &operator{world: w, p: p, ports: ports{w, p}, began: p.now}
		if prepare != nil {
			prepare(o)
		}
		if err := o.run(context.Background()); err != nil {
			w.note(p, "operator", "stops: "+err.Error())
		}
	}, done)
}

func (o *operator) run(ctx context.Context) error {
	if !o.careless {
		if held, err := o.lock(ctx, o.p.now.Add(lockLife)); held || err != nil {
			o.world.note(o.p, "operator", "is refused: another operation holds the lock")
			return err
		}
		defer func() {
			if !o.p.dead {
				_, _ = o.lock(ctx, o.p.now) // it ends by itself too
			}
		}()
	}
	for {
		letters, err := o.ports.Receive(ctx, routes.Dead(route.Queue()), 1, 0)
		if err != nil || len(letters) == 0 {
			return err
		}
		if stop, err := o.letter(ctx, letters[0]); stop || err != nil {
			return err
		}
	}
}

// lock takes the operation's lease, or gives it back with an end that is now.
func (o *operator) lock(ctx context.Context, until time.Time) (held bool, err error) {
	const name = "operation|dead letters"
	item, err := o.ports.Get(ctx, name)
	if err != nil {
		return false, err
	}
	end, _ := time.Parse(time.RFC3339Nano, string(item.Value)) // absent: long ago
	if until.After(o.p.now) && end.After(o.p.now) {
		return true, nil
	}
	item.Key, item.Value = name, []byte(until.Format(time.RFC3339Nano))
	_, err = o.ports.Put(ctx, item)
	return false, err
}

// letter decides about one dead letter. stop ends the operation.
func (o *operator) letter(ctx context.Context, in port.Incoming) (stop bool, err error) {
	o.p.begin(in.Attributes[port.AttrEvent], numberOfHandle(in.Handle))
	if !o.careless {
		if parked(in) || in.SentAt.After(o.began) { // a plan is frozen: what came later is not in it
			return false, nil
		}
		if settled, err := o.settled(ctx, in); settled || err != nil {
			return false, err
		}
	}
	if err := o.move(ctx, in); err != nil {
		return true, err
	}
	o.moved++
	return o.ramp && !o.confirmed(ctx, in), nil
}

// settled resolves a letter whose effect the target has already, or has newer.
func (o *operator) settled(ctx context.Context, in port.Incoming) (bool, error) {
	entries, err := o.ports.Find(ctx, port.Query{Route: in.Attributes[port.AttrRoute]})
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		same := e.Entity.String() == in.Attributes[port.AttrEntity]
		if same && e.Stage == port.Confirmed && string(e.Version) >= in.Attributes[port.AttrVersion] {
			e.Stage, e.Event, e.At, e.Error = port.Superseded, in.Attributes[port.AttrEvent], o.p.now, nil
			e.Outcome = "resolved by the operator: this version or a newer one is confirmed"
			if err := o.ports.Append(ctx, e); err != nil {
				return false, err
			}
			return true, o.ports.Delete(ctx, in)
		}
	}
	return false, nil
}

// parked reports whether the pipeline has parked the message, which only a person who
// says so puts back. The letter says it itself: the ledger may come a moment later.
func parked(in port.Incoming) bool {
	var cause port.Cause
	err := json.Unmarshal([]byte(in.Attributes[port.AttrCause]), &cause)
	return err == nil && cause.Stage == port.Parked
}

// move copies the message to its queue, notes that, and deletes it. Killed between
// any two steps, a second run finds out what is left to do.
func (o *operator) move(ctx context.Context, in port.Incoming) error {
	if o.native {
		if err := o.ports.Send(ctx, route.Queue(), []port.Outgoing{{Body: in.Body, Attributes: maps.Clone(in.Attributes)}}); err != nil {
			return err
		}
		return o.ports.Delete(ctx, in)
	}
	count := strconv.Itoa(in.Redrives() + 1)
	journal, err := o.ports.Get(ctx, strings.Join([]string{"redrive", in.Attributes[port.AttrEvent], in.Attributes[port.AttrVersion], count}, "#"))
	if err != nil {
		return err
	}
	if journal.Revision == 0 || o.careless {
		attributes := maps.Clone(in.Attributes)
		attributes[port.AttrRedrives] = count
		delete(attributes, port.AttrReason)
		if err := o.ports.Send(ctx, route.Queue(), []port.Outgoing{{Body: in.Body, Attributes: attributes}}); err != nil {
			return err
		}
		journal.Value = []byte("moved")
		if _, err := o.ports.Put(ctx, journal); err != nil {
			return err
		}
	}
	return o.ports.Delete(ctx, in)
}

// confirmed waits a while for what became of the message that was moved.
func (o *operator) confirmed(ctx context.Context, in port.Incoming) bool {
	for range 10 {
		o.p.sleep(30 * time.Second)
		entries, err := o.ports.Find(ctx, port.Query{Event: in.Attributes[port.AttrEvent], Since: o.p.now.Add(-6 * time.Minute)})
		if err != nil {
			return false
		}
		for _, e := range entries {
			if e.RedriveCount > in.Redrives() && (e.Stage == port.Confirmed || e.Stage == port.Superseded) {
				return true
			}
		}
	}
	return false
}
