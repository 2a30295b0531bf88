package local

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// Config names the store's file and its queues.
type Config struct {
	Path        string           // the SQLite file; made if absent, its folder must exist
	Now         func() time.Time // the clock of all timestamps
	Routes      []routes.Route   // what the bus publishes to; a queue and a dead-letter queue each
	Systems     []string         // systems with an inbox queue and its dead-letter queue
	Visibility  time.Duration    // how long a received message stays hidden
	MaxReceives int              // receives after which a message counts as poison
	Build       string           // version that the bus and the queues write to the ledger

	// Recorded is called with ledger entries after they are durable: those of Append, and
	// those of messages that the queue moved to its dead letters. It may be nil.
	Recorded func(ctx context.Context, entries ...port.Entry)

	LedgerRetention time.Duration // Sweep removes older entries; 0 keeps all
	VaultRetention  time.Duration // Sweep removes older bodies that no message refers to; 0 keeps all
	Random          io.Reader     // of the secret in AddressSecrets; nil: crypto/rand

	DeadRetention time.Duration // Sweep removes dead letters that are longer in their queue; 0: DefaultDeadRetention
}

// DefaultDeadRetention is how long a dead letter is kept: as long as SQS keeps one at most.
const DefaultDeadRetention = 14 * 24 * time.Hour

// Store is every port of the pipeline on one SQLite file. It is safe for concurrent use.
type Store struct {
	config   Config
	file     *sqlite.File
	queues   map[string]*queue
	branches []branch
	closing  chan struct{}
	close    func() error
	changes  atomic.Int64 // by attached processes, as Watch saw them last

	scheduled   map[string]time.Duration // what runs in this process now
	scheduledMu sync.Mutex
}

var (
	_ port.Bus    = (*Store)(nil)
	_ port.Queue  = (*Store)(nil)
	_ port.State  = (*Store)(nil)
	_ port.Ledger = (*Store)(nil)
	_ port.Vault  = (*Store)(nil)
)

// Open opens the store with everything that was acknowledged before. It fails with class
// config and code sqlite.CodeInUse while another process, or this one, has the file open.
// The context bounds the opening only.
func Open(ctx context.Context, config Config) (*Store, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	file, err := sqlite.Open(ctx, config.Path)
	if err != nil {
		return nil, err
	}
	s := newStore(config, file)
	if err := errors.Join(s.openQueues(ctx), s.loadPauses(ctx)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends waiting receivers, commits the changes that were already handed over and
// releases the file. Calls after it fail; closing twice is not an error.
func (s *Store) Close() error { return s.close() }

func (c Config) check() error {
	rules := []struct {
		broken        bool
		field, detail string
	}{
		{c.Path == "", "Path", "must name a file"},
		{c.Now == nil, "Now", "must be a clock"},
		{c.Visibility <= 0, "Visibility", "must be longer than nothing"},
		{c.MaxReceives < 1, "MaxReceives", "must be at least one"},
		{c.LedgerRetention < 0, "LedgerRetention", "must not be negative"},
		{c.VaultRetention < 0, "VaultRetention", "must not be negative"},
		{c.DeadRetention < 0, "DeadRetention", "must not be negative"},
	}
	for _, rule := range rules {
		if rule.broken {
			return &fault.Error{Kind: fault.Rejected, Class: fault.Config, Doing: "opening the store", Field: rule.field, Detail: rule.detail}
		}
	}
	return nil
}

// newStore is the store on an open file, without its queues yet.
func newStore(config Config, file *sqlite.File) *Store {
	s := &Store{
		config: config, file: file, branches: newBranches(config.Routes),
		closing: make(chan struct{}), scheduled: map[string]time.Duration{},
	}
	s.close = sync.OnceValue(func() error {
		close(s.closing)
		return file.Close()
	})
	return s
}

func (s *Store) now() time.Time { return s.config.Now() }
