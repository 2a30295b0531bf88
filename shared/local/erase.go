package local

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// EraseLetters deletes the dead letters for which concerns is true, and returns them. Waiting
// is how many live messages it is true for: they are left, because what was accepted is
// delivered.
func (s *Store) EraseLetters(ctx context.Context, concerns func(port.Incoming) bool) (erased []port.Incoming, waiting int, err error) {
	for name, q := range s.queues {
		messages, err := s.Peek(ctx, name, -1) // a negative limit is none
		if err != nil {
			return erased, waiting, err
		}
		for _, in := range messages {
			switch {
			case !concerns(in):
			case q.dead != nil:
				waiting++
			default:
				if err := s.eraseLetter(ctx, q, in.MessageID); err != nil {
					return erased, waiting, err
				}
				erased = append(erased, in)
			}
		}
	}
	return erased, waiting, nil
}

func (s *Store) eraseLetter(ctx context.Context, q *queue, id string) error {
	return s.writer.write(ctx, "erasing a dead letter", func(t *tx) error {
		deleted, err := t.exec(`DELETE FROM item WHERE id = CAST(? AS INTEGER) AND queue = ?`, id, q.id)
		if err != nil || deleted == 0 {
			return err // it was moved or deleted meanwhile
		}
		t.count(kindQueue, q.name, -deleted)
		_, err = t.exec(`DELETE FROM body WHERE id = CAST(? AS INTEGER)`, id)
		return err
	})
}

// EraseBodies deletes the bodies of the vault for which concerns is true. Waiting is how
// many of them a message still refers to: they are left.
func (s *Store) EraseBodies(ctx context.Context, concerns func(data []byte) bool) (erased, waiting int, err error) {
	found := map[string]bool{} // by hash: whether it is referred to
	const query = `SELECT hash, data, EXISTS (SELECT 1 FROM claim WHERE claim.hash = blob.hash) FROM blob`
	err = s.reads.rows(ctx, query, func(row scanner) error {
		var hash string
		var data []byte
		var claimed bool
		err := row.Scan(&hash, &data, &claimed)
		if err == nil && concerns(data) {
			found[hash] = claimed
		}
		return err
	})
	if err != nil {
		return 0, 0, failure("searching the vault", err)
	}
	for hash, claimed := range found {
		if claimed {
			waiting++
			continue
		}
		err := s.writer.write(ctx, "erasing body "+hash, func(t *tx) error {
			n, err := t.exec(`DELETE FROM blob WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM claim WHERE hash = ?1)`, hash)
			erased += int(n)
			return err
		})
		if err != nil {
			return erased, waiting, err
		}
	}
	return erased, waiting, nil
}

// EraseTexts replaces the free texts of the ledger entries about the entity: outcome,
// message and notes. Who did what and when remains, and so do all totals.
func (s *Store) EraseTexts(ctx context.Context, key message.Key, erased string) (entries int, err error) {
	err = s.writer.write(ctx, "erasing texts of the ledger", func(t *tx) error {
		docs := map[int64][]byte{}
		const query = `SELECT id, doc FROM entry INDEXED BY entry_entity WHERE entity = (SELECT id FROM name WHERE text = ?) AND stage <> ?`
		err := t.rows(query, func(row scanner) error {
			var id int64
			var doc []byte
			err := row.Scan(&id, &doc)
			docs[id] = doc
			return err
		}, key.String(), string(port.Privacy))
		if err != nil {
			return err
		}
		for id, doc := range docs {
			if doc, err = withoutTexts(doc, erased); err != nil {
				return err
			}
			if _, err := t.exec(`UPDATE entry SET doc = ? WHERE id = ?`, doc, id); err != nil {
				return err
			}
		}
		entries = len(docs)
		return nil
	})
	return entries, err
}

func withoutTexts(doc []byte, erased string) ([]byte, error) {
	var e port.Entry
	if err := json.Unmarshal(doc, &e); err != nil {
		return nil, err
	}
	e.Outcome, e.Notes = erased, nil
	if e.Error != nil {
		e.Error.Message = erased
	}
	return json.Marshal(e)
}

// Scrub writes what was deleted out of the write-ahead log too, where it would stay until
// the log is overwritten. It fails, and may be called again, while a reader holds the log.
func (s *Store) Scrub(ctx context.Context) error {
	db, err := sql.Open(driver, dsn(s.config.Path, "busy_timeout(5000)", "secure_delete(1)"))
	if err != nil {
		return failure("scrubbing the store", err)
	}
	var busy, written, moved int
	err = db.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &written, &moved)
	if err == nil && busy != 0 {
		err = errors.New("the log is in use")
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return failure("scrubbing the store", err)
	}
	return nil
}
