package causeway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/shared/connector"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// The tests of this file hold the templates against the list of pitfalls in the design,
// by its numbers.

// mappings returns the event source mappings with the names of queue and function.
func (w written) mappings() map[string]one {
	found := map[string]one{}
	for _, m := range w.of("AWS::Lambda::EventSourceMapping") {
		arn := w.text(m.Properties["EventSourceArn"])
		found[arn[strings.LastIndex(arn, ":")+1:]] = m
	}
	return found
}

func TestPitfall01VisibilityIsSixTimesTheTimeoutPlusTheWindow(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		checked := 0
		for queue, mapping := range w.mappings() {
			function := w.named(t, "AWS::Lambda::Function", "FunctionName", w.functionName(mapping.Properties["FunctionName"]))
			q := w.named(t, "AWS::SQS::Queue", "QueueName", queue)
			least := 6*integer(function.Properties["Timeout"]) + integer(mapping.Properties["MaximumBatchingWindowInSeconds"])
			if got := integer(q.Properties["VisibilityTimeout"]); got < least || got > 12*60*60 {
				t.Errorf("%s hides messages for %d s, want at least %d and at most 12 h", queue, got, least)
			}
			checked++
		}
		if checked != len(p.AllQueues()) {
			t.Errorf("%d mappings for %d queues", checked, len(p.AllQueues()))
		}
	})
}

func TestPitfall01SlowCallsEndBeforeTheFunction(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, _ written) {
		for _, s := range p.Systems {
			for _, role := range s.Roles {
				size := p.Size(s, role)
				if size.Timeout > 15*time.Minute {
					t.Errorf("%s ends after %s, and Lambda ends it before", s.Function(role), size.Timeout)
				}
				if least := 2*s.Timeout + 25*time.Second; size.Batch > size.Parallel && size.Timeout < least {
					t.Errorf("%s ends after %s, before two calls that take %s each, and the margin without which none is begun", s.Function(role), size.Timeout, s.Timeout)
				}
			}
		}
	})
}

func TestPitfall02NothingIsDeadLetteredForWaiting(t *testing.T) {
	held := retry.DefaultPolicy().Holding
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		working, _ := w.queues(p.Prefix())
		for name, queue := range working {
			got := integer(in(queue, "RedrivePolicy", "maxReceiveCount"))
			if got <= held.Receives || got > 1000 {
				t.Errorf("%s dead-letters after %d receives; what waits is sent anew after %d, and SQS counts to 1000", name, got, held.Receives)
			}
			kept := time.Duration(integer(queue.Properties["MessageRetentionPeriod"])) * time.Second
			if held.Age+held.Deferral > kept {
				t.Errorf("%s keeps messages for %s; they are sent anew at %s, and deferred for up to %s at once", name, kept, held.Age, held.Deferral)
			}
		}
	})
}

func TestPitfall03ReservedConcurrencyIsEnoughForAllPollers(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		pollers := map[string]int{}
		for queue, mapping := range w.mappings() {
			most := integer(in(mapping, "ScalingConfig", "MaximumConcurrency"))
			if most < 2 || most > 1000 {
				t.Errorf("%s has %d workers, want 2 to 1000", queue, most)
			}
			if mapping.Properties["ProvisionedPollerConfig"] != nil {
				t.Errorf("%s has provisioned pollers beside its MaximumConcurrency", queue)
			}
			pollers[w.functionName(mapping.Properties["FunctionName"])] += most
		}
		for name, most := range pollers {
			reserved := w.named(t, "AWS::Lambda::Function", "FunctionName", name).Properties["ReservedConcurrentExecutions"]
			if p.Stage.Functions.Reserve != (reserved != nil) || reserved != nil && integer(reserved) < most {
				t.Errorf("%s has %v reserved for %d pollers; the stage reserves: %v", name, reserved, most, p.Stage.Functions.Reserve)
			}
		}
	})
}

func TestPitfall04NoMappingFilters(t *testing.T) {
	each(t, stages, func(t *testing.T, _ *Plan, w written) {
		for queue, mapping := range w.mappings() {
			if mapping.Properties["FilterCriteria"] != nil {
				t.Errorf("%s filters at its mapping, which deletes", queue)
			}
		}
	})
}

