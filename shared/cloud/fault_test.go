package cloud_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/admission"
	"causeway.example/shared/canonical"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/retry"
)

// erp is a target that counts what it is asked to do.
type erp struct {
	deliveries []connector.Delivery
	during     func() // called while it is at work; may be nil
}

func (e *erp) Deliver(_ context.Context, d connector.Delivery) (connector.Receipt, error) {
	if e.during != nil {
		e.during()
	}
	e.deliveries = append(e.deliveries, d)
	return connector.Receipt{Ref: "SO-1", Detail: "done"}, nil
}

func (*erp) Find(context.Context, message.Key) (string, error) { return "", nil }

// delivery is one message on its way to the erp, over an emulated AWS.
type delivery struct {
	*world
	ports   port.Ports
	target  *erp
	handler *pipeline.Deliverer
	queue   string
}

func newDelivery(t *testing.T) *delivery {
	t.Helper()
	d := &delivery{world: newWorld(t), target: &erp{}}
	d.ports = d.open().Ports()
	d.handler = newDeliverer(t, newPipeline(t, d.ports, d.clock.Now, erpSystem(d.target)))
	d.queue = porttest.Table()[2].Queue()
	d.publish(t)
	return d
}

// newPipeline opens a pipeline between the systems.
func newPipeline(t *testing.T, ports port.Ports, now func() time.Time, systems ...connector.System) *pipeline.Pipeline {
	t.Helper()
	config := pipeline.Config{
		Runtime: port.Runtime{
			Ports: ports, Now: now, Random: func() float64 { return 0 }, Log: slog.New(slog.DiscardHandler), Build: "1.2.3",
		},
		Systems: map[string]connector.System{}, Retry: retry.DefaultPolicy(), Admission: admission.DefaultPolicy(),
	}
	for _, system := range systems {
		config.Systems[system.Profile.Name] = system
	}
	p, err := pipeline.New(config)
	must(t, err)
	return p
}

// erpSystem is a system whose target is the erp.
func erpSystem(target *erp) connector.System {
	return connector.System{
		Target: target,
		Profile: connector.Profile{Name: "erp", Timeout: time.Second, Operations: map[string]connector.Operation{
			canonical.CustomerUpserted: {Name: "upsert customer", Guarantee: connector.ExternalID},
		}},
	}
}

// newDeliverer brings the customers of the shop to the erp.
func newDeliverer(t *testing.T, p *pipeline.Pipeline) *pipeline.Deliverer {
	t.Helper()
	deliverer, err := p.Deliverer(porttest.Table()[2])
	must(t, err)
	return deliverer
}

func (d *delivery) publish(t *testing.T) {
	t.Helper()
	body, err := canonical.Encode(&canonical.Customer{ID: "9", FirstName: canonical.NewText("Ada"), UpdatedAt: noon})
	must(t, err)
	must(t, d.ports.Bus.Publish(t.Context(), []*message.Message{{
		ID: "e1", Source: message.SourcePrefix + "shop", Type: canonical.CustomerUpserted, Subject: "customer/9", Time: noon, Tenant: "brand",
		Schema: "customer/1", Sequence: message.NewSequence(noon, false, time.Time{}), CorrelationID: "raw1", CausationID: "raw1", Origin: "shop", Hops: 1, Body: body,
	}}))
}

// settle handles what is in the queue once.
func (d *delivery) settle(t *testing.T) (handled int, err error) {
	t.Helper()
	batch, err := d.ports.Queue.Receive(t.Context(), d.queue, 10, 0)
	must(t, err)
	for _, in := range batch {
		if err = port.Settle(t.Context(), d.ports.Queue, d.handler, in); err != nil {
			return len(batch), err
		}
	}
	return len(batch), nil
}

// mustEnd handles the queue until it is empty, and checks that the target has the
// message, and that the ledger says so.
func (d *delivery) mustEnd(t *testing.T) {
	t.Helper()
	for range 20 {
		d.advance(visibility + time.Second)
		if handled, err := d.settle(t); handled == 0 {
			must(t, err)
			break
		}
	}
	if len(d.target.deliveries) == 0 {
		t.Fatal("the target was never written to")
	}
	for _, each := range d.target.deliveries {
		if each.Message.ID != d.target.deliveries[0].Message.ID {
			t.Errorf("messages %q and %q", each.Message.ID, d.target.deliveries[0].Message.ID)
		}
	}
	entries, err := d.ports.Ledger.Find(t.Context(), port.Query{Trace: "raw1"})
	must(t, err)
	if !slices.ContainsFunc(entries, func(e port.Entry) bool { return e.Stage == port.Confirmed }) {
		t.Errorf("the ledger tells %+v", entries)
	}
	if dead, err := d.ports.Queue.Receive(t.Context(), d.queue+"-dead", 10, 0); err != nil || len(dead) != 0 {
		t.Errorf("dead letters %v, %v", dead, err)
	}
}

