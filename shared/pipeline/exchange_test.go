package pipeline_test

import (
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// The ledger has the request and the answer of a failed attempt, masked, and of a write its
// status and the vendor's id of it.
func TestTheLedgerHasTheExchange(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.system.fail = []error{&fault.Error{Kind: fault.Unavailable, Status: 503}, &fault.Error{Kind: fault.Rejected, Status: 400}}
	e.system.exchange = connector.Exchange{Method: "PUT", Path: "/customer/7", Status: 400, RequestID: "r1", Request: `{"name":"Lovelace","code":"A-1"}`, Answer: "Lovelace is taken"}
	e.post("1", change{Type: customer, ID: "7", Name: "Lovelace"})
	e.drain(time.Minute)
	want := connector.Exchange{Method: "PUT", Path: "/customer/7", Status: 400, RequestID: "r1", Request: `{"code":"A-1","name":"***"}`, Answer: "*** is taken"}
	if got := e.entry(port.Dead).Exchange; got == nil || *got != want {
		t.Errorf("dead: %+v", got)
	}
	want.Request = "" // an outage says nothing about this record
	if got := e.entry(port.Deferred).Exchange; got == nil || *got != want {
		t.Errorf("deferred: %+v", got)
	}
	e.system.exchange.Status = 204
	e.post("2", change{Type: customer, ID: "8", Name: "Lovelace"})
	e.drain(time.Minute)
	if got := e.entry(port.Sent).Exchange; got == nil || *got != (connector.Exchange{Status: 204, RequestID: "r1"}) {
		t.Errorf("sent: %+v", got)
	}
}