func TestPitfall05BatchesFailPartly(t *testing.T) {
	each(t, stages, func(t *testing.T, _ *Plan, w written) {
		for queue, mapping := range w.mappings() {
			if !slices.Equal(w.texts(mapping.Properties["FunctionResponseTypes"]), []string{"ReportBatchItemFailures"}) {
				t.Errorf("%s answers with %v", queue, mapping.Properties["FunctionResponseTypes"])
			}
			most := 10
			if integer(mapping.Properties["MaximumBatchingWindowInSeconds"]) >= 1 { // of which one request takes many
				most = 1000
			}
			if batch := integer(mapping.Properties["BatchSize"]); batch < 1 || batch > most {
				t.Errorf("%s has batches of %d", queue, batch)
			}
			if !slices.Equal(w.texts(in(mapping, "MetricsConfig", "Metrics")), []string{"EventCount"}) {
				t.Errorf("%s counts no events", queue)
			}
		}
	})
}

func TestPitfall06EveryQueueRuleAndAsynchronousStartHasDeadLetters(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		working, dead := w.queues(p.Prefix())
		for name, queue := range working {
			if got := w.text(in(queue, "RedrivePolicy", "deadLetterTargetArn")); !strings.HasSuffix(got, ":"+p.Name(routes.Dead(name))) {
				t.Errorf("%s has its dead letters in %s", name, got)
			}
			allow := dead[routes.Dead(name)].Properties["RedriveAllowPolicy"].(map[string]any)
			if allow["redrivePermission"] != "byQueue" || !slices.Equal(w.texts(allow["sourceQueueArns"]), []string{physical["AWS::SQS::Queue"][1] + p.Name(name)}) {
				t.Errorf("%s takes dead letters by %v", routes.Dead(name), allow)
			}
		}
		for id, rule := range w.of("AWS::Events::Rule") {
			targets := rule.Properties["Targets"].([]any)
			if len(targets) != 1 {
				t.Errorf("%s has %d targets", id, len(targets))
			}
			target := one{Properties: targets[0].(map[string]any)}
			if got := w.text(in(target, "DeadLetterConfig", "Arn")); !strings.HasSuffix(got, ":"+p.Name("rules-dead")) {
				t.Errorf("%s has its dead letters in %s", id, got)
			}
			if integer(in(target, "RetryPolicy", "MaximumEventAgeInSeconds")) != 86400 || integer(in(target, "RetryPolicy", "MaximumRetryAttempts")) != 185 {
				t.Errorf("%s is retried by %v", id, in(target, "RetryPolicy"))
			}
		}
		for _, s := range p.Systems {
			for _, role := range s.Roles {
				if s.IsAsync(role) {
					config := w.named(t, "AWS::Lambda::EventInvokeConfig", "FunctionName", p.Name(s.Function(role)))
					place := w.text(in(config, "DestinationConfig", "OnFailure", "Destination"))
					if name := strings.TrimPrefix(place[strings.LastIndex(place, ":")+1:], p.Prefix()+"-"); dead[name].Type == "" {
						t.Errorf("what %s fails at goes to %s", s.Function(role), place)
					}
				}
			}
		}
		if dead["rules-dead"].Properties["FifoQueue"] != nil {
			t.Error("EventBridge takes a standard queue only for its dead letters")
		}
	})
}

func TestPitfall06OnlyTheirRulesMaySendToQueues(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		senders := map[string][]string{}
		for _, policy := range w.of("AWS::SQS::QueuePolicy") {
			for _, statement := range statements(policy.Properties["PolicyDocument"]) {
				if statement["Effect"] != "Allow" {
					continue
				}
				s := one{Properties: statement}
				if w.text(in(s, "Principal", "Service")) != "events.amazonaws.com" || statement["Action"] != "sqs:SendMessage" {
					t.Errorf("a queue's policy allows %v", statement)
				}
				arn := w.text(statement["Resource"])
				senders[arn[strings.LastIndex(arn, ":")+1:]] = w.texts(in(s, "Condition", "ArnEquals", "aws:SourceArn"))
			}
		}
		bus := "arn:aws:events:eu-central-1:111122223333:rule/" + p.Prefix() + "/"
		for _, route := range p.Routes {
			if got := senders[p.Name(route.Queue())]; !slices.Equal(got, []string{bus + p.Name(route.Name())}) {
				t.Errorf("%s may be sent to by %v", route.Queue(), got)
			}
			if !contains(senders[p.Name("rules-dead")], bus+p.Name(route.Name())) {
				t.Errorf("the rule of %s cannot reach its dead letters", route.Name())
			}
		}
		if len(senders) != len(p.Routes)+1 {
			t.Errorf("%d queues may be sent to by rules, want one per route and the rules' dead letters", len(senders))
		}
	})
}

