package porttest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Memory is every port in plain memory. The exported fields may be changed before
// the first call. It is safe for concurrent use.
type Memory struct {
	Routes      []routes.Route // what the bus publishes to; each route has a queue
	Systems     []string       // systems with an inbox queue
	Visibility  time.Duration  // how long a received message stays hidden
	MaxReceives int            // receives after which a message is moved to the dead-letter queue
	Secrets     canonical.AddressSecrets

	now      func() time.Time
	mu       sync.Mutex
	lastID   int64
	queues   map[string][]*held // in the order in which they become visible
	received map[string]*held   // by the handle of the last receive
	branches []branch
	items    map[string]port.Item
	entries  []port.Entry
	appended map[string]bool // identities of the entries
	blobs    map[string][]byte
}

type branch struct {
	queue   string
	pattern *routes.Pattern
}

var (
	_ port.Bus    = (*Memory)(nil)
	_ port.Queue  = (*Memory)(nil)
	_ port.State  = (*Memory)(nil)
	_ port.Ledger = (*Memory)(nil)
	_ port.Vault  = (*Memory)(nil)
)

// NewMemory returns empty ports with the routes of routes.Table, an inbox for each
// of its systems, a visibility timeout of 30 seconds and five receives. All their
// timestamps come from now.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{
		Routes: routes.Table, Systems: routes.Sources(routes.Table), Visibility: 30 * time.Second, MaxReceives: 5,
		Secrets: canonical.AddressSecrets{strings.Repeat("secret of the memory ", 2)}, now: now, items: map[string]port.Item{}, appended: map[string]bool{}, blobs: map[string][]byte{},
	}
}

// begin makes the queues at the first call and holds the lock until the returned
// function is called.
func (m *Memory) begin(ctx context.Context) (end func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Doing: "calling a port", Err: err}
	}
	m.mu.Lock()
	if m.queues == nil {
		m.open()
	}
	return m.mu.Unlock, nil
}

func (m *Memory) open() {
	m.queues, m.received = map[string][]*held{}, map[string]*held{}
	for _, system := range m.Systems {
		m.queues[routes.Inbox(system)] = nil
		m.queues[routes.InboxBackfill(system)] = nil
	}
	for _, route := range m.Routes {
		m.queues[route.Queue()] = nil
		m.branches = append(m.branches, branch{route.Queue(), route.Pattern()})
	}
	for _, name := range slices.Collect(maps.Keys(m.queues)) {
		m.queues[routes.Dead(name)] = nil
	}
}

func (m *Memory) newID() int64 {
	m.lastID++
	return m.lastID
}

// Publish implements port.Bus: after an error nothing was published.
func (m *Memory) Publish(ctx context.Context, messages []*message.Message) error {
	end, err := m.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	bodies := make([][]byte, len(messages))
	trees := make([]routes.EventTree, len(messages))
	for i, each := range messages {
		if bodies[i], err = each.Encode(); err == nil {
			trees[i], err = tree(each)
		}
		if err != nil {
			return &fault.Error{Kind: fault.Invalid, Class: fault.Bug, Doing: "publishing message " + each.ID, Err: err}
		}
	}
	for i, body := range bodies {
		for _, b := range m.branches {
			if b.pattern.MatchTree(trees[i]) {
				m.add(b.queue, port.Outgoing{Body: body})
			}
		}
	}
	return nil
}

func tree(m *message.Message) (routes.EventTree, error) {
	event, err := m.Event()
	if err != nil {
		return routes.EventTree{}, err
	}
	return routes.DecodeEvent(event)
}

// Get implements port.State.
func (m *Memory) Get(ctx context.Context, key string) (port.Item, error) {
	end, err := m.begin(ctx)
	if err != nil {
		return port.Item{Key: key}, err
	}
	defer end()
	item := m.item(key)
	item.Value = bytes.Clone(item.Value)
	return item, nil
}

func (m *Memory) item(key string) port.Item {
	item, ok := m.items[key]
	if !ok || !item.Expires.IsZero() && m.now().After(item.Expires) {
		return port.Item{Key: key}
	}
	return item
}

// Put implements port.State. Revisions are unique among all keys.
func (m *Memory) Put(ctx context.Context, item port.Item) (revision int64, err error) {
	end, err := m.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	if m.item(item.Key).Revision != item.Revision {
		return 0, &fault.Error{Kind: fault.Unavailable, Class: fault.Conflict, Doing: "storing state " + item.Key, Err: port.ErrConflict}
	}
	item.Revision, item.Value = m.newID(), bytes.Clone(item.Value)
	m.items[item.Key] = item
	return item.Revision, nil
}

// Append implements port.Ledger.
func (m *Memory) Append(ctx context.Context, entries ...port.Entry) error {
	end, err := m.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	for _, entry := range entries {
		if entry.ID, entry.Message = entry.Identity(), ""; m.appended[entry.ID] {
			continue
		}
		m.appended[entry.ID] = true
		// Entries come nearly always in the order of time: the place is near the end.
		at := len(m.entries)
		for at > 0 && m.entries[at-1].At.After(entry.At) {
			at--
		}
		m.entries = slices.Insert(m.entries, at, entry)
	}
	return nil
}

// AddressSecrets implements port.Ledger.
func (m *Memory) AddressSecrets(context.Context) (canonical.AddressSecrets, error) {
	return m.Secrets, nil
}

// Find implements port.Ledger. Since is included.
func (m *Memory) Find(ctx context.Context, query port.Query) ([]port.Entry, error) {
	end, err := m.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var found []port.Entry
	ordered := slices.All(m.entries)
	if query.Newest {
		ordered = slices.Backward(m.entries)
	}
	for _, entry := range ordered {
		if query.Limit > 0 && len(found) == query.Limit {
			break
		}
		if matches(query, entry) {
			found = append(found, entry)
		}
	}
	return found, nil
}

func matches(q port.Query, e port.Entry) bool {
	return fits(q.Trace, e.Trace) && fits(q.Event, e.Event) && fits(q.Entity, e.Entity) &&
		fits(q.Route, e.Route) && fits(q.Stage, e.Stage) && fits(q.Hash, e.Hashes.Canonical) && !e.At.Before(q.Since) &&
		(q.Until.IsZero() || !e.At.After(q.Until)) && (q.Key == "" || slices.Contains(e.SearchKeys(), q.Key))
}

func fits[T comparable](wanted, got T) bool { return cmp.Or(wanted, got) == got }

// Store implements port.Vault.
func (m *Memory) Store(ctx context.Context, data []byte) (message.Claim, error) {
	end, err := m.begin(ctx)
	if err != nil {
		return message.Claim{}, err
	}
	defer end()
	hash := hexHash(data)
	key := "sha256/" + hash
	m.blobs[key] = bytes.Clone(data)
	return message.Claim{Key: key, SHA256: hash, Size: int64(len(data))}, nil
}

// Load implements port.Vault.
func (m *Memory) Load(ctx context.Context, claim message.Claim) ([]byte, error) {
	end, err := m.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	doing := "loading body " + claim.Key
	data, ok := m.blobs[claim.Key]
	switch {
	case !ok:
		return nil, fault.New(fault.Rejected, fault.MissingRef, doing, "the vault does not have it")
	case hexHash(data) != claim.SHA256:
		return nil, fault.New(fault.Invalid, fault.Parse, doing, "the stored bytes do not have the hash of the claim")
	}
	return bytes.Clone(data), nil
}

// Corrupt changes a stored body behind the vault's back.
func (m *Memory) Corrupt(claim message.Claim) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blobs[claim.Key] = append(m.blobs[claim.Key], 'x')
}

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
