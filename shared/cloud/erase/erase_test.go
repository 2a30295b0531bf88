package erase_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/port"
	"causeway.example/shared/privacy"
)

func TestEraseTakesThePersonFromEveryResourceAndNobodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	w.fill()
	before := w.everything()
	if n := count(before, canary); n < 15 {
		t.Fatalf("the person is in %d places: the test proves nothing", n)
	}
	w.must(w.parts.Check(ctx))
	clear(w.actions)
	r, err := privacy.Erase(ctx, w.stores, subject(), privacy.Operation{At: w.clock.Now(), Reason: "ticket 412", Build: "test"})
	w.must(err)
	if got := slices.Sorted(maps.Keys(w.actions)); !slices.Equal(got, allowed) {
		t.Errorf("the actions are %q, and the policies of an operator and an eraser allow %q", got, allowed)
	}
	if r.Letters != 4 || r.Exported != 1 || r.Archived != 2 || r.Bodies != 3 || r.Entries != 4 || r.Waiting != 0 || r.Mentions < 3 {
		t.Errorf("erased %+v", r)
	}
	if len(r.Tasks) != 1 || r.Tasks[0].String() != "erp: anonymize record 88 of customer 7" {
		t.Errorf("tasks %v", r.Tasks)
	}
	after := w.everything()
	for _, text := range after {
		if strings.Contains(strings.ToLower(text), canary) {
			t.Errorf("the person is still in %.300s", text)
		}
	}
	secrets, err := w.backend.AddressSecrets(ctx)
	w.must(err)
	for _, hash := range secrets.Hashes(email) {
		if was, n := count(before, hash), count(after, hash); was == 0 || n != 0 {
			t.Errorf("a hash of the address was in %d places, and is in %d", was, n)
		}
	}
	// The letters, bodies, exports and texts of others remain; the older version of the batch that
	// was archived twice is gone.
	if was, is := count(before, other), count(after, other); is != was-1 {
		t.Errorf("others are in %d places, and were in %d", is, was)
	}
	n := 0
	for raw, err := range w.backend.Archived(ctx, "shop", noon.Add(-time.Hour), w.clock.Now()) {
		w.must(err)
		if n++; !strings.Contains(string(raw.Body), other) {
			t.Errorf("the archive has %s", raw.Body)
		}
	}
	if n != 2 {
		t.Errorf("the archive has %d deliveries of others", n)
	}
	w.wantLedger()
	w.pass(time.Hour)
	again, err := privacy.Erase(ctx, w.stores, subject(), privacy.Operation{At: w.clock.Now(), Reason: "again"})
	if w.must(err); again.Letters+again.Exported+again.Archived+again.Bodies+again.Entries+again.Mentions != 0 {
		t.Errorf("erased again %+v", again)
	}
}

// wantLedger checks what remains: who did what and when, and the proof.
func (w *world) wantLedger() {
	w.Helper()
	ctx := w.Context()
	for name, query := range map[string]port.Query{
		"trace": {Trace: "t-1001"}, "entity": {Entity: key("order", "1001")}, "number": {Key: "number:1001"}, "day": {Stage: port.Dead},
	} {
		found, err := w.backend.Find(ctx, query)
		w.must(err)
		i := slices.IndexFunc(found, func(e port.Entry) bool { return e.Event == "e-1001" && e.Stage == port.Dead })
		if i < 0 {
			w.Errorf("by %s the entry is not found", name)
			continue
		}
		e := found[i]
		if e.Outcome != "erased on request" || e.Error.Field != "name" || e.Error.Message != e.Outcome || e.Exchange.Status != 400 || e.Exchange.Request+e.Exchange.Path != "" {
			w.Errorf("by %s the entry is %+v", name, e)
		}
	}
	proof, err := w.backend.Find(ctx, port.Query{Key: port.KeyPrivacy})
	w.must(err)
	if len(proof) != 1 || proof[0].Type != port.TypePrivacyDone || !strings.Contains(proof[0].Outcome, "4 dead letters") || !strings.HasSuffix(proof[0].Outcome, "(reason: ticket 412)") {
		w.Errorf("proof %+v", proof)
	}
}

// allowed are the actions that a run needs, and that package infra/causeway/operators allows an
// operator with the eraser's policy.
var allowed = []string{
	"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DescribeContinuousBackups", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan",
	"events:DescribeArchive", "logs:DescribeLogGroups",
	"s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucketVersions", "s3:PutObject",
	"secretsmanager:GetSecretValue",
	"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
}

