package sim

import (
	"context"
	"sync"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

// store is every port in plain memory. State, ledger and vault are those of
// porttest; bus and queues are its own, because the simulator has to know when a
// message becomes visible, hand messages out in the order of the seed, and deliver one
// twice.
type store struct {
	*porttest.Memory
	visibility  time.Duration
	maxReceives int
	now         func() time.Time
	shuffle     func(n int, swap func(i, j int))      // nil: in the order of sending
	bell        func(queue string, visible time.Time) // told of each message that will be visible
	mu          sync.Mutex
	lastID      int64
	queues      map[string][]*parcel
	branches    []branch
}

type branch struct {
	queue   string
	pattern *routes.Pattern
}

var (
	_ port.Bus    = (*store)(nil)
	_ port.Queue  = (*store)(nil)
	_ port.State  = (*store)(nil)
	_ port.Ledger = (*store)(nil)
	_ port.Vault  = (*store)(nil)
)

func newStore(now func() time.Time, branches []branch, inboxes []string) *store {
	s := &store{
		Memory: porttest.NewMemory(now), now: now, visibility: 30 * time.Second, maxReceives: 3, branches: branches, queues: map[string][]*parcel{},
	}
	s.Routes, s.Systems = nil, nil // it carries no message
	for _, system := range inboxes {
		s.open(routes.Inbox(system))
		s.open(routes.InboxBackfill(system))
	}
	for _, b := range branches {
		s.open(b.queue)
	}
	return s
}

func (s *store) open(queue string) { s.queues[queue], s.queues[routes.Dead(queue)] = nil, nil }

// branchesOf compiles the patterns of the routes.
func branchesOf(table []routes.Route) []branch {
	all := make([]branch, 0, len(table))
	for _, r := range table {
		all = append(all, branch{r.Queue(), r.Pattern()})
	}
	return all
}

// begin holds the lock until the returned function is called.
func (s *store) begin(ctx context.Context) (end func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Doing: "calling a port", Err: err}
	}
	s.mu.Lock()
	return s.mu.Unlock, nil
}

func (s *store) newID() int64 {
	s.lastID++
	return s.lastID
}

// entries returns the whole ledger.
func (s *store) entries() []port.Entry {
	all, err := s.Find(context.Background(), port.Query{})
	if err != nil {
		panic(err) // only a context that ended makes it fail
	}
	return all
}

func lostRace(key string) error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Doing: "storing state " + key, Err: port.ErrConflict}
}
