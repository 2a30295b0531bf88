package cloudtest

import (
	"encoding/json"
	"strings"
)

// Why EventBridge gave up on a target (EventBridge user guide, "Dead-letter
// queues"): neither is retried.
const (
	noPermissions = "NO_PERMISSIONS"
	noResource    = "NO_RESOURCE"
	badInput      = "INVALID_PARAMETER"
)

// deliver sends the event to each target of the rule.
func (s *Server) deliver(c call, r *rule, event []byte) {
	for _, id := range sortedKeys(r.targets) {
		t := r.targets[id]
		input, found := atPath(event, t.InputPath)
		switch {
		case !found:
			s.giveUp(c, r, t, event, badInput, "InputPath "+t.InputPath+" selects nothing")
		case strings.HasPrefix(t.ARN, "arn:aws:lambda:"):
			if s.invoke != nil {
				go s.invoke(t.ARN, input)
			}
		default:
			if code, why := s.toQueue(c, r, t.ARN, sendEntry{MessageBody: string(input), MessageGroupID: t.group(event)}); code != "" {
				s.giveUp(c, r, t, event, code, why)
			}
		}
	}
	s.ring()
}

// toQueue sends a message to a queue in the name of the rule. It returns why it
// could not, as EventBridge names it.
func (s *Server) toQueue(c call, r *rule, queueARN string, e sendEntry) (code, why string) {
	q := s.byARN(queueARN)
	if q == nil {
		return noResource, "The specified queue does not exist."
	}
	if !q.lets(r.arn) {
		return noPermissions, "The queue's policy does not let the rule send messages."
	}
	if err := e.check(q); err != nil {
		return badInput, err.Error()
	}
	s.accept(q, c.now, e)
	return "", ""
}

// giveUp sends the whole event to the target's dead-letter queue, if it has one
// that lets the rule send; otherwise the event is lost, as on AWS.
func (s *Server) giveUp(c call, r *rule, t target, event []byte, code, why string) {
	if t.DeadLetterConfig.ARN == "" {
		return
	}
	attributes := map[string]messageAttribute{}
	for name, value := range map[string]string{"RULE_ARN": r.arn, "TARGET_ARN": t.ARN, "ERROR_CODE": code, "ERROR_MESSAGE": why} {
		attributes[name] = messageAttribute{DataType: "String", StringValue: value}
	}
	if code, _ := s.toQueue(c, r, t.DeadLetterConfig.ARN, sendEntry{MessageBody: string(event), MessageAttributes: attributes}); code != "" && s.lost != nil {
		s.lost(r.arn)
	}
}

// group resolves the fair-queue group, which may be a path into the event.
func (t *target) group(event []byte) string {
	path := t.SQSParameters.MessageGroupID
	if !strings.HasPrefix(path, "$.") {
		return path
	}
	raw, found := atPath(event, path)
	var text string
	if !found || json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// atPath returns the JSON at a path of names such as "$.detail"; "" and "$" are
// the whole. The bytes are those of the event.
func atPath(event []byte, path string) ([]byte, bool) {
	names := strings.TrimPrefix(strings.TrimPrefix(path, "$"), ".")
	if names == "" {
		return event, true
	}
	for name := range strings.SplitSeq(names, ".") {
		var fields map[string]json.RawMessage
		if json.Unmarshal(event, &fields) != nil || fields[name] == nil {
			return nil, false
		}
		event = fields[name]
	}
	return event, true
}
