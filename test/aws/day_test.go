//go:build aws

package aws_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/scripts/day"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// patience is how long a world may take to come to rest. Copies of a payment that waits
// for its order wait longer with each look at any of them: up to five minutes here.
const patience = 10 * time.Minute

// runs is how often each of the tests is played; make kills-aws plays many.
var runs = flag.Int("runs", 1, "runs of each test, with other moments of the kills")

// again plays a test so many times, each with moments of its own, which are the same
// whenever it is played.
func again(t *testing.T, name string, play func(*testing.T, *kills)) {
	t.Helper()
	h := fnv.New64a()
	h.Write([]byte(name))
	for run := range *runs {
		t.Run(fmt.Sprintf("%s, run %d", name, run), func(t *testing.T) {
			t.Parallel()
			play(t, newKills(rand.New(rand.NewPCG(h.Sum64(), uint64(run)))))
		})
	}
}

// TestTheDayWithKills plays the whole sample day and kills function processes at every
// place at which a crash could lose or double something.
func TestTheDayWithKills(t *testing.T) {
	t.Parallel()
	again(t, "day", func(t *testing.T, k *kills) {
		w := newWorld(t, k)
		w.drawKills()
		steps := sent(day.Sample())
		accepted := w.play(steps)
		w.settle(t.Context())
		r := w.audit(accepted)
		if want := len(steps) - 1; r.Accepted != want { // one is forged
			t.Errorf("%d deliveries were accepted, want %d", r.Accepted, want)
		}
		if left := w.kills.missed(); len(left) > 0 {
			t.Errorf("kills that did not happen: %v", left)
		}
		if dead := w.deadLetters(); dead != 1 {
			t.Errorf("%d dead letters, want the order with the unknown article", dead)
		}
	})
}

// sent leaves out the deliveries that get lost on their way: finding those is polling's.
func sent(steps []day.Delivery) []day.Delivery {
	return slices.DeleteFunc(steps, func(d day.Delivery) bool { return d.Lost })
}

// drawKills plans them. Those around calls to AWS take an endpoint that the calls can
// be passed on to; to an account they go straight.
func (w *world) drawKills() {
	w.kills.draw(onWrite, 60, pointClaim, pointAnswer, pointDelete, pointTimeout, pointClaim, pointAnswer, pointDelete)
	w.kills.draw(onInvocation, 20, pointReceive, pointReceive)
	if w.aws == nil {
		return
	}
	w.kills.draw(onWrite, 60, pointMark, pointMark)
	w.kills.draw(onDoor, 100, pointBefore, pointAfter, pointBefore, pointAfter)
	w.kills.draw(onPublish, 50, pointBefore, pointAfter)
}

// play posts the deliveries as stores do and returns the orders that were accepted.
// What is not answered, or with 5xx, is sent again.
func (w *world) play(steps []day.Delivery) (accepted []string) {
	w.Helper()
	for _, d := range steps {
		status := w.deliver(d)
		if refused := status == http.StatusUnauthorized; refused != d.Refuse || status >= 300 && !d.Refuse {
			w.Errorf("%s was answered with %d", d.ID, status)
			continue
		}
		if status < 300 {
			accepted = append(accepted, d.Order)
		}
	}
	return accepted
}

func (w *world) deliver(d day.Delivery) int {
	w.Helper()
	if err := d.Hold(w.fakes[d.System]); err != nil {
		w.Fatal(err)
	}
	for range 100 {
		if status := w.once(d); status != 0 && status < http.StatusInternalServerError {
			return status
		}
		pause(w.Context(), 100*time.Millisecond)
	}
	w.Fatalf("%s is never answered", d.ID)
	return 0
}

// once posts the delivery and returns the status, 0 if there is no answer.
func (w *world) once(d day.Delivery) int {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.door.URL+"/hooks/"+d.System, bytes.NewReader(d.Body))
	if err != nil {
		w.Fatal(err)
	}
	request.Header = d.Header.Clone()
	response, err := w.door.Client().Do(request)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body) // nothing in it matters to a sender
	_ = response.Body.Close()
	return response.StatusCode
}

// settle waits until the queues are empty but for what waits for a dead letter.
func (w *world) settle(ctx context.Context) {
	w.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	urls, err := w.stack.liveQueues()
	if err != nil {
		w.Fatal(err)
	}
	for {
		left, err := w.clients.depth(ctx, urls)
		if err != nil {
			w.Fatalf("the world does not come to rest: %v", err)
		}
		if left == 0 || left < 3 && left == w.waitingForDead(ctx) {
			return
		}
		pause(ctx, 250*time.Millisecond)
	}
}

// waitingForDead counts the events whose last hop was to wait for a dead letter.
func (w *world) waitingForDead(ctx context.Context) int {
	w.Helper()
	latest := map[string]port.Entry{}
	for _, e := range w.find(ctx, port.Query{}) {
		latest[e.Event+" "+e.Route] = e
	}
	n := 0
	for _, e := range latest {
		if e.Stage == port.Deferred && e.Error != nil && e.Error.Code == pipeline.ParentDead {
			n++
		}
	}
	return n
}

func (w *world) find(ctx context.Context, q port.Query) []port.Entry {
	w.Helper()
	entries, err := w.backend.Find(ctx, q)
	if err != nil {
		w.Fatal(err)
	}
	return entries
}

// audit compares what senders were told with the ERP's books.
func (w *world) audit(accepted []string) result {
	w.Helper()
	orders := slices.DeleteFunc(slices.Clone(accepted), func(memo string) bool { return memo == "" })
	lost, twice, err := day.Lost(w.Context(), w.backend, w.books(), orders)
	if err != nil {
		w.Fatal(err)
	}
	if len(lost)+len(twice) > 0 {
		w.Errorf("lost %v, duplicated %v", lost, twice)
	}
	confirmed := map[string]bool{}
	for _, e := range w.find(w.Context(), port.Query{Stage: port.Confirmed}) {
		confirmed[e.Event+" "+e.Route] = true
	}
	r := result{Accepted: len(accepted), Confirmed: len(confirmed), Lost: len(lost), Duplicated: len(twice), Kills: w.kills.total()}
	addToSum(r)
	w.Logf("%+v %v", r, w.kills.done)
	return r
}

// deadLetters counts the messages in all dead-letter queues.
func (w *world) deadLetters() int {
	w.Helper()
	var urls []string
	err := w.stack.each("AWS::SQS::Queue", func(_ string, p map[string]any) error {
		if name := fmt.Sprint(p["QueueName"]); strings.HasSuffix(name, "-dead") {
			urls = append(urls, w.stack.queueURL(":"+name))
		}
		return nil
	})
	n, depth := w.clients.depth(w.Context(), urls)
	if err := cmp.Or(err, depth); err != nil {
		w.Fatal(err)
	}
	return n
}
