package returning

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// state is what a warehouse reported last of one of its returns.
type state struct {
	event string // return.requested or return.received
	body  *canonical.Return
}

func (s state) received() bool { return s.event == canonical.ReturnReceived }

func (s state) word() string {
	if s.received() {
		return "received"
	}
	return "requested"
}

// states are those of an order, by the key of the warehouse's return.
type states map[string]state

// stored is a state in the metafield.
type stored struct {
	Event  string          `json:"event"`
	Return json.RawMessage `json:"return"`
}

// readStates reads the metafield; "" is none.
func readStates(value string) (states, error) {
	all := states{}
	if value == "" {
		return all, nil
	}
	var kept map[string]stored
	if err := json.Unmarshal([]byte(value), &kept); err != nil {
		return nil, unreadable("is no JSON of this connector")
	}
	for key, one := range kept {
		decoded, err := canonical.Decode(one.Event, one.Return)
		body, is := decoded.(*canonical.Return)
		if err != nil || !is {
			return nil, unreadable("has no return under " + key)
		}
		all[key] = state{one.Event, body}
	}
	return all, nil
}

func unreadable(rule string) error {
	return &fault.Error{
		Kind: fault.Rejected, Class: fault.Value, Field: "metafield " + namespace + "." + keyState,
		Detail: rule + ". Delete it at the order in Shopify, then redrive",
	}
}

// put sets the state of a return, and reports whether that changed it. A state that is older than the
// one that is known changes nothing: by its time, and what was requested is older than what was received.
func (s states) put(key string, now state) bool {
	had, known := s[key]
	switch {
	case known && had.received() && !now.received(), known && had.body.At.After(now.body.At):
		return false
	case known && had.event == now.event && bytes.Equal(encoded(had.body), encoded(now.body)):
		return false
	}
	s[key] = now
	return true
}

// encoded is the body as the metafield has it. A body that came as an event can be encoded.
func encoded(body *canonical.Return) []byte {
	data, err := canonical.Encode(body)
	if err != nil {
		return nil
	}
	return data
}

// came returns the pieces of the order that the warehouse received, by SKU. A part of a piece does not
// count.
func (s states) came() map[string]int64 {
	all := map[string]int64{}
	for _, one := range s {
		if !one.received() {
			continue
		}
		for _, l := range one.body.Lines {
			all[l.SKU] += l.Quantity.Value.Floor()
		}
	}
	return all
}

// json is the value of the metafield.
func (s states) json() ([]byte, error) {
	kept := make(map[string]stored, len(s))
	for key, one := range s {
		kept[key] = stored{one.event, encoded(one.body)}
	}
	return json.Marshal(kept)
}

// mostWords is the length at which the words are cut, well below what a metafield holds.
const mostWords = 2000

// words has each state in a line.
func (s states) words() string {
	lines := make([]string, 0, len(s))
	for _, key := range slices.Sorted(maps.Keys(s)) {
		one := s[key]
		lines = append(lines, one.body.ID+": "+one.body.At.UTC().Format(time.DateOnly)+" "+one.word()+" "+one.body.Words())
	}
	return connector.Shorten(strings.Join(lines, "\n"), mostWords)
}
