package erase

import (
	"context"
	"slices"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
)

// Waiting implements privacy.Live by the ledger, because a live queue cannot be read without
// taking messages from the functions: it counts, for each event about one of the keys, the routes
// on which it has not ended. Deliveries that are not translated yet name no entity, and are not
// counted.
func (i *Installation) Waiting(ctx context.Context, keys []message.Key, _ func(port.Incoming) (bool, error)) (n int, err error) {
	depths, err := i.config.Meter.Depths(ctx)
	if err != nil {
		return 0, err
	}
	queues := make([]string, len(depths))
	for k, depth := range depths {
		queues[k] = depth.Queue
	}
	for _, key := range keys {
		entries, err := i.backend.Find(ctx, port.Query{Entity: key})
		if err != nil {
			return n, err
		}
		n += len(i.open(entries, queues))
	}
	return n, nil
}

// hop is one event on one route.
type hop struct{ event, route string }

// open returns the hops that have not ended, of those that a queue can still have.
func (i *Installation) open(entries []port.Entry, queues []string) map[hop]bool {
	oldest, waits := i.config.Resources.Now().Add(-letterLife), map[hop]bool{}
	for at, e := range i.latest(entries) {
		if slices.Contains(queues, at.route) && !ended(e.Stage) && alive(e, oldest) {
			waits[at] = true
		}
	}
	return waits
}

// latest returns the newest entry of each hop; without any, that of the event's publication.
func (i *Installation) latest(entries []port.Entry) map[hop]port.Entry {
	last := map[hop]port.Entry{}
	for _, e := range entries {
		if e.Stage != port.Published {
			continue
		}
		for _, queue := range i.takers(e) {
			last[hop{e.Event, queue}] = e
		}
	}
	for _, e := range entries {
		if at := (hop{e.Event, e.Route}); e.Route != "" && !e.At.Before(last[at].At) {
			last[at] = e
		}
	}
	return last
}

// takers returns the queues of the routes that take a published event.
func (i *Installation) takers(e port.Entry) (queues []string) {
	for _, route := range i.config.Routes {
		if route.From == e.Entity.System && slices.Contains(route.Types, e.Type) {
			queues = append(queues, route.Queue())
		}
	}
	return queues
}

// ended reports whether a message is in no live queue after the stage.
func ended(s port.Stage) bool {
	return s.Ends() || s == port.Privacy || s == operate.Purged || s == operate.Settled || s == operate.Edited || s == operate.Bound
}

// alive reports whether a queue may still have the message. A function sends one that waits
// for long again, and writes an entry each time that it handles it.
func alive(e port.Entry, oldest time.Time) bool { return e.At.After(oldest) || e.Next.After(oldest) }
