package cloudtest

import (
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"time"
)

const (
	maxEntries       = 10
	maxBatchBytes    = 1 << 20
	maxGroup         = 128
	maxDelaySeconds  = 900
	traceHeader      = "AWSTraceHeader"
	messageTooLong   = "One or more parameters are invalid. Reason: Message must be shorter than %s bytes."
	batchRequestLong = "Batch requests cannot be longer than %d bytes. You have sent %d bytes."
)

// sendEntry is one message to be sent; outside a batch it has no Id.
type sendEntry struct {
	ID                      string `json:"Id"`
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]messageAttribute
	MessageSystemAttributes map[string]messageAttribute
	MessageGroupID          string `json:"MessageGroupId"`
	MessageDeduplicationID  string `json:"MessageDeduplicationId"`
}

type sendMessageInput struct {
	QueueURL string `json:"QueueUrl"`
	sendEntry
}

type sent struct {
	ID                           string `json:"Id,omitempty"`
	MessageID                    string `json:"MessageId"`
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
}

func (s *Server) sendMessage(c call, in *sendMessageInput) (any, error) {
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := in.check(q); err != nil {
		return nil, err
	}
	defer s.ring()
	return s.accept(q, c.now, in.sendEntry), nil
}

type sendMessageBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []sendEntry
}

func (s *Server) sendMessageBatch(c call, in *sendMessageBatchInput) (any, error) {
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries, func(e sendEntry) string { return e.ID }); err != nil {
		return nil, err
	}
	total := 0
	for i := range in.Entries {
		total += in.Entries[i].size()
	}
	if total > maxBatchBytes {
		return nil, sqsRefusal("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong", batchRequestLong, maxBatchBytes, total)
	}
	defer s.ring()
	return eachEntry(c, in.Entries, func(e sendEntry) string { return e.ID }, func(e sendEntry) (any, error) {
		if err := e.check(q); err != nil {
			return nil, err
		}
		return s.accept(q, c.now, e), nil
	}), nil
}

// accept puts a checked message into the queue.
func (s *Server) accept(q *queue, now time.Time, e sendEntry) sent {
	delay := q.seconds("DelaySeconds")
	if e.DelaySeconds != nil {
		delay = time.Duration(*e.DelaySeconds) * time.Second
	}
	l := &letter{
		id: s.nextID(), body: e.MessageBody, attributes: e.MessageAttributes, group: e.MessageGroupID,
		trace: e.MessageSystemAttributes[traceHeader].StringValue, sent: now, visible: now.Add(delay),
	}
	q.letters = append(q.letters, l)
	return sent{
		ID: e.ID, MessageID: l.id, MD5OfMessageBody: digest([]byte(l.body)),
		MD5OfMessageAttributes:       attributesDigest(e.MessageAttributes),
		MD5OfMessageSystemAttributes: attributesDigest(e.MessageSystemAttributes),
	}
}

func (e *sendEntry) size() int {
	size := len(e.MessageBody)
	for name, a := range e.MessageAttributes {
		size += len(name) + a.size()
	}
	return size
}

var groupID = regexp.MustCompile("^[A-Za-z0-9!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]+$")

// check refuses what SendMessage refuses (SQS API reference, SendMessage).
func (e *sendEntry) check(q *queue) error {
	switch {
	case e.MessageBody == "":
		return refuse(http.StatusBadRequest, "MissingParameter", "The request must contain the parameter MessageBody.")
	case slices.ContainsFunc([]rune(e.MessageBody), forbiddenRune):
		return refuse(http.StatusBadRequest, "InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
	case e.DelaySeconds != nil && (*e.DelaySeconds < 0 || *e.DelaySeconds > maxDelaySeconds):
		return badParameter("Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", *e.DelaySeconds)
	case len(e.MessageGroupID) > maxGroup, e.MessageGroupID != "" && !groupID.MatchString(e.MessageGroupID):
		return badParameter("Value %s for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.", e.MessageGroupID)
	case e.MessageDeduplicationID != "":
		return badParameter("Value %s for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.", e.MessageDeduplicationID)
	}
	if err := e.checkAttributes(); err != nil {
		return err
	}
	if most := q.settings["MaximumMessageSize"]; e.size() > settingInt(most) {
		return badParameter(messageTooLong, most)
	}
	return nil
}

// forbiddenRune reports a character outside those SQS takes.
func forbiddenRune(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return false
	case r < 0x20, r == 0xFFFE, r == 0xFFFF:
		return true
	}
	return r >= 0xD800 && r <= 0xDFFF
}

var batchID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// checkBatch refuses what makes a whole batch fail.
func checkBatch[E any](entries []E, id func(E) string) error {
	const prefix = "AWS.SimpleQueueService."
	if len(entries) == 0 {
		return sqsRefusal("EmptyBatchRequest", prefix+"EmptyBatchRequest", "There should be at least one entry in the request.")
	}
	if len(entries) > maxEntries {
		return sqsRefusal("TooManyEntriesInBatchRequest", prefix+"TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent %d.", len(entries))
	}
	seen := map[string]bool{}
	for _, e := range entries {
		name := id(e)
		if !batchID.MatchString(name) {
			return sqsRefusal("InvalidBatchEntryId", prefix+"InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[name] {
			return sqsRefusal("BatchEntryIdsNotDistinct", prefix+"BatchEntryIdsNotDistinct", "Id %s repeated.", name)
		}
		seen[name] = true
	}
	return nil
}

type failedEntry struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string
}

type batchAnswer struct {
	Successful []any
	Failed     []failedEntry
}

// eachEntry does the entries of a batch one by one: each succeeds or fails alone.
func eachEntry[E any](c call, entries []E, id func(E) string, do func(E) (any, error)) batchAnswer {
	answer := batchAnswer{Successful: []any{}, Failed: []failedEntry{}}
	for i, e := range entries {
		if slices.Contains(c.failing, i) {
			answer.Failed = append(answer.Failed, failedEntry{ID: id(e), Code: "InternalError", Message: "the entry failed"})
			continue
		}
		done, err := do(e)
		if refused := asRefusal(err); refused != nil {
			answer.Failed = append(answer.Failed, failedEntry{ID: id(e), SenderFault: true, Code: refused.queryCode(), Message: refused.message})
			continue
		}
		answer.Successful = append(answer.Successful, done)
	}
	return answer
}

func digest(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}
