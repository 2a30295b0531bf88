package main

import (
	"encoding/json"
	"slices"
	"time"

	"causeway/shared/connector"
	"causeway/shared/routes"
)

// How long queues keep messages. A standard queue's dead letter counts its days from
// the first sending, so that ten of the fourteen remain in the worst case.
const (
	sourceDays = 4
	deadDays   = 14
	rulesDead  = "rules-dead" // dead letters of rules, as EventBridge writes them
)

// The longest that EventBridge retries.
const (
	eventAge      = 24 * time.Hour
	eventAttempts = 185
)

// messaging is the stack of the bus, the queues and the rules between them.
func (p *plan) messaging() template {
	t := template{Name: p.name("messaging"), About: "Causeway " + p.stage.Name + ": bus, routes, queues and their dead letters"}
	t.add(p.bus()...)
	for _, s := range p.systems {
		if s.has(connector.Translate) {
			t.add(p.queue(s, connector.Translate, routes.Inbox(s.Name), "")...)
			t.add(p.queue(s, connector.Translate, routes.InboxBackfill(s.Name), "")...)
		}
		for _, role := range s.Roles {
			if s.isAsync(role) {
				t.add(p.deadQueue(s.function(role), nil)...)
			}
		}
	}
	for _, s := range p.systems {
		for _, route := range routes.To(p.routes, s.Name) {
			t.add(p.queue(s, connector.Deliver, route.Queue(), p.ruleARN(route))...)
			t.add(p.rule(route))
		}
	}
	t.add(p.rulesDeadQueue()...)
	return t
}

// allQueues returns the queues that functions take from, without their dead letters.
func (p *plan) allQueues() []string {
	var names []string
	for _, s := range p.systems {
		for _, role := range s.Roles {
			names = append(names, p.queues(s, role)...)
		}
	}
	return names
}

// bus makes the bus, its log of what could not be delivered, and the archive if the
// stage wants one. The log leaves the events' content out: it is personal data.
func (p *plan) bus() []resource {
	all := []resource{
		{ID: "Bus", Type: "AWS::Events::EventBus", Props: props{"Name": p.prefix, "LogConfig": props{"Level": "ERROR", "IncludeDetail": "NONE"}}},
		{ID: "BusLog", Type: "AWS::Logs::LogGroup", Props: props{"LogGroupName": "/aws/vendedlogs/events/event-bus/" + p.prefix, "RetentionInDays": p.stage.Retention.Log}},
		{ID: "BusLogSource", Type: "AWS::Logs::DeliverySource", Props: props{"Name": p.prefix, "LogType": "ERROR_LOGS", "ResourceArn": attribute("Bus", "Arn")}},
		{ID: "BusLogPlace", Type: "AWS::Logs::DeliveryDestination", Props: props{"Name": p.prefix, "DestinationResourceArn": attribute("BusLog", "Arn")}},
		{ID: "BusLogDelivery", Type: "AWS::Logs::Delivery", After: []string{"BusLogSource"}, Props: props{"DeliverySourceName": p.prefix, "DeliveryDestinationArn": attribute("BusLogPlace", "Arn")}},
	}
	if p.stage.Retention.Bus > 0 {
		all = append(all, resource{ID: "BusArchive", Type: "AWS::Events::Archive", Props: props{
			"ArchiveName": p.prefix, "SourceArn": attribute("Bus", "Arn"), "RetentionDays": p.stage.Retention.Bus,
		}})
	}
	return all
}

// queue makes a queue with its dead letters. Only the rule, if one is named, may send to
// it besides our own functions. Visibility follows from the function that takes from it.
func (p *plan) queue(s system, role connector.Role, name, rule string) []resource {
	id := logical(name, "queue")
	hidden := visibility * p.size(s, role).timeout // plus the batch window, which is zero
	statements := []props{insecure("sqs", attribute(id, "Arn"))}
	if rule != "" {
		statements = append(statements, fromRules(attribute(id, "Arn"), rule))
	}
	all := []resource{
		{ID: id, Type: "AWS::SQS::Queue", Keep: p.stage.Production, Props: props{
			"QueueName": p.name(name), "SqsManagedSseEnabled": true, "MessageRetentionPeriod": days(sourceDays),
			"VisibilityTimeout": int(hidden.Seconds()),
			"RedrivePolicy":     props{"deadLetterTargetArn": attribute(logical(routes.Dead(name), "queue"), "Arn"), "maxReceiveCount": receives},
		}},
		{ID: id + "Policy", Type: "AWS::SQS::QueuePolicy", Props: props{"Queues": []any{ref(id)}, "PolicyDocument": policy(statements...)}},
	}
	return append(all, p.deadQueue(name, arns("sqs", p.name(name)))...)
}