func TestPitfall07DeadLettersOutliveTheirQueue(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		working, dead := w.queues(p.Prefix())
		for name, queue := range working {
			kept := integer(queue.Properties["MessageRetentionPeriod"])
			if least := retry.DefaultPolicy().Transient.Seconds(); float64(kept) <= least || kept != 14*86400 {
				t.Errorf("%s keeps messages for %d s; the pipeline tries for %.0f s", name, kept, least)
			}
		}
		for name, queue := range dead {
			if got := integer(queue.Properties["MessageRetentionPeriod"]); got != 14*86400 {
				t.Errorf("%s keeps messages for %d s, want 14 days", name, got)
			}
		}
	})
}

// TestPitfall07QueuesEndInDeadLettersNotByExpiry leaves three days to read and redrive: a
// standard queue counts a dead letter's age from when it was first sent.
func TestPitfall07QueuesEndInDeadLettersNotByExpiry(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		working, _ := w.queues(p.Prefix())
		for name, queue := range working {
			received := integer(in(queue, "RedrivePolicy", "maxReceiveCount")) * integer(queue.Properties["VisibilityTimeout"])
			if kept := integer(queue.Properties["MessageRetentionPeriod"]); received > kept-3*86400 {
				t.Errorf("%s dead-letters after %d s of receives and expires after %d s", name, received, kept)
			}
		}
	})
}

func TestAQueueThatWouldExpireFirstIsRejected(t *testing.T) {
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("s"), nil)
	for timeout, want := range map[float64]bool{158: false, 159: true} {
		rejected := func() (rejected bool) {
			defer func() { rejected = recover() != nil }()
			NewQueue(stack, fmt.Sprint("Q", timeout), &QueueProps{QueueName: "q", FunctionTimeout: awscdk.Duration_Seconds(&timeout)})
			return false
		}()
		if rejected != want {
			t.Errorf("a timeout of %.0f s is rejected: %v", timeout, rejected)
		}
	}
}

func TestBackfillHasItsLaneOfTwoWorkers(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for _, s := range p.Systems {
			if !s.Has(connector.Translate) {
				continue
			}
			mapping := w.mappings()[p.Name(routes.InboxBackfill(s.Name))]
			if w.functionName(mapping.Properties["FunctionName"]) != p.Name(s.Function(connector.Translate)) || integer(in(mapping, "ScalingConfig", "MaximumConcurrency")) != 2 {
				t.Errorf("the backfill lane of %s is taken by %v", s.Name, mapping.Properties)
			}
		}
	})
}

func TestPitfall10QueuesAreStandard(t *testing.T) {
	each(t, stages, func(t *testing.T, _ *Plan, w written) {
		for id, queue := range w.of("AWS::SQS::Queue") {
			if queue.Properties["FifoQueue"] != nil {
				t.Errorf("%s is FIFO: behind the bus that gives no order, and versions do", id)
			}
		}
	})
}

func TestPitfall11QueuesUseTheKeyOfSQS(t *testing.T) {
	each(t, stages, func(t *testing.T, _ *Plan, w written) {
		for id, queue := range w.of("AWS::SQS::Queue") {
			if queue.Properties["SqsManagedSseEnabled"] != true || queue.Properties["KmsMasterKeyId"] != nil {
				t.Errorf("%s is encrypted by %v", id, queue.Properties)
			}
		}
		for kind, property := range map[string]string{"AWS::SQS::QueuePolicy": "sqs:*", "AWS::S3::BucketPolicy": "s3:*"} {
			for id, policy := range w.of(kind) {
				if !deniesPlain(policy, property) {
					t.Errorf("%s takes requests without TLS", id)
				}
			}
		}
		if queues, policies := len(w.of("AWS::SQS::Queue")), len(w.of("AWS::SQS::QueuePolicy")); queues != policies {
			t.Errorf("%d queues have %d policies", queues, policies)
		}
	})
}

