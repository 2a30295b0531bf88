package local

import (
	"context"
	"time"

	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/operate/engine"
)

// Pauses implements engine.Valve.
func (s *Store) Pauses(ctx context.Context) (pauses []engine.Pause, err error) {
	err = s.file.Rows(ctx, `SELECT queue, who, reason, since FROM pause ORDER BY queue`, func(row sqlite.Row) error {
		var p engine.Pause
		var since int64
		err := row.Scan(&p.Queue, &p.Who, &p.Reason, &since)
		p.Since = sqlite.Time(since)
		pauses = append(pauses, p)
		return err
	})
	if err != nil {
		return nil, sqlite.Failure("reading the pauses", err)
	}
	return pauses, nil
}

// Pause implements engine.Valve. Receive finds nothing in the queue until it is resumed.
func (s *Store) Pause(ctx context.Context, pause engine.Pause) error {
	doing := "pausing queue " + pause.Queue
	q, err := s.queue(pause.Queue, doing)
	if err != nil {
		return err
	}
	err = s.file.Write(ctx, doing, func(t *sqlite.Tx) error {
		const query = `INSERT INTO pause (queue, who, reason, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`
		_, err := t.Exec(query, pause.Queue, pause.Who, pause.Reason, sqlite.Nanos(s.now()))
		return err
	})
	if err == nil {
		q.paused.Store(true)
	}
	return err
}

// Resume implements engine.Valve.
func (s *Store) Resume(ctx context.Context, name string) error {
	doing := "resuming queue " + name
	q, err := s.queue(name, doing)
	if err != nil {
		return err
	}
	err = s.file.Write(ctx, doing, func(t *sqlite.Tx) error {
		_, err := t.Exec(`DELETE FROM pause WHERE queue = ?`, name)
		return err
	})
	if err == nil {
		q.paused.Store(false)
		q.bell.ring()
	}
	return err
}

// lookAround is how soon the owner of a store notices what an attached process changed.
const lookAround = time.Second

// Watch wakes the workers of this process when an attached one has changed the file, until
// ctx ends. A process that runs an engine calls it once.
func (s *Store) Watch(ctx context.Context) {
	tick := time.NewTicker(lookAround)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.lookAround(ctx)
		}
	}
}

// lookAround reads what attached processes changed. A file that cannot be read now is read
// at the next tick.
func (s *Store) lookAround(ctx context.Context) {
	changes := s.changes.Load()
	err := s.file.Rows(ctx, `SELECT value FROM meta WHERE name = 'attached'`, func(row sqlite.Row) error { return row.Scan(&changes) })
	if err != nil || changes == s.changes.Load() || s.loadPauses(ctx) != nil {
		return
	}
	s.changes.Store(changes)
	for _, q := range s.queues {
		q.bell.ring()
	}
}

// loadPauses sets which queues are paused.
func (s *Store) loadPauses(ctx context.Context) error {
	pauses, err := s.Pauses(ctx)
	if err != nil {
		return err
	}
	paused := map[string]bool{}
	for _, p := range pauses {
		paused[p.Queue] = true
	}
	for name, q := range s.queues {
		q.paused.Store(paused[name])
	}
	return nil
}
