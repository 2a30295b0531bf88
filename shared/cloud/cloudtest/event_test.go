package cloudtest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"causeway.example/shared/cloud/cloudtest"
)

const ruleARN = "arn:aws:events:eu-central-1:" + cloudtest.Account + ":rule/bus/orders"

// letRule is the policy of a queue that a rule may send to.
func letRule(queue, rule string) map[string]string {
	return map[string]string{"Policy": fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":%q,"Condition":{"ArnEquals":{"aws:SourceArn":%q}}},
		{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":%q,"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, arn(queue), rule, arn(queue))}
}

// bus makes a bus with one rule for order.placed and one target.
func (w *world) bus(t *testing.T, target types.Target) {
	t.Helper()
	must[*eventbridge.CreateEventBusOutput](t)(w.events.CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: aws.String("bus")}))
	out := must[*eventbridge.PutRuleOutput](t)(w.events.PutRule(t.Context(), &eventbridge.PutRuleInput{
		Name: aws.String("orders"), EventBusName: aws.String("bus"), EventPattern: aws.String(`{"detail-type":["order.placed"]}`),
	}))
	if *out.RuleArn != ruleARN {
		t.Fatalf("rule %s", *out.RuleArn)
	}
	target.Id = aws.String("target")
	must[*eventbridge.PutTargetsOutput](t)(w.events.PutTargets(t.Context(), &eventbridge.PutTargetsInput{
		Rule: aws.String("orders"), EventBusName: aws.String("bus"), Targets: []types.Target{target},
	}))
}

func event(kind, detail string) types.PutEventsRequestEntry {
	return types.PutEventsRequestEntry{Source: aws.String("causeway.shopify"), DetailType: &kind, Detail: &detail, EventBusName: aws.String("bus")}
}

func (w *world) put(t *testing.T, entries ...types.PutEventsRequestEntry) *eventbridge.PutEventsOutput {
	t.Helper()
	return must[*eventbridge.PutEventsOutput](t)(w.events.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: entries}))
}

func TestARuleSendsTheDetailToItsQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", letRule("orders", ruleARN))
	w.bus(t, types.Target{Arn: aws.String(arn("orders")), InputPath: aws.String("$.detail"), SqsParameters: &types.SqsParameters{MessageGroupId: aws.String("$.detail.tenant")}})
	out := w.put(t, event("order.placed", `{"id":"1", "tenant":"shop"}`), event("order.paid", `{"id":"2"}`))
	if out.FailedEntryCount != 0 || out.Entries[0].EventId == nil {
		t.Errorf("put %+v", out)
	}
	got := w.receive(t, url)
	if len(got) != 1 || *got[0].Body != `{"id":"1","tenant":"shop"}` || got[0].Attributes["MessageGroupId"] != "shop" {
		t.Errorf("received %v", got)
	}
}

func TestATargetWithoutAPathGetsTheWholeEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.queue(t, "orders", letRule("orders", ruleARN))
	w.bus(t, types.Target{Arn: aws.String(arn("orders"))})
	e := event("order.placed", `{"id":"1"}`)
	e.Time, e.Resources = aws.Time(noon), []string{"order/1"}
	w.put(t, e)
	var got map[string]any
	ok(t, json.Unmarshal([]byte(*w.receive(t, url)[0].Body), &got))
	id, _ := got["id"].(string)
	want := `map[account:123456789012 detail:map[id:1] detail-type:order.placed id:` + id + ` region:eu-central-1 resources:[order/1] source:causeway.shopify time:2026-11-22T12:00:00Z version:0]`
	if fmt.Sprint(got) != want || id == "" {
		t.Errorf("event %v, want %s", got, want)
	}
}

func TestWhatCannotBeDeliveredIsADeadLetter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy map[string]string
		target types.Target
		want   string
	}{
		"no policy":               {nil, types.Target{Arn: aws.String(arn("orders"))}, "NO_PERMISSIONS"},
		"policy for another rule": {letRule("orders", ruleARN+"-2"), types.Target{Arn: aws.String(arn("orders"))}, "NO_PERMISSIONS"},
		"policy for another":      {letRule("other", ruleARN), types.Target{Arn: aws.String(arn("orders"))}, "NO_PERMISSIONS"},
		"no queue":                {nil, types.Target{Arn: aws.String(arn("nowhere"))}, "NO_RESOURCE"},
		"nothing at the path":     {letRule("orders", ruleARN), types.Target{Arn: aws.String(arn("orders")), InputPath: aws.String("$.detail.nothing")}, "INVALID_PARAMETER"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.queue(t, "orders", c.policy)
			dead := w.queue(t, "rules-dead", letRule("rules-dead", "arn:aws:events:*:rule/bus/*"))
			c.target.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String(arn("rules-dead"))}
			w.bus(t, c.target)
			w.put(t, event("order.placed", `{"id":"1"}`))
			got := w.receive(t, dead)
			if len(got) != 1 || attribute(got[0], "ERROR_CODE") != c.want || attribute(got[0], "RULE_ARN") != ruleARN || attribute(got[0], "TARGET_ARN") != *c.target.Arn {
				t.Fatalf("dead letters %v", got)
			}
			if !strings.Contains(*got[0].Body, `"detail":{"id":"1"}`) {
				t.Errorf("dead letter %s", *got[0].Body)
			}
		})
	}
}

func attribute(m sqstypes.Message, name string) string {
	return aws.ToString(m.MessageAttributes[name].StringValue)
}

func TestAFunctionIsInvoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := make(chan string, 1)
	w.server.OnInvoke(func(function string, event []byte) { got <- function + " " + string(event) })
	w.bus(t, types.Target{Arn: aws.String("arn:aws:lambda:eu-central-1:1:function:f"), InputPath: aws.String("$.detail")})
	w.put(t, event("order.placed", `{"id":"1"}`))
	if call := <-got; call != `arn:aws:lambda:eu-central-1:1:function:f {"id":"1"}` {
		t.Errorf("invoked %s", call)
	}
}

func TestEntriesFailOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bus(t, types.Target{Arn: aws.String(arn("orders"))})
	w.server.Fail("events", "PutEvents", cloudtest.FailEntries(1, 0))
	foreign, aws1, nowhere := event("order.placed", `{}`), event("order.placed", `{}`), event("order.placed", `{}`)
	foreign.Source, aws1.Source, nowhere.EventBusName = nil, aws.String("aws.s3"), aws.String("nowhere")
	out := w.put(t, event("order.placed", `{}`), event("", `{}`), foreign, aws1, nowhere,
		event("order.placed", `[]`), event("order.placed", `{"a":`), event("order.placed", `{"n":9223372036854775808}`),
		event("order.placed", strings.Repeat(`{"a":`, 1001)+"1"+strings.Repeat("}", 1001)),
		event("order.placed", `{"n":9223372036854775807,"f":1e300}`))
	var codes []string
	for _, e := range out.Entries {
		codes = append(codes, aws.ToString(e.ErrorCode))
	}
	const bad = "MalformedDetail"
	want := []string{"InternalFailure", "InvalidArgument", "InvalidArgument", "NotAuthorizedForSourceException", "InvalidArgument", bad, bad, bad, bad, ""}
	if !slices.Equal(codes, want) || out.FailedEntryCount != 9 {
		t.Errorf("codes %v, want %v", codes, want)
	}
}

func TestEventsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bus(t, types.Target{Arn: aws.String(arn("orders"))})
	put := func(entries ...types.PutEventsRequestEntry) error {
		_, err := w.events.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: entries})
		return err
	}
	wantCode(t, put(slices.Repeat([]types.PutEventsRequestEntry{event("a", "{}")}, 11)...), "ValidationException")
	wantCode(t, put([]types.PutEventsRequestEntry{}...), "ValidationException")
	// Source (16) and detail type (1) count too, and the total must be below 1 MiB.
	large := `{"a":"` + strings.Repeat("x", 1<<20-16-1-len(`{"a":""}`)) + `"}`
	wantCode(t, put(event("a", large)), "ValidationException")
	wantCode(t, put(event("a", large[:len(large)-3]+`"}`)), "")
}

func TestRulesAndTargetsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bus(t, types.Target{Arn: aws.String(arn("orders"))})
	for name, c := range map[string]struct {
		in   eventbridge.PutRuleInput
		want string
	}{
		"no pattern":           {eventbridge.PutRuleInput{}, "ValidationException"},
		"a long name":          {eventbridge.PutRuleInput{Name: aws.String(strings.Repeat("x", 65)), EventPattern: aws.String("{}")}, "ValidationException"},
		"pattern":              {eventbridge.PutRuleInput{EventPattern: aws.String(`{"source":"a"}`)}, "InvalidEventPatternException"},
		"schedule on a bus":    {eventbridge.PutRuleInput{ScheduleExpression: aws.String("rate(5 minutes)")}, "ValidationException"},
		"no bus":               {eventbridge.PutRuleInput{EventBusName: aws.String("nowhere"), EventPattern: aws.String(`{"source":["a"]}`)}, "ResourceNotFoundException"},
		"schedule by default":  {eventbridge.PutRuleInput{EventBusName: aws.String("default"), ScheduleExpression: aws.String("rate(5 minutes)")}, ""},
		"bus named by its ARN": {eventbridge.PutRuleInput{EventBusName: aws.String("arn:aws:events:eu-central-1:1:event-bus/bus"), EventPattern: aws.String(`{"source":["a"]}`)}, ""},
	} {
		if c.in.Name == nil {
			c.in.Name = aws.String("r")
		}
		if c.in.EventBusName == nil {
			c.in.EventBusName = aws.String("bus")
		}
		_, err := w.events.PutRule(t.Context(), &c.in)
		if got := code(err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for name, target := range map[string]types.Target{
		"another service": {Arn: aws.String("arn:aws:sns:eu-central-1:1:t")},
		"path":            {Arn: aws.String(arn("q")), InputPath: aws.String("detail")},
		"dead letters":    {Arn: aws.String(arn("q")), DeadLetterConfig: &types.DeadLetterConfig{Arn: aws.String("arn:aws:sns:x")}},
		"retries":         {Arn: aws.String(arn("q")), RetryPolicy: &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(186)}},
		"age":             {Arn: aws.String(arn("q")), RetryPolicy: &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(59)}},
	} {
		target.Id = aws.String("t")
		_, err := w.events.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("orders"), EventBusName: aws.String("bus"), Targets: []types.Target{target}})
		if code(err) != "ValidationException" {
			t.Errorf("target %s: %v", name, err)
		}
	}
	_, err := w.events.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("nowhere"), EventBusName: aws.String("bus"), Targets: []types.Target{{Id: aws.String("t"), Arn: aws.String(arn("q"))}}})
	wantCode(t, err, "ResourceNotFoundException")
	_, err = w.events.CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: aws.String("bus")})
	wantCode(t, err, "ResourceAlreadyExistsException")
	_, err = w.events.CreateEventBus(t.Context(), &eventbridge.CreateEventBusInput{Name: aws.String("default")})
	wantCode(t, err, "ValidationException")
}
