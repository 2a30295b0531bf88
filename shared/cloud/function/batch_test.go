package function

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	samples "causeway.example/events"
	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

func TestABatchIsTranslatedAndDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Translate)
	f := b.start()
	b.fill("1", "2", "3")
	if failed := b.run(f, b.poll("toy-inbox")); len(failed) != 0 {
		t.Errorf("failed %v", failed)
	}
	if events := b.poll(toyQueue); len(events.Records) != 3 {
		t.Errorf("%d events on the route", len(events.Records))
	}
	if len(b.archived) != 3 || b.archived[0].Queue != "toy-inbox" {
		t.Errorf("archived %+v", b.archived)
	}
}

// TestAPanicFailsItsOwnMessageOnly covers what the pipeline guards and what it does not.
func TestAPanicFailsItsOwnMessageOnly(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*bench, *function){
		"in the system": func(b *bench, _ *function) {
			b.world.deliver = func(d connector.Delivery) error {
				if d.Message.Key().ID == "2" {
					panic(canaryMail)
				}
				return nil
			}
		},
		"around it": func(_ *bench, f *function) { f.lanes[toyQueue] = falling{f.lanes[toyQueue]} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, connector.Deliver)
			f := b.start()
			prepare(b, f)
			b.translated("1", "2", "3")
			failed := b.run(f, b.poll(toyQueue))
			if len(failed) != 1 || len(b.entries(port.Confirmed)) != 2 {
				t.Errorf("failed %v, confirmed %+v", failed, b.entries(port.Confirmed))
			}
			if strings.Contains(b.out.String(), "canary") {
				t.Errorf("the log quotes the panic: %s", b.out.String())
			}
		})
	}
}

// falling panics at customer 2.
type falling struct{ port.Handler }

func (h falling) Handle(ctx context.Context, in port.Incoming) (port.Decision, error) {
	if m, err := message.Decode(in.Body); err == nil && m.Key().ID == "2" {
		panic(canaryMail)
	}
	return h.Handler.Handle(ctx, in)
}

func TestWhatWaitsIsHiddenUntilItsTimeAndReported(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.world.deliver = func(d connector.Delivery) error {
		if d.Message.Key().ID == "2" {
			return &fault.Error{Kind: fault.Throttled, After: 7 * time.Minute, Doing: "writing"}
		}
		return nil
	}
	f := b.start()
	b.translated("1", "2")
	event := b.poll(toyQueue)
	failed := b.run(f, event)
	if len(failed) != 1 {
		t.Fatalf("failed %v", failed)
	}
	until := b.entries(port.Deferred)[0].Next
	if got := b.ports.deferred[failed[0]]; !got.Equal(until) || got.Before(epoch.Add(7*time.Minute)) {
		t.Errorf("hidden until %v, the ledger says %v", got, until)
	}
	b.world.deliver = nil
	b.clock.Advance(7 * time.Minute)
	if again := b.poll(toyQueue); len(again.Records) != 0 {
		t.Error("it is visible too early")
	}
	b.clock.Advance(until.Sub(b.clock.Now()))
	again := b.poll(toyQueue)
	if len(again.Records) != 1 || len(b.run(f, again)) != 0 || len(b.entries(port.Confirmed)) != 2 {
		t.Errorf("%d messages came again", len(again.Records))
	}
}

func TestAPortThatFailsKeepsTheMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]func(*bench){
		"the ledger": func(b *bench) { b.ports.append = errors.New("table down") },
		"the queue": func(b *bench) {
			b.world.deliver = func(connector.Delivery) error { return fault.New(fault.Unavailable, "", "writing", "503") }
			b.ports.deferring = errors.New("queue down")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, connector.Deliver)
			f := b.start()
			b.translated("1")
			c(b)
			event := b.poll(toyQueue)
			if failed := b.run(f, event); len(failed) != 1 || failed[0] != event.Records[0].MessageId {
				t.Errorf("failed %v", failed)
			}
			if b.metrics("Route", toyQueue)[metricFailed] != 1.0 {
				t.Errorf("counted %v", b.metrics("Route", toyQueue))
			}
		})
	}
}

func TestADeadLetterIsDeletedFromItsQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.world.deliver = func(connector.Delivery) error { return fault.New(fault.Rejected, fault.Value, "writing", "no") }
	f := b.start()
	b.translated("1")
	if failed := b.run(f, b.poll(toyQueue)); len(failed) != 0 {
		t.Errorf("failed %v", failed)
	}
	if dead := b.poll(toyQueue + "-dead"); len(dead.Records) != 1 {
		t.Errorf("%d dead letters", len(dead.Records))
	}
	if b.metrics("Route", toyQueue)["Dead"] != 1.0 {
		t.Errorf("counted %v", b.metrics("Route", toyQueue))
	}
}

// TestWhatCannotBeFinishedIsNotBegun: each call may take the profile's timeout, and a
// function that Lambda ends in the middle leaves an ambiguous write.
func TestWhatCannotBeFinishedIsNotBegun(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.world.deliver = func(connector.Delivery) error { b.clock.Advance(50 * time.Second); return nil }
	f := b.start()
	b.translated("1", "2", "3", "4")
	event := b.poll(toyQueue)
	data, err := f.Invoke(b.context(time.Minute+margin+reserve+60*time.Second), mustJSON(t, event))
	if err != nil {
		t.Fatal(err)
	}
	var response events.SQSEventResponse
	if err := json.Unmarshal(data, &response); err != nil {
		t.Fatal(err)
	}
	if len(b.world.delivered) != 2 || len(response.BatchItemFailures) != 2 || !strings.Contains(b.out.String(), "putting a message back") {
		t.Errorf("delivered %v, reported %v", b.world.delivered, response)
	}
	b.clock.Advance(margin)
	if again := b.poll(toyQueue); len(again.Records) != 2 || len(b.run(f, again)) != 0 {
		t.Errorf("%d messages are there for the next function", len(again.Records))
	}
}

func TestMessagesOfABatchAreHandledSoManyAtOnce(t *testing.T) {
	t.Parallel()
	for _, parallel := range []string{"1", "3"} {
		b := newBench(t, connector.Deliver)
		b.process.environ["CAUSEWAY_PARALLEL"] = parallel
		var now, most atomic.Int64
		var meet sync.WaitGroup
		if parallel == "3" {
			meet.Add(3)
		}
		var first atomic.Int64
		b.world.deliver = func(connector.Delivery) error {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			if first.Add(1) <= 3 && parallel == "3" { // the first three wait for each other
				meet.Done()
				meet.Wait()
			}
			now.Add(-1)
			return nil
		}
		f := b.start()
		b.translated("1", "2", "3", "4", "5", "6")
		if failed := b.run(f, b.poll(toyQueue)); len(failed) != 0 || len(b.world.delivered) != 6 {
			t.Errorf("failed %v, delivered %v", failed, b.world.delivered)
		}
		if got := most.Load(); got > 3 || parallel == "1" && got != 1 {
			t.Errorf("%d at once, want %s", got, parallel)
		}
	}
}

func TestAQueueThatIsNoneOfOursKeepsItsMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.process.environ["CAUSEWAY_FLOWS"] = "toy-orders-to-till"
	f := b.start()
	b.translated("1")
	if failed := b.run(f, b.poll(toyQueue)); len(failed) != 1 || len(b.world.delivered) != 0 {
		t.Errorf("failed %v, delivered %v", failed, b.world.delivered)
	}
}

func TestNoIdentifierIsMadeUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.ports.append = errors.New("table down")
	f := b.start()
	b.ports.append = nil
	b.translated("1", "2")
	b.ports.append = errors.New("table down")
	event := b.poll(toyQueue)
	event.Records[1].MessageId = ""
	if data, err := f.Invoke(b.context(15*time.Minute), mustJSON(t, event)); err == nil {
		t.Errorf("answered %s", data)
	}
}

func TestWhatIsNoBatchIsAnError(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	f := b.start()
	for _, payload := range []string{`{}`, `{"Records":[]}`, `[`, `{"Records":[{"body":7}]}`} {
		if data, err := f.Invoke(b.context(time.Minute), []byte(payload)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: answered %s, %v", payload, data, err)
		}
	}
}

