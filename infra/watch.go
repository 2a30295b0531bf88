package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"causeway/shared/connector"
	"causeway/shared/routes"
)

// watch is the stack that tells somebody: alarms, their topic, the dashboard.
func (p *plan) watch() template {
	t := template{Name: p.name("watch"), About: "Causeway " + p.stage.Name + ": alarms and dashboard", After: []string{p.name("connectors")}}
	t.add(p.topic()...)
	for _, queue := range p.allQueues() {
		t.add(p.watchDead(routes.Dead(queue))...)
		t.add(p.alarm(queue+"-waits", fmt.Sprintf("The oldest message of %s has waited for more than %d minutes. causeway why says for what.", p.name(queue), p.stage.Alarms.Waiting),
			statistic("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", props{"QueueName": p.name(queue)}), p.stage.Alarms.Waiting*60))
	}
	t.add(p.watchDead(rulesDead)...)
	for _, route := range p.routes {
		t.add(p.watchRule(route.Name(), p.prefix))
	}
	for _, s := range p.systems {
		for _, trigger := range p.triggers(s) {
			t.add(p.watchRule(strings.TrimPrefix(trigger.name, p.prefix+"-"), trigger.bus))
		}
		for _, role := range s.Roles {
			t.add(p.watchFunction(s, role)...)
		}
		t.add(p.watchConnection(s)...)
		t.add(p.watchWebhooks(s)...)
	}
	t.add(p.dashboard())
	return t
}

// watchConnection watches the circuit of a target, which its functions count. Messages
// that wait are no error, and wait for long until their queue's alarm rings.
func (p *plan) watchConnection(s system) []resource {
	if !s.has(connector.Deliver) {
		return nil
	}
	dimensions := props{"Function": p.name(s.function(connector.Deliver)), "System": s.Name}
	over := " Messages wait, none is lost, and a probe goes out every few minutes. When it is over the metric Restored counts one, and all go on by themselves."
	return []resource{
		p.event(s.Name+"-degraded", s.Title+" failed again and again, and is left alone."+over+
			" See whether it is down or in maintenance; if it is neither, the ledger (stage connection.degraded) says how it answered.", "Degraded", dimensions),
		p.event(s.Name+"-auth-expired", s.Title+" refuses our credentials, freshly read ones too, and is left alone."+over+
			" Reconnect: renew key, token or certificate there, and put what is new into the secret "+cmp.Or(p.secret(s), "of the system")+
			", which the functions read by themselves, or into the stage. Tries by hand lock accounts.", "AuthExpired", dimensions),
	}
}

// watchWebhooks watches what the polling of a source finds out about its webhooks.
func (p *plan) watchWebhooks(s system) []resource {
	if !s.has(connector.Poll) || s.config.Poll == "off" {
		return nil
	}
	poll := p.name(s.function(connector.Poll))
	dimensions := props{"Function": poll, "Route": routes.Inbox(s.Name)}
	all := []resource{
		p.event(s.Name+"-gaps", "Changes at "+s.Title+" were found by polling that no webhook had told. They lie in the inbox and need nothing,"+
			" but webhooks get lost. One now and then is the store's; many, or again and again, are a door that fails or a subscription that is wrong."+
			" The ledger (stage reconciled, type reconciliation.gap) names each.", "Gaps", dimensions),
		p.event(s.Name+"-unread", s.Title+" tells that something changed, and does not give it, so that it has reached no target unless a webhook told it."+
			" It is asked for again at each poll, for seven days. The ledger (stage reconciled) says which it is and why (\"cannot be read\").", "Unread", dimensions),
		p.lasting(s.Name+"-behind", "For three hours no poll of "+s.Title+" has got through all changes: it throttles us, or more changes than a run can read."+
			" What webhooks tell goes on; what they lost is found late. The function's log says where it ended.", "Behind", dimensions),
	}
	if s.subscribes {
		all = append(all, p.event(s.Name+"-stopped", "A webhook subscription at "+s.Title+" had ended, or led elsewhere. It is set up again, and what it missed is polled;"+
			" if that failed, "+poll+"-errors rings too. Stores end a subscription whose deliveries fail, and would end it again: see whether the door"+
			" answered with 5xx or too slowly, or who deleted it. The ledger (stage reconciled, type connection.degraded) names shop and topic.", "Stopped", dimensions))
	}
	return all
}

// watchRule watches what a rule could not hand over. The default bus, "", is no dimension.
func (p *plan) watchRule(name, bus string) resource {
	dimensions := props{"RuleName": p.name(name)}
	if bus != "" {
		dimensions["EventBusName"] = bus
	}
	return p.alarm(name+"-refused", "The rule "+p.name(name)+" could not hand an event over; it lies in "+p.name(rulesDead)+".",
		statistic("AWS/Events", "FailedInvocations", "Sum", dimensions), 0)
}

