package cloudtest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"causeway.example/shared/cloud/cloudtest"
)

func arn(queue string) string {
	return "arn:aws:sqs:eu-central-1:" + cloudtest.Account + ":" + queue
}

func (w *world) queue(t *testing.T, name string, attributes map[string]string) string {
	t.Helper()
	return *must[*sqs.CreateQueueOutput](t)(w.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})).QueueUrl
}

func (w *world) send(t *testing.T, url string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		must[*sqs.SendMessageOutput](t)(w.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}))
	}
}

// receive takes up to ten messages without waiting.
func (w *world) receive(t *testing.T, url string) []types.Message {
	t.Helper()
	return must[*sqs.ReceiveMessageOutput](t)(w.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})).Messages
}

func (w *world) count(t *testing.T, url, attribute string) string {
	t.Helper()
	return must[*sqs.GetQueueAttributesOutput](t)(w.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"All"},
	})).Attributes[attribute]
}

func bodies(messages []types.Message) []string {
	var all []string
	for _, m := range messages {
		all = append(all, *m.Body)
	}
	return all
}

func TestAMessageIsHiddenThenBackThenGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", nil)
	w.send(t, url, "one", "two")
	first := w.receive(t, url)
	if got := bodies(first); !slices.Equal(got, []string{"one", "two"}) {
		t.Fatalf("received %v", got)
	}
	if got := w.receive(t, url); len(got) != 0 {
		t.Errorf("received %v while hidden", bodies(got))
	}
	if got := w.count(t, url, "ApproximateNumberOfMessagesNotVisible"); got != "2" {
		t.Errorf("%s in flight", got)
	}
	must[*sqs.DeleteMessageOutput](t)(w.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: first[0].ReceiptHandle}))
	w.pass(30 * time.Second)
	again := w.receive(t, url)
	if got := bodies(again); !slices.Equal(got, []string{"two"}) || again[0].Attributes["ApproximateReceiveCount"] != "2" {
		t.Fatalf("after the timeout received %v %v", got, again)
	}
	must[*sqs.DeleteMessageOutput](t)(w.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: first[1].ReceiptHandle}))
	w.pass(30 * time.Second)
	if got := w.receive(t, url); len(got) != 1 {
		t.Error("a handle of an earlier receive deleted the message")
	}
	w.pass(5 * 24 * time.Hour)
	if got := w.receive(t, url); len(got) != 0 {
		t.Error("the message outlived its retention")
	}
}

func TestAMessageCarriesItsAttributes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", nil)
	in := &sqs.SendMessageInput{
		QueueUrl: &url, MessageBody: aws.String("é"), MessageGroupId: aws.String("shop-1"), DelaySeconds: 5,
		MessageAttributes: map[string]types.MessageAttributeValue{
			"kind": {DataType: aws.String("String"), StringValue: aws.String("raw")}, "blob": {DataType: aws.String("Binary.x"), BinaryValue: []byte{0, 1}},
		},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1")}},
	}
	sent := must[*sqs.SendMessageOutput](t)(w.sqs.SendMessage(t.Context(), in))
	// Worked out by hand from the algorithm in the developer guide, with another tool.
	if got := aws.ToString(sent.MD5OfMessageAttributes); got != "b683968c79c26de9e14753f8c1826e2e" {
		t.Errorf("MD5 of the attributes %s", got)
	}
	if got := w.receive(t, url); len(got) != 0 {
		t.Error("a delayed message came at once")
	}
	w.pass(5 * time.Second)
	got := w.receive(t, url)[0]
	if *got.MessageAttributes["kind"].StringValue != "raw" || string(got.MessageAttributes["blob"].BinaryValue) != "\x00\x01" {
		t.Errorf("attributes %v", got.MessageAttributes)
	}
	want := map[string]string{
		"MessageGroupId": "shop-1", "AWSTraceHeader": "Root=1", "SenderId": cloudtest.Account, "ApproximateReceiveCount": "1",
		"SentTimestamp": "1795348800000", "ApproximateFirstReceiveTimestamp": "1795348805000",
	}
	if !maps.Equal(got.Attributes, want) {
		t.Errorf("system attributes %v, want %v", got.Attributes, want)
	}
}

func TestRedrivePolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dead := w.queue(t, "orders-dead", map[string]string{
		"RedriveAllowPolicy":     `{"redrivePermission":"byQueue","sourceQueueArns":["` + arn("orders") + `"]}`,
		"MessageRetentionPeriod": "1209600",
	})
	url := w.queue(t, "orders", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arn("orders-dead") + `","maxReceiveCount":2}`})
	w.send(t, url, "poison")
	for range 2 {
		if got := w.receive(t, url); len(got) != 1 {
			t.Fatal("the message was not received")
		}
		w.pass(30 * time.Second)
	}
	if got := w.receive(t, url); len(got) != 0 {
		t.Errorf("received %v a third time", got)
	}
	got := w.receive(t, dead)
	if len(got) != 1 || got[0].Attributes["DeadLetterQueueSourceArn"] != arn("orders") || got[0].Attributes["SentTimestamp"] != "1795348800000" {
		t.Errorf("dead letters %v", got)
	}
	for name, policy := range map[string]string{
		"not allowed":      `{"deadLetterTargetArn":"` + arn("orders-dead") + `","maxReceiveCount":2}`,
		"no such queue":    `{"deadLetterTargetArn":"` + arn("nowhere") + `","maxReceiveCount":2}`,
		"no receives":      `{"deadLetterTargetArn":"` + arn("orders") + `","maxReceiveCount":0}`,
		"too many":         `{"deadLetterTargetArn":"` + arn("orders") + `","maxReceiveCount":"1001"}`,
		"not even numbers": `{"deadLetterTargetArn":7}`,
	} {
		_, err := w.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("other"), Attributes: map[string]string{"RedrivePolicy": policy}})
		if code(err) != "InvalidParameterValue" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.server = cloudtest.New(time.Now)
		w.config.HTTPClient = nil
		w.connect("http://emulator.invalid", clientOf(w.server))
		url := w.queue(t, "orders", map[string]string{"VisibilityTimeout": "7"})
		poll := func() ([]types.Message, time.Duration) {
			started := time.Now()
			out := must[*sqs.ReceiveMessageOutput](t)(w.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20}))
			return out.Messages, time.Since(started)
		}
		if got, waited := poll(); len(got) != 0 || waited != 20*time.Second {
			t.Errorf("an empty queue: %v after %v", got, waited)
		}
		go func() {
			<-time.After(3 * time.Second)
			w.send(t, url, "one")
		}()
		if got, waited := poll(); len(got) != 1 || waited != 3*time.Second {
			t.Errorf("a message in three seconds: %v after %v", got, waited)
		}
		if got, waited := poll(); len(got) != 1 || waited != 7*time.Second {
			t.Errorf("a message that comes back: %v after %v", got, waited)
		}
	})
}

func TestALongPollSeesAClockMovedByHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", nil)
	w.send(t, url, "one")
	w.receive(t, url)
	got := make(chan []types.Message)
	go func() {
		out, err := w.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20})
		if err != nil {
			t.Error(err)
			out = &sqs.ReceiveMessageOutput{}
		}
		got <- out.Messages
	}()
	w.pass(31 * time.Second)
	if messages := <-got; len(messages) > 1 {
		t.Errorf("received %v", messages)
	}
}

func TestChangeVisibility(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url, other := w.queue(t, "orders", nil), w.queue(t, "other", nil)
	w.send(t, url, "one")
	handle := w.receive(t, url)[0].ReceiptHandle
	change := func(url string, handle *string, seconds int32) string {
		_, err := w.sqs.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: handle, VisibilityTimeout: seconds})
		return code(err)
	}
	w.pass(10 * time.Second)
	for _, c := range []struct {
		name, url string
		handle    *string
		seconds   int32
		want      string
	}{
		{"later", url, handle, 43190, ""},
		{"more than twelve hours in all", url, handle, 43191, "InvalidParameterValue"},
		{"more than twelve hours", url, handle, 43201, "InvalidParameterValue"},
		{"less than nothing", url, handle, -1, "InvalidParameterValue"},
		{"no handle", url, aws.String("nonsense"), 1, "ReceiptHandleIsInvalid"},
		{"a handle of another queue", other, handle, 1, "ReceiptHandleIsInvalid"},
		{"at once", url, handle, 0, ""},
		{"no longer in flight", url, handle, 1, "AWS.SimpleQueueService.MessageNotInflight"},
	} {
		if got := change(c.url, c.handle, c.seconds); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := w.receive(t, url); len(got) != 1 {
		t.Fatal("the message is not back")
	}
	if got := change(url, handle, 1); got != "InvalidParameterValue" {
		t.Errorf("a stale handle: %q", got)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", nil)
	entry := func(id, body string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
	}
	w.server.Fail("sqs", "SendMessageBatch", cloudtest.FailEntries(1, 1))
	out := must[*sqs.SendMessageBatchOutput](t)(w.sqs.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{
		QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{entry("a", "one"), entry("b", "two"), entry("c", "\x01"), entry("d", "four")},
	}))
	var failed []string
	for _, f := range out.Failed {
		failed = append(failed, *f.Id+" "+*f.Code)
	}
	if want := []string{"b InternalError", "c InvalidMessageContents"}; !slices.Equal(failed, want) || len(out.Successful) != 2 {
		t.Errorf("failed %v, want %v", failed, want)
	}
	got := w.receive(t, url)
	settle := []types.DeleteMessageBatchRequestEntry{{Id: aws.String("a"), ReceiptHandle: got[0].ReceiptHandle}, {Id: aws.String("b"), ReceiptHandle: aws.String("x")}}
	deleted := must[*sqs.DeleteMessageBatchOutput](t)(w.sqs.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: settle}))
	if len(deleted.Successful) != 1 || *deleted.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("deleted %+v", deleted)
	}
	changed := must[*sqs.ChangeMessageVisibilityBatchOutput](t)(w.sqs.ChangeMessageVisibilityBatch(t.Context(), &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: &url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{{Id: aws.String("a"), ReceiptHandle: got[1].ReceiptHandle, VisibilityTimeout: 0}},
	}))
	if len(changed.Successful) != 1 || len(w.receive(t, url)) != 1 {
		t.Errorf("changed %+v", changed)
	}
}

func TestBatchesThatAreRefusedWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", nil)
	many := func(n int, id func(int) string, body string) (entries []types.SendMessageBatchRequestEntry) {
		for i := range n {
			entries = append(entries, types.SendMessageBatchRequestEntry{Id: aws.String(id(i)), MessageBody: &body})
		}
		return entries
	}
	letters := func(i int) string { return string(rune('a' + i)) }
	for want, entries := range map[string][]types.SendMessageBatchRequestEntry{
		"EmptyBatchRequest":            {},
		"TooManyEntriesInBatchRequest": many(11, letters, "x"),
		"BatchEntryIdsNotDistinct":     many(2, func(int) string { return "a" }, "x"),
		"InvalidBatchEntryId":          many(1, func(int) string { return "a b" }, "x"),
		"BatchRequestTooLong":          many(2, letters, strings.Repeat("x", 1<<19+1)),
	} {
		_, err := w.sqs.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries})
		wantCode(t, err, "AWS.SimpleQueueService."+want)
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", map[string]string{"MaximumMessageSize": "1024"})
	attribute := func(name, kind, value string) map[string]types.MessageAttributeValue {
		return map[string]types.MessageAttributeValue{name: {DataType: &kind, StringValue: &value}}
	}
	eleven := map[string]types.MessageAttributeValue{}
	for i := range 11 {
		maps.Copy(eleven, attribute(string(rune('a'+i)), "String", "v"))
	}
	const bad = "InvalidParameterValue"
	for name, c := range map[string]struct {
		in   sqs.SendMessageInput
		want string
	}{
		"the longest":             {sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 1024))}, ""},
		"too long":                {sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 1025))}, bad},
		"too long with attribute": {sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 1010)), MessageAttributes: attribute("name", "String", "value")}, bad},
		"no body":                 {sqs.SendMessageInput{MessageBody: aws.String("")}, "MissingParameter"},
		"a control character":     {sqs.SendMessageInput{MessageBody: aws.String("a\x00b")}, "InvalidMessageContents"},
		"not a character":         {sqs.SendMessageInput{MessageBody: aws.String("a\uffffb")}, "InvalidMessageContents"},
		"tab and line break":      {sqs.SendMessageInput{MessageBody: aws.String("a\t\r\nb")}, ""},
		"too late":                {sqs.SendMessageInput{MessageBody: aws.String("x"), DelaySeconds: 901}, bad},
		"a blank in the group":    {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageGroupId: aws.String("a b")}, bad},
		"a long group":            {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageGroupId: aws.String(strings.Repeat("x", 129))}, bad},
		"deduplication":           {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageDeduplicationId: aws.String("1")}, bad},
		"eleven attributes":       {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: eleven}, bad},
		"attribute name":          {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: attribute("a/b", "String", "v")}, bad},
		"reserved name":           {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: attribute("Aws.x", "String", "v")}, bad},
		"dots in the name":        {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: attribute("a..b", "String", "v")}, bad},
		"attribute type":          {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: attribute("a", "Text", "v")}, bad},
		"empty attribute":         {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: attribute("a", "String", "")}, bad},
		"a number that is none":   {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: attribute("a", "Number", "1x")}, bad},
		"a number":                {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: attribute("a", "Number.int", "-1.5e3")}, ""},
		"attribute character":     {sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: attribute("a", "String", "\x02")}, "InvalidMessageContents"},
	} {
		c.in.QueueUrl = &url
		_, err := w.sqs.SendMessage(t.Context(), &c.in)
		if got := code(err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestQueuesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queue(t, "orders", map[string]string{"VisibilityTimeout": "60"})
	if again := w.queue(t, "orders", map[string]string{"VisibilityTimeout": "60"}); !strings.HasSuffix(again, "/"+cloudtest.Account+"/orders") {
		t.Errorf("the same queue again: %s", again)
	}
	for name, c := range map[string]struct {
		queue, attribute, value, want string
	}{
		"the same with another timeout": {"orders", "VisibilityTimeout", "61", "QueueAlreadyExists"},
		"name":                          {"or ders", "", "", "InvalidParameterValue"},
		"name too long":                 {strings.Repeat("x", 81), "", "", "InvalidParameterValue"},
		"timeout":                       {"q", "VisibilityTimeout", "43201", "InvalidAttributeValue"},
		"retention":                     {"q", "MessageRetentionPeriod", "59", "InvalidAttributeValue"},
		"size":                          {"q", "MaximumMessageSize", "1048577", "InvalidAttributeValue"},
		"number":                        {"q", "DelaySeconds", "soon", "InvalidAttributeValue"},
		"encryption":                    {"q", "SqsManagedSseEnabled", "yes", "InvalidAttributeValue"},
		"policy":                        {"q", "Policy", "{", "InvalidAttributeValue"},
		"attribute":                     {"q", "Colour", "red", "InvalidAttributeName"},
		"a queue in order":              {"q", "FifoQueue", "true", "UnsupportedOperation"},
	} {
		in := &sqs.CreateQueueInput{QueueName: &c.queue, Attributes: map[string]string{}}
		if c.attribute != "" {
			in.Attributes[c.attribute] = c.value
		}
		_, err := w.sqs.CreateQueue(t.Context(), in)
		if got := code(err); strings.TrimPrefix(got, "AWS.SimpleQueueService.") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestQueuesAreFoundAndGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"a-1", "a-2", "a-3", "b-1"} {
		w.queue(t, name, nil)
	}
	var names []string
	pages := sqs.NewListQueuesPaginator(w.sqs, &sqs.ListQueuesInput{QueueNamePrefix: aws.String("a-"), MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		for _, url := range must[*sqs.ListQueuesOutput](t)(pages.NextPage(t.Context())).QueueUrls {
			names = append(names, url[strings.LastIndex(url, "/")+1:])
		}
	}
	if !slices.Equal(names, []string{"a-1", "a-2", "a-3"}) {
		t.Errorf("listed %v", names)
	}
	url := must[*sqs.GetQueueUrlOutput](t)(w.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("b-1")})).QueueUrl
	w.send(t, *url, "one")
	must[*sqs.PurgeQueueOutput](t)(w.sqs.PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: url}))
	must[*sqs.SetQueueAttributesOutput](t)(w.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "9"}}))
	if w.count(t, *url, "ApproximateNumberOfMessages") != "0" || w.count(t, *url, "DelaySeconds") != "9" || w.count(t, *url, "QueueArn") != arn("b-1") {
		t.Error("attributes after purge and change")
	}
	must[*sqs.DeleteQueueOutput](t)(w.sqs.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: url}))
	_, err := w.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("b-1")})
	wantCode(t, err, "AWS.SimpleQueueService.NonExistentQueue")
	_, err = w.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	wantCode(t, err, "AWS.SimpleQueueService.NonExistentQueue")
	_, err = w.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String("https://sqs/999999999999/a-1")})
	wantCode(t, err, "AWS.SimpleQueueService.NonExistentQueue")
}

func TestReceivesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", nil)
	for name, in := range map[string]sqs.ReceiveMessageInput{
		"eleven messages": {MaxNumberOfMessages: 11},
		"a long wait":     {WaitTimeSeconds: 21},
		"a long timeout":  {VisibilityTimeout: 43201},
	} {
		in.QueueUrl = &url
		if _, err := w.sqs.ReceiveMessage(t.Context(), &in); code(err) != "InvalidParameterValue" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
