package enginetest

import (
	"context"
	"time"

	"causeway.example/shared/message"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/port"
)

// Call makes one call of a port that changes something, or leaves it out, as a test wants.
// The names are send, take, delete, close, ledger, put and store.
type Call func(name string, act func() error) error

// Intercept returns the engine with each call that changes something handed to call. Reads
// pass.
func Intercept(e engine.Engine, call Call) engine.Engine {
	e.Ledger, e.State, e.Vault = ledger{call, e.Ledger}, state{call, e.State}, vault{call, e.Vault}
	e.Sender, e.Letters = sender{call, e.Sender}, letters{call, e.Letters}
	return e
}

type sender struct {
	call  Call
	inner engine.Sender
}

func (s sender) Send(ctx context.Context, queue string, batch []port.Outgoing) error {
	return s.call("send", func() error { return s.inner.Send(ctx, queue, batch) })
}

type letters struct {
	call Call
	engine.Letters
}

func (l letters) Open(ctx context.Context, queue string, hold time.Duration) (engine.Hand, error) {
	inner, err := l.Letters.Open(ctx, queue, hold)
	return hand{l.call, inner}, err
}

type hand struct {
	call Call
	engine.Hand
}

func (h hand) Take(ctx context.Context, ids []string) (found []port.Incoming, err error) {
	err = h.call("take", func() (err error) { found, err = h.Hand.Take(ctx, ids); return err })
	return found, err
}

func (h hand) Delete(ctx context.Context, in port.Incoming) error {
	return h.call("delete", func() error { return h.Hand.Delete(ctx, in) })
}

func (h hand) Close(ctx context.Context) error {
	return h.call("close", func() error { return h.Hand.Close(ctx) })
}

type ledger struct {
	call Call
	port.Ledger
}

func (l ledger) Append(ctx context.Context, entries ...port.Entry) error {
	return l.call("ledger", func() error { return l.Ledger.Append(ctx, entries...) })
}

type state struct {
	call Call
	port.State
}

func (s state) Put(ctx context.Context, item port.Item) (revision int64, err error) {
	err = s.call("put", func() (err error) { revision, err = s.State.Put(ctx, item); return err })
	return revision, err
}

type vault struct {
	call Call
	port.Vault
}

func (v vault) Store(ctx context.Context, data []byte) (claim message.Claim, err error) {
	err = v.call("store", func() (err error) { claim, err = v.Vault.Store(ctx, data); return err })
	return claim, err
}
