package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"sync"
)

// writer makes all changes of the file. It puts the changes that wait at one moment into
// one transaction (group commit): the wait for the disk, which is nearly all of a
// commit's cost, is paid once for all of them.
type writer struct {
	db         *sql.DB
	conn       *sql.Conn // the only one of db, so that no transaction is split over two
	statements *statements
	changes    chan *change
	finished   chan struct{}
	lastID     int64            // unique in the life of the file: epoch << 32 | count
	names      map[string]int64 // some of what is in the table, and nothing else
	attached   bool             // another process may change the table of names

	mu     sync.RWMutex // held for reading while sending to changes
	closed bool
}

// change is one caller's part of a transaction: all of it is stored or nothing.
type change struct {
	canceled func() error
	apply    func(*Tx) error
	err      error
	done     chan struct{}
}

// maxGroup bounds what one caller can be made to wait for.
const maxGroup = 512

// openWriter prepares the file and starts the writer. Synchronous FULL makes every
// commit wait for the disk; secure_delete overwrites what is deleted with zeros.
func openWriter(ctx context.Context, path string, attached bool) (*writer, error) {
	prepare := prepareFile
	if attached {
		prepare = attachFile
	}
	db, err := sql.Open(driver, dsn(path, "journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)", "secure_delete(1)",
		"wal_autocheckpoint(4000)", "journal_size_limit(67108864)", "cache_size(-65536)", "temp_store(MEMORY)"))
	if err != nil {
		return nil, Failure("opening store "+path, err)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, Failure("opening store "+path, errors.Join(err, db.Close()))
	}
	epoch, err := prepare(ctx, conn)
	if err != nil {
		return nil, errors.Join(err, conn.Close(), db.Close())
	}
	w := &writer{
		db: db, conn: conn, attached: attached, statements: newStatements(conn.PrepareContext), lastID: epoch << 32, names: map[string]int64{},
		changes: make(chan *change, maxGroup), finished: make(chan struct{}),
	}
	go w.run()
	return w, nil
}

// Write applies the change and returns when it is on the disk, or has failed and
// changed nothing. A context that ends before the change is applied cancels it; later
// the change is waited for, because its outcome would otherwise be unknown. The
// error says that doing was attempted. Apply must not call Write.
func (f *File) Write(ctx context.Context, doing string, apply func(*Tx) error) error {
	c := &change{canceled: ctx.Err, apply: apply, done: make(chan struct{})}
	if !f.writer.hand(c) {
		return Closed(doing)
	}
	<-c.done
	if c.err != nil {
		return Failure(doing, c.err)
	}
	return nil
}

func (w *writer) hand(c *change) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return false
	}
	w.changes <- c
	return true
}

func (w *writer) close() error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.changes)
	}
	w.mu.Unlock()
	<-w.finished
	return errors.Join(w.statements.close(), w.conn.Close(), w.db.Close())
}

func (w *writer) run() {
	defer close(w.finished)
	for first := range w.changes {
		group := w.gather(first)
		err := w.reserve()
		if err == nil {
			err = w.commit(group)
		}
		if err != nil {
			for _, c := range group {
				c.err = err
			}
		}
		for _, c := range group {
			close(c.done)
		}
	}
}

func (w *writer) gather(first *change) []*change {
	group := []*change{first}
	for len(group) < maxGroup {
		select {
		case next, ok := <-w.changes:
			if !ok {
				return group
			}
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// idsPerGroup is more identifiers than the changes of one transaction take.
const idsPerGroup = 1 << 30

// reserve begins a new epoch before the count of the present one can run into the next,
// which would be used after the next opening. It is stored before any of it is used.
func (w *writer) reserve() error {
	if count := w.lastID & (1<<32 - 1); count < 1<<32-idsPerGroup {
		return nil
	}
	epoch, err := nextEpoch(context.Background(), w.conn)
	if err == nil {
		w.lastID = epoch << 32
	}
	return err
}

// commit returns an error if nothing of the group was stored. The failure of one
// change only is put into that change.
func (w *writer) commit(group []*change) error {
	t := &Tx{w: w, counts: counts{}}
	if _, err := t.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if w.attached {
		clear(w.names)
	}
	err := t.applyAll(group)
	if err == nil {
		err = t.storeCounts()
	}
	if err == nil && w.attached {
		_, err = t.Exec(`INSERT INTO meta (name, value) VALUES ('attached', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1`)
	}
	if err == nil {
		_, err = t.Exec("COMMIT")
	}
	if err != nil {
		clear(w.names)
		// Fails where SQLite has rolled back by itself, as after a full disk.
		_, _ = t.Exec("ROLLBACK")
	}
	return err
}

// Tx is the open transaction, as a change sees it. It is used by one goroutine, and not after
// the change has returned.
type Tx struct {
	w       *writer
	counts  counts // of the changes that succeeded
	pending counts // of the change that is being applied
}

func (t *Tx) applyAll(group []*change) error {
	for _, c := range group {
		if c.err = c.canceled(); c.err != nil {
			continue
		}
		if err := t.applyOne(c); err != nil {
			return err
		}
	}
	return nil
}

// applyOne returns an error only if the transaction as a whole is lost.
func (t *Tx) applyOne(c *change) error {
	if _, err := t.Exec("SAVEPOINT change"); err != nil {
		return err
	}
	t.pending = counts{}
	if c.err = c.apply(t); c.err != nil {
		clear(t.w.names)
		if _, err := t.Exec("ROLLBACK TO change"); err != nil {
			return errors.Join(c.err, err)
		}
	} else {
		t.counts.add(t.pending)
	}
	_, err := t.Exec("RELEASE change")
	return err
}

// Exec returns how many rows the statement changed. No context can cancel it: a
// transaction is not left half way.
func (t *Tx) Exec(query string, args ...any) (changed int64, err error) {
	statement, err := t.w.statements.get(context.Background(), query)
	if err != nil {
		return 0, err
	}
	result, err := statement.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Rows calls scan for each row of the query, as the transaction sees them.
func (t *Tx) Rows(query string, scan func(Row) error, args ...any) error {
	return t.w.statements.rows(context.Background(), query, scan, args...)
}

// NewID returns an identifier that is never used twice in the life of the file: the epoch in
// the upper 32 bits, a count in the lower.
func (t *Tx) NewID() int64 {
	t.w.lastID++
	return t.w.lastID
}

// counter names one running total: of a queue, or of a stage on a route.
type counter struct{ kind, name string }

type counts map[counter]int64

func (c counts) add(more counts) {
	for key, n := range more {
		c[key] += n
	}
}

// Count adds to a running total, which the table counter has by kind and name. A change that
// fails adds nothing.
func (t *Tx) Count(kind, name string, delta int64) { t.pending[counter{kind, name}] += delta }

// storeCounts writes each total once per transaction, however many changes touched it.
func (t *Tx) storeCounts() error {
	const query = `INSERT INTO counter (kind, name, n) VALUES (?1, ?2, ?3)
		ON CONFLICT (kind, name) DO UPDATE SET n = n + ?3`
	order := func(a, b counter) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name)) }
	for _, key := range slices.SortedFunc(maps.Keys(t.counts), order) {
		if n := t.counts[key]; n != 0 {
			if _, err := t.Exec(query, key.kind, key.name, n); err != nil {
				return err
			}
		}
	}
	return nil
}
