package cloudtest

import (
	"slices"
	"time"
)

// settleEntry names a received message; outside a batch it has no Id.
type settleEntry struct {
	ID                string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

type settleInput struct {
	QueueURL string `json:"QueueUrl"`
	settleEntry
}

type settleBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []settleEntry
}

type settled struct {
	ID string `json:"Id"`
}

func (s *Server) deleteMessage(c call, in *settleInput) (any, error) {
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, err
	}
	q.expire(c.now)
	return nil, q.remove(in.ReceiptHandle)
}

// remove deletes the message. A handle of an earlier receive succeeds without an
// effect: SQS says that the message "might not be deleted" then, and the worse
// case is the one to test with.
func (q *queue) remove(receipt string) error {
	l, err := q.byHandle(receipt)
	if err != nil || l == nil {
		return err
	}
	q.letters = slices.DeleteFunc(q.letters, func(other *letter) bool { return other == l })
	return nil
}

func (s *Server) deleteMessageBatch(c call, in *settleBatchInput) (any, error) {
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, err
	}
	return s.settleBatch(c, in.Entries, func(e settleEntry) error { return q.remove(e.ReceiptHandle) })
}

func (s *Server) changeVisibility(c call, in *settleInput) (any, error) {
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, err
	}
	defer s.ring()
	return nil, q.change(in.settleEntry, c.now)
}

func (s *Server) changeVisibilityBatch(c call, in *settleBatchInput) (any, error) {
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, err
	}
	defer s.ring()
	return s.settleBatch(c, in.Entries, func(e settleEntry) error { return q.change(e, c.now) })
}

// change sets when a message in flight becomes visible again, at most twelve hours
// after it was received (SQS API reference, ChangeMessageVisibility).
func (q *queue) change(e settleEntry, now time.Time) error {
	if e.VisibilityTimeout == nil || *e.VisibilityTimeout < 0 || *e.VisibilityTimeout > maxVisibility {
		return badParameter("Value for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.")
	}
	l, err := q.byHandle(e.ReceiptHandle)
	if err != nil {
		return err
	}
	if l == nil {
		return badParameter("Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", e.ReceiptHandle)
	}
	if !l.visible.After(now) {
		return sqsRefusal("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight", "The specified message isn't in flight.")
	}
	until := now.Add(time.Duration(*e.VisibilityTimeout) * time.Second)
	if until.Sub(l.last) > maxInvisible {
		return badParameter("Value %d for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].", *e.VisibilityTimeout)
	}
	l.visible = until
	return nil
}

func (s *Server) settleBatch(c call, entries []settleEntry, do func(settleEntry) error) (any, error) {
	id := func(e settleEntry) string { return e.ID }
	if err := checkBatch(entries, id); err != nil {
		return nil, err
	}
	return eachEntry(c, entries, id, func(e settleEntry) (any, error) {
		return settled{ID: e.ID}, do(e)
	}), nil
}
