package causeway

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
	"causeway.example/infra/causeway/plan/plantest"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// alarms returns the alarms of the installation by name without prefix, without those that
// only stop deployments.
func (w written) alarms() map[string]one {
	found := map[string]one{}
	for id, alarm := range w.of("AWS::CloudWatch::Alarm") {
		if !strings.HasSuffix(id, "DeploymentAlarm") {
			found[strings.TrimPrefix(w.text(alarm.Properties["AlarmName"]), w.prefix()+"-")] = alarm
		}
	}
	return found
}

// reads returns the metrics that an alarm reads: "Age of Causeway Function=… Route=…".
func (w written) reads(alarm one) []string {
	name := func(m map[string]any) string {
		text := fmt.Sprintf("%v of %v", m["MetricName"], m["Namespace"])
		for _, d := range m["Dimensions"].([]any) {
			text += " " + w.text(d.(map[string]any)["Name"]) + "=" + w.text(d.(map[string]any)["Value"])
		}
		return text
	}
	if alarm.Properties["MetricName"] != nil {
		return []string{name(alarm.Properties)}
	}
	var all []string
	for _, query := range alarm.Properties["Metrics"].([]any) {
		if m, ok := in(one{Properties: query.(map[string]any)}, "MetricStat", "Metric").(map[string]any); ok {
			all = append(all, name(m))
		}
	}
	return all
}

func TestEveryQueueFunctionRuleAndDoorIsWatched(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		want := map[string]string{
			"table-errors": "SystemErrors of AWS/DynamoDB", "table-throttles": "WriteThrottleEvents of AWS/DynamoDB", "topic-fails": "NumberOfNotificationsFailed of AWS/SNS",
			"rules-dead-filled": "ApproximateNumberOfMessagesVisible of AWS/SQS",
		}
		for _, route := range p.Routes {
			want[route.Name()+"-lost"] = "InvocationsFailedToBeSentToDlq of AWS/Events"
		}
		for _, s := range p.Systems {
			for _, role := range s.Roles {
				for _, queue := range p.Queues(s, role) {
					if queue != routes.InboxBackfill(s.Name) {
						want[queue+"-waits"] = "Age of Causeway Function=" + p.Name(s.Function(role)) + " Route=" + queue
					}
					if p.Enabled(queue) {
						want[queue+"-stalled"] = "ApproximateNumberOfMessagesNotVisible of AWS/SQS QueueName=" + p.Name(queue)
					}
					want[s.Function(role)+"-errors"] = "Errors of AWS/Lambda"
				}
				if role != connector.Audit { // a run may take all the time that there is
					want[s.Function(role)+"-slow"] = "Duration of AWS/Lambda"
				}
				if role != connector.Poll && role != connector.Audit {
					want[s.Function(role)+"-throttles"] = "Throttles of AWS/Lambda"
				}
				if s.IsAsync(role) {
					want[s.Function(role)+"-dropped"] = "DestinationDeliveryFailures of AWS/Lambda"
				}
			}
			switch {
			case !s.Has(connector.Receive):
			case s.Config.Door == plan.FunctionURL:
				want[s.Name+"-door-refused"], want[s.Name+"-receive-fails"] = "Url4xxCount of AWS/Lambda", "Url5xxCount of AWS/Lambda"
			default:
				for name, metric := range map[string]string{"refused": "DoorRefused", "throttled": "DoorThrottled", "dropped": "DoorDropped"} {
					want[s.Name+"-door-"+name] = metric + " of Causeway/Door Api=" + p.Prefix() + " Route=POST /hooks/" + s.Name
				}
				want["api-fails"] = "5xx of AWS/ApiGateway"
			}
		}
		for name, metric := range want {
			if got := w.reads(w.alarms()[name]); !slices.ContainsFunc(got, func(read string) bool { return strings.HasPrefix(read, metric) }) {
				t.Errorf("%s reads %q, want %q", p.Name(name), got, metric)
			}
		}
	})
}

