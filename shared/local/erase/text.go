package erase

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Texts replaces the free texts of ledger entries: outcome, message and notes. It takes those
// about the entity, and those that have one of the search keys. Search keys that say more of
// a person than an id does are removed from both. Who did what and when remains, and so do
// all totals.
func (f *File) Texts(ctx context.Context, key message.Key, keys []string, erased string) (entries int, err error) {
	err = f.change(ctx, "erasing texts of the ledger", func(tx *sql.Tx) error {
		docs := map[int64][]byte{}
		take := func(scan func(...any) error) error {
			var id int64
			var doc []byte
			err := scan(&id, &doc)
			docs[id] = doc
			return err
		}
		const about = `SELECT id, doc FROM entry WHERE entity = (SELECT id FROM name WHERE text = ?) AND stage <> ?`
		if key.ID != "" {
			if err := each(ctx, tx, about, take, key.String(), string(port.Privacy)); err != nil {
				return err
			}
		}
		const found = `SELECT id, doc FROM entry WHERE id IN (SELECT entry FROM search WHERE key = ?) AND stage <> ?`
		for _, key := range keys {
			if err := each(ctx, tx, found, take, key, string(port.Privacy)); err != nil {
				return err
			}
		}
		for id, doc := range docs {
			if err := replaceEntry(ctx, tx, id, doc, erased); err != nil {
				return err
			}
		}
		entries = len(docs)
		return nil
	})
	return entries, err
}

func replaceEntry(ctx context.Context, tx *sql.Tx, id int64, doc []byte, erased string) error {
	var e port.Entry
	if err := json.Unmarshal(doc, &e); err != nil {
		return err
	}
	e.Outcome, e.Notes = erased, nil
	if e.Error != nil {
		e.Error.Message = erased
	}
	for _, key := range e.Keys {
		if !personal(key, e.Entity) {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM search WHERE entry = ? AND key = ?`, id, key); err != nil {
			return err
		}
	}
	e.Keys = slices.DeleteFunc(e.Keys, func(key string) bool { return personal(key, e.Entity) })
	doc, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE entry SET doc = ? WHERE id = ?`, doc, id)
	return err
}

// personal reports whether a search key says more of a person than an id: the hash of an
// address, a carrier's number, at which an address is shown, and the number of a delivery
// that could not be translated, which was guessed from a field called name.
func personal(key string, about message.Key) bool {
	switch kind, _, _ := strings.Cut(key, ":"); kind {
	case port.KeyEmail, port.KeyTracking:
		return true
	case port.KeyNumber:
		return about.Type == "" || about.Type == "delivery"
	}
	return false
}

// Archive deletes the archived deliveries for which concerns is true. It is given the record
// and the delivery's body, which may be in the vault.
func (f *File) Archive(ctx context.Context, concerns func(record, body []byte) (bool, error)) (erased int, err error) {
	err = f.change(ctx, "erasing archived deliveries", func(tx *sql.Tx) error {
		found, err := archived(ctx, tx, concerns)
		for _, id := range found {
			_, deleted := tx.ExecContext(ctx, `DELETE FROM archive WHERE id = ?`, id)
			err = errors.Join(err, deleted)
		}
		erased = len(found)
		return err
	})
	return erased, err
}

func archived(ctx context.Context, tx *sql.Tx, concerns func(record, body []byte) (bool, error)) (found []int64, err error) {
	const query = `SELECT a.id, a.data, b.data FROM archive a LEFT JOIN blob b ON b.hash = json_extract(CAST(a.data AS TEXT), '$.claim.sha256')`
	err = each(ctx, tx, query, func(scan func(...any) error) error {
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

// Mentions replaces the texts, such as an e-mail address, wherever an operator's words or a
// ledger entry have them, without regard to case. It returns the number of changed records.
// The texts must be ones that JSON writes as they are.
func (f *File) Mentions(ctx context.Context, texts []string, erased string) (records int, err error) {
	err = f.change(ctx, "erasing what names a person", func(tx *sql.Tx) error {
		for _, place := range []struct{ table, key, column, also string }{
			{"state", "key", "value", "AND key LIKE 'operate|%'"},
			{"pause", "queue", "reason", ""},
			{"entry", "id", "doc", ""},
		} {
			n, err := replaceIn(ctx, tx, place.table, place.key, place.column, place.also, texts, erased)
			if records += n; err != nil {
				return err
			}
		}
		return nil
	})
	return records, err
}

func replaceIn(ctx context.Context, tx *sql.Tx, table, key, column, also string, texts []string, erased string) (n int, err error) {
	query := `SELECT ` + key + `, CAST(` + column + ` AS TEXT), typeof(` + column + `) FROM ` + table + ` WHERE instr(lower(CAST(` + column + ` AS TEXT)), ?) > 0 ` + also
	for _, text := range texts {
		changed := map[any]any{}
		err := each(ctx, tx, query, func(scan func(...any) error) error {
			var id any
			var value, kind string
			err := scan(&id, &value, &kind)
			if value = replaceFold(value, text, erased); kind == "blob" {
				changed[id] = []byte(value)
				return err
			}
			changed[id] = value
			return err
		}, strings.ToLower(text))
		for id, value := range changed {
			if _, failed := tx.ExecContext(ctx, `UPDATE `+table+` SET `+column+` = ? WHERE `+key+` = ?`, value, id); failed != nil { //nolint:gosec // G202: names of our own tables
				return n, failed
			}
			n++
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// replaceFold replaces a text without regard to the case of ASCII letters.
func replaceFold(in, text, by string) string {
	var b strings.Builder
	lower, text := lowerASCII(in), lowerASCII(text)
	for {
		at := strings.Index(lower, text)
		if at < 0 {
			return b.String() + in
		}
		b.WriteString(in[:at] + by)
		in, lower = in[at+len(text):], lower[at+len(text):]
	}
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
