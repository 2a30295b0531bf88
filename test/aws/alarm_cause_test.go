//go:build aws

package aws_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/scripts/day"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/cloud/function"
	"causeway.example/shared/connector"
	"causeway.example/shared/port"
)

// driven collects the alarms that a test drove from their cause over their threshold.
var driven = struct {
	sync.Mutex
	names map[string]bool
}{names: map[string]bool{}}

// rings plays a cause, ends the tick, and wants exactly these alarms to begin: none is missing,
// and no other rings for the same cause.
func (w *world) rings(cause string, play func(), want ...string) {
	w.Helper()
	play()
	w.watch.await(want)
	w.ringsWithin(cause, tick, want...)
}

// ringsWithin wants exactly these alarms to begin while time passes.
func (w *world) ringsWithin(cause string, d time.Duration, want ...string) {
	w.Helper()
	w.ringsBeside(cause, d, "", want...)
}

// ringsBeside is the same, and one alarm may begin besides.
func (w *world) ringsBeside(cause string, d time.Duration, besides string, want ...string) {
	w.Helper()
	got := slices.DeleteFunc(w.watch.pass(d), func(alarm string) bool { return alarm == besides })
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.Errorf("%s rings %v, want %v", cause, got, want)
	}
	driven.Lock()
	defer driven.Unlock()
	for _, name := range got {
		driven.names[name] = true
	}
}

// calm lets more than an hour pass, so that what was counted before counts no more.
func (w *world) calm() {
	w.Helper()
	w.ringsWithin("nothing", time.Hour+tick)
}

// post sends a delivery to Shopify's door once and wants the status.
func (w *world) post(d shopifytest.Delivery, want int, change ...func(http.Header)) {
	w.Helper()
	header := d.Header()
	for _, each := range change {
		each(header)
	}
	if got := w.once(day.Delivery{ID: d.Topic, System: "shopify", Header: header, Body: d.Body}); got != want {
		w.Errorf("%s is answered %d, want %d", d.Topic, got, want)
	}
}

// purchase is an order of its own, placed a while ago.
func purchase(id int64) shopifytest.Purchase {
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	return shopifytest.Purchase{
		ID: 7_700_000_000_000 + id, Number: 7000 + int(id), Customer: 8_800_000_000_000 + id, Email: fmt.Sprintf("buyer%d@example.com", id), Currency: "USD", Factor: 1,
		PlacedAt: at, UpdatedAt: at, Items: []shopifytest.Item{{ID: 77_000_000 + id, SKU: "SKU-00001", Title: "Article", Quantity: 1, Price: 1995}},
	}
}

func order(id int64) shopifytest.Delivery {
	return shopifytest.Delivery{Topic: "orders/create", Body: purchase(id).Body()}
}

func customer(id int) shopifytest.Delivery {
	body := fmt.Sprintf(`{"id":%d,"email":"ada%d@example.com","first_name":"Ada","updated_at":"2026-11-22T16:05:44-05:00"}`, 880+id, id)
	return shopifytest.Delivery{Topic: "customers/create", Body: []byte(body)}
}

func (w *world) function(name string) *host { return w.hosts[w.prefix+"-"+name] }

// TestAlarmsRing drives the alarms from their causes to their thresholds, each kind at least
// once. A cause rings its own alarms and no others.
func TestAlarmsRing(t *testing.T) {
	t.Parallel()
	if environmentOfTest.endpoint != nil || environmentOfTest.account != "" {
		t.Skip("causes of alarms are played at the stand-in only")
	}
	t.Run("causes", func(t *testing.T) {
		for name, play := range map[string]func(*world){
			"door": alarmsOfTheDoor, "bus": alarmsOfTheBus, "poll": alarmsOfThePoll, "table": alarmsOfTheTable,
			"target": alarmsOfTheTarget, "messages": alarmsOfMessages, "queues": alarmsOfQueues, "audit": alarmsOfTheAudit,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				play(newWorld(t, newKills(nil)))
			})
		}
	})
	templates, err := watchTemplates(environmentOfTest.templates, environmentOfTest.prefix, environmentOfTest.at)
	if err != nil {
		t.Fatal(err)
	}
	all, err := templates.alarms(environmentOfTest.prefix)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for name := range driven.names {
		kinds[kindOf(name)] = true
	}
	for _, a := range all {
		if !kinds[kindOf(a.name)] {
			t.Errorf("no alarm of the kind %s was driven, such as %s", kindOf(a.name), a.name)
		}
	}
	t.Logf("%d alarms of %d kinds were driven, of %d", len(driven.names), len(kinds), len(all))
}

