package cloud_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// sendBatch is the request, as far as tests look at it.
type sendBatch struct {
	QueueUrl string //nolint:revive // the vendor's spelling
	Entries  []struct {
		Id, MessageBody, MessageGroupId string //nolint:revive // the vendor's spelling
		MessageAttributes               map[string]struct{ DataType, StringValue string }
	}
}

func sentBodies(t *testing.T, r request) (bodies []string) {
	t.Helper()
	for _, entry := range read[sendBatch](t, r).Entries {
		bodies = append(bodies, entry.MessageBody)
	}
	return bodies
}

// failed is one member of a batch that SQS did not take.
type failed struct {
	Id, Code    string //nolint:revive // the vendor's spelling
	SenderFault bool
}

// takeMessages answers SendMessageBatch; without the MD5 of the body, which the SDK
// compares only if it is there.
func takeMessages(t *testing.T, fail func(call int, body string) *failed) *script {
	t.Helper()
	return &script{answer: func(call int, r request) answer {
		out := struct {
			Successful []map[string]string
			Failed     []failed
		}{}
		for _, entry := range read[sendBatch](t, r).Entries {
			if f := fail(call, entry.MessageBody); f != nil {
				f.Id = entry.Id
				out.Failed = append(out.Failed, *f)
				continue
			}
			out.Successful = append(out.Successful, map[string]string{"Id": entry.Id, "MessageId": "sqs-" + entry.Id})
		}
		body, err := json.Marshal(out)
		must(t, err)
		return ok(string(body))
	}}
}

func takeEach(int, string) *failed { return nil }

func outgoing(n, size int) (batch []port.Outgoing) {
	for i := range n {
		body := fmt.Sprintf("m%02d", i) + strings.Repeat("x", size)
		batch = append(batch, port.Outgoing{Body: []byte(body), Attributes: map[string]string{port.AttrEvent: body[:3]}})
	}
	return batch
}

func TestSendFillsRequestsByCountAndBytes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		count, size int
		want        []int
	}{
		"ten at once":                   {23, 10, []int{10, 10, 3}},
		"one mebibyte at once":          {5, 300_000, []int{3, 2}},
		"a message as large as a batch": {3, 1<<20 - 100, []int{1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := takeMessages(t, takeEach)
			must(t, open(t, s).Send(t.Context(), "shop-inbox", outgoing(c.count, c.size)))
			var got []int
			for _, call := range s.calls {
				got = append(got, len(sentBodies(t, call)))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("requests had %v messages, want %v", got, c.want)
			}
		})
	}
}

func TestSendAddressesTheQueueOfTheContract(t *testing.T) {
	t.Parallel()
	s := takeMessages(t, takeEach)
	out := port.Outgoing{Body: []byte("b"), Attributes: map[string]string{"trace_id": "t"}, Group: "brand.example"}
	must(t, open(t, s).Send(t.Context(), "shop-inbox", []port.Outgoing{out}))
	sent := read[sendBatch](t, s.calls[0])
	if want := "https://sqs.eu-central-1.amazonaws.com/123456789012/causeway-test-shop-inbox"; sent.QueueUrl != want {
		t.Errorf("queue URL %s, want %s", sent.QueueUrl, want)
	}
	if e := sent.Entries[0]; e.MessageGroupId != "brand.example" || e.MessageAttributes["trace_id"].StringValue != "t" || e.MessageAttributes["trace_id"].DataType != "String" {
		t.Errorf("entry = %+v", e)
	}
}

func TestSendMakesAGroupOfAnyText(t *testing.T) {
	t.Parallel()
	s := takeMessages(t, takeEach)
	groups := []string{"a.b-c_d~!", "two words", "Bäcker", strings.Repeat("g", 128), strings.Repeat("g", 129), strings.Repeat("h", 129)}
	var batch []port.Outgoing
	for _, group := range groups {
		batch = append(batch, port.Outgoing{Body: []byte("b"), Group: group})
	}
	must(t, open(t, s).Send(t.Context(), "shop-inbox", batch))
	seen := map[string]bool{}
	for i, entry := range read[sendBatch](t, s.calls[0]).Entries {
		id := entry.MessageGroupId
		if len(id) == 0 || len(id) > 128 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) || seen[id] {
			t.Errorf("group %q became %q", groups[i], id)
		}
		seen[id] = true
	}
	if !seen[groups[0]] || !seen[groups[3]] {
		t.Error("a group that SQS takes was renamed")
	}
}

func TestSendSendsOnlyFailedMessagesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := takeMessages(t, func(call int, body string) *failed {
			if call == 1 && (body == "m01" || body == "m03") {
				return &failed{Code: "InternalError"}
			}
			return nil
		})
		must(t, open(t, s).Send(t.Context(), "shop-inbox", outgoing(5, 0)))
		if again := sentBodies(t, s.calls[1]); len(s.calls) != 2 || !slices.Equal(again, []string{"m01", "m03"}) {
			t.Errorf("%d requests, sent again %v", len(s.calls), again)
		}
	})
}

func TestSendReportsWhatWasNotTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := takeMessages(t, func(_ int, body string) *failed {
			if body == "m02" {
				return &failed{Code: "InternalError"}
			}
			return nil
		})
		mustBe(t, open(t, broken).Send(t.Context(), "shop-inbox", outgoing(3, 0)), fault.Unavailable, fault.Intermittent, "message m02 to queue shop-inbox")
		if len(broken.calls) < 3 {
			t.Errorf("gave up after %d requests", len(broken.calls))
		}
		silent := answers(ok(`{"Successful":[{"Id":"0","MessageId":"x"}],"Failed":[]}`))
		mustBe(t, open(t, silent).Send(t.Context(), "shop-inbox", outgoing(2, 0)), fault.Unavailable, fault.Intermittent, "message m01")
	})
}

