package erase

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/privacy"
)

// Texts implements privacy.File: the entries about the entity, and those that have one of the
// search keys, are changed in one transaction.
func (f *File) Texts(ctx context.Context, key message.Key, keys []string, change func(*port.Entry) (removed []string, changed bool)) (entries int, err error) {
	err = f.change(ctx, "erasing texts of the ledger", func(tx *sql.Tx) error {
		docs, err := entriesOf(ctx, tx, key, keys)
		if err != nil {
			return err
		}
		for id, doc := range docs {
			changed, err := changeEntry(ctx, tx, id, doc, change)
			if err != nil {
				return err
			}
			if changed {
				entries++
			}
		}
		return nil
	})
	return entries, err
}

// entriesOf returns the entries about the entity and those with one of the search keys.
func entriesOf(ctx context.Context, tx *sql.Tx, key message.Key, keys []string) (docs map[int64][]byte, err error) {
	docs = map[int64][]byte{}
	take := func(scan func(...any) error) error {
		var id int64
		var doc []byte
		err := scan(&id, &doc)
		docs[id] = doc
		return err
	}
	if key.ID != "" {
		err = each(ctx, tx, `SELECT id, doc FROM entry WHERE entity = (SELECT id FROM name WHERE text = ?)`, take, key.String())
	}
	for _, key := range keys {
		if err == nil {
			err = each(ctx, tx, `SELECT id, doc FROM entry WHERE id IN (SELECT entry FROM search WHERE key = ?)`, take, key)
		}
	}
	return docs, err
}

func changeEntry(ctx context.Context, tx *sql.Tx, id int64, doc []byte, change func(*port.Entry) (removed []string, changed bool)) (bool, error) {
	var e port.Entry
	if err := json.Unmarshal(doc, &e); err != nil {
		return false, err
	}
	removed, changed := change(&e)
	if !changed {
		return false, nil
	}
	for _, key := range removed {
		if _, err := tx.ExecContext(ctx, `DELETE FROM search WHERE entry = ? AND key = ?`, id, key); err != nil {
			return false, err
		}
	}
	doc, err := json.Marshal(e)
	if err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE entry SET doc = ? WHERE id = ?`, doc, id)
	return true, err
}

// Archive deletes the archived deliveries for which concerns is true. It is given the record
// and the delivery's body, which may be in the vault, and may write to the same file: nothing
// is locked while it is called.
func (f *File) Archive(ctx context.Context, concerns func(record, body []byte) (bool, error)) (erased int, err error) {
	found, err := archived(ctx, f.db, concerns)
	if err != nil {
		return 0, fmt.Errorf("reading archived deliveries: %w", err)
	}
	err = f.change(ctx, "erasing archived deliveries", func(tx *sql.Tx) error {
		for _, id := range found {
			if _, err := tx.ExecContext(ctx, `DELETE FROM archive WHERE id = ?`, id); err != nil {
				return err
			}
		}
		return nil
	})
	return len(found), err
}

func archived(ctx context.Context, db querier, concerns func(record, body []byte) (bool, error)) (found []int64, err error) {
	const query = `SELECT a.id, a.data, b.data FROM archive a LEFT JOIN blob b ON b.hash = json_extract(CAST(a.data AS TEXT), '$.claim.sha256')`
	err = each(ctx, db, query, func(scan func(...any) error) error {
		var id int64
		var record, body []byte
		if err := scan(&id, &record, &body); err != nil {
			return err
		}
		yes, err := concerns(record, body)
		if yes {
			found = append(found, id)
		}
		return err
	})
	return found, err
}

// Mentions implements privacy.File: only records that have one of the texts are read.
func (f *File) Mentions(ctx context.Context, texts []string, replace func(record string) string) (records int, err error) {
	err = f.change(ctx, "erasing what names a person", func(tx *sql.Tx) error {
		places := []place{{"pause", "queue", "reason", ""}, {"entry", "id", "doc", ""}}
		for _, prefix := range privacy.OperatorKeys() {
			places = append(places, place{"state", "key", "value", "AND key LIKE '" + prefix + "%'"})
		}
		for _, p := range places {
			for _, text := range texts {
				n, err := p.replace(ctx, tx, text, replace)
				if records += n; err != nil {
					return err
				}
			}
		}
		return nil
	})
	return records, err
}

// place is a column that may have a person's address.
type place struct{ table, key, column, also string }

// replace changes the records that have the text.
func (p place) replace(ctx context.Context, tx *sql.Tx, text string, replace func(record string) string) (n int, err error) {
	query := `SELECT ` + p.key + `, CAST(` + p.column + ` AS TEXT), typeof(` + p.column + `) FROM ` + p.table + ` WHERE instr(lower(CAST(` + p.column + ` AS TEXT)), ?) > 0 ` + p.also
	changed := map[any]any{}
	err = each(ctx, tx, query, func(scan func(...any) error) error {
		var id any
		var value, kind string
		err := scan(&id, &value, &kind)
		if value = replace(value); kind == "blob" {
			changed[id] = []byte(value)
			return err
		}
		changed[id] = value
		return err
	}, strings.ToLower(text))
	for id, value := range changed {
		if _, failed := tx.ExecContext(ctx, `UPDATE `+p.table+` SET `+p.column+` = ? WHERE `+p.key+` = ?`, value, id); failed != nil { //nolint:gosec // G202: names of our own tables
			return n, failed
		}
		n++
	}
	return n, err
}

// lowerASCII returns a copy of the same length.
func lowerASCII(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}

// Logs overwrites the texts in the files with asterisks, without regard to case. A file keeps
// its length, so that the engine may go on writing to it. It returns how often a text was
// found.
func Logs(files, texts []string) (found int, err error) {
	for _, path := range files {
		n, err := overwrite(path, texts)
		if found += n; err != nil {
			return found, err
		}
	}
	return found, nil
}

func overwrite(path string, texts []string) (found int, err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // G304: a log file of the engine's
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data, err := os.ReadFile(path) //nolint:gosec // G304: as above
	if err != nil {
		return 0, err
	}
	lower := []byte(lowerASCII(string(data)))
	for _, text := range texts {
		text := []byte(lowerASCII(text))
		for from := 0; len(text) > 0; {
			at := bytes.Index(lower[from:], text)
			if at < 0 {
				break
			}
			if _, err := file.WriteAt(bytes.Repeat([]byte("*"), len(text)), int64(from+at)); err != nil {
				return found, err
			}
			found, from = found+1, from+at+len(text)
		}
	}
	return found, file.Sync()
}
