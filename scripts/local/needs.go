package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/notice"
	"causeway.example/shared/operate"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// needs returns "1 order needs you: bin/causeway why" for what is in the dead-letter
// queues, "" if they are empty.
func (p *program) needs(ctx context.Context, depths []local.Depth) (string, error) {
	counts, err := p.letters(ctx, depths)
	if err != nil || len(counts) == 0 {
		return "", err
	}
	return inWords(counts) + ": " + notice.WhyCommand, nil
}

// letters counts the entities in the dead-letter queues by type, and the deliveries that
// could not be translated.
func (p *program) letters(ctx context.Context, depths []local.Depth) (map[string]int, error) {
	counts, seen := map[string]int{}, map[string]bool{}
	for _, d := range depths {
		if d.Dead == 0 {
			continue
		}
		dead, err := p.store.Peek(ctx, routes.Dead(d.Queue), mostPeeked)
		if err != nil {
			return nil, err
		}
		for _, letter := range dead {
			kind, id := "delivery", d.Queue+letter.MessageID
			if key, err := message.ParseKey(letter.Attributes[port.AttrEntity]); err == nil {
				kind, id = key.Type, key.String()
			}
			if !seen[id] {
				seen[id] = true
				counts[kind]++
			}
		}
	}
	return counts, nil
}

// inWords returns "2 customers and 1 order need you".
func inWords(counts map[string]int) string { return operate.CountAll(counts, "need") + " you" }

// troubles are what does not work now, by what it is about. Each is shown until it is
// mended. The zero value has none. It is safe for concurrent use.
type troubles struct {
	mu sync.Mutex
	by map[string]string
}

// set records the trouble, "" that it is mended. It reports whether that is new.
func (t *troubles) set(about, text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by[about] == text {
		return false
	}
	if text == "" {
		delete(t.by, about)
		return true
	}
	if t.by == nil {
		t.by = map[string]string{}
	}
	t.by[about] = text
	return true
}

// about returns what there is trouble about with the prefix.
func (t *troubles) about(prefix string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(t.by)), func(about string) bool { return !strings.HasPrefix(about, prefix) })
}

// all returns the texts of all troubles.
func (t *troubles) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var texts []string
	for _, about := range slices.Sorted(maps.Keys(t.by)) {
		texts = append(texts, t.by[about])
	}
	return texts
}
