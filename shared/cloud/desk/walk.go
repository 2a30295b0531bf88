package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

const (
	maxBatch = 10             // messages of one call of SQS
	maxHide  = 12 * time.Hour // of a message from its receipt
	rounds   = 3              // in which the members of a batch that failed are sent
	retry    = time.Second    // between rounds
)

// walk is a pass over the messages of a queue that are visible.
type walk struct {
	desk  *desk
	queue string
	hide  time.Duration
	visit func(port.Incoming) (more bool)

	mu      sync.Mutex
	held    map[string]port.Incoming // by message id, with the handle of the latest receive
	stopped bool
}

// walk receives every visible message of the queue, until visit returns false. Calls of visit
// do not overlap, and each message is visited once. The messages stay hidden, and are returned
// also with an error. A first receive asks for the given number only.
func (d *desk) walk(ctx context.Context, queue string, hide time.Duration, first int, visit func(port.Incoming) bool) (map[string]port.Incoming, error) {
	w := &walk{desk: d, queue: queue, hide: min(hide, maxHide), visit: visit, held: map[string]port.Incoming{}}
	more, err := w.step(ctx, min(first, maxBatch))
	if err == nil && more {
		err = parallel(atOnce, func(int) error { return w.run(ctx) })
	}
	return w.held, err
}

func (w *walk) run(ctx context.Context) error {
	for {
		if more, err := w.step(ctx, maxBatch); err != nil || !more {
			return err
		}
	}
}

// step receives once. There is no more if the queue gave nothing new, which is also so when
// the walk took so long that its first messages are visible again.
func (w *walk) step(ctx context.Context, most int) (more bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, cloud.Failure("looking into queue "+w.queue, "queue "+w.queue, err)
	}
	letters, err := w.desk.receive(ctx, w.queue, most, w.hide)
	if err != nil {
		return false, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, in := range letters {
		_, repeated := w.held[in.MessageID]
		w.held[in.MessageID] = in
		if !repeated && !w.stopped {
			more, w.stopped = true, !w.visit(in)
		}
	}
	return more && !w.stopped, nil
}

// receive is not ended by ctx: SQS might have hidden messages, which would not be given back.
func (d *desk) receive(ctx context.Context, queue string, most int, hide time.Duration) ([]port.Incoming, error) {
	out, err := d.queues.ReceiveMessage(context.WithoutCancel(ctx), &sqs.ReceiveMessageInput{
		QueueUrl: d.backend.QueueURL(queue), MaxNumberOfMessages: int32(most), VisibilityTimeout: seconds(hide),
		WaitTimeSeconds: seconds(d.config.Poll), MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: cloud.ReceiveAttributes(),
	})
	if err != nil {
		return nil, cloud.Failure("looking into queue "+queue, "queue "+queue, err)
	}
	letters := make([]port.Incoming, len(out.Messages))
	for i, m := range out.Messages {
		if letters[i], err = cloud.Incoming(queue, m); err != nil {
			return nil, err
		}
	}
	return letters, nil
}

// seconds rounds up.
func seconds(d time.Duration) int32 { return int32((d + time.Second - 1) / time.Second) }

// hideFor sets how long messages stay hidden from now, 0 to make them visible. It returns
// those that are not ours any more: deleted, or visible again.
func (d *desk) hideFor(ctx context.Context, queue string, letters []port.Incoming, hide time.Duration) (lost []string, err error) {
	batches := slices.Collect(slices.Chunk(letters, maxBatch))
	missed := make([][]string, len(batches))
	err = parallel(len(batches), func(i int) (err error) {
		missed[i], err = d.hideBatch(ctx, queue, batches[i], hide)
		return err
	})
	return slices.Concat(missed...), err
}

func (d *desk) hideBatch(ctx context.Context, queue string, letters []port.Incoming, hide time.Duration) (lost []string, err error) {
	doing := fmt.Sprintf("giving %d letters back to queue %s", len(letters), queue)
	if hide > 0 {
		doing = fmt.Sprintf("keeping %d letters of queue %s", len(letters), queue)
	}
	open := make([]types.ChangeMessageVisibilityBatchRequestEntry, len(letters))
	for i, in := range letters {
		open[i] = types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(in.Handle), VisibilityTimeout: seconds(hide)}
	}
	for round := 1; ; round++ {
		out, err := d.queues.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: d.backend.QueueURL(queue), Entries: open})
		if err != nil {
			return lost, cloud.Failure(doing, "queue "+queue, err)
		}
		failed, refused := sift(doing, queue, out.Failed, letters, &lost)
		if refused == nil {
			return lost, nil
		}
		if round == rounds || fault.KindOf(refused) != fault.Unavailable {
			return lost, refused
		}
		open = slices.DeleteFunc(open, func(e types.ChangeMessageVisibilityBatchRequestEntry) bool { return !failed[*e.Id] })
		if err := d.config.Sleep(ctx, retry); err != nil {
			return lost, cloud.Failure(doing, "queue "+queue, err)
		}
	}
}

// sift adds the messages to lost whose handle SQS no longer takes, and returns the other
// entries that failed, with the reason of the last of them.
func sift(doing, queue string, refusals []types.BatchResultErrorEntry, letters []port.Incoming, lost *[]string) (failed map[string]bool, refused error) {
	failed = map[string]bool{}
	for _, entry := range refusals {
		code, id := aws.ToString(entry.Code), aws.ToString(entry.Id)
		if at, err := strconv.Atoi(id); err == nil && at < len(letters) && cloud.Stale(code) {
			*lost = append(*lost, letters[at].MessageID)
			continue
		}
		failed[id] = true
		refused = cloud.EntryFailure(doing, queue, entry)
	}
	return failed, refused
}
