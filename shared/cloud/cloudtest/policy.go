package cloudtest

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// policy is the part of a queue's resource policy that decides whether a rule may
// send (IAM user guide, "Policy evaluation logic": a denial wins).
type policy struct {
	Statement list[statement]
}

type statement struct {
	Effect    string
	Principal json.RawMessage
	Action    list[string]
	Resource  list[string]
	Condition map[string]map[string]list[text]
}

// list is a JSON value that may stand alone or in an array.
type list[E any] []E

// UnmarshalJSON implements json.Unmarshaler.
func (l *list[E]) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]E)(l))
	}
	*l = make(list[E], 1)
	return json.Unmarshal(data, &(*l)[0])
}

// text is a condition's value: a string, or a bare true or false.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(data []byte) error {
	if data[0] != '"' {
		*t = text(data)
		return nil
	}
	return json.Unmarshal(data, (*string)(t))
}

// lets reports whether the policy of the queue lets EventBridge send to it in the
// name of the rule.
func (q *queue) lets(ruleARN string) bool {
	var p policy
	if err := json.Unmarshal([]byte(q.settings["Policy"]), &p); err != nil {
		return false
	}
	means := func(effect string) func(statement) bool {
		return func(st statement) bool { return st.Effect == effect && st.covers(q.arn, ruleARN) }
	}
	return slices.ContainsFunc(p.Statement, means("Allow")) && !slices.ContainsFunc(p.Statement, means("Deny"))
}

// covers reports whether the statement is about this request.
func (st *statement) covers(queueARN, ruleARN string) bool {
	action := func(a string) bool { return like(strings.ToLower(a), "sqs:sendmessage") }
	resource := func(r string) bool { return like(r, queueARN) }
	return st.forEventBridge() && slices.ContainsFunc(st.Action, action) &&
		slices.ContainsFunc(st.Resource, resource) && st.holds(ruleARN)
}

func (st *statement) forEventBridge() bool {
	var principals map[string]list[string]
	if string(st.Principal) == `"*"` {
		return true
	}
	if err := json.Unmarshal(st.Principal, &principals); err != nil {
		return false
	}
	return slices.Contains(principals["Service"], "events.amazonaws.com") || slices.Contains(principals["AWS"], "*")
}

// holds compares every condition with what EventBridge sends along. A condition
// key that it does not send makes the condition fail.
func (st *statement) holds(ruleARN string) bool {
	request := map[string]string{"aws:sourcearn": ruleARN, "aws:sourceaccount": Account, "aws:securetransport": "true"}
	for operator, keys := range st.Condition {
		for key, wanted := range keys {
			value, sent := request[strings.ToLower(key)]
			if !sent || !slices.ContainsFunc(wanted, func(w text) bool { return compare(operator, string(w), value) }) {
				return false
			}
		}
	}
	return true
}

func compare(operator, wanted, value string) bool {
	switch operator {
	case "ArnEquals", "ArnLike", "StringLike":
		return like(wanted, value)
	case "StringEquals", "Bool":
		return wanted == value
	}
	return false
}

// like matches * and ? as policies do: * crosses every separator.
func like(pattern, value string) bool {
	flat := strings.NewReplacer("/", "\x00", "[", "\x01", "\\", "\x02")
	match, err := path.Match(flat.Replace(pattern), flat.Replace(value))
	return err == nil && match
}
