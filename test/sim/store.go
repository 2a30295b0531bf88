package sim

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
	"causeway/shared/routes"
)

// store is every port in plain memory, as pipelinetest.Memory is, and besides open to
// the simulator: it tells when a message becomes visible, hands messages out in the
// order of the seed, and can deliver one twice.
type store struct {
	visibility  time.Duration
	maxReceives int
	now         func() time.Time
	shuffle     func(n int, swap func(i, j int))      // nil: in the order of sending
	bell        func(queue string, visible time.Time) // told of each message that will be visible
	mu          sync.Mutex
	lastID      int64
	queues      map[string][]*parcel
	branches    []branch
	items       map[string]pipeline.Item
	entries     []pipeline.Entry
	blobs       map[string][]byte
}

type branch struct {
	queue   string
	pattern *routes.Pattern
}

var (
	_ pipeline.Bus    = (*store)(nil)
	_ pipeline.Queue  = (*store)(nil)
	_ pipeline.State  = (*store)(nil)
	_ pipeline.Ledger = (*store)(nil)
	_ pipeline.Vault  = (*store)(nil)
)

func newStore(now func() time.Time, branches []branch, inboxes []string) *store {
	s := &store{
		now: now, visibility: 30 * time.Second, maxReceives: 3, branches: branches,
		queues: map[string][]*parcel{}, items: map[string]pipeline.Item{}, blobs: map[string][]byte{},
	}
	for _, system := range inboxes {
		s.open(routes.Inbox(system))
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

// Get implements pipeline.State.
func (s *store) Get(ctx context.Context, key string) (pipeline.Item, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return pipeline.Item{Key: key}, err
	}
	defer end()
	item := s.item(key)
	item.Value = bytes.Clone(item.Value)
	return item, nil
}

func (s *store) item(key string) pipeline.Item {
	item, ok := s.items[key]
	if !ok || !item.Expires.IsZero() && s.now().After(item.Expires) {
		return pipeline.Item{Key: key}
	}
	return item
}

// Put implements pipeline.State.
func (s *store) Put(ctx context.Context, item pipeline.Item) (revision int64, err error) {
	end, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	if s.item(item.Key).Revision != item.Revision {
		return 0, lostRace(item.Key)
	}
	item.Revision, item.Value = s.newID(), bytes.Clone(item.Value)
	s.items[item.Key] = item
	return item.Revision, nil
}

func lostRace(key string) error {
	return &fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Doing: "storing state " + key, Err: pipeline.ErrConflict}
}

// Append implements pipeline.Ledger.
func (s *store) Append(ctx context.Context, entries ...pipeline.Entry) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	for _, entry := range entries {
		at := len(s.entries)
		for at > 0 && s.entries[at-1].At.After(entry.At) {
			at--
		}
		s.entries = slices.Insert(s.entries, at, entry)
	}
	return nil
}

// Find implements pipeline.Ledger.
func (s *store) Find(ctx context.Context, q pipeline.Query) ([]pipeline.Entry, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var found []pipeline.Entry
	for _, e := range s.entries {
		if q.Limit > 0 && len(found) == q.Limit {
			break
		}
		if matches(q, e) {
			found = append(found, e)
		}
	}
	return found, nil
}

func matches(q pipeline.Query, e pipeline.Entry) bool {
	return fits(q.Trace, e.Trace) && fits(q.Event, e.Event) && fits(q.Entity, e.Entity) &&
		fits(q.Route, e.Route) && fits(q.Stage, e.Stage) && !e.At.Before(q.Since)
}

func fits[T comparable](wanted, got T) bool { return cmp.Or(wanted, got) == got }

// Store implements pipeline.Vault.
func (s *store) Store(ctx context.Context, data []byte) (message.Claim, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return message.Claim{}, err
	}
	defer end()
	hash := hexHash(data)
	s.blobs["sha256/"+hash] = bytes.Clone(data)
	return message.Claim{Key: "sha256/" + hash, SHA256: hash, Size: int64(len(data))}, nil
}

// Load implements pipeline.Vault.
func (s *store) Load(ctx context.Context, claim message.Claim) ([]byte, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	data, ok := s.blobs[claim.Key]
	switch {
	case !ok:
		return nil, fault.New(fault.Rejected, fault.MissingRef, "loading body "+claim.Key, "the vault does not hold it")
	case hexHash(data) != claim.SHA256:
		return nil, fault.New(fault.Invalid, fault.Parse, "loading body "+claim.Key, "the stored bytes do not have the hash of the claim")
	}
	return bytes.Clone(data), nil
}

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