// TestTheSampleBatchIsReadWhole maps the recorded form of the event.
func TestTheSampleBatchIsReadWhole(t *testing.T) {
	t.Parallel()
	data, err := samples.Trigger("sqs-batch")
	if err != nil {
		t.Fatal(err)
	}
	var event events.SQSEvent
	if err := json.Unmarshal(data, &event); err != nil {
		t.Fatal(err)
	}
	event.Records[0].MessageAttributes["redrives"] = events.SQSMessageAttribute{StringValue: new("2"), DataType: "String"}
	event.Records[0].Attributes["ApproximateReceiveCount"] = "4"
	f := &function{environment: environment{Prefix: "causeway-dev"}}
	in := f.incoming(event.Records[0])
	if in.Queue != "shopify-inbox" || in.ReceiveCount != 4 || in.Redrives() != 2 || in.SentAt.UnixMilli() != 1795381545100 ||
		in.Handle != "AQEBsample" || in.MessageID != "0d9c1a3e-2b7f-4e61-9d54-1c1d5b7e8a20" || in.Attributes[port.AttrTrace] != "5k0q8x3m2w9v7n4j1h6g0f5d8s" {
		t.Errorf("read %+v", in)
	}
	if raw, err := message.DecodeRaw(in.Body); err != nil || raw.System != "shopify" {
		t.Errorf("its body is %+v, %v", raw, err)
	}
}

// TestEveryMessageOfAMixedBatchEndsAsItShould is one batch with each end.
func TestEveryMessageOfAMixedBatchEndsAsItShould(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	b.process.environ["CAUSEWAY_PARALLEL"] = "4"
	b.world.deliver = func(d connector.Delivery) error {
		switch d.Message.Key().ID {
		case "2":
			return fault.New(fault.Unavailable, "", "writing", "503")
		case "3":
			return fault.New(fault.Rejected, "", "writing", "no")
		case "4":
			panic("four")
		case "5":
			return fault.New(fault.Duplicate, "", "writing", "there")
		}
		return nil
	}
	f := b.start()
	b.translated("1", "2", "3", "4", "5")
	event := b.poll(toyQueue)
	event.Records = append(event.Records, events.SQSMessage{
		MessageId: "rubble", ReceiptHandle: "h", Body: "{", EventSourceARN: event.Records[0].EventSourceARN,
	})
	failed := b.run(f, event)
	want := []string{event.Records[1].MessageId, event.Records[3].MessageId}
	if !slices.Equal(failed, want) {
		t.Errorf("failed %v, want %v", failed, want)
	}
	if c, d := len(b.entries(port.Confirmed)), len(b.entries(port.Dead)); c != 2 || d != 2 {
		t.Errorf("%d confirmed, %d dead", c, d)
	}
}

// TestMessagesThatOneRequestTakesAreHandledTogether has each delivery wait for as many others as
// one request of the target takes.
func TestMessagesThatOneRequestTakesAreHandledTogether(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	f := b.start()
	f.together[toyQueue] = 3
	b.translated("1", "2", "3", "4", "5", "6", "7")
	var mu sync.Mutex
	var sizes []int
	combiner := &combine.Combiner[string, string, string]{Most: 3, Do: func(_ context.Context, _ string, asked []string) []combine.Result[string] {
		mu.Lock()
		defer mu.Unlock()
		sizes = append(sizes, len(asked))
		return make([]combine.Result[string], len(asked))
	}}
	f.lanes[toyQueue] = asking{combiner}
	event := b.poll(toyQueue)
	if failed := b.run(f, event); len(failed) != 0 {
		t.Errorf("failed %v", failed)
	}
	if slices.Sort(sizes); !slices.Equal(sizes, []int{1, 3, 3}) {
		t.Errorf("requests of %v, want two of three and one of what is left", sizes)
	}
}

// asking combines each message with the others of its party.
type asking struct {
	with *combine.Combiner[string, string, string]
}

func (h asking) Handle(ctx context.Context, in port.Incoming) (port.Decision, error) {
	_, err := h.with.Ask(ctx, "shop", in.MessageID)
	return port.Decision{Done: true}, err
}
