package cloudtest

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxInFlight   = 120_000
	maxInvisible  = 12 * time.Hour
	maxVisibility = 43200
	maxWait       = 20
)

type receiveMessageInput struct {
	QueueURL                    string `json:"QueueUrl"`
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
}

type received struct {
	MessageID              string `json:"MessageId"`
	ReceiptHandle          string
	Body                   string
	MD5OfBody              string
	MD5OfMessageAttributes string                      `json:",omitempty"`
	Attributes             map[string]string           `json:",omitempty"`
	MessageAttributes      map[string]messageAttribute `json:",omitempty"`
}

func (in *receiveMessageInput) check() error {
	for name, p := range map[string]struct {
		value       *int
		least, most int
	}{
		"MaxNumberOfMessages": {in.MaxNumberOfMessages, 1, maxEntries},
		"VisibilityTimeout":   {in.VisibilityTimeout, 0, maxVisibility},
		"WaitTimeSeconds":     {in.WaitTimeSeconds, 0, maxWait},
	} {
		if p.value != nil && (*p.value < p.least || *p.value > p.most) {
			return badParameter("Value %d for parameter %s is invalid. Reason: Must be between %d and %d, if provided.", *p.value, name, p.least, p.most)
		}
	}
	return nil
}

// receiveMessage is a long poll: it looks again whenever something changed, until
// it has a message or the time is up.
func (s *Server) receiveMessage(ctx context.Context, c call, in *receiveMessageInput) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	poll := &longPoll{started: c.now}
	for {
		got, err := s.tryReceive(ctx, in, poll)
		if err != nil || len(got) > 0 || poll.over || !poll.wait(ctx) {
			return map[string]any{"Messages": got}, err
		}
	}
}

// longPoll is the state of one waiting receive.
type longPoll struct {
	started  time.Time
	deadline time.Time
	pause    time.Duration   // until the clock alone may have brought a message
	last     bool            // the pause ends with the poll
	over     bool            // no further look
	changed  <-chan struct{} // closed when something else may have
}

// wait blocks until it is worth looking again. It is false when the client is gone.
func (p *longPoll) wait(ctx context.Context) bool {
	timer := time.NewTimer(p.pause)
	defer timer.Stop()
	select {
	case <-p.changed:
	case <-timer.C:
		p.over = p.last
	case <-ctx.Done():
		return false
	}
	return true
}

// tryReceive takes what is visible, unless the client is gone, and says in the
// poll how long to wait if there was nothing.
func (s *Server) tryReceive(ctx context.Context, in *receiveMessageInput, poll *longPoll) ([]received, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.find(in.QueueURL)
	if err != nil || ctx.Err() != nil {
		poll.over = true
		return nil, err
	}
	now := s.now()
	if poll.deadline.IsZero() {
		poll.deadline = poll.started.Add(in.wait(q))
	}
	got, err := s.take(q, in, now)
	left, next := poll.deadline.Sub(now), q.nextVisible(now)
	poll.over = poll.over || left <= 0
	poll.pause, poll.last, poll.changed = min(left, next), left <= next, s.wake
	return got, err
}

func (in *receiveMessageInput) wait(q *queue) time.Duration {
	if in.WaitTimeSeconds != nil {
		return time.Duration(*in.WaitTimeSeconds) * time.Second
	}
	return q.seconds("ReceiveMessageWaitTimeSeconds")
}

// nextVisible is the time until the next message becomes visible by itself.
func (q *queue) nextVisible(now time.Time) time.Duration {
	soonest := maxInvisible
	for _, l := range q.letters {
		if d := l.visible.Sub(now); d > 0 {
			soonest = min(soonest, d)
		}
	}
	return soonest
}

