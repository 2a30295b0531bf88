package local

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// kindQueue is the kind of counter that holds the length of a queue, kindExpired that of dead
// letters that Sweep removed.
const (
	kindQueue   = "queue"
	kindExpired = "expired"
)

// removed are the kinds of counters of letters that left a route's dead letters for good: the
// stages that operators write (package operate), erasing, and expiry.
var removed = []string{"resolved", "purged", string(port.Privacy), kindExpired}

// Depths returns the depth of every queue that is not a dead-letter queue, by name. The
// cost grows with the messages in flight or deferred, not with the visible ones.
func (s *Store) Depths(ctx context.Context) ([]Depth, error) {
	rows, err := s.measure(ctx)
	if err != nil {
		return nil, sqlite.Failure("measuring the queues", err)
	}
	dead := map[string]bool{}
	for name := range rows {
		dead[routes.Dead(name)] = true
	}
	var depths []Depth
	for name, row := range rows {
		if dead[name] {
			continue
		}
		grave := rows[routes.Dead(name)]
		row.Dead, row.OldestDead = grave.Visible+grave.InFlight+grave.Deferred, grave.Oldest
		depths = append(depths, row)
	}
	slices.SortFunc(depths, func(a, b Depth) int { return cmp.Compare(a.Queue, b.Queue) })
	return depths, nil
}

// measure is one statement, and so one moment: a message that moves from one queue to
// another is counted once.
func (s *Store) measure(ctx context.Context) (map[string]Depth, error) {
	const query = `SELECT q.name, coalesce(c.n, 0),
		(SELECT count(*) FROM item WHERE queue = q.id AND visible_at > ?1),
		(SELECT count(*) FROM item WHERE queue = q.id AND visible_at > ?1 AND deferred = 1),
		(SELECT min(sent_at) FROM item INDEXED BY item_sent WHERE queue = q.id)
		FROM queue q LEFT JOIN counter c ON c.kind = 'queue' AND c.name = q.name`
	now := s.now()
	depths := map[string]Depth{}
	err := s.file.Rows(ctx, query, func(row sqlite.Row) error {
		var d Depth
		var total, hidden int
		var oldest *int64
		err := row.Scan(&d.Queue, &total, &hidden, &d.Deferred, &oldest)
		d.Visible, d.InFlight = total-hidden, hidden-d.Deferred
		if oldest != nil {
			d.Oldest = now.Sub(sqlite.Time(*oldest))
		}
		depths[d.Queue] = d
		return err
	}, sqlite.Nanos(now))
	return depths, err
}

// Tally returns the totals of every route, by name. The cost depends only on the number of
// routes and of deferred messages.
func (s *Store) Tally(ctx context.Context) ([]RouteTally, error) {
	const query = `SELECT kind, name, n FROM counter
		UNION ALL SELECT 'waiting', name,
		(SELECT count(*) FROM item WHERE queue = q.id AND visible_at > ? AND deferred = 1) FROM queue q`
	tallies, queues := map[string]*RouteTally{}, map[string]int64{}
	for _, b := range s.branches {
		tallies[b.name] = &RouteTally{Route: b.name}
	}
	err := s.file.Rows(ctx, query, func(row sqlite.Row) error {
		var kind, route string
		var n int64
		err := row.Scan(&kind, &route, &n)
		if kind == kindQueue {
			queues[route] = n
			return err
		}
		if tallies[route] == nil && tallied(kind) {
			tallies[route] = &RouteTally{Route: route}
		}
		setTotal(tallies[route], kind, n)
		return err
	}, sqlite.Nanos(s.now()))
	if err != nil {
		return nil, sqlite.Failure("reading the tally", err)
	}
	for route, t := range tallies {
		t.Waiting, t.Letters = queues[route], queues[routes.Dead(route)]
	}
	return sortedTallies(tallies), nil
}

func sortedTallies(tallies map[string]*RouteTally) []RouteTally {
	sorted := make([]RouteTally, 0, len(tallies))
	for _, route := range slices.Sorted(maps.Keys(tallies)) {
		sorted = append(sorted, *tallies[route])
	}
	return sorted
}

// setTotal ignores the stages on the way; t is nil for a queue that belongs to no route.
func setTotal(t *RouteTally, kind string, n int64) {
	if t == nil {
		return
	}
	if slices.Contains(removed, kind) {
		t.Removed += n
	}
	totals := map[string]*int64{
		string(port.Queued): &t.In, string(port.Confirmed): &t.Confirmed,
		string(port.Superseded): &t.Superseded, string(port.Skipped): &t.Skipped,
		string(port.Dead): &t.Dead, string(port.Parked): &t.Parked, "waiting": &t.Deferred,
	}
	if total, ok := totals[kind]; ok {
		*total = n
	}
}

func tallied(kind string) bool {
	return kind == string(port.Queued) || port.Stage(kind).Ends()
}
