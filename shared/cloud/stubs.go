package cloud

import (
	"context"
	"time"

	"causeway/shared/message"
	"causeway/shared/pipeline"
)

const longestPoll = 20 * time.Second

func (b *Backend) Publish(context.Context, []*message.Message) error       { return nil }
func (b *Backend) Send(context.Context, string, []pipeline.Outgoing) error { return nil }
func (b *Backend) Receive(context.Context, string, int, time.Duration) ([]pipeline.Incoming, error) {
	return nil, nil
}
func (b *Backend) Delete(context.Context, pipeline.Incoming) error                { return nil }
func (b *Backend) Defer(context.Context, pipeline.Incoming, time.Time) error      { return nil }
func (b *Backend) Get(context.Context, string) (pipeline.Item, error)             { return pipeline.Item{}, nil }
func (b *Backend) Put(context.Context, pipeline.Item) (int64, error)              { return 0, nil }
func (b *Backend) Append(context.Context, ...pipeline.Entry) error                { return nil }
func (b *Backend) Find(context.Context, pipeline.Query) ([]pipeline.Entry, error) { return nil, nil }
func (b *Backend) Store(context.Context, []byte) (message.Claim, error)           { return message.Claim{}, nil }
func (b *Backend) Load(context.Context, message.Claim) ([]byte, error)            { return nil, nil }

// Archive makes raw messages of an inbox queue restorable, byte for byte, as one
// object per batch. Translate's batch runner calls it before it handles the batch;
// after an error every message of the batch counts as failed and stays in the queue.
func (b *Backend) Archive(context.Context, []pipeline.Incoming) error { return nil }
