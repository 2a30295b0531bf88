package valuemap

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// Waiter is a message that is hidden in its queue because a map has no entry for it.
type Waiter struct {
	Event  string    `json:"event"`
	Queue  string    `json:"queue"`
	Handle string    `json:"handle"`
	Until  time.Time `json:"until"` // when it looks by itself: then the waiter is over
}

// mostWaiters is how many messages wait by name for one map. The others look by themselves.
const mostWaiters = 64

// Pause is the least time between two reads of a system's entries after missing ones.
const Pause = 5 * time.Second

// WaitersKey returns the key of the record of the messages that wait for an entry of the map.
func WaitersKey(system, setting string) string { return "map.waiting|" + system + "/" + setting }

// Wait registers a message that waits for an entry of the system's map. A message that finds no room,
// or loses the race for the record three times, is not registered. Wait reports whether entries were
// imported since those that the attempt was made with: the import may have looked for waiters before
// this one was registered. For one that finds no room it does not look: an import would have made room.
func Wait(ctx context.Context, state port.State, system string, m connector.MissingEntry, w Waiter, now time.Time) (imported bool, err error) {
	for range 3 {
		var waiters []Waiter
		var item port.Item
		if waiters, item, err = waitersOf(ctx, state, system, m.Setting, now); err != nil {
			return false, err
		}
		waiters = slices.DeleteFunc(waiters, func(o Waiter) bool { return o.Event == w.Event && o.Queue == w.Queue })
		if len(waiters) >= mostWaiters {
			return false, nil
		}
		if err = save(ctx, state, item, append(waiters, w), w.Until); !errors.Is(err, port.ErrConflict) {
			break
		}
	}
	if err != nil && !errors.Is(err, port.ErrConflict) {
		return false, err
	}
	_, revision, err := Load(ctx, state, system)
	return revision != m.Revision, err
}

// Waiting returns how many messages wait for an entry of the map, as far as they are registered.
func Waiting(ctx context.Context, state port.State, system, setting string, now time.Time) (int, error) {
	waiters, _, err := waitersOf(ctx, state, system, setting, now)
	return len(waiters), err
}

// Release returns the messages that wait for an entry of the map, and forgets them.
func Release(ctx context.Context, state port.State, system, setting string, now time.Time) ([]Waiter, error) {
	for tries := 0; ; tries++ {
		waiters, item, err := waitersOf(ctx, state, system, setting, now)
		if err != nil || len(waiters) == 0 {
			return nil, err
		}
		err = save(ctx, state, item, nil, now)
		if !errors.Is(err, port.ErrConflict) || tries == 5 {
			return waiters, err
		}
	}
}

// waitersOf returns the messages that wait for an entry of the map, without those that have looked
// by themselves since, and the record that they are in.
func waitersOf(ctx context.Context, state port.State, system, setting string, now time.Time) (waiters []Waiter, item port.Item, err error) {
	doing := "reading what waits for " + setting
	key := WaitersKey(system, setting)
	if item, err = state.Get(ctx, key); err != nil {
		return nil, item, port.Unavailable(doing, err)
	}
	item.Key = key
	if len(item.Value) > 0 {
		if err := json.Unmarshal(item.Value, &waiters); err != nil {
			return nil, item, &fault.Error{Kind: fault.Invalid, Class: fault.Parse, Doing: doing, Err: err}
		}
	}
	return slices.DeleteFunc(waiters, func(w Waiter) bool { return !w.Until.After(now) }), item, nil
}

// save writes the record of waiters. It expires an hour after the newest of them has looked by itself.
func save(ctx context.Context, state port.State, item port.Item, waiters []Waiter, newest time.Time) error {
	value, err := json.Marshal(waiters)
	if err != nil {
		return err
	}
	for _, w := range waiters {
		if w.Until.After(newest) {
			newest = w.Until
		}
	}
	item.Value, item.Expires = value, newest.Add(time.Hour)
	_, err = state.Put(ctx, item)
	return err
}
