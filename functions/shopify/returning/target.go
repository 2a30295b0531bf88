package returning

import (
	"context"
	"strings"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// Config is what a Target needs.
type Config struct {
	API   *admin.Client
	Shops []string // domains in lower case: of whose orders returns are written
}

// Target writes what came back to a warehouse. It keeps nothing between calls.
type Target struct{ config Config }

// New returns the target of the shops.
func New(config Config) *Target { return &Target{config} }

// work is one delivery.
type work struct {
	*Target
	order message.Key
	entry message.Key // of the warehouse's return
	state state
	doing string
}

// rounds is how often one delivery reads an order that others write to at the same time.
const rounds = 3

// Deliver writes the state of the return, and closes the returns that it completes. Errors are faults;
// one about the order names the field "order".
func (t *Target) Deliver(ctx context.Context, d connector.Delivery, body *canonical.Return) (connector.Receipt, error) {
	w, err := t.work(d, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	for left := rounds; ; left-- {
		receipt, err := w.deliver(ctx)
		if f := fault.As(err); left <= 1 || f == nil || f.Class != fault.Conflict {
			return receipt, fault.Doing(w.doing, err)
		}
	}
}

// Search returns the ref of the return if the order has a state of it.
func (t *Target) Search(ctx context.Context, d connector.Delivery, body *canonical.Return) (string, error) {
	w, err := t.work(d, body)
	if err != nil {
		return "", err
	}
	has, err := w.read(ctx)
	if err != nil {
		return "", fault.Doing(w.doing, err)
	}
	if _, known := has.states[w.entry.String()]; !known {
		return "", nil
	}
	return w.ref(), nil
}

func (t *Target) work(d connector.Delivery, body *canonical.Return) (*work, error) {
	doing := "writing return " + body.ID + " of order " + body.Order + " to shopify"
	order, err := payload.OrderOf(d.Message, body.Order, t.config.Shops, doing)
	if err != nil {
		return nil, err
	}
	return &work{Target: t, order: order, entry: d.Message.Key(), state: state{d.Message.Type, body}, doing: doing}, nil
}

func (w *work) ref() string { return w.order.ID + "-return-" + w.state.body.ID }

// deliver reads the order and writes what it lacks.
func (w *work) deliver(ctx context.Context) (connector.Receipt, error) {
	has, err := w.read(ctx)
	if err != nil {
		return connector.Receipt{}, err
	}
	if !w.state.received() && has.awaits() {
		return w.receipt("order "+w.order.ID+" has a return in Shopify that is under way", nil), nil
	}
	var done []string
	if has.states.put(w.entry.String(), w.state) {
		if err := w.set(ctx, has); err != nil {
			return connector.Receipt{}, err
		}
		done = append(done, "metafield "+namespace+"."+keyWords+" set")
	}
	says := "order " + w.order.ID + " shows return " + w.state.body.ID + " as " + w.state.word()
	if !w.state.received() {
		return w.receipt(says, done), nil
	}
	closed, open, err := w.closeReturns(ctx, has)
	if err != nil {
		return connector.Receipt{}, err
	}
	return w.receipt(strings.Join(append([]string{says}, open...), "; "), append(done, closed...)), nil
}

// receipt confirms what was done; nothing if the order had it all.
func (w *work) receipt(says string, done []string) connector.Receipt {
	if len(done) > 0 {
		says += ": " + strings.Join(done, ", ")
	}
	return connector.Receipt{Ref: w.ref(), Linked: len(done) == 0, Detail: says}
}

// closeReturns closes each return that is open and complete, and says what is missing of the others.
func (w *work) closeReturns(ctx context.Context, has *onOrder) (closed, open []string, err error) {
	if !has.hasOpen() {
		return nil, nil, nil
	}
	for i := range has.returns {
		if r := &has.returns[i]; r.status == statusOpen || r.status == statusClosed {
			if err := w.readLines(ctx, r); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, v := range judge(has.returns, has.states.came()) {
		if v.missing != "" {
			open = append(open, "return "+v.of.name+" stays open: "+v.missing)
			continue
		}
		if err := w.close(ctx, v.of); err != nil {
			return nil, nil, err
		}
		closed = append(closed, "return "+v.of.name+" closed")
	}
	return closed, open, nil
}
