package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// pendingKey is the State key of the bodies that are to be erased. It has hashes and no data.
const pendingKey = "operate|erasing"

// mostPending is how many hashes fit into a State value of any engine.
const mostPending = 5000

// pending is the set of the bodies (SHA-256 in hex) of messages that were or will be erased. It
// is stored before the message is, because nothing else may show whose the body was; the run
// after one that was killed, or that left a body, erases them.
type pending struct {
	state  port.State
	stored port.Item
	hashes map[string]bool
}

func loadPending(ctx context.Context, state port.State) (*pending, error) {
	p := &pending{state: state, hashes: map[string]bool{}}
	var err error
	if p.stored, err = state.Get(ctx, pendingKey); err != nil || len(p.stored.Value) == 0 {
		return p, err
	}
	var hashes []string
	if err := json.Unmarshal(p.stored.Value, &hashes); err != nil {
		return p, &fault.Error{Kind: fault.Rejected, Class: fault.Parse, Doing: "reading state " + pendingKey, Err: err}
	}
	for _, hash := range hashes {
		p.hashes[hash] = true
	}
	return p, nil
}

// add stores that the record's body is to be erased.
func (p *pending) add(ctx context.Context, record []byte) error {
	hash := claimed(record)
	if hash == "" || p.hashes[hash] {
		return nil
	}
	if len(p.hashes) >= mostPending {
		return fault.New(fault.Rejected, fault.TooLarge, "erasing a person", "more than 5000 large bodies wait to be erased: run it again when the messages that refer to them have ended")
	}
	p.hashes[hash] = true
	return p.save(ctx)
}

// has reports whether the record's body is to be erased.
func (p *pending) has(record []byte) bool { return p.hashes[claimed(record)] }

// clear removes all, if there are any.
func (p *pending) clear(ctx context.Context) error {
	if len(p.hashes) == 0 {
		return nil
	}
	p.hashes = map[string]bool{}
	return p.save(ctx)
}

func (p *pending) save(ctx context.Context) (err error) {
	p.stored.Key = pendingKey
	if p.stored.Value, err = json.Marshal(slices.Sorted(maps.Keys(p.hashes))); err != nil {
		return err
	}
	p.stored.Revision, err = p.state.Put(ctx, p.stored)
	if errors.Is(err, port.ErrConflict) {
		return fault.Doing("erasing a person: another process erases too; run it again when that has ended", err)
	}
	return err
}

// claimed returns the hash of a message's body in the vault, "" if it is in the message.
func claimed(record []byte) string {
	record = unwrapped(record)
	if m, err := message.Decode(record); err == nil && m.Claim != nil {
		return m.Claim.SHA256
	}
	if raw, err := message.DecodeRaw(record); err == nil && raw.Claim != nil {
		return raw.Claim.SHA256
	}
	return ""
}
