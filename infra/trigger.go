package main

import (
	"cmp"
	"strings"

	"causeway/shared/connector"
)

// trigger is a rule, besides those of the routes, that starts a function.
type trigger struct {
	id       string // logical id
	name     string // physical name
	function string
	bus      string // partner event source, "" for the account's default bus
	pattern  props  // of events
	schedule string // instead of events
	off      bool
}

// quarter is how often a system is asked for what its deliveries did not tell.
const quarter = "rate(15 minutes)"

// triggers returns what starts the system's functions besides HTTP and queues.
func (p *plan) triggers(s system) []trigger {
	var all []trigger
	if s.config.Partner != "" {
		all = append(all, trigger{
			id: logical(s.Name, "partner"), name: p.name(s.Name + "-partner"), function: s.function(connector.Receive),
			bus: s.config.Partner, pattern: props{"source": []any{props{"prefix": "aws.partner/"}}},
		})
	}
	if s.has(connector.Poll) {
		name := s.function(connector.Poll)
		all = append(all, trigger{
			id: logical(name, "schedule"), name: p.name(name), function: name, schedule: cmp.Or(strings.TrimPrefix(s.config.Poll, "off"), quarter), off: s.config.Poll == "off",
		})
	}
	if s.has(connector.Pickup) {
		name := s.function(connector.Pickup)
		all = append(all, trigger{id: logical(name, "drop"), name: p.name(name), function: name, pattern: props{
			"source": []any{"aws.s3"}, "detail-type": []any{"Object Created"},
			"detail": props{"bucket": props{"name": []any{sub(p.bucket())}}, "object": props{"key": []any{props{"prefix": "drop/" + s.Name + "/"}}}},
		}})
	}
	return all
}

// arn returns the last part of the ARN of the trigger's rule.
func (t trigger) arn() string {
	if t.bus == "" {
		return "rule/" + t.name
	}
	return "rule/" + t.bus + "/" + t.name
}

// start makes the trigger's rule, the permission it needs, and the partner's bus.
func (p *plan) start(t trigger) []resource {
	rule := props{"Name": t.name, "State": onOff(!t.off), "Targets": []any{p.target("function", attribute(logical(t.function), "Arn"), nil)}}
	all := []resource{
		{ID: t.id + "Rule", Type: "AWS::Events::Rule", Props: rule},
		{ID: t.id + "Permission", Type: "AWS::Lambda::Permission", Props: props{
			"Action": "lambda:InvokeFunction", "FunctionName": ref(logical(t.function)), "Principal": "events.amazonaws.com", "SourceArn": arn("events", t.arn()),
		}},
	}
	if t.schedule != "" {
		rule["ScheduleExpression"] = t.schedule
		return all
	}
	rule["EventPattern"] = t.pattern
	if t.bus != "" {
		rule["EventBusName"] = ref(t.id + "Bus")
		all = append(all, resource{ID: t.id + "Bus", Type: "AWS::Events::EventBus", Props: props{"Name": t.bus, "EventSourceName": t.bus}})
	}
	return all
}