// TestADoorsCountsAreThoseOfItsLog holds the filters to the log's format and to the alarms.
func TestADoorsCountsAreThoseOfItsLog(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		format := w.text(in(w.named(t, "AWS::ApiGatewayV2::Stage", "StageName", "$default"), "AccessLogSettings", "Format"))
		for _, field := range []string{`"api":"` + p.Prefix() + `"`, `"route":"$context.routeKey"`, `"status":"$context.status"`} {
			if !strings.Contains(format, field) {
				t.Errorf("the access log has no %s", field)
			}
		}
		if strings.Contains(format, "sourceIp") {
			t.Error("the access log has the senders' addresses")
		}
		filters := w.of("AWS::Logs::MetricFilter")
		if len(filters) != len(doorFilters) {
			t.Fatalf("%d filters, want %d", len(filters), len(doorFilters))
		}
		for id, filter := range filters {
			if w.text(filter.Properties["LogGroupName"]) != "/aws/vendedlogs/apigateway/"+p.Prefix() || !strings.Contains(flatten(filter.Properties["MetricTransformations"]), "$.route") {
				t.Errorf("%s counts %v", id, filter.Properties)
			}
		}
	})
}

// expression returns what an alarm computes.
func expression(alarm one) string {
	for _, query := range alarm.Properties["Metrics"].([]any) {
		if text, ok := query.(map[string]any)["Expression"].(string); ok {
			return text
		}
	}
	return ""
}

// TestOneOfTwoAlarmsRingsForWaiting reads the expressions: "waits" is silent while nothing is
// deleted, and "stalled" rings only then.
func TestOneOfTwoAlarmsRingsForWaiting(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		for _, queue := range p.AllQueues() {
			waits, there := w.alarms()[queue+"-waits"]
			if there == strings.HasSuffix(queue, "-backfill") {
				t.Errorf("%s-waits is there: %v; a backfill may wait", queue, there)
			}
			if there && expression(waits) != "IF(FILL(deleted, 0) > 0, FILL(age, 0), 0)" {
				t.Errorf("%s-waits reads %s", queue, expression(waits))
			}
			if !p.Enabled(queue) {
				continue
			}
			stalled := w.alarms()[queue+"-stalled"]
			if got := expression(stalled); !strings.HasSuffix(got, "AND FILL(deleted, 0) < 1, 1, 0)") {
				t.Errorf("%s-stalled reads %s", queue, got)
			}
			if minutes := integer(stalled.Properties["EvaluationPeriods"]) * 5; minutes != p.Stage.Alarms.Waiting {
				t.Errorf("%s-stalled rings after %d minutes, want %d", queue, minutes, p.Stage.Alarms.Waiting)
			}
		}
	})
}

// counted are the metrics by the last word of their alarm.
var counted = map[string]string{
	"degraded": "Degraded", "expired": "AuthExpired", "gaps": "Gaps", "unread": "Unread", "behind": "Behind", "stopped": "Stopped",
	"missing": "ConfigMissing", "ahead": "ClockAhead", "conflict": "DeliveryConflict", "due": "PrivacyDue", "ends": "VersionEnds",
}

