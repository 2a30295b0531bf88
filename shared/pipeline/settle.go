package pipeline

import "context"

// Handler takes one message of a queue to its decision; Translator and Deliverer are
// the two. An error means that a port failed and nothing was decided.
type Handler interface {
	Handle(ctx context.Context, in Incoming) (Decision, error)
}

var (
	_ Handler = (*Translator)(nil)
	_ Handler = (*Deliverer)(nil)
)

// Settle handles one message and does to the queue what was decided. After an error
// the message stays hidden until its visibility timeout, and comes again.
func Settle(ctx context.Context, queue Queue, handler Handler, in Incoming) error {
	decision, err := handler.Handle(ctx, in)
	switch {
	case err != nil:
		return err
	case decision.Ended():
		return queue.Delete(ctx, in)
	}
	return queue.Defer(ctx, in, decision.Until)
}