func statements(document any) []map[string]any {
	var all []map[string]any
	for _, s := range document.(map[string]any)["Statement"].([]any) {
		all = append(all, s.(map[string]any))
	}
	return all
}

func deniesPlain(policy one, action string) bool {
	return slices.ContainsFunc(statements(policy.Properties["PolicyDocument"]), func(s map[string]any) bool {
		return s["Effect"] == "Deny" && (s["Principal"] == "*" || in(one{Properties: s}, "Principal", "AWS") == "*") && s["Action"] == action &&
			in(one{Properties: s}, "Condition", "Bool", "aws:SecureTransport") == "false"
	})
}

func TestPitfall13AlarmsCountWhatIsInDeadLetterQueues(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		_, dead := w.queues(p.Prefix())
		for name := range dead {
			filled := w.named(t, "AWS::CloudWatch::Alarm", "AlarmName", p.Name(name+"-filled"))
			if filled.Properties["MetricName"] != "ApproximateNumberOfMessagesVisible" || integer(filled.Properties["Threshold"]) != 0 ||
				filled.Properties["ComparisonOperator"] != "GreaterThanThreshold" || filled.Properties["Statistic"] != "Maximum" {
				t.Errorf("%s is watched by %v", name, filled.Properties)
			}
			old := w.named(t, "AWS::CloudWatch::Alarm", "AlarmName", p.Name(name+"-old"))
			if old.Properties["MetricName"] != "ApproximateAgeOfOldestMessage" || integer(old.Properties["Threshold"]) != 7*86400 {
				t.Errorf("the age in %s is watched by %v", name, old.Properties)
			}
		}
		for id, alarm := range w.of("AWS::CloudWatch::Alarm") {
			if strings.HasSuffix(id, "DeploymentAlarm") {
				continue
			}
			if alarm.Properties["TreatMissingData"] != "notBreaching" {
				t.Errorf("%s rings when nothing is measured", id)
			}
			if got := w.texts(alarm.Properties["AlarmActions"]); !slices.Equal(got, []string{"arn:aws:sns:eu-central-1:111122223333:" + p.Prefix()}) {
				t.Errorf("%s notifies %v", id, got)
			}
		}
	})
}

func TestPitfall14NoRouteLeadsBackToWhereTheChangeBegan(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for _, route := range p.Routes {
			rule := w.named(t, "AWS::Events::Rule", "Name", p.Name(route.Name()))
			if origin := fmt.Sprint(in(rule, "EventPattern", "detail", "origin")); origin != "[map[anything-but:["+route.To+"]]]" {
				t.Errorf("%s lets through origins %s", route.Name(), origin)
			}
		}
	})
}

func TestPitfall16TheTableExpiresItemsByTTL(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		table := w.named(t, "AWS::DynamoDB::Table", "TableName", p.Prefix())
		if in(table, "TimeToLiveSpecification", "AttributeName") != "ttl" || in(table, "TimeToLiveSpecification", "Enabled") != true {
			t.Errorf("items expire by %v", in(table, "TimeToLiveSpecification"))
		}
	})
}

func TestPitfall17DoorsHandOverTheRawRequest(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for id, integration := range w.of("AWS::ApiGatewayV2::Integration") {
			if integration.Properties["PayloadFormatVersion"] != "2.0" || integration.Properties["IntegrationType"] != "AWS_PROXY" || integration.Properties["RequestParameters"] != nil {
				t.Errorf("%s changes requests: %v", id, integration.Properties)
			}
		}
		doors := len(w.of("AWS::ApiGatewayV2::Route")) + len(w.of("AWS::Lambda::Url"))
		sources := 0
		for _, s := range p.Systems {
			if s.Has(connector.Receive) {
				sources++
			}
		}
		if doors != sources {
			t.Errorf("%d doors for %d systems that are sent to", doors, sources)
		}
	})
}

func TestPitfall18TheCommandOfCDKIsPinned(t *testing.T) {
	for _, name := range []string{"../package.json", "../package-lock.json"} {
		if text := mustReadFile(t, name); !strings.Contains(text, `"aws-cdk": "2.1148.1"`) {
			t.Errorf("%s does not pin aws-cdk 2.1148.1", name)
		}
	}
	if lock := mustReadFile(t, "../package-lock.json"); strings.Contains(lock, "resolved") || strings.Contains(lock, "https://registry") {
		t.Error("package-lock.json names a registry")
	}
}
