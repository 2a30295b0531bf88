package cloudtest

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// queue is an SQS standard queue.
type queue struct {
	name, arn, url string
	settings       map[string]string // the attributes that can be set, as text
	created        time.Time
	modified       time.Time
	letters        []*letter // oldest first
	redrive        *redrivePolicy
}

// letter is a message in a queue.
type letter struct {
	id         string
	body       string
	attributes map[string]messageAttribute
	trace      string // AWSTraceHeader
	group      string
	sent       time.Time
	visible    time.Time // from when it may be received
	first      time.Time // first receive
	last       time.Time // latest receive: 12 hours of invisibility count from here
	receives   int
	deadFrom   string // ARN of the queue whose redrive policy moved it here
}

func (s *Server) addQueueOperations() {
	for name, do := range map[string]operation{
		"CreateQueue":                  op(s, s.createQueue),
		"DeleteQueue":                  op(s, s.deleteQueue),
		"PurgeQueue":                   op(s, s.purgeQueue),
		"GetQueueUrl":                  op(s, s.getQueueURL),
		"GetQueueAttributes":           op(s, s.getQueueAttributes),
		"SetQueueAttributes":           op(s, s.setQueueAttributes),
		"ListQueues":                   op(s, s.listQueues),
		"SendMessage":                  op(s, s.sendMessage),
		"SendMessageBatch":             op(s, s.sendMessageBatch),
		"ReceiveMessage":               waitOp(s.receiveMessage),
		"DeleteMessage":                op(s, s.deleteMessage),
		"DeleteMessageBatch":           op(s, s.deleteMessageBatch),
		"ChangeMessageVisibility":      op(s, s.changeVisibility),
		"ChangeMessageVisibilityBatch": op(s, s.changeVisibilityBatch),
	} {
		s.operations["sqs."+name] = do
	}
}

// badParameter is SQS's answer to a value out of its range.
func badParameter(format string, values ...any) *refusal {
	r := refuse(http.StatusBadRequest, "InvalidParameterValueException", format, values...)
	r.query = "InvalidParameterValue"
	return r
}

func sqsRefusal(code, query, format string, values ...any) *refusal {
	r := refuse(http.StatusBadRequest, code, format, values...)
	r.query = query
	return r
}

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

type createQueueInput struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"`
}

func (s *Server) createQueue(c call, in *createQueueInput) (any, error) {
	if !queueName.MatchString(in.QueueName) {
		return nil, badParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	if q := s.queues[in.QueueName]; q != nil {
		return s.createAgain(q, in.Attributes)
	}
	q := &queue{
		name: in.QueueName, arn: "arn:aws:sqs:" + c.region + ":" + Account + ":" + in.QueueName,
		url:      "https://sqs." + c.region + ".amazonaws.com/" + Account + "/" + in.QueueName,
		settings: defaultSettings(), created: c.now, modified: c.now,
	}
	if err := s.applySettings(q, in.Attributes); err != nil {
		return nil, err
	}
	s.queues[q.name] = q
	return map[string]string{"QueueUrl": q.url}, nil
}

// createAgain answers the queue if the attributes are those it has.
func (s *Server) createAgain(q *queue, attributes map[string]string) (any, error) {
	for name, value := range attributes {
		if q.settings[name] != value {
			return nil, sqsRefusal("QueueNameExists", "QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return map[string]string{"QueueUrl": q.url}, nil
}

type queueInput struct {
	QueueURL string `json:"QueueUrl"`
}

// find returns the queue of a URL. Host and scheme do not count, as a stand-in is
// reached under another address than the one in the URL.
func (s *Server) find(queueURL string) (*queue, error) {
	parsed, err := url.Parse(queueURL)
	if err != nil || queueURL == "" {
		return nil, refuse(http.StatusNotFound, "InvalidAddress", "The address %s is not valid for this endpoint.", queueURL)
	}
	parts := strings.Split(strings.Trim(parsed.Path, "/"), "/")
	if len(parts) != 2 || parts[0] != Account || s.queues[parts[1]] == nil {
		return nil, noQueue()
	}
	return s.queues[parts[1]], nil
}

func noQueue() *refusal {
	return sqsRefusal("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
}

func (s *Server) byARN(arn string) *queue {
	if q := s.queues[lastOf(arn, ":")]; q != nil && q.arn == arn {
		return q
	}
	return nil
}

func (s *Server) deleteQueue(_ call, in *queueInput) (any, error) {
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, err
	}
	delete(s.queues, q.name)
	return nil, nil
}

func (s *Server) purgeQueue(_ call, in *queueInput) (any, error) {
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, err
	}
	q.letters = nil
	return nil, nil
}

type getQueueURLInput struct {
	QueueName              string
	QueueOwnerAWSAccountID string `json:"QueueOwnerAWSAccountId"`
}

func (s *Server) getQueueURL(_ call, in *getQueueURLInput) (any, error) {
	q := s.queues[in.QueueName]
	if q == nil || in.QueueOwnerAWSAccountID != "" && in.QueueOwnerAWSAccountID != Account {
		return nil, noQueue()
	}
	return map[string]string{"QueueUrl": q.url}, nil
}

type listQueuesInput struct {
	QueueNamePrefix string
	MaxResults      int
	NextToken       string
}

// listQueues pages by name: the token is the last name of the page before.
func (s *Server) listQueues(_ call, in *listQueuesInput) (any, error) {
	if in.MaxResults < 0 || in.MaxResults > 1000 {
		return nil, badParameter("Value for parameter MaxResults is invalid. Reason: Must be an integer from 1 to 1000.")
	}
	var names []string
	for name := range s.queues {
		if strings.HasPrefix(name, in.QueueNamePrefix) && name > in.NextToken {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var answer struct {
		QueueURLs []string `json:"QueueUrls,omitempty"`
		NextToken string   `json:",omitempty"`
	}
	if limit := in.MaxResults; limit > 0 && len(names) > limit {
		names = names[:limit]
		answer.NextToken = names[limit-1]
	}
	for _, name := range names {
		answer.QueueURLs = append(answer.QueueURLs, s.queues[name].url)
	}
	return answer, nil
}
