package main

import (
	"context"
	"time"

	"causeway.example/shared/entity"
	"causeway.example/shared/message"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// mostPeeked is how many messages of a queue are looked at.
const mostPeeked = 10_000

// settled waits until nothing is on its way any more. A message that waits for something in
// the dead-letter queue stays where it is.
func (p *program) settled(ctx context.Context) error {
	for {
		depths, err := p.store.Depths(ctx)
		if err != nil {
			return err
		}
		left := 0
		for _, d := range depths {
			left += d.Visible + d.InFlight + d.Deferred
		}
		if left > 0 {
			waiting, err := p.waitingForDead(ctx)
			if err != nil {
				return err
			}
			left -= waiting
		}
		if left <= 0 {
			return nil
		}
		if err := retry.Sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// waitingForDead counts the messages that wait for an entity whose event is in the dead-letter
// queue or was skipped for good, or for one that waits itself.
func (p *program) waitingForDead(ctx context.Context) (int, error) {
	waiting := 0
	for _, route := range p.table {
		messages, err := p.store.Peek(ctx, route.Queue(), mostPeeked)
		if err != nil {
			return 0, err
		}
		for _, in := range messages {
			m, err := message.Decode(in.Body)
			if err != nil {
				continue // it will be dead, and waits for nothing
			}
			blocked, err := p.blocked(ctx, route.To, m.Parents)
			if err != nil {
				return 0, err
			}
			if blocked {
				waiting++
			}
		}
	}
	return waiting, nil
}

// blocked reports whether one of the entities cannot reach the target, because its event
// is dead or was skipped for good, or because it waits for such an entity.
func (p *program) blocked(ctx context.Context, target string, keys []message.Key) (bool, error) {
	for _, key := range keys {
		r, err := entity.Load(ctx, p.store, target, key, false)
		if err != nil {
			return false, err
		}
		if r.Present() {
			continue
		}
		if r.Letters() || r.Skipped != nil && r.Skipped.Final {
			return true, nil
		}
		blocked, err := p.blocked(ctx, target, p.parents(ctx, target, key))
		if err != nil || blocked {
			return blocked, err
		}
	}
	return false, nil
}

// parents returns what the waiting event of the entity depends on; nothing if none waits.
func (p *program) parents(ctx context.Context, target string, key message.Key) []message.Key {
	for _, route := range routes.To(p.table, target) {
		messages, err := p.store.Peek(ctx, route.Queue(), mostPeeked)
		if err != nil {
			return nil
		}
		for _, in := range messages {
			if m, err := message.Decode(in.Body); err == nil && m.Key() == key {
				return m.Parents
			}
		}
	}
	return nil
}
