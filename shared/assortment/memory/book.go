package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// The attribute of a product that is remembered, and the name of its only part.
const (
	attribute = "assortment"
	part      = "entries"
)

// tries is how often a Book is kept while others of the same product are kept too.
const tries = 20

// Book is what is remembered of a product, by name and kind of entity. A name is whatever identifies a SKU of the
// product over time. It is for one translation.
type Book struct {
	memory   connector.CrossRef
	key      message.Key
	revision int64            // that was read
	known    map[string]entry // as they were read
	changed  map[string]entry // since then
}

// stored is the value of the part.
type stored struct {
	Revision int64             `json:"revision"`
	Entries  map[string]string `json:"entries"`
}

// Open reads what is remembered of the product with the key. Without a memory the Book is empty and keeps nothing.
func Open(ctx context.Context, memory connector.CrossRef, key message.Key) (*Book, error) {
	b := &Book{memory: memory, key: key, known: map[string]entry{}, changed: map[string]entry{}}
	if memory == nil {
		return b, nil
	}
	// The portion has no version, so that it replaces nothing.
	parts, err := memory.Gather(ctx, key, attribute, connector.Portion{Name: part})
	if err != nil {
		return nil, err
	}
	return b, b.read(parts[part])
}

// read reads the value of the part.
func (b *Book) read(value string) error {
	var s stored
	if value == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(value), &s); err != nil {
		return b.broken()
	}
	b.revision, b.known = s.Revision, make(map[string]entry, len(s.Entries))
	for name, text := range s.Entries {
		e, ok := decode(text)
		if !ok {
			return b.broken()
		}
		b.known[name] = e
	}
	return nil
}

func (b *Book) broken() error {
	return fault.New(fault.Unknown, fault.Bug, "", "what is remembered of "+b.key.String()+" cannot be read")
}

// entry returns what is remembered under the name, with what was set since.
func (b *Book) entry(name string) entry {
	if e, changed := b.changed[name]; changed {
		return e
	}
	return b.known[name]
}

// Mark returns the mark of the name's entity, the zero one if none is remembered.
func (b *Book) Mark(name, kind string) Mark { return b.entry(name)[kind] }

// Date returns the mark of the content that the name's entity has now: the known one if it has the same digest, so
// that an unchanged content keeps its date, or else the given one. It remembers nothing.
func (b *Book) Date(name, kind string, now Mark) Mark {
	if known := b.Mark(name, kind); known.Digest == now.Digest {
		return known
	}
	return now
}

// Set replaces the mark of the name's entity.
func (b *Book) Set(name, kind string, m Mark) {
	if known, has := b.entry(name)[kind]; has && known == m {
		return
	}
	b.edit(name)[kind] = m
}

// Forget removes what is remembered of the name, except the one kind, which keeps the name.
func (b *Book) Forget(name, except string) {
	if e := b.entry(name); len(e) > 1 {
		maps.DeleteFunc(b.edit(name), func(kind string, _ Mark) bool { return kind != except })
	}
}

// edit returns the entry of the name to be changed.
func (b *Book) edit(name string) entry {
	if b.changed[name] == nil {
		if b.changed[name] = maps.Clone(b.known[name]); b.changed[name] == nil {
			b.changed[name] = entry{}
		}
	}
	return b.changed[name]
}

// Lost returns the names that are remembered and that the product does not have any more, in order.
func (b *Book) Lost(has func(name string) bool) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(b.known)) {
		if !has(name) {
			names = append(names, name)
		}
	}
	return names
}

// Keep remembers what was set, beside what others kept of the product meanwhile. It fails with
// fault.Unavailable if too many others keep something at the same time.
func (b *Book) Keep(ctx context.Context) error {
	if b.memory == nil {
		return nil
	}
	for range tries {
		value, changed, err := b.merge()
		if err != nil || !changed {
			return err
		}
		next := message.Sequence(fmt.Sprintf("%020d", b.revision+1))
		parts, err := b.memory.Gather(ctx, b.key, attribute, connector.Portion{Name: part, Version: next, Value: value})
		if err != nil || parts[part] == value {
			return err
		}
		if err := b.read(parts[part]); err != nil {
			return err
		}
	}
	return fault.New(fault.Unavailable, fault.Intermittent, "", "too many states of "+b.key.String()+" are remembered at the same time")
}

// merge returns the value of the next revision, and whether it has anything else than the one that was read.
func (b *Book) merge() (value string, changed bool, err error) {
	s := stored{Revision: b.revision + 1, Entries: make(map[string]string, len(b.known)+len(b.changed))}
	for name, e := range b.known {
		s.Entries[name] = e.encode()
	}
	for name, e := range b.changed {
		if text := e.encode(); text != s.Entries[name] && !b.known[name].newest().After(e.newest()) {
			s.Entries[name], changed = text, true
		}
	}
	if !changed {
		return "", false, nil
	}
	data, err := json.Marshal(s)
	return string(data), changed, err
}
