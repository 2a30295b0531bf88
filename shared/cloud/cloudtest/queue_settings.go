package cloudtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// settingRange holds the limits of the attributes that are whole numbers (SQS API
// reference, SetQueueAttributes; 1 MiB since 2025).
var settingRange = map[string]struct{ least, most, usual int }{
	"DelaySeconds":                  {0, 900, 0},
	"MaximumMessageSize":            {1024, 1 << 20, 1 << 20},
	"MessageRetentionPeriod":        {60, 1209600, 345600},
	"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
	"VisibilityTimeout":             {0, 43200, 30},
}

func defaultSettings() map[string]string {
	settings := map[string]string{"SqsManagedSseEnabled": "true"}
	for name, limit := range settingRange {
		settings[name] = strconv.Itoa(limit.usual)
	}
	return settings
}

type setQueueAttributesInput struct {
	QueueURL   string `json:"QueueUrl"`
	Attributes map[string]string
}

func (s *Server) setQueueAttributes(c call, in *setQueueAttributesInput) (any, error) {
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := s.applySettings(q, in.Attributes); err != nil {
		return nil, err
	}
	q.modified = c.now
	s.ring()
	return nil, nil
}

// applySettings checks all attributes before it sets any.
func (s *Server) applySettings(q *queue, attributes map[string]string) error {
	redrive := q.redrive
	for name, value := range attributes {
		if err := checkSetting(name, value); err != nil {
			return err
		}
		if name == "RedrivePolicy" {
			var err error
			if redrive, err = s.readRedrive(q, value); err != nil {
				return err
			}
		}
	}
	for name, value := range attributes {
		q.settings[name] = value
		if value == "" {
			delete(q.settings, name)
		}
	}
	q.redrive = redrive
	return nil
}

func checkSetting(name, value string) error {
	bad := badParameter("Invalid value for the parameter %s.", name)
	bad.code, bad.query = "InvalidAttributeValue", "InvalidAttributeValue"
	if limit, number := settingRange[name]; number {
		n, err := strconv.Atoi(value)
		if err != nil || n < limit.least || n > limit.most {
			return bad
		}
		return nil
	}
	switch name {
	case "SqsManagedSseEnabled":
		if value != "true" && value != "false" {
			return bad
		}
	case "Policy", "RedrivePolicy", "RedriveAllowPolicy":
		if value != "" && !json.Valid([]byte(value)) {
			return bad
		}
	case "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds":
	case "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit":
		return refuse(http.StatusBadRequest, "UnsupportedOperation", "this stand-in has standard queues only")
	default:
		return refuse(http.StatusBadRequest, "InvalidAttributeName", "Unknown Attribute %s.", name)
	}
	return nil
}

type redrivePolicy struct {
	DeadLetterTargetARN string      `json:"deadLetterTargetArn"`
	MaxReceiveCount     json.Number `json:"maxReceiveCount"`
	most                int
}

// readRedrive checks a redrive policy: the dead-letter queue exists and allows it.
func (s *Server) readRedrive(source *queue, text string) (*redrivePolicy, error) {
	if text == "" {
		return nil, nil
	}
	bad := func(why string) error {
		return badParameter("Value %s for parameter RedrivePolicy is invalid. Reason: %s", text, why)
	}
	var policy redrivePolicy
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return nil, bad("Redrive policy is not a valid JSON map.")
	}
	var err error
	policy.most, err = strconv.Atoi(policy.MaxReceiveCount.String())
	if err != nil || policy.most < 1 || policy.most > 1000 {
		return nil, bad("Invalid value for maxReceiveCount: must be between 1 and 1000, both inclusive.")
	}
	dead := s.byARN(policy.DeadLetterTargetARN)
	if dead == nil {
		return nil, bad("Dead letter target does not exist.")
	}
	if !dead.allowsRedriveFrom(source.arn) {
		return nil, bad("The dead letter target does not allow this source queue.")
	}
	return &policy, nil
}

// allowsRedriveFrom honours the RedriveAllowPolicy of a dead-letter queue.
func (q *queue) allowsRedriveFrom(sourceARN string) bool {
	var policy struct {
		RedrivePermission string   `json:"redrivePermission"`
		SourceQueueARNs   []string `json:"sourceQueueArns"`
	}
	text := q.settings["RedriveAllowPolicy"]
	if text == "" {
		return true
	}
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return false
	}
	switch policy.RedrivePermission {
	case "allowAll":
		return true
	case "byQueue":
		return slices.Contains(policy.SourceQueueARNs, sourceARN)
	}
	return false
}

type getQueueAttributesInput struct {
	QueueURL       string `json:"QueueUrl"`
	AttributeNames []string
}

func (s *Server) getQueueAttributes(c call, in *getQueueAttributesInput) (any, error) {
	q, err := s.find(in.QueueURL)
	if err != nil {
		return nil, err
	}
	all := q.attributes(c.now)
	chosen := map[string]string{}
	for _, name := range in.AttributeNames {
		if name == "All" {
			return map[string]any{"Attributes": all}, nil
		}
		value, known := all[name]
		if known {
			chosen[name] = value
		} else if checkSetting(name, "") != nil && !slices.Contains([]string{"Policy", "RedrivePolicy"}, name) {
			return nil, refuse(http.StatusBadRequest, "InvalidAttributeName", "Unknown Attribute %s.", name)
		}
	}
	return map[string]any{"Attributes": chosen}, nil
}

func (q *queue) attributes(now time.Time) map[string]string {
	q.expire(now)
	counts := map[string]int{"ApproximateNumberOfMessages": 0, "ApproximateNumberOfMessagesNotVisible": 0, "ApproximateNumberOfMessagesDelayed": 0}
	for _, l := range q.letters {
		switch {
		case !l.visible.After(now):
			counts["ApproximateNumberOfMessages"]++
		case l.receives > 0:
			counts["ApproximateNumberOfMessagesNotVisible"]++
		default:
			counts["ApproximateNumberOfMessagesDelayed"]++
		}
	}
	all := map[string]string{
		"QueueArn":         q.arn,
		"CreatedTimestamp": strconv.FormatInt(q.created.Unix(), 10), "LastModifiedTimestamp": strconv.FormatInt(q.modified.Unix(), 10),
	}
	for name, n := range counts {
		all[name] = strconv.Itoa(n)
	}
	for name, value := range q.settings {
		all[name] = value
	}
	return all
}

// seconds returns a setting that is a duration.
func (q *queue) seconds(name string) time.Duration {
	n, err := strconv.Atoi(q.settings[name])
	if err != nil {
		panic("cloudtest: setting " + name + " is no number")
	}
	return time.Duration(n) * time.Second
}

// expire drops messages beyond the retention period. It counts from the first
// enqueue, in a dead-letter queue too.
func (q *queue) expire(now time.Time) {
	oldest := now.Add(-q.seconds("MessageRetentionPeriod"))
	q.letters = slices.DeleteFunc(q.letters, func(l *letter) bool { return !l.sent.After(oldest) })
}
