package erase

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver

	"causeway.example/shared/privacy"
)

// File is the SQLite file of a local engine, opened beside it.
type File struct{ db *sql.DB }

var _ privacy.File = (*File)(nil)

// Open opens the file, which must be there.
func Open(path string) (*File, error) {
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=rw&_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=secure_delete(1)"
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return &File{db}, nil
}

// Close closes the file.
func (f *File) Close() error { return f.db.Close() }

// Bodies deletes the bodies of the vault for which concerns is true, given the hash (SHA-256 in
// hex) and the bytes. Waiting is how many of them a message still refers to: they are left.
func (f *File) Bodies(ctx context.Context, concerns func(hash string, data []byte) (yes, export bool)) (erased, waiting int, err error) {
	err = f.change(ctx, "erasing bodies", func(tx *sql.Tx) error {
		found := map[string]bool{} // by hash: whether it is referred to
		const query = `SELECT hash, data, EXISTS (SELECT 1 FROM claim WHERE claim.hash = blob.hash) FROM blob`
		err := each(ctx, tx, query, func(scan func(...any) error) error {
			var hash string
			var data []byte
			var claimed bool
			err := scan(&hash, &data, &claimed)
			if err != nil {
				return err
			}
			if yes, _ := concerns(hash, data); yes {
				found[hash] = claimed
			}
			return nil
		})
		for hash, claimed := range found {
			if claimed {
				waiting++
				continue
			}
			erased++
			_, deleted := tx.ExecContext(ctx, `DELETE FROM blob WHERE hash = ?`, hash)
			err = errors.Join(err, deleted)
		}
		return err
	})
	return erased, waiting, err
}

// Scrub writes what was deleted out of the write-ahead log, where it would stay until the
// log is overwritten. It fails, and may be called again, while a reader holds the log.
func (f *File) Scrub(ctx context.Context) error {
	var busy, written, moved int
	err := f.db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &written, &moved)
	if err == nil && busy != 0 {
		err = errors.New("the log is in use")
	}
	if err != nil {
		return fmt.Errorf("scrubbing the write-ahead log: %w", err)
	}
	return nil
}

// change makes one transaction.
func (f *File) change(ctx context.Context, doing string, apply func(*sql.Tx) error) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := apply(tx); err != nil {
		return fmt.Errorf("%s: %w", doing, errors.Join(err, tx.Rollback()))
	}
	return tx.Commit()
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each calls row with each row of the result.
func each(ctx context.Context, db querier, query string, row func(scan func(...any) error) error, args ...any) (err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Err(), rows.Close()) }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return nil
}
