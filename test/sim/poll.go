package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/entity"
	"causeway/shared/message"
)

// pollTries is how often a poll that a port failed is run again.
const pollTries = 20

// poll reads each entity as the shop has it now, and passes on what the target lacks. A poll
// that fails is run again a little later, as the next round would be.
func (w *world) poll(pause time.Duration) { w.pollAgain(pause, pollTries) }

func (w *world) pollAgain(pause time.Duration, tries int) {
	done := false
	w.spawn("poll", pause, func(p *process) {
		err := w.pollAll(p)
		if done = err == nil; err != nil {
			w.note(p, "error", err.Error())
		}
	}, func(bool) {
		if !done && tries > 0 {
			w.pollAgain(w.between(time.Minute, 5*time.Minute), tries-1)
		}
	})
}

func (w *world) pollAll(p *process) error {
	ctx, c := context.Background(), ports{w, p}
	for _, f := range w.stock() {
		s, err := entity.StateOf(f.events()[0], true, p.clock())
		if err != nil {
			return err
		}
		found, err := entity.Compare(ctx, c, erp, key(f.Kind, f.ID), s, p.clock())
		if err != nil {
			return err
		}
		w.note(p, "poll", fmt.Sprint(f.entity(), " v", f.Version, ": finding ", found))
		if found != entity.Missing {
			continue
		}
		w.polls++
		d := newDelivery(fmt.Sprint("poll-", w.polls), f)
		w.deliveries = append(w.deliveries, d)
		p.handle = d.raw()
		raw := &message.Raw{ID: d.raw(), Topic: "facts", Trigger: message.Poll, Tenant: "brand", ContentType: "application/json", Body: d.body}
		if err := w.door(p).Accept(ctx, raw, p.clock()); err != nil {
			return err
		}
		d.tries, d.accepted = 1, true
	}
	return nil
}

// stock returns the newest state of each entity in the shop, as a poll reads it.
func (w *world) stock() []fact {
	newest := map[string]fact{}
	for _, d := range w.deliveries {
		f := d.fact
		if f.once() || f.Spoilt || f.since.After(w.now) || newest[f.entity()].Version > f.Version {
			continue
		}
		if f.Also = ""; f.Kind == "order" {
			if f.Type = canonical.OrderChanged; f.Closed {
				f.Type = canonical.OrderCancelledEvent
			}
		}
		newest[f.entity()] = f
	}
	var all []fact
	for _, name := range slices.Sorted(maps.Keys(newest)) {
		all = append(all, newest[name])
	}
	return all
}