func TestSendDoesNotRepeatWhatSQSFindsWrong(t *testing.T) {
	t.Parallel()
	s := takeMessages(t, func(_ int, body string) *failed {
		if body == "m00" {
			return &failed{Code: "InvalidMessageContents", SenderFault: true}
		}
		return &failed{Code: "InternalError"}
	})
	mustBe(t, open(t, s).Send(t.Context(), "shop-inbox", outgoing(2, 0)), fault.Rejected, fault.Bug, "message m00")
	if len(s.calls) != 1 {
		t.Errorf("%d requests were made", len(s.calls))
	}
}

func TestSendRefusesWhatSQSWouldRefuseBeforeItSendsAny(t *testing.T) {
	t.Parallel()
	eleven := map[string]string{}
	for i := range 11 {
		eleven[fmt.Sprint("a", i)] = "v"
	}
	for name, bad := range map[string]port.Outgoing{
		"no body":                  {},
		"a noncharacter attribute": {Body: []byte("b"), Attributes: map[string]string{"entity": "\uffff"}},
		"eleven attributes":        {Body: []byte("b"), Attributes: eleven},
		"an empty attribute":       {Body: []byte("b"), Attributes: map[string]string{"reason": ""}},
		"not UTF-8":                {Body: []byte("b\xff")},
		"a control character":      {Body: []byte("b\x00")},
		"a noncharacter":           {Body: []byte("b\ufffe")},
		"larger than one mebibyte": {Body: []byte(strings.Repeat("b", 1<<20)), Attributes: map[string]string{"a": "v"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := takeMessages(t, takeEach)
			err := open(t, s).Send(t.Context(), "shop-inbox", []port.Outgoing{{Body: []byte("good")}, bad})
			if kind := fault.KindOf(err); kind != fault.Invalid && kind != fault.Rejected || !strings.Contains(err.Error(), "message 1 of the batch to queue shop-inbox") || len(s.calls) != 0 {
				t.Errorf("error = %v after %d requests", err, len(s.calls))
			}
		})
	}
}

const received = `{"Messages":[{"MessageId":"m-1","ReceiptHandle":"h-1","Body":"b",` +
	`"Attributes":{"ApproximateReceiveCount":"3","SentTimestamp":"1795348800123"},` +
	`"MessageAttributes":{"trace_id":{"DataType":"String","StringValue":"t-1"}}}]}`

func TestReceiveReadsWhatSQSTells(t *testing.T) {
	t.Parallel()
	s := answers(ok(received))
	batch, err := open(t, s).Receive(t.Context(), "shop-inbox", 25, time.Minute)
	must(t, err)
	in := batch[0]
	if in.Queue != "shop-inbox" || in.Handle != "h-1" || in.MessageID != "m-1" || string(in.Body) != "b" || in.ReceiveCount != 3 ||
		in.SentAt.UnixMilli() != 1795348800123 || in.Attributes["trace_id"] != "t-1" {
		t.Errorf("received %+v", in)
	}
	asked := read[struct{ MaxNumberOfMessages, WaitTimeSeconds int }](t, s.calls[0])
	if asked.MaxNumberOfMessages != 10 || asked.WaitTimeSeconds != 20 {
		t.Errorf("asked for %+v, want SQS's most", asked)
	}
}

func TestReceiveReportsAMessageWithoutItsCount(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{"Messages":[{"MessageId":"m-1","ReceiptHandle":"h-1","Body":"b","Attributes":{"SentTimestamp":"1"}}]}`))
	_, err := open(t, s).Receive(t.Context(), "shop-inbox", 1, 0)
	mustBe(t, err, fault.Unavailable, fault.Parse, "m-1")
}

func TestDeferAsksForTheNextWholeSecond(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by   time.Duration
		want int
	}{
		"past":           {-time.Hour, 0},
		"now":            {0, 0},
		"a moment":       {time.Millisecond, 1},
		"whole":          {30 * time.Second, 30},
		"a moment later": {30*time.Second + time.Nanosecond, 31},
		// SQS refuses more than twelve hours from the receipt, fifteen minutes of which may be over.
		"longer than SQS hides": {48 * time.Hour, 42_300},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := answers(ok(`{}`))
			must(t, open(t, s).Defer(t.Context(), port.Incoming{Queue: "q", Handle: "h"}, noon.Add(c.by)))
			if got := read[struct{ VisibilityTimeout int }](t, s.calls[0]); got.VisibilityTimeout != c.want {
				t.Errorf("asked for %d seconds, want %d", got.VisibilityTimeout, c.want)
			}
		})
	}
}

func TestDeferTellsAStaleHandle(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"MessageNotInflight", "ReceiptHandleIsInvalid", "InvalidParameterValue"} {
		err := open(t, answers(refusal(400, code))).Defer(t.Context(), port.Incoming{Queue: "q", MessageID: "m-1"}, noon)
		mustBe(t, err, fault.Rejected, fault.Stale, "m-1")
	}
	err := open(t, answers(refusal(400, "QueueDoesNotExist"))).Defer(t.Context(), port.Incoming{Queue: "q"}, noon)
	mustBe(t, err, fault.Rejected, fault.Config, "queue q")
}

func TestQueueCallsNameTheQueueThatIsMissing(t *testing.T) {
	t.Parallel()
	b := open(t, answers(refusal(400, "QueueDoesNotExist")))
	_, errReceive := b.Receive(t.Context(), "nowhere", 1, 0)
	for _, err := range []error{
		errReceive, b.Send(t.Context(), "nowhere", outgoing(1, 0)), b.Delete(t.Context(), port.Incoming{Queue: "nowhere"}),
	} {
		mustBe(t, err, fault.Rejected, fault.Config, "there is no queue nowhere")
	}
}
