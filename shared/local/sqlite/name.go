package sqlite

// maxNames bounds the names in memory: those of the messages in flight.
const maxNames = 20_000

// Names returns the ids of the texts, and adds those that are new.
func (t *Tx) Names(texts ...string) (ids []int64, err error) {
	ids = make([]int64, len(texts))
	for i, text := range texts {
		if ids[i], err = t.name(text); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func (t *Tx) name(text string) (int64, error) {
	id, known := t.w.names[text]
	if known {
		return id, nil
	}
	if len(t.w.names) >= maxNames {
		clear(t.w.names)
	}
	err := t.Rows(`SELECT id FROM name WHERE text = ?`, func(row Row) error { return row.Scan(&id) }, text)
	if err == nil && id == 0 {
		id = t.NewID()
		_, err = t.Exec(`INSERT INTO name (id, text) VALUES (?, ?)`, id, text)
	}
	if err == nil {
		t.w.names[text] = id
	}
	return id, err
}

// DropNames removes the names that no entry has any more.
func (t *Tx) DropNames(ids map[int64]bool) error {
	const query = `DELETE FROM name WHERE id = ?1
		AND NOT EXISTS (SELECT 1 FROM entry WHERE trace = ?1) AND NOT EXISTS (SELECT 1 FROM entry WHERE event = ?1)
		AND NOT EXISTS (SELECT 1 FROM entry WHERE entity = ?1) AND NOT EXISTS (SELECT 1 FROM entry WHERE route = ?1)`
	clear(t.w.names)
	for id := range ids {
		if _, err := t.Exec(query, id); err != nil {
			return err
		}
	}
	return nil
}
