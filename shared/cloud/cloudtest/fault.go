package cloudtest

import (
	"net/http"
	"strings"
)

// Fault is a failure that a test asks for. Make it with Throttle, Unavailable, Denied,
// LoseAnswer or FailEntries.
type Fault struct {
	kind    faultKind
	times   int
	entries []int
}

type faultKind uint8

const (
	throttled faultKind = iota
	unavailable
	lostAnswer
	failedEntries
	denied
)

// Always is the number of calls of a fault that lasts until Heal.
const Always = -1

// Throttle makes the next calls fail as they do above the service's limit;
// nothing is done.
func Throttle(calls int) Fault { return Fault{kind: throttled, times: calls} }

// Unavailable makes the next calls fail with 503; nothing is done.
func Unavailable(calls int) Fault { return Fault{kind: unavailable, times: calls} }

// Denied makes the next calls fail as they do for a role whose policies do not allow them.
func Denied(calls int) Fault { return Fault{kind: denied, times: calls} }

// LoseAnswer makes the next calls take effect, then cuts the connection instead of
// answering.
func LoseAnswer(calls int) Fault { return Fault{kind: lostAnswer, times: calls} }

// FailEntries makes the entries with the given indices fail in the next calls of a
// batch operation (SendMessageBatch, DeleteMessageBatch, ChangeMessageVisibilityBatch,
// PutEvents, BatchWriteItem), which otherwise succeed.
func FailEntries(calls int, indices ...int) Fault {
	return Fault{kind: failedEntries, times: calls, entries: indices}
}

// Fail lets the fault take place in calls of the operation; operation "" means
// each operation of the service. Services are named as in a credential scope: sqs,
// events, dynamodb, s3 (PutObject, GetObject …), secretsmanager, lambda, monitoring, logs. A later fault of
// the same operation replaces the earlier one.
func (s *Server) Fail(service, operation string, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[service+"."+operation] = &fault
}

// Heal removes the fault of the operation.
func (s *Server) Heal(service, operation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.faults, service+"."+operation)
}

// meetFault counts down the fault of the call, if there is one. It returns the
// refusal that takes the place of the call, or what to do after it.
func (s *Server) meetFault(c *call) (after func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault := s.findFault(c)
	if fault == nil {
		return func() {}, nil
	}
	fault.times--
	switch fault.kind {
	case throttled:
		return nil, throttling(c)
	case unavailable:
		return nil, refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "the service is down")
	case denied:
		return nil, denial(c)
	case lostAnswer:
		return func() { panic(http.ErrAbortHandler) }, nil
	case failedEntries:
		c.failing = fault.entries
	}
	return func() {}, nil
}

func (s *Server) findFault(c *call) *Fault {
	for _, name := range []string{c.service + "." + c.operation, c.service + "."} {
		if fault := s.faults[name]; fault != nil && fault.times != 0 {
			return fault
		}
	}
	return nil
}

// denial is the refusal by the service that IAM does not allow a call.
func denial(c *call) *refusal {
	code, status := "AccessDeniedException", http.StatusBadRequest
	switch c.service {
	case "s3":
		code, status = "AccessDenied", http.StatusForbidden
	case "lambda":
		status = http.StatusForbidden
	}
	return refuse(status, code, "User: arn:aws:iam::%s:user/ana is not authorized to perform: %s:%s", Account, c.service, c.operation)
}

// throttling is the refusal with which the service slows a client down.
func throttling(c *call) *refusal {
	switch c.service {
	case "sqs":
		return refuse(http.StatusBadRequest, "RequestThrottled", "Rate exceeded")
	case "dynamodb":
		return refuse(http.StatusBadRequest, "ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded.")
	case "lambda":
		return refuse(http.StatusTooManyRequests, "TooManyRequestsException", "Rate exceeded")
	case "s3":
		return refuse(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	}
	return refuse(http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
}

// lastOf returns the last part of an ARN or URL.
func lastOf(text, separator string) string {
	return text[strings.LastIndex(text, separator)+1:]
}
