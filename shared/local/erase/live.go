package erase

import (
	"context"

	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Live implements privacy.Live on the queues of a local engine, which can be read.
type Live struct {
	Peek   func(ctx context.Context, queue string, most int) ([]port.Incoming, error) // changes nothing; most -1: all
	Queues []string
}

// Waiting counts the messages that concern the person.
func (l Live) Waiting(ctx context.Context, _ []message.Key, concerns func(port.Incoming) (bool, error)) (n int, err error) {
	for _, queue := range l.Queues {
		messages, err := l.Peek(ctx, queue, -1)
		if err != nil {
			return n, err
		}
		for _, in := range messages {
			yes, err := concerns(in)
			if err != nil {
				return n, err
			}
			if yes {
				n++
			}
		}
	}
	return n, nil
}
