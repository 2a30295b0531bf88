package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"causeway/shared/connector"
	"causeway/shared/routes"
)

func TestEveryQueueFunctionAndRuleIsWatched(t *testing.T) {
	each(t, stages, func(t *testing.T, p *plan, w written) {
		metrics := map[string]string{} // of alarms, by name
		for _, alarm := range w.of("AWS::CloudWatch::Alarm") {
			metrics[w.text(alarm.Properties["AlarmName"])] = fmt.Sprint(alarm.Properties["MetricName"])
		}
		want := map[string]string{}
		for _, queue := range p.allQueues() {
			want[queue+"-waits"] = "ApproximateAgeOfOldestMessage"
		}
		for _, route := range p.routes {
			want[route.Name()+"-refused"] = "FailedInvocations"
		}
		for _, s := range p.systems {
			for _, role := range s.Roles {
				want[s.function(role)+"-throttles"], want[s.function(role)+"-slow"], want[s.function(role)+"-errors"] = "Throttles", "Duration", "<nil>"
			}
		}
		for name, metric := range want {
			if got := metrics[p.name(name)]; got != metric {
				t.Errorf("%s is watched by %q, want %q", p.name(name), got, metric)
			}
		}
	})
}

// TestA6H3WhatTheLedgerTellsRingsAnAlarm wants one for each target's connection and each
// source's webhooks. That they read what functions count, package cloud holds.
func TestA6H3WhatTheLedgerTellsRingsAnAlarm(t *testing.T) {
	each(t, stages, func(t *testing.T, p *plan, w written) {
		want := map[string]string{} // what the alarm has to say, by its name
		for _, s := range p.systems {
			if s.has(connector.Deliver) {
				want[p.name(s.Name+"-degraded")] = "it is down or in maintenance"
				want[p.name(s.Name+"-auth-expired")] = "into the secret " + p.secret(s)
			}
			if s.has(connector.Poll) {
				want[p.name(s.Name+"-gaps")] = "need nothing"
				want[p.name(s.Name+"-unread")] = "asked for again"
				want[p.name(s.Name+"-behind")] = "no poll of " + s.Title
			}
			if s.Name == "shopify" && p.stage.Name == "prod" { // the only one that knows its own address
				want[p.name(s.Name+"-stopped")] = "It is set up again"
			}
		}
		for id, alarm := range w.of("AWS::CloudWatch::Alarm") {
			if alarm.Properties["Namespace"] != functionsSpace {
				continue
			}
			name := w.text(alarm.Properties["AlarmName"])
			if says := fmt.Sprint(alarm.Properties["AlarmDescription"]); want[name] == "" || !strings.Contains(says, want[name]) {
				t.Errorf("%s says %q, want %q", name, says, want[name])
			}
			if alarm.Properties["MetricName"] == "Behind" {
				if number(alarm.Properties["EvaluationPeriods"])*number(alarm.Properties["Period"]) != 3*3600 || alarm.Properties["OKActions"] == nil {
					t.Errorf("%s rings at once: %v", id, alarm.Properties)
				}
			} else if number(alarm.Properties["DatapointsToAlarm"]) != 1 || number(alarm.Properties["Threshold"]) != 0 || alarm.Properties["OKActions"] != nil {
				t.Errorf("%s rings otherwise than at once, or says that all is well: %v", id, alarm.Properties)
			}
			delete(want, name)
		}
		if len(want) > 0 {
			t.Errorf("there is no alarm for %v", want)
		}
	})
}

func TestWhatIsNotPolledFindsNoGaps(t *testing.T) {
	t.Parallel()
	for poll, want := range map[string]bool{"": true, "off": false} {
		toy := toyConfig
		toy.Poll = poll
		if _, there := resourcesOf(mustJoinToy(t, toy), "AWS::CloudWatch::Alarm")[logical("toyshop-gaps", "alarm")]; there != want {
			t.Errorf("poll %q: an alarm for gaps is %v", poll, there)
		}
	}
}

func TestErrorsAreMeasuredAsAShare(t *testing.T) {
	each(t, stages, func(t *testing.T, p *plan, w written) {
		for _, s := range p.systems {
			alarm := w.named(t, "AWS::CloudWatch::Alarm", "AlarmName", p.name(s.function(s.Roles[0])+"-errors"))
			returned := 0
			for _, metric := range alarm.Properties["Metrics"].([]any) {
				m := metric.(map[string]any)
				if m["ReturnData"] == true {
					returned++
					if m["Expression"] != "100 * part / whole" {
						t.Errorf("errors are measured by %v", m)
					}
				}
			}
			if returned != 1 || number(alarm.Properties["Threshold"]) != 1 {
				t.Errorf("%d values are held against %v", returned, alarm.Properties["Threshold"])
			}
		}
	})
}

func TestAlarmsReachTheirReceiversAndNobodyElse(t *testing.T) {
	each(t, stages, func(t *testing.T, p *plan, w written) {
		var told []string
		for _, subscription := range w.of("AWS::SNS::Subscription") {
			told = append(told, w.text(subscription.Properties["Endpoint"]))
		}
		if len(told) != len(p.stage.Alarms.Emails) || !contains(told, p.stage.Alarms.Emails...) {
			t.Errorf("%v are told, want %v", told, p.stage.Alarms.Emails)
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
	each(t, stages, func(t *testing.T, p *plan, w written) {
		board := w.named(t, "AWS::CloudWatch::Dashboard", "DashboardName", p.prefix)
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
						t.Fatalf("%q lies on %q at %d, %d", tile.Properties.Title, other, x, y)
					}
					taken[[2]int{x, y}] = tile.Properties.Title + "."
				}
			}
		}
		for _, route := range p.routes {
			for _, part := range []string{"| " + route.From + " →", p.name(route.Queue()), p.name(routes.Dead(route.Queue())), "Route " + route.Queue()} {
				if !strings.Contains(text, part) {
					t.Errorf("the dashboard does not show %s", part)
				}
			}
		}
		for _, s := range p.systems {
			if name := p.name(s.function(connector.Deliver)); s.has(connector.Deliver) && !strings.Contains(text, name) {
				t.Errorf("the dashboard does not show %s", name)
			}
		}
	})
}
