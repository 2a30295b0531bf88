package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"
	"time"

	"causeway.example/shared/fault"
)

const driver = "sqlite"

// readers is the number of connections for reading: enough to keep a small machine busy
// while one waits for the disk.
const readers = 4

// File is the open SQLite file. It is safe for concurrent use.
type File struct {
	path   string
	lock   *lock // nil beside the owner
	writer *writer
	reader *sql.DB
	reads  *statements
}

// Open opens the file as its owner, makes it if it is absent, and brings its schema up to
// date. It fails with class config and code CodeInUse while another process, or this one, has
// it open. The context bounds the opening only.
func Open(ctx context.Context, path string) (*File, error) {
	held, err := acquire(ctx, path)
	if err != nil {
		return nil, err
	}
	return (&File{path: path, lock: held}).open(ctx)
}

// Attach opens the file beside its owner, or without one. It fails with class config if there
// is no file, or one that this version did not prepare.
//
// It needs no lock: each process draws identifiers from an epoch of its own, counters are
// added up in the file, and SQLite gives the file to one writer at a time.
func Attach(ctx context.Context, path string) (*File, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Code: "no_store", Doing: "opening store " + path,
			Detail: "there is no such file: name the data folder of an engine that has run once", Err: err,
		}
	}
	return (&File{path: path}).open(ctx)
}

func (f *File) open(ctx context.Context) (*File, error) {
	var err error
	if f.writer, err = openWriter(ctx, f.path, f.lock == nil); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	f.reader, err = sql.Open(driver, dsn(f.path, "query_only(1)", "busy_timeout(5000)", "cache_size(-16384)"))
	if err != nil {
		return nil, errors.Join(Failure("opening store "+f.path, err), f.Close())
	}
	f.reader.SetMaxOpenConns(readers)
	f.reader.SetMaxIdleConns(readers)
	f.reads = newStatements(f.reader.PrepareContext)
	return f, nil
}

// Close commits the changes that were already handed over and releases the file. Calls after
// it fail. The lock is released last: the next process to open the file finds it closed.
func (f *File) Close() error {
	var failures []error
	if f.writer != nil {
		failures = append(failures, f.writer.close())
	}
	if f.reader != nil {
		failures = append(failures, f.reads.close(), f.reader.Close())
	}
	if f.lock != nil {
		failures = append(failures, f.lock.release())
	}
	if err := errors.Join(failures...); err != nil {
		return Failure("closing store "+f.path, err)
	}
	return nil
}

// Rows calls scan for each row of the query. It sees every change that Write has returned
// from. The query is prepared once, so that it must be a constant, or one of a few.
func (f *File) Rows(ctx context.Context, query string, scan func(Row) error, args ...any) error {
	return f.reads.rows(ctx, query, scan, args...)
}

// dsn makes a URI file name (sqlite.org/uri.html), in which ?, # and % of the path
// are escaped.
func dsn(path string, pragmas ...string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=" + strings.Join(pragmas, "&_pragma=")
}

// Nanos is how times are stored: nanoseconds since 1970 in UTC; the zero time is 0.
func Nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// Time returns the time that Nanos stored, in UTC.
func Time(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}