// topic tells the receivers. It is not encrypted with the key that AWS manages, because
// alarms may not use that one; what they say holds no data of anybody.
func (p *plan) topic() []resource {
	own := arn("sns", p.prefix)
	all := []resource{
		{ID: "Topic", Type: "AWS::SNS::Topic", Props: props{"TopicName": p.prefix, "DisplayName": "Causeway " + p.stage.Name}},
		{ID: "TopicPolicy", Type: "AWS::SNS::TopicPolicy", Props: props{"Topics": []any{ref("Topic")}, "PolicyDocument": policy(
			props{
				"Sid": "Alarms", "Effect": "Allow", "Principal": props{"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish", "Resource": own,
				"Condition": props{"StringEquals": props{"aws:SourceAccount": ref("AWS::AccountId")}},
			},
			props{
				"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": own,
				"Condition": props{"Bool": props{"aws:SecureTransport": "false"}},
			},
		)}},
	}
	for i, email := range p.stage.Alarms.Emails {
		all = append(all, resource{ID: fmt.Sprintf("Receiver%d", i+1), Type: "AWS::SNS::Subscription", Props: props{
			"TopicArn": ref("Topic"), "Protocol": "email", "Endpoint": email,
		}})
	}
	return all
}

// deadAge is when a dead letter has lain so long that half of its time is over.
const deadAge = deadDays / 2 * 24 * time.Hour

// watchDead watches a dead-letter queue by what lies in it: NumberOfMessagesSent does not
// count what a redrive policy moves.
func (p *plan) watchDead(queue string) []resource {
	dimensions := props{"QueueName": p.name(queue)}
	return []resource{
		p.alarm(queue+"-filled", "Dead letters lie in "+p.name(queue)+". causeway why says why; they are deleted after 14 days.",
			statistic("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", dimensions), 0),
		p.alarm(queue+"-old", "A dead letter in "+p.name(queue)+" is more than 7 days old and is deleted after 14.",
			statistic("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", dimensions), int(deadAge.Seconds())),
	}
}

// doorFails is what a door's alarm says, wherever the door is.
const doorFails = "A door answered a sender with 5xx: nothing is lost while the sender tries again, and some do not."

// watchFunction watches errors, throttles and time. A message that fails is no error of
// the function: it reports it, and the queue's alarms tell.
func (p *plan) watchFunction(s system, role connector.Role) []resource {
	name := s.function(role)
	dimensions := props{"FunctionName": p.name(name)}
	all := []resource{
		p.alarm(name+"-errors", "More than 1 % of the runs of "+p.name(name)+" ended in an error.", ratio("AWS/Lambda", "Errors", "Invocations", dimensions), 1),
		p.alarm(name+"-throttles", p.name(name)+" was refused a start: the account's concurrency is used up.",
			statistic("AWS/Lambda", "Throttles", "Sum", dimensions), 0),
		p.alarm(name+"-slow", "One run in a hundred of "+p.name(name)+" takes more than 80 % of its timeout.",
			percentile("AWS/Lambda", "Duration", "p99", dimensions), int(p.size(s, role).timeout.Milliseconds()*8/10)),
	}
	if role == connector.Receive && s.config.Door == functionURL {
		all = append(all, p.alarm(name+"-fails", doorFails, statistic("AWS/Lambda", "Url5xxCount", "Sum", dimensions), 0))
	}
	if s.isAsync(role) {
		all = append(all, p.watchDead(routes.Dead(name))...)
	}
	return all
}

// alarm makes an alarm that rings when a value is above the threshold. Nothing measured
// is nothing wrong: SQS stops measuring a queue that rests.
func (p *plan) alarm(name, says string, measured props, above int) resource {
	properties := props{
		"AlarmName": p.name(name), "AlarmDescription": says, "ComparisonOperator": "GreaterThanThreshold", "Threshold": above,
		"EvaluationPeriods": 1, "TreatMissingData": "notBreaching", "AlarmActions": arns("sns", p.prefix), "OKActions": arns("sns", p.prefix),
	}
	for key, value := range measured {
		properties[key] = value
	}
	return resource{ID: logical(name, "alarm"), Type: "AWS::CloudWatch::Alarm", Props: properties}
}

// event makes an alarm of something that a function counts when it happens. It rings
// once for all that happens within an hour. That nothing happens any more is no good
// news of its own, so nobody is told of it.
func (p *plan) event(name, says, counted string, dimensions props) resource {
	alarm := p.alarm(name, says, statistic(functionsSpace, counted, "Sum", dimensions), 0)
	alarm.Props["EvaluationPeriods"], alarm.Props["DatapointsToAlarm"] = int(time.Hour/period), 1
	delete(alarm.Props, "OKActions")
	return alarm
}

// lasting makes an alarm of something that functions count now and then when all is well.
// It rings when it was counted in each of three hours.
func (p *plan) lasting(name, says, counted string, dimensions props) resource {
	alarm := p.alarm(name, says, statistic(functionsSpace, counted, "Sum", dimensions), 0)
	alarm.Props["EvaluationPeriods"], alarm.Props["Period"] = 3, int(time.Hour.Seconds())
	return alarm
}

// functionsSpace is where CloudWatch keeps what the functions count in their logs.
const functionsSpace = "Causeway"

const period = 5 * time.Minute

func statistic(namespace, name, kind string, dimensions props) props {
	measured := metric(namespace, name, dimensions)
	measured["Statistic"], measured["Period"] = kind, int(period.Seconds())
	return measured
}

func percentile(namespace, name, kind string, dimensions props) props {
	measured := metric(namespace, name, dimensions)
	measured["ExtendedStatistic"], measured["Period"] = kind, int(period.Seconds())
	return measured
}

// ratio measures one sum as per cent of another.
func ratio(namespace, part, whole string, dimensions props) props {
	query := func(id, name string) props {
		return props{"Id": id, "ReturnData": false, "MetricStat": props{"Metric": metric(namespace, name, dimensions), "Stat": "Sum", "Period": int(period.Seconds())}}
	}
	return props{"Metrics": []any{
		props{"Id": "share", "Expression": "100 * part / whole", "Label": part + " of " + whole + ", per cent", "ReturnData": true},
		query("part", part), query("whole", whole),
	}}
}

func metric(namespace, name string, dimensions props) props {
	list := make([]any, 0, len(dimensions))
	for _, key := range sortedKeys(dimensions) {
		list = append(list, props{"Name": key, "Value": dimensions[key]})
	}
	return props{"Namespace": namespace, "MetricName": name, "Dimensions": list}
}