// TestA6H3LedgerEventsRingAlarms wants one for each target's connection, each source's webhooks
// and what the pipeline reports. Package function's tests hold the metrics to what functions count.
func TestA6H3LedgerEventsRingAlarms(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		want := map[string]string{} // what the alarm has to say, by its name
		for _, s := range p.Systems {
			if s.Has(connector.Deliver) {
				want[s.Name+"-degraded"] = "it is down or in maintenance"
				want[s.Name+"-auth-expired"] = "into the secret " + p.Secret(s, connector.Deliver)
				want[s.Function(connector.Deliver)+"-config-missing"] = "add it to the stage"
			}
			if s.Has(connector.Translate) {
				want[s.Function(connector.Translate)+"-config-missing"] = "add it to the stage"
				want[s.Name+"-clock-ahead"] = "more than 5 minutes ahead"
				want[s.Name+"-delivery-conflict"] = "one delivery id with two contents"
			}
			if s.Has(connector.Poll) {
				want[s.Name+"-gaps"] = "need nothing"
				want[s.Name+"-unread"] = "asked for again"
				want[s.Name+"-behind"] = "no poll of " + s.Title
			}
			if s.Has(connector.Audit) {
				want[s.Function(connector.Audit)+"-privacy-due"] = "causeway privacy names each"
				want[s.Function(connector.Audit)+"-gaps"] = "causeway reconcile --stored names each"
			}
			if !s.Version.Ends.IsZero() {
				want[s.Name+"-version-ends"] = "within 120 days"
			}
			if s.Name == "shopify" && p.Stage.Name == "prod" { // the only one that knows its own address
				want[s.Name+"-stopped"] = "It is set up again"
			}
		}
		for name, alarm := range w.alarms() {
			if alarm.Properties["Namespace"] != "Causeway" {
				continue
			}
			if says := fmt.Sprint(alarm.Properties["AlarmDescription"]); want[name] == "" || !strings.Contains(says, want[name]) {
				t.Errorf("%s says %q, want %q", name, says, want[name])
			}
			if got := alarm.Properties["MetricName"]; got != counted[name[strings.LastIndex(name, "-")+1:]] {
				t.Errorf("%s reads %v", name, got)
			}
			if alarm.Properties["MetricName"] == "Behind" {
				if integer(alarm.Properties["EvaluationPeriods"])*integer(alarm.Properties["Period"]) != 3*3600 || alarm.Properties["OKActions"] == nil {
					t.Errorf("%s rings at once: %v", name, alarm.Properties)
				}
			} else if integer(alarm.Properties["DatapointsToAlarm"]) != 1 || integer(alarm.Properties["Threshold"]) != 0 || alarm.Properties["OKActions"] != nil {
				t.Errorf("%s does not ring at once, or reports its end: %v", name, alarm.Properties)
			}
			delete(want, name)
		}
		if len(want) > 0 {
			t.Errorf("there is no alarm for %v", want)
		}
	})
}

// TestOneCauseRingsOneAlarm covers alarms that would ring together.
func TestOneCauseRingsOneAlarm(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		read := map[string]string{}
		for name, alarm := range w.alarms() {
			if strings.Contains(fmt.Sprint(w.reads(alarm)), "FailedInvocations of") {
				t.Errorf("%s rings for an event that is in the rules' dead letters", name)
			}
			for _, metric := range w.reads(alarm) {
				key := fmt.Sprint(metric, alarm.Properties["Threshold"], alarm.Properties["Metrics"] != nil)
				if other := read[key]; other != "" && alarm.Properties["Metrics"] == nil {
					t.Errorf("%s and %s read %s", name, other, metric)
				}
				read[key] = name
			}
		}
		for _, s := range p.Systems {
			for _, role := range s.Roles {
				if _, there := w.alarms()[s.Function(role)+"-errors"]; there != (len(p.Queues(s, role)) > 0) {
					t.Errorf("errors of %s ring: %v; a door's are 5xx, and an event's are dead letters", s.Function(role), there)
				}
			}
		}
	})
}

func TestASystemThatIsNotPolledHasNoAlarmForGaps(t *testing.T) {
	w := mustWrite(t, "toy")
	if _, there := w.alarms()["toyshop-gaps"]; !there {
		t.Error("a polled system has no alarm for gaps")
	}
	toy := plantest.ToyConfig()
	toy.Poll = "off"
	p := mustPlanToy(t, toy)
	stack := awscdk.NewStack(awscdk.NewApp(nil), jsii.String("quiet"), nil)
	watch := NewWatch(stack, "Watch", &WatchProps{Plan: p})
	if watch.Alarms["toyshop-gaps"] != nil || watch.Alarms["toyshop-clock-ahead"] == nil {
		t.Error("a system that is not polled has an alarm for gaps, or none for its clock")
	}
}

