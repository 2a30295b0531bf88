package cloud

import (
	"context"
	"encoding/binary"
	"io"
	"time"

	"causeway.example/shared/retry"
)

// rounds is how often the members of a batch that AWS did not take are sent in all.
const rounds = 4

// backoffLimit is the longest pause between two of them.
const backoffLimit = 2 * time.Second

// pause waits before the given round of a batch, the second being 1: exponentially,
// with full jitter. It ends early, with an error, when the context does.
func (b *Backend) pause(ctx context.Context, round int) error {
	draw, err := b.random(8)
	if err != nil {
		return err
	}
	longest := min(50*time.Millisecond<<round, backoffLimit)
	wait := time.Duration(binary.BigEndian.Uint64(draw) % uint64(longest))
	return retry.Sleep(ctx, wait)
}

func (b *Backend) random(n int) ([]byte, error) {
	drawn := make([]byte, n)
	_, err := io.ReadFull(b.config.Random, drawn)
	return drawn, err
}
