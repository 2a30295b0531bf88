package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"causeway.example/shared/fault"
)

// lock is the right to open a store: an open exclusive transaction on an empty database
// beside the store. The operating system releases it when the process ends, in any way
// and on every platform that SQLite runs on. The store itself cannot be locked so, because
// our readers are connections of their own.
type lock struct{ db *sql.DB }

func acquire(ctx context.Context, path string) (*lock, error) {
	db, err := sql.Open(driver, dsn(path+".lock", "busy_timeout(0)"))
	if err != nil {
		return nil, Failure("locking store "+path, err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return nil, lockFailure(path, errors.Join(err, db.Close()))
	}
	return &lock{db: db}, nil
}

func lockFailure(path string, err error) error {
	if isBusy(err) {
		return &fault.Error{
			Kind: fault.Rejected, Class: fault.Config, Code: CodeInUse, Doing: "opening store " + path,
			Detail: "another Causeway has the file open; stop it first, or give this one a file of its own", Err: err,
		}
	}
	return Failure("locking store "+path, err)
}

func (l *lock) release() error { return l.db.Close() }
