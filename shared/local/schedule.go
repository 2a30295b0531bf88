package local

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/local/sqlite"
)

// Scheduled is one schedule, as the file has it.
type Scheduled struct {
	Name    string
	Every   time.Duration // 0 if it does not run in this process
	Last    time.Time     // when its last run began, zero if none ended yet
	Next    time.Time     // when it is due; zero if it does not run in this process
	Failure string        // what the last run ended with, "" for success
}

// Schedule runs the function each time the interval has passed since the last run
// began, at once if it never ran, until the context ends or the store fails. The begin
// of a run is stored when the run has ended: after a restart, a run that ended is not
// repeated, one that was cut short is run again, and the runs missed meanwhile are
// replaced by a single one. The error of a failed run is kept for Schedules, and the
// schedule runs again after the next interval.
//
// A name runs once at a time: Schedule rejects a name that is running already.
func (s *Store) Schedule(ctx context.Context, name string, every time.Duration, run func(context.Context) error) error {
	doing := "running schedule " + name
	if every <= 0 {
		return fault.New(fault.Rejected, fault.Config, doing, "its interval must be longer than nothing")
	}
	if !s.enroll(name, every) {
		return fault.New(fault.Rejected, fault.Config, doing, "it runs already")
	}
	defer s.dismiss(name)
	for {
		noted, err := s.noted(ctx)
		if err != nil {
			return err
		}
		if due := noted[name].Last.Add(every); s.now().Before(due) {
			if err := s.rest(ctx, doing, due.Sub(s.now())); err != nil {
				return err
			}
			continue
		}
		if err := s.runOnce(ctx, name, run); err != nil {
			return err
		}
	}
}

// runOnce stores the run unless the context cut it short.
func (s *Store) runOnce(ctx context.Context, name string, run func(context.Context) error) error {
	began, text := s.now(), ""
	if err := run(ctx); err != nil {
		if ctx.Err() != nil {
			return sqlite.Failure("running schedule "+name, ctx.Err())
		}
		text = err.Error()
	}
	return s.file.Write(context.WithoutCancel(ctx), "noting the run of schedule "+name, func(t *sqlite.Tx) error {
		const query = `INSERT INTO schedule (name, last, failure) VALUES (?1, ?2, ?3)
			ON CONFLICT (name) DO UPDATE SET last = ?2, failure = ?3`
		_, err := t.Exec(query, name, sqlite.Nanos(began), text)
		return err
	})
}

func (s *Store) rest(ctx context.Context, doing string, pause time.Duration) error {
	due := time.NewTimer(pause)
	defer due.Stop()
	select {
	case <-due.C:
		return nil
	case <-ctx.Done():
		return sqlite.Failure(doing, ctx.Err())
	case <-s.closing:
		return sqlite.Closed(doing)
	}
}

func (s *Store) enroll(name string, every time.Duration) bool {
	s.scheduledMu.Lock()
	defer s.scheduledMu.Unlock()
	if _, running := s.scheduled[name]; running {
		return false
	}
	s.scheduled[name] = every
	return true
}

func (s *Store) dismiss(name string) {
	s.scheduledMu.Lock()
	defer s.scheduledMu.Unlock()
	delete(s.scheduled, name)
}

// Schedules returns every schedule that ended a run once or runs now, by name.
func (s *Store) Schedules(ctx context.Context) ([]Scheduled, error) {
	found, err := s.noted(ctx)
	if err != nil {
		return nil, err
	}
	s.scheduledMu.Lock()
	defer s.scheduledMu.Unlock()
	for name, every := range s.scheduled {
		entry := found[name]
		entry.Name, entry.Every = name, every
		if entry.Next = s.now(); !entry.Last.IsZero() {
			entry.Next = entry.Last.Add(every)
		}
		found[name] = entry
	}
	byName := func(a, b Scheduled) int { return cmp.Compare(a.Name, b.Name) }
	return slices.SortedFunc(maps.Values(found), byName), nil
}

func (s *Store) noted(ctx context.Context) (map[string]Scheduled, error) {
	found := map[string]Scheduled{}
	err := s.file.Rows(ctx, `SELECT name, last, failure FROM schedule`, func(row sqlite.Row) error {
		var entry Scheduled
		var last int64
		err := row.Scan(&entry.Name, &last, &entry.Failure)
		entry.Last = sqlite.Time(last)
		found[entry.Name] = entry
		return err
	})
	if err != nil {
		return nil, sqlite.Failure("reading the schedules", err)
	}
	return found, nil
}