// A body that may belong to a message which is still to be delivered is left, and counted.
func TestWhatIsStillToBeDeliveredIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	body := `{"id":"1003","email":"` + email + `"}`
	_, err := w.backend.Store(ctx, []byte(body))
	w.must(err)
	published := port.Entry{At: w.clock.Now(), Stage: port.Published, Type: "order.placed", Entity: key("order", "1001"), Event: "e-1001", Trace: "t-1001", Function: "shop-translate"}
	w.must(w.backend.Append(ctx, published))
	w.must(w.backend.Send(ctx, route.Queue(), []port.Outgoing{w.event(key("order", "1001"), canary)}))
	w.pass(time.Hour)
	run := func() privacy.Report {
		t.Helper()
		r, err := privacy.Erase(ctx, w.stores, subject(), privacy.Operation{At: w.clock.Now(), Reason: "asked"})
		w.must(err)
		return r
	}
	if r := run(); r.Waiting != 2 || r.Bodies != 0 {
		t.Errorf("while it waits: %+v", r)
	}
	in, err := w.backend.Receive(ctx, route.Queue(), 1, 0)
	w.must(err)
	confirmed := published
	confirmed.At, confirmed.Stage, confirmed.Route, confirmed.Function = w.clock.Now(), port.Confirmed, route.Queue(), "erp-deliver"
	w.must(w.backend.Append(ctx, confirmed))
	w.must(w.backend.Delete(ctx, in[0]))
	if r := run(); r.Waiting != 0 || r.Bodies != 1 {
		t.Errorf("afterwards: %+v", r)
	}
}

// A run that is killed after any call is finished by the next.
func TestARunThatWasKilledIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	run := func(w *world, reason string) error {
		_, err := privacy.Erase(t.Context(), w.stores, subject(), privacy.Operation{At: w.clock.Now(), Reason: reason})
		return err
	}
	w := newWorld(t)
	w.fill()
	w.interrupt(40, func() error { return run(w, "killed") }) // each run gets farther
	w.must(run(w, "ticket 412"))
	if n := count(w.everything(), canary); n != 0 {
		t.Errorf("killed many times, the person is in %d places", n)
	}
	for calls, done := int64(1), false; !done; calls += 19 {
		w := newWorld(t)
		w.fill()
		w.most.Store(w.calls.Load() + calls)
		done = run(w, "killed") == nil
		w.most.Store(0)
		w.pass(time.Hour)
		w.must(run(w, "ticket 412"))
		if n := count(w.everything(), canary); n != 0 {
			t.Errorf("killed after %d calls, the person is in %d places", calls, n)
		}
	}
}

// interrupt calls do, killed after so many calls, twice as many and so on, until it succeeds.
func (w *world) interrupt(step int64, do func() error) {
	for calls, failed := step, true; failed; calls += step {
		w.most.Store(w.calls.Load() + calls)
		failed = do() != nil
		w.most.Store(0)
		w.pass(time.Hour)
	}
}

// The report names with its end each copy that AWS keeps by itself.
func TestWhatAWSKeeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	kept := func() string {
		t.Helper()
		r, err := privacy.Preview(ctx, w.stores, subject())
		w.must(err)
		text := ""
		for _, k := range r.Kept {
			text += k.Where + " until " + k.Until + "\n"
		}
		return text
	}
	if got := kept(); !strings.Contains(got, "point-in-time recovery until 2026-12-27") || strings.Contains(got, "archive of the bus") {
		t.Errorf("kept\n%s", got)
	}
	_, err := eventbridge.NewFromConfig(w.account).CreateArchive(ctx, &eventbridge.CreateArchiveInput{
		ArchiveName: aws.String(prefix), EventSourceArn: aws.String("arn:aws:events:eu-central-1:" + cloudtest.Account + ":event-bus/" + prefix), RetentionDays: aws.Int32(30),
	})
	w.must(err)
	logs := cloudwatchlogs.NewFromConfig(w.account)
	for name, days := range map[string]int32{"a": 14, "b": 90, "c": 30} {
		group := aws.String("/aws/lambda/" + prefix + "-" + name)
		_, err := logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group})
		w.must(err)
		_, err = logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: group, RetentionInDays: &days})
		w.must(err)
	}
	for name, text := range map[string]string{"drop/a.csv": "1;" + strings.ToUpper(email), "drop/b.csv": "2;" + other} {
		_, err := w.backend.Bucket().PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(prefix), Key: &name, Body: strings.NewReader(text)})
		w.must(err)
	}
	got := kept()
	for _, want := range []string{"archive of the bus causeway-test until 2026-12-22", "logs /aws/lambda/causeway-test-* until 2027-02-20", "drop/a.csv"} {
		if !strings.Contains(got, want) {
			t.Errorf("kept, without %s\n%s", want, got)
		}
	}
	if strings.Contains(got, "drop/b.csv") {
		t.Errorf("a file of others is listed\n%s", got)
	}
	for _, call := range []string{"dynamodb DescribeContinuousBackups", "events DescribeArchive", "logs DescribeLogGroups", "s3 ListObjectVersions"} {
		service, operation, _ := strings.Cut(call, " ")
		w.server.Fail(service, operation, cloudtest.Denied(1))
	}
	if got := kept(); strings.Count(got, "may not read it") != 4 {
		t.Errorf("without permission\n%s", got)
	}
}
