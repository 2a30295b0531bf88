package combine

import (
	"context"
	"sync"
)

// Party is the messages that a worker received together and handles at the same time. All of
// them have to be in flight: a batch waits for each until it asks or leaves.
type Party struct {
	mu      sync.Mutex
	open    int // members that may still ask: neither left nor in a batch that went out
	waiting int // of them, those in a batch that did not go out
	batches []batch
}

// batch is calls of one Combiner under one key. The party's lock guards it.
type batch interface {
	of(combiner, key any) bool
	members() []*member
	run()
}

// NewParty returns a party of n messages.
func NewParty(n int) *Party { return &Party{open: n} }

// member is one message of a party.
type member struct {
	party *Party
	gone  bool // it left, or its batch went out
}

type memberKey struct{}

// Join returns the context of one message of the party, and what has to be called when its
// handling ended, however that was.
func (p *Party) Join(ctx context.Context) (member context.Context, leave func()) {
	m := newMember(p)
	return context.WithValue(ctx, memberKey{}, m), m.leave
}

func newMember(p *Party) *member { return &member{party: p} }

// leave lets the batches of the party go out that waited for this member alone.
func (m *member) leave() {
	p := m.party
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.gone {
		return
	}
	m.gone = true
	p.open--
	p.settle()
}

// settle sends all batches out if no member can add to them. The caller has locked mu.
func (p *Party) settle() {
	if p.waiting == 0 || p.waiting < p.open {
		return
	}
	for _, b := range p.batches {
		p.send(b)
	}
	p.batches = nil
}

// send sends a batch out. The caller has locked mu and takes it off the list.
func (p *Party) send(b batch) {
	for _, m := range b.members() {
		m.gone = true
		p.open--
		p.waiting--
	}
	go b.run()
}
