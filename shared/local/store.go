package local

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

const driver = "sqlite"

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
	DeadRetention   time.Duration // Sweep removes dead letters that are longer in their queue; 0: DefaultDeadRetention
}

// DefaultDeadRetention is how long a dead letter is kept: as long as SQS keeps one at most.
const DefaultDeadRetention = 14 * 24 * time.Hour

// Store is every port of the pipeline on one SQLite file. It is safe for concurrent use.
type Store struct {
	config   Config
	lock     *lock
	writer   *writer
	reader   *sql.DB
	reads    *statements
	queues   map[string]*queue
	branches []branch
	closing  chan struct{}
	close    func() error
	attached bool         // beside the owner: no lock
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
// config and code "store_in_use" while another process, or this one, has the file open.
// The context bounds the opening only.
func Open(ctx context.Context, config Config) (*Store, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	held, err := acquire(ctx, config.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{config: config, lock: held, closing: make(chan struct{}), scheduled: map[string]time.Duration{}}
	s.close = onceClose(s)
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func onceClose(s *Store) func() error { return sync.OnceValue(s.shut) }

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

func (s *Store) open(ctx context.Context) error {
	w, err := openWriter(ctx, s.config.Path, s.attached)
	if err != nil {
		return err
	}
	s.writer = w
	s.reader, err = sql.Open(driver, dsn(s.config.Path, "query_only(1)", "busy_timeout(5000)", "cache_size(-16384)"))
	if err != nil {
		return failure("opening store "+s.config.Path, err)
	}
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	s.reads = newStatements(s.reader.PrepareContext)
	s.branches = newBranches(s.config.Routes)
	if s.attached {
		return errors.Join(s.loadQueues(ctx), s.loadPauses(ctx))
	}
	return errors.Join(s.openQueues(ctx), s.loadPauses(ctx))
}

// readers is the number of connections for reading: enough to keep a small machine busy
// while one waits for the disk.
const readers = 4

// shut releases the lock last: the next process to open the file finds it closed.
func (s *Store) shut() error {
	close(s.closing)
	var failures []error
	if s.writer != nil {
		failures = append(failures, s.writer.close())
	}
	if s.reader != nil {
		failures = append(failures, s.reads.close(), s.reader.Close())
	}
	if s.lock != nil {
		failures = append(failures, s.lock.release())
	}
	if err := errors.Join(failures...); err != nil {
		return failure("closing store "+s.config.Path, err)
	}
	return nil
}

func (s *Store) now() time.Time { return s.config.Now() }

// dsn makes a URI file name (sqlite.org/uri.html), in which ?, # and % of the path
// are escaped.
func dsn(path string, pragmas ...string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=" + strings.Join(pragmas, "&_pragma=")
}

// nanos is how times are stored; the zero time is 0.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