// F50: DynamoDB throttles, or is down, at the claim, at the ledger or at the mark.
func TestDeliveryOutlastsAThrottledTable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation string
		fault     cloudtest.Fault
		calls     int // of the target before the fault has ended
	}{
		"at the read":             {"GetItem", cloudtest.Throttle(cloudtest.Always), 0},
		"at the claim":            {"PutItem", cloudtest.Throttle(cloudtest.Always), 0},
		"down at the claim":       {"PutItem", cloudtest.Unavailable(cloudtest.Always), 0},
		"for a moment":            {"PutItem", cloudtest.Throttle(2), 1},
		"the claim's answer lost": {"PutItem", cloudtest.LoseAnswer(1), 1},
		"two answers lost":        {"PutItem", cloudtest.LoseAnswer(2), 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDelivery(t)
			d.server.Fail("dynamodb", c.operation, c.fault)
			_, err := d.settle(t)
			if (err == nil) != (c.calls > 0) || err != nil && fault.KindOf(err) != fault.Unavailable {
				t.Errorf("%s: settled with %v", name, err)
			}
			if len(d.target.deliveries) != c.calls {
				t.Errorf("%s: the target was called %d times during the fault", name, len(d.target.deliveries))
			}
			d.server.Heal("dynamodb", c.operation)
			d.mustEnd(t)
			if len(d.target.deliveries) != 1 {
				t.Errorf("%s: the target was called %d times", name, len(d.target.deliveries))
			}
		})
	}
}

// The effect is there, the mark cannot be written: the message comes again, the write
// is repeated under its key, and then marked.
func TestDeliveryRepeatsAWriteWhoseMarkFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDelivery(t)
		d.target.during = func() { d.server.Fail("dynamodb", "PutItem", cloudtest.Throttle(cloudtest.Always)) }
		_, err := d.settle(t)
		mustBe(t, err, fault.Unavailable, fault.RateLimit, "raw1")
		d.target.during = nil
		d.server.Heal("dynamodb", "PutItem")
		d.mustEnd(t)
		if len(d.target.deliveries) != 2 {
			t.Errorf("the target was called %d times, want 2", len(d.target.deliveries))
		}
	})
}

// The answer to a write is lost again and again: of many writers still exactly one
// wins each round, and knows it.
func TestWritersAgreeWhileAnswersAreLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		revision := int64(0)
		for round := range 5 {
			w.server.Fail("dynamodb", "PutItem", cloudtest.LoseAnswer(round%3))
			type result struct {
				value    string
				revision int64
				err      error
			}
			results := make(chan result, 4)
			for i := range 4 {
				go func() {
					mine := fmt.Sprint(round, i)
					next, err := w.open().Put(t.Context(), port.Item{Key: "k", Value: []byte(mine), Revision: revision})
					results <- result{mine, next, err}
				}()
			}
			var winners []result
			for range 4 {
				if r := <-results; r.err == nil {
					winners = append(winners, r)
				}
			}
			item, err := w.open().Get(t.Context(), "k")
			must(t, err)
			if len(winners) != 1 || string(item.Value) != winners[0].value || item.Revision != winners[0].revision {
				t.Fatalf("round %d: winners %v, stored %q revision %d", round, winners, item.Value, item.Revision)
			}
			revision = item.Revision
		}
	})
}

// Whatever fails for a while in a batch, every member of it arrives.
func TestBatchesArriveWholeThroughPartialFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.open()
		w.server.Fail("sqs", "SendMessageBatch", cloudtest.FailEntries(2, 0, 3))
		w.server.Fail("events", "PutEvents", cloudtest.FailEntries(2, 1))
		w.server.Fail("dynamodb", "BatchWriteItem", cloudtest.FailEntries(2, 0, 2))
		must(t, b.Send(t.Context(), "shop-inbox", outgoing(10, 0)))
		must(t, b.Publish(t.Context(), orders(10, 1)))
		must(t, b.Append(t.Context(), placed()))
		arrived := map[string]bool{}
		for _, queue := range []string{"shop-inbox", "shop-orders-to-erp"} {
			for range 3 {
				batch, err := b.Receive(t.Context(), queue, 10, 0)
				must(t, err)
				for _, in := range batch {
					arrived[queue+string(in.Body)] = true
				}
			}
		}
		if len(arrived) != 20 {
			t.Errorf("%d of 20 messages arrived", len(arrived))
		}
		for _, q := range []port.Query{{Trace: "raw1"}, {Event: "e1"}, {Entity: placed().Entity}} {
			if found, err := b.Find(t.Context(), q); err != nil || len(found) != 1 {
				t.Errorf("%+v found %v, %v", q, found, err)
			}
		}
	})
}

// Whatever service is down, no port reports success, and each says that it passes.
func TestNoPortReportsSuccessWhileItsServiceIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := w.open()
		for _, service := range []string{"sqs", "events", "dynamodb", "s3"} {
			w.server.Fail(service, "", cloudtest.Unavailable(cloudtest.Always))
		}
		_, errReceive := b.Receive(t.Context(), "shop-inbox", 1, 0)
		_, errGet := b.Get(t.Context(), "k")
		_, errPut := b.Put(t.Context(), port.Item{Key: "k"})
		_, errFind := b.Find(t.Context(), port.Query{Trace: "t"})
		_, errStore := b.Store(t.Context(), []byte("b"))
		_, errLoad := b.Load(t.Context(), message.Claim{Key: "sha256/ab", SHA256: "ab"})
		for name, err := range map[string]error{
			"Publish": b.Publish(t.Context(), orders(1, 1)), "Send": b.Send(t.Context(), "shop-inbox", outgoing(1, 0)), "Receive": errReceive,
			"Delete": b.Delete(t.Context(), port.Incoming{Queue: "shop-inbox", Handle: "h"}), "Defer": b.Defer(t.Context(), port.Incoming{Queue: "shop-inbox", Handle: "h"}, noon),
			"Get": errGet, "Put": errPut, "Append": b.Append(t.Context(), placed()), "Find": errFind, "Store": errStore, "Load": errLoad,
			"Archive": errors.Join(b.Archive(t.Context(), inbox(t, rawMessage("r", []byte("1"))))...),
		} {
			if fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), "503") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