func (s *Server) take(q *queue, in *receiveMessageInput, now time.Time) ([]received, error) {
	q.expire(now)
	s.buryDead(q, now)
	if len(q.letters) > maxInFlight && q.inFlight(now) >= maxInFlight {
		return nil, refuse(http.StatusForbidden, "OverLimit", "Too many messages in flight.")
	}
	most, visibility := 1, q.seconds("VisibilityTimeout")
	if in.MaxNumberOfMessages != nil {
		most = *in.MaxNumberOfMessages
	}
	if in.VisibilityTimeout != nil {
		visibility = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	got := []received{}
	for _, l := range q.letters {
		if len(got) == most {
			break
		}
		if !l.visible.After(now) {
			l.receive(now, visibility)
			got = append(got, in.show(q, l))
		}
	}
	return got, nil
}

// buryDead moves the messages whose receives are used up to the dead-letter queue,
// as SQS does when they would be received once more.
func (s *Server) buryDead(q *queue, now time.Time) {
	if q.redrive == nil {
		return
	}
	dead := s.byARN(q.redrive.DeadLetterTargetARN)
	if dead == nil || !dead.allowsRedriveFrom(q.arn) {
		return
	}
	q.letters = slices.DeleteFunc(q.letters, func(l *letter) bool {
		if l.visible.After(now) || l.receives < q.redrive.most {
			return false
		}
		l.deadFrom = q.arn
		dead.letters = append(dead.letters, l)
		s.ring()
		return true
	})
}

func (q *queue) inFlight(now time.Time) (n int) {
	for _, l := range q.letters {
		if l.visible.After(now) && l.receives > 0 {
			n++
		}
	}
	return n
}

func (l *letter) receive(now time.Time, visibility time.Duration) {
	if l.receives == 0 {
		l.first = now
	}
	l.receives++
	l.last, l.visible = now, now.Add(visibility)
}

func (in *receiveMessageInput) show(q *queue, l *letter) received {
	chosen := map[string]messageAttribute{}
	for name, a := range l.attributes {
		if slices.ContainsFunc(in.MessageAttributeNames, func(wanted string) bool { return wants(wanted, name) }) {
			chosen[name] = a
		}
	}
	return received{
		MessageID: l.id, ReceiptHandle: handle(q, l), Body: l.body, MD5OfBody: digest([]byte(l.body)),
		MD5OfMessageAttributes: attributesDigest(chosen), MessageAttributes: chosen, Attributes: in.systemAttributes(l),
	}
}

// wants reports whether a requested name means the attribute: "All", ".*", "name"
// or "prefix.*".
func wants(wanted, name string) bool {
	prefix, open := strings.CutSuffix(wanted, ".*")
	return wanted == "All" || wanted == name || open && strings.HasPrefix(name, prefix)
}

func (in *receiveMessageInput) systemAttributes(l *letter) map[string]string {
	all := map[string]string{
		"SenderId": Account, "SentTimestamp": millis(l.sent), "ApproximateFirstReceiveTimestamp": millis(l.first),
		"ApproximateReceiveCount": strconv.Itoa(l.receives),
	}
	for name, value := range map[string]string{"MessageGroupId": l.group, "DeadLetterQueueSourceArn": l.deadFrom, traceHeader: l.trace} {
		if value != "" {
			all[name] = value
		}
	}
	wanted := slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames)
	for name := range all {
		if !slices.Contains(wanted, name) && !slices.Contains(wanted, "All") {
			delete(all, name)
		}
	}
	return all
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// handle is the receipt handle of the latest receive: each receive has its own.
func handle(q *queue, l *letter) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s#%s#%d", q.name, l.id, l.receives))
}

// byHandle finds the message of a handle: nil if it is gone or was received again
// since.
func (q *queue) byHandle(text string) (*letter, error) {
	invalid := refuse(http.StatusNotFound, "ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle.", text)
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, invalid
	}
	parts := strings.Split(string(data), "#")
	if len(parts) != 3 || parts[0] != q.name {
		return nil, invalid
	}
	for _, l := range q.letters {
		if l.id == parts[1] && strconv.Itoa(l.receives) == parts[2] {
			return l, nil
		}
	}
	return nil, nil
}