// kindOf returns an alarm's name without what it watches: "waits", "door-refused".
func kindOf(name string) string {
	parts := strings.Split(name, "-")
	if len(parts) > 2 && slices.Contains([]string{"door", "auth", "config", "clock", "delivery", "dead"}, parts[len(parts)-2]) {
		return strings.Join(parts[len(parts)-2:], "-")
	}
	return parts[len(parts)-1]
}

func alarmsOfTheDoor(w *world) {
	forged := func(times int) func() {
		return func() {
			for range times {
				bad := order(1)
				bad.Secret = "another"
				w.post(bad, http.StatusUnauthorized)
			}
		}
	}
	w.rings("twenty forged deliveries", forged(20))
	w.rings("one more within the hour", forged(1), "shopify-door-refused")
	w.calm()
	w.rings("a media type that the door does not take", func() {
		w.post(order(2), http.StatusUnsupportedMediaType, func(h http.Header) { h.Set("Content-Type", "text/csv") })
	}, "shopify-door-dropped")
	w.rings("more requests than the rate", func() {
		w.gateway.full.Store(true)
		w.post(order(3), http.StatusTooManyRequests)
	}, "shopify-door-throttled")
	w.rings("a queue that is down", func() {
		w.fail("sqs", "SendMessage", cloudtest.Unavailable(cloudtest.Always))
		w.post(order(4), http.StatusServiceUnavailable)
	}, "api-fails")
	w.heal("sqs", "SendMessage")
}

// fail and heal do so for one call and for its batch.
func (w *world) fail(service, operation string, how cloudtest.Fault) {
	w.emulator.Fail(service, operation, how)
	w.emulator.Fail(service, operation+"Batch", how)
}

func (w *world) heal(service, operation string) {
	w.emulator.Heal(service, operation)
	w.emulator.Heal(service, operation+"Batch")
}

// forbid takes a queue's policy away, so that no rule may send to it.
func (w *world) forbid(queue string) {
	w.Helper()
	url := w.stack.queueURL(":" + w.prefix + "-" + queue)
	if _, err := w.clients.sqs.SetQueueAttributes(w.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{"Policy": ""}}); err != nil {
		w.Fatal(err)
	}
}

func alarmsOfTheBus(w *world) {
	w.rings("a queue that does not let its rule send", func() {
		w.forbid("shopify-customers-to-netsuite")
		w.post(customer(1), http.StatusOK)
		w.settle(w.Context())
	}, "rules-dead-filled")
	w.ringsWithin("a week", 7*24*time.Hour+2*tick, "rules-dead-old")
	w.rings("dead letters that do not either", func() {
		w.forbid("rules-dead")
		w.post(customer(2), http.StatusOK)
		w.settle(w.Context())
	}, "shopify-customers-to-netsuite-lost")
}

// round starts a poll as its schedule does.
func (w *world) round() {
	w.Helper()
	w.scheduled("shopify-poll")
}

func (w *world) scheduled(function string) {
	w.Helper()
	event := `{"version":"0","id":"` + newRequestID() + `","detail-type":"Scheduled Event","source":"aws.events","account":"123456789012","time":"2026-11-25T10:00:00Z","region":"eu-central-1","resources":[],"detail":{}}`
	if err := w.function(function).start(w.Context(), []byte(event)); err != nil {
		w.Error(err)
	}
}

