package netsuitetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// Open returns the account whose effects are kept at the path, a file of one line per request, with a JSON
// object for each effect. A last line that was torn by a kill is cut off: its effect was never answered.
func Open(path string, now func() time.Time) (*Fake, error) {
	f := New(now)
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	if err := f.replay(whole); err != nil {
		return nil, err
	}
	f.journal, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return f, f.journal.Truncate(int64(len(whole)))
}

// Close closes the journal.
func (f *Fake) Close() error {
	if f.journal == nil {
		return nil
	}
	return f.journal.Close()
}

func (f *Fake) replay(lines []byte) error {
	for line := range bytes.Lines(lines) {
		for effects := json.NewDecoder(bytes.NewReader(line)); ; {
			var e effect
			err := effects.Decode(&e)
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				err = f.redo(e)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Fake) redo(e effect) error {
	body, err := decode(e.Body)
	if err != nil {
		return err
	}
	var before map[string]any
	if known := f.books.records[e.Type+"/"+e.ID]; known != nil {
		before = known.state
	}
	if !e.Whole {
		body = merge(before, body, e.Replace)
	}
	f.books.apply(e, body)
	return nil
}

// write makes effects durable before they are answered. Those of one request are one line, so that a
// kill keeps all of them or none. The caller holds the lock.
func (f *Fake) write(effects ...effect) error {
	if f.journal == nil {
		return nil
	}
	var line []byte
	for _, e := range effects {
		e.At = f.now()
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		line = append(append(line, body...), ' ')
	}
	line[len(line)-1] = '\n'
	if _, err := f.journal.Write(line); err != nil {
		return err
	}
	return f.journal.Sync()
}
