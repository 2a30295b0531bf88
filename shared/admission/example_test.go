package admission_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/retry"
)

// A worker calls a target whose credentials have expired. The next message does not get
// through the gate.
func ExampleTarget() {
	ctx := context.Background()
	clock := porttest.NewClock(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	memory := porttest.NewMemory(clock.Now)
	policy := retry.DefaultPolicy()
	target := admission.New(admission.Config{
		Runtime: port.Runtime{
			Ports: port.Ports{State: memory, Ledger: memory}, Now: clock.Now,
			Random: func() float64 { return 0.5 }, Log: slog.New(slog.DiscardHandler),
		},
		Worker: retry.NewWorker("worker-1", clock.Now, policy.Skew, nil), Retry: policy, Policy: admission.DefaultPolicy(),
	}, connector.Profile{Name: "erp", Timeout: 30 * time.Second, Concurrency: 5})

	passage, _, err := target.Enter(ctx, admission.Call{Event: "e1", Entity: "order/1", Operation: "upsert order", SentAt: clock.Now()})
	if err != nil {
		fmt.Println(err)
		return
	}
	passage.Leave(ctx, admission.Answer{Asked: true, Fault: &fault.Error{Kind: fault.Unauthorized, Status: 401}, Began: clock.Now()})

	gate, err := target.Gate(ctx, clock.Now())
	fmt.Println(gate.Until.Sub(clock.Now()), gate.Outage, err)
	// Output: 1m0s true <nil>
}