func alarmsOfThePoll(w *world) {
	shop := w.fakes["shopify"].(*shopifytest.Fake)
	// The programs have the clock of the machine, by which no version ends soon. Package function's
	// own tests hold what a program writes at such a time to this line.
	w.rings("a vendor's version that ends", func() {
		if err := function.WriteCounts(w.watch.lines(io.Discard), w.prefix+"-shopify-poll", "shopify", map[string]int{"VersionEnds": 1}, time.Now()); err != nil {
			w.Fatal(err)
		}
	}, "shopify-version-ends")
	w.calm()
	w.rings("an order that no webhook reported", func() {
		shop.Put(purchase(1).Body())
		w.round()
		w.settle(w.Context())
	}, "shopify-gaps")
	w.calm()
	w.rings("an order that the store lists and does not return", func() {
		w.unread.Store(true)
		shop.Put(purchase(2).Body())
		w.round()
		w.unread.Store(false)
	}, "shopify-unread")
	w.rings("and returns later", func() {
		w.round()
		w.settle(w.Context())
	}, "shopify-gaps")
	w.calm()
	throttled := shopifytest.Answer{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3600"}}, Body: `{"errors":"Exceeded"}`}
	for hour := range 3 {
		var want []string
		if hour == 2 {
			want = []string{"shopify-behind"}
		}
		shop.Answer(throttled)
		w.round()
		w.watch.awaitMetric("Behind")
		w.ringsWithin("a store that throttles", time.Hour, want...)
	}
	w.calm()
	w.rings("a poll that cannot start", func() {
		if err := w.storeSecret(w.prefix+"/shopify", map[string]string{"SHOPIFY_ADMIN_TOKEN": "x"}); err != nil {
			w.Fatal(err)
		}
		for e := range w.function("shopify-poll").all {
			e.close()
		}
		w.function("shopify-poll").set(func(h *host) { h.idle = nil })
		w.round()
	}, "shopify-poll-dead-filled")
	w.rings("and whose event cannot be kept", func() {
		w.fail("sqs", "SendMessage", cloudtest.Unavailable(cloudtest.Always))
		w.round()
	}, "shopify-poll-dropped")
}

// alarmsOfTheAudit: the night after an order that reached the store and nothing else.
func alarmsOfTheAudit(w *world) {
	now := time.Now()
	w.rings("a privacy request whose term ends within a week", func() {
		if err := w.backend.Append(w.Context(), port.Entry{
			At: now, Stage: port.Privacy, Type: port.TypePrivacyRequest, Event: "request", Trace: "request",
			Notes: []connector.Note{{Field: port.NoteDue, What: now.Add(5 * 24 * time.Hour).Format(time.RFC3339)}},
		}); err != nil {
			w.Fatal(err)
		}
		w.scheduled("netsuite-audit")
	}, "netsuite-audit-privacy-due")
	w.calm()
	w.rings("an order that the ERP has not", func() {
		lost := purchase(1)
		lost.PlacedAt, lost.UpdatedAt = now.Add(-24*time.Hour), now.Add(-24*time.Hour)
		w.fakes["shopify"].(*shopifytest.Fake).Put(lost.Body())
		w.scheduled("netsuite-audit")
	}, "netsuite-audit-gaps", "netsuite-audit-privacy-due")
}

func alarmsOfTheTable(w *world) {
	w.watch.mu.Lock()
	w.watch.unreachable = true
	w.watch.mu.Unlock()
	w.rings("a table that fails", func() {
		w.emulator.Fail("dynamodb", "PutItem", cloudtest.Unavailable(11))
		for id := range int64(6) {
			w.post(order(id), http.StatusOK)
		}
		w.settle(w.Context())
	}, "table-errors")
	w.rings("a receiver that cannot be reached", func() {}, "topic-fails")
	w.calm()
	w.rings("a table that throttles", func() {
		w.emulator.Fail("dynamodb", "PutItem", cloudtest.Throttle(160))
		for id := range int64(20) {
			w.post(order(10+id), http.StatusOK)
		}
		w.settle(w.Context())
	}, "table-throttles")
}

func alarmsOfTheTarget(w *world) {
	const down = http.StatusServiceUnavailable
	w.rings("a target that is down", func() {
		w.down.Store(down)
		for id := range int64(6) {
			w.post(order(id), http.StatusOK)
		}
	}, "netsuite-degraded")
	w.down.Store(0)
	w.settle(w.Context())
	w.calm()
	w.rings("credentials that expired", func() {
		if err := w.putSecret("netsuite", map[string]string{"NETSUITE_TOKEN_SECRET": "expired"}); err != nil {
			w.Fatal(err)
		}
		w.function("netsuite-deliver").renew()
		w.post(order(20), http.StatusOK)
	}, "netsuite-auth-expired")
}

// renew ends the function's environments, so that the next invocation starts another.
func (h *host) renew() {
	h.mu.Lock()
	old := h.idle
	h.idle = nil
	h.mu.Unlock()
	for _, e := range old {
		e.close()
		h.forget(e)
	}
}

func alarmsOfMessages(w *world) {
	w.rings("one delivery id with two contents", func() {
		first, second := order(1), order(2)
		first.WebhookID, second.WebhookID = "one", "one"
		w.post(first, http.StatusOK)
		w.settle(w.Context())
		w.post(second, http.StatusOK)
		w.settle(w.Context())
	}, "shopify-delivery-conflict")
	w.rings("a clock that is a day ahead", func() {
		ahead := purchase(3)
		ahead.UpdatedAt = time.Now().Add(24 * time.Hour).Truncate(time.Second)
		ahead.Change = func(o map[string]any) { o["financial_status"] = "pending" } // its store is not asked for payments
		w.post(shopifytest.Delivery{Topic: "orders/create", Body: ahead.Body()}, http.StatusOK)
		w.settle(w.Context())
	}, "shopify-clock-ahead")
	w.rings("an article that the ERP does not know", func() {
		unknown := purchase(4)
		unknown.Items[0].SKU = "SKU-UNKNOWN"
		w.post(shopifytest.Delivery{Topic: "orders/create", Body: unknown.Body()}, http.StatusOK)
		w.awaitDead("shopify-orders-to-netsuite")
	}, "shopify-orders-to-netsuite-dead-filled")
	// The payment waits for its order in another queue, which is a message of its own to mend.
	w.ringsWithin("a week", 7*24*time.Hour+2*tick, "shopify-orders-to-netsuite-dead-old", "shopify-payments-to-netsuite-stalled")
	w.rings("a currency that no map has", func() {
		w.extra = maps.Clone(w.extra)
		w.extra["NETSUITE_CURRENCIES"] = "EUR=4"
		w.function("netsuite-deliver").renew()
		w.post(order(5), http.StatusOK)
	}, "netsuite-deliver-config-missing")
}

// eventually reports whether done becomes true within half a minute.
func (w *world) eventually(done func() bool) bool {
	for range 600 {
		if done() {
			return true
		}
		pause(w.Context(), 50*time.Millisecond)
	}
	return false
}

// depthOf returns how many messages the queue has.
func (w *world) depthOf(queue string) int {
	w.Helper()
	n, err := w.clients.depth(w.Context(), []string{w.stack.queueURL(":" + w.prefix + "-" + queue)})
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// awaitDead waits for a dead letter, and until the message that died has been deleted.
func (w *world) awaitDead(queue string) {
	w.Helper()
	if !w.eventually(func() bool { return w.depthOf(queue) == 0 && w.deadLetters() > 0 }) {
		w.Fatal("no dead letter")
	}
}

func alarmsOfQueues(w *world) {
	w.rings("a delivery that waited for an hour", func() {
		w.emulator.Fail("sqs", "ReceiveMessage", cloudtest.Unavailable(cloudtest.Always))
		w.early.Store(int64(time.Hour + time.Minute))
		w.post(order(1), http.StatusOK)
		w.early.Store(0)
		w.emulator.Heal("sqs", "ReceiveMessage")
		w.settle(w.Context())
	}, "shopify-inbox-waits")
	w.calm()
	w.rings("a function whose concurrency is used up", func() {
		w.function("shopify-translate").set(func(h *host) { h.throttled = true })
		w.post(order(2), http.StatusOK)
	}, "shopify-translate-throttles")
	w.function("shopify-translate").set(func(h *host) { h.throttled = false })
	w.settle(w.Context())
	w.calm()
	deliver := w.function("netsuite-deliver")
	deliver.set(func(h *host) { h.stretch = 1000 })
	w.delay.Store(int64(200 * time.Millisecond))
	for id := range int64(3) {
		var want []string
		if id == 2 {
			want = []string{"netsuite-deliver-slow"}
		}
		w.rings("a slow target", func() {
			w.post(order(10+id), http.StatusOK)
			w.settle(w.Context())
		}, want...)
	}
	w.delay.Store(0)
	deliver.set(func(h *host) { h.stretch = 0 })
	w.calm()
	alarmsOfAFunctionThatDoesNotStart(w)
}

// awaitTranslated waits until Shopify's inbox is empty.
func (w *world) awaitTranslated() {
	w.Helper()
	if !w.eventually(func() bool { return w.depthOf("shopify-inbox") == 0 }) {
		w.Fatal("the inbox is never empty")
	}
}

// alarmsOfAFunctionThatDoesNotStart: its errors ring at once, and its queues when a message has
// waited for as long as it may.
func alarmsOfAFunctionThatDoesNotStart(w *world) {
	if err := w.storeSecret(w.prefix+"/netsuite", map[string]string{"NETSUITE_TOKEN_SECRET": ""}); err != nil {
		w.Fatal(err)
	}
	w.function("netsuite-deliver").renew()
	w.rings("a function that does not start", func() {
		for id := range int64(4) {
			w.post(order(30+id), http.StatusOK)
		}
		w.post(customer(7), http.StatusOK)
		w.awaitTranslated()
	}, "netsuite-deliver-errors")
	var stalled []string
	for _, flow := range []string{"orders", "customers", "payments"} {
		if queue := "shopify-" + flow + "-to-netsuite"; w.depthOf(queue) > 0 {
			stalled = append(stalled, queue+"-stalled")
		}
	}
	// It is called again and again, so that its errors may ring once more.
	w.ringsBeside("an hour without a start", time.Hour, "netsuite-deliver-errors", stalled...)
}