// deadQueue makes the dead-letter queue of a queue, or of a function. It takes no other
// queue's letters: sources is named in the redrive policy, nil for none.
func (p *plan) deadQueue(of string, sources []any) []resource {
	allow := props{"redrivePermission": "denyAll"}
	if len(sources) > 0 {
		allow = props{"redrivePermission": "byQueue", "sourceQueueArns": sources}
	}
	return p.deadLetters(routes.Dead(of), allow)
}

func (p *plan) deadLetters(name string, allow props, more ...props) []resource {
	id := logical(name, "queue")
	statements := append([]props{insecure("sqs", attribute(id, "Arn"))}, more...)
	return []resource{
		{ID: id, Type: "AWS::SQS::Queue", Keep: p.stage.Production, Props: props{
			"QueueName": p.name(name), "SqsManagedSseEnabled": true, "MessageRetentionPeriod": days(deadDays), "RedriveAllowPolicy": allow,
		}},
		{ID: id + "Policy", Type: "AWS::SQS::QueuePolicy", Props: props{"Queues": []any{ref(id)}, "PolicyDocument": policy(statements...)}},
	}
}

func days(n int) int { return n * 24 * 60 * 60 }

// rulesDeadQueue takes what no rule could hand over. EventBridge wants a standard queue,
// and what lies in it is the event, not our message.
func (p *plan) rulesDeadQueue() []resource {
	var rules []string
	for _, route := range p.routes {
		rules = append(rules, p.ruleARN(route))
	}
	for _, s := range p.systems {
		for _, trigger := range p.triggers(s) {
			rules = append(rules, trigger.arn())
		}
	}
	return p.deadLetters(rulesDead, props{"redrivePermission": "denyAll"}, fromRules(attribute(logical(rulesDead, "queue"), "Arn"), rules...))
}

// fromRules lets EventBridge send, for these very rules.
func fromRules(queue props, rules ...string) props {
	sources := make([]any, len(rules))
	for i, rule := range rules {
		sources[i] = arn("events", rule)
	}
	return props{
		"Sid": "Rules", "Effect": "Allow", "Principal": props{"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
		"Resource": queue, "Condition": props{"ArnEquals": props{"aws:SourceArn": sources}},
	}
}

// ruleARN returns the last part of the ARN of a route's rule.
func (p *plan) ruleARN(route routes.Route) string {
	return "rule/" + p.prefix + "/" + p.name(route.Name())
}

// rule makes a route's rule with its one target. A flow that is off has a rule that is
// off, and keeps its queue, in which something may still lie.
//
// The target names no message group. Fair queues would take one, but whether EventBridge
// fills in a path of the event there is not documented, and one fixed group is as good
// as none.
func (p *plan) rule(route routes.Route) resource {
	return resource{ID: logical(route.Name(), "rule"), Type: "AWS::Events::Rule", After: []string{logical(route.Queue(), "queue") + "Policy"}, Props: props{
		"Name": p.name(route.Name()), "EventBusName": ref("Bus"), "State": onOff(p.stage.isOn(route)),
		"Description":  "What " + route.To + " receives of the " + route.Flow + " in " + route.From,
		"EventPattern": decoded(route.Pattern()),
		"Targets":      []any{p.target("queue", attribute(logical(route.Queue(), "queue"), "Arn"), props{"InputPath": "$.detail"})},
	}}
}

func onOff(on bool) string {
	if on {
		return "ENABLED"
	}
	return "DISABLED"
}

// target makes a rule's target: retried as long as EventBridge can, then a dead letter.
func (p *plan) target(id string, of, more props) props {
	target := props{
		"Id": id, "Arn": of, "DeadLetterConfig": props{"Arn": arn("sqs", p.name(rulesDead))},
		"RetryPolicy": props{"MaximumEventAgeInSeconds": int(eventAge.Seconds()), "MaximumRetryAttempts": eventAttempts},
	}
	for key, value := range more {
		target[key] = value
	}
	return target
}

// decoded gives a route's pattern to the template as it stands in the route table.
func decoded(pattern *routes.Pattern) any {
	var value any
	if err := json.Unmarshal([]byte(pattern.String()), &value); err != nil {
		panic(err) // a pattern is JSON
	}
	return value
}

// enabled reports whether messages of the queue are to be handled: an inbox's always,
// a route's while its flow is on.
func (p *plan) enabled(queue string) bool {
	i := slices.IndexFunc(p.routes, func(r routes.Route) bool { return r.Queue() == queue })
	return i < 0 || p.stage.isOn(p.routes[i])
}
