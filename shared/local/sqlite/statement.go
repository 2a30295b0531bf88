package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// statements prepares each query once. The queries are constants, or combinations of a
// few, so that their number is bounded.
type statements struct {
	prepare func(context.Context, string) (*sql.Stmt, error)
	mu      sync.Mutex
	byQuery map[string]*sql.Stmt
}

func newStatements(prepare func(context.Context, string) (*sql.Stmt, error)) *statements {
	return &statements{prepare: prepare, byQuery: map[string]*sql.Stmt{}}
}

func (s *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if statement, ok := s.byQuery[query]; ok {
		return statement, nil
	}
	statement, err := s.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	s.byQuery[query] = statement
	return statement, nil
}

// Row is the current row of a query.
type Row interface{ Scan(into ...any) error }

// rows calls scan for each row of the query.
func (s *statements) rows(ctx context.Context, query string, scan func(Row) error, args ...any) error {
	statement, err := s.get(ctx, query)
	if err != nil {
		return err
	}
	rows, err := statement.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

func (s *statements) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failures []error
	for _, statement := range s.byQuery {
		failures = append(failures, statement.Close())
	}
	return errors.Join(failures...)
}