func TestErrorsAreMeasuredAsAShareFromTheThirdOn(t *testing.T) {
	each(t, stages, func(t *testing.T, _ *Plan, w written) {
		for name, alarm := range w.alarms() {
			if !strings.HasSuffix(name, "-errors") || name == "table-errors" {
				continue
			}
			returned := 0
			for _, metric := range alarm.Properties["Metrics"].([]any) {
				m := metric.(map[string]any)
				if m["ReturnData"] == true {
					returned++
					if m["Expression"] != "IF(part > 2, 100 * part / whole, 0)" {
						t.Errorf("errors are measured by %v", m)
					}
				}
			}
			if returned != 1 || integer(alarm.Properties["Threshold"]) != 1 {
				t.Errorf("%d values are compared with %v", returned, alarm.Properties["Threshold"])
			}
		}
	})
}

func TestAlarmsReachTheirReceiversAndNobodyElse(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		var told []string
		for _, subscription := range w.of("AWS::SNS::Subscription") {
			told = append(told, w.text(subscription.Properties["Endpoint"]))
		}
		if len(told) != len(p.Stage.Alarms.Emails) || !contains(told, p.Stage.Alarms.Emails...) {
			t.Errorf("%v are notified, want %v", told, p.Stage.Alarms.Emails)
		}
		for id, policy := range w.of("AWS::SNS::TopicPolicy") {
			for _, s := range statements(policy.Properties["PolicyDocument"]) {
				if s["Effect"] == "Allow" && in(one{Properties: s}, "Condition", "StringEquals", "aws:SourceAccount") == nil {
					t.Errorf("%s lets other accounts publish", id)
				}
			}
			if !deniesPlain(policy, "sns:Publish") {
				t.Errorf("%s takes requests without TLS", id)
			}
		}
	})
}

// TestTheDashboardDrawsTheFlows reads the dashboard's body as CloudWatch does.
func TestTheDashboardDrawsTheFlows(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		board := w.named(t, "AWS::CloudWatch::Dashboard", "DashboardName", p.Prefix())
		var body struct {
			Widgets []struct {
				X, Y, Width, Height int
				Properties          struct {
					Markdown, Title, Region string
					Metrics                 []any
				}
			}
		}
		if err := json.Unmarshal([]byte(w.text(board.Properties["DashboardBody"])), &body); err != nil {
			t.Fatal(err)
		}
		taken, text := map[[2]int]string{}, ""
		for _, tile := range body.Widgets {
			text += tile.Properties.Markdown + tile.Properties.Title + fmt.Sprint(tile.Properties.Metrics)
			if tile.Properties.Metrics != nil && tile.Properties.Region != "eu-central-1" {
				t.Errorf("%s measures in %q", tile.Properties.Title, tile.Properties.Region)
			}
			for x := tile.X; x < tile.X+tile.Width; x++ {
				for y := tile.Y; y < tile.Y+tile.Height; y++ {
					if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
						t.Fatalf("%q covers %q at %d, %d", tile.Properties.Title, other, x, y)
					}
					taken[[2]int{x, y}] = tile.Properties.Title + "."
				}
			}
		}
		for _, route := range p.Routes {
			for _, part := range []string{"| " + route.From + " →", p.Name(route.Queue()), p.Name(routes.Dead(route.Queue())), "Route " + route.Queue()} {
				if !strings.Contains(text, part) {
					t.Errorf("the dashboard does not show %s", part)
				}
			}
		}
		for _, s := range p.Systems {
			if name := p.Name(s.Function(connector.Deliver)); s.Has(connector.Deliver) && !strings.Contains(text, name) {
				t.Errorf("the dashboard does not show %s", name)
			}
		}
	})
}
