package watch

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// Props configures a Watch.
type Props struct {
	Plan *plan.Plan
	// Topic is an existing topic for all alarms. Default: a new one.
	Topic awssns.ITopic
	// TopicARN is the ARN of the topic, of a new one too.
	TopicARN *string
	// Key encrypts a new topic. Default: none.
	Key awskms.IKey
}

// Watch is the alarms, their topic and the dashboard.
//
// One cause rings one alarm. A function that events start has no alarm on errors: Lambda
// retries, and an event that fails for good is a dead letter, which rings. A door has none
// either: its errors are answers with 5xx, which ring. An event that a rule cannot hand over is
// a dead letter of the rules; the rule itself rings only if that failed too.
type Watch struct {
	Construct constructs.Construct // for tags, aspects and dependencies
	Topic     awssns.ITopic
	Alarms    map[string]awscloudwatch.CfnAlarm // by name without prefix
	Dashboard awscloudwatch.CfnDashboard
	plan      *plan.Plan
	topicARN  *string
}

// New creates a Watch.
func New(scope constructs.Construct, id string, props *Props) *Watch {
	w := &Watch{
		Construct: constructs.NewConstruct(scope, jsii.String(id)), Topic: props.Topic, Alarms: map[string]awscloudwatch.CfnAlarm{},
		plan: props.Plan, topicARN: props.TopicARN,
	}
	if w.Topic == nil {
		w.Topic = w.newTopic(props.Key)
	}
	w.watchTable()
	if props.Topic == nil { // the owner of an existing one watches it
		w.watchTopic()
	}
	w.watchDead(plan.RulesDead)
	for _, route := range w.plan.Routes {
		w.watchRule(route.Name(), w.plan.BusName())
	}
	for _, s := range w.plan.Systems {
		w.watchSystem(s)
	}
	w.Dashboard = drawing{w.plan}.dashboard(w.Construct)
	return w
}

func (w *Watch) watchSystem(s plan.Installed) {
	for _, trigger := range w.plan.Triggers(s) {
		w.watchRule(strings.TrimPrefix(trigger.Name, w.plan.Prefix()+"-"), trigger.Bus)
	}
	for _, role := range s.Roles {
		for _, queue := range w.plan.Queues(s, role) {
			w.watchQueue(s, role, queue)
			w.watchDead(routes.Dead(queue))
		}
		w.watchFunction(s, role)
	}
	w.watchDoor(s)
	w.watchConnection(s)
	w.watchMessages(s)
	w.watchVersion(s)
	w.watchWebhooks(s)
}

func (w *Watch) add(name, says string, measured *awscloudwatch.CfnAlarmProps, above int) {
	w.Alarms[name] = newAlarm(w.Construct, w.plan, w.topicARN, name, says, measured, above)
}

// newTopic creates the topic. It is not encrypted with the key that AWS manages, because alarms
// cannot use that one; alarms contain no personal data.
func (w *Watch) newTopic(key awskms.IKey) awssns.ITopic {
	scope, p := w.Construct, w.plan
	topic := awssns.NewTopic(scope, jsii.String("Topic"), &awssns.TopicProps{
		TopicName: jsii.String(p.Prefix()), DisplayName: jsii.String("Causeway " + p.Stage.Name), MasterKey: key,
	})
	policy := awssns.NewTopicPolicy(scope, jsii.String("TopicPolicy"), &awssns.TopicPolicyProps{Topics: &[]awssns.ITopic{topic}, EnforceSSL: jsii.Bool(true)})
	policy.Document().AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("Alarms"), Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions: jsii.Strings("sns:Publish"), Resources: &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}))
	letAlarmsUse(key)
	for i, email := range p.Stage.Alarms.Emails {
		awssns.NewSubscription(scope, jsii.String(fmt.Sprintf("Receiver%d", i+1)), &awssns.SubscriptionProps{
			Topic: topic, Protocol: awssns.SubscriptionProtocol_EMAIL, Endpoint: jsii.String(email),
		})
	}
	return topic
}

// letAlarmsUse allows CloudWatch to use the topic's key: without it no alarm arrives.
func letAlarmsUse(key awskms.IKey) {
	if key == nil {
		return
	}
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("CausewayAlarms"), Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey*"), Resources: jsii.Strings("*"),
	}), nil)
}

// watchTable watches DynamoDB's own failures. A call that fails is retried, and its message too.
func (w *Watch) watchTable() {
	table := w.plan.Prefix()
	var terms []term
	var sum []string
	for i, operation := range []string{"BatchWriteItem", "GetItem", "PutItem", "Query"} {
		id := fmt.Sprintf("m%d", i+1)
		sum = append(sum, "FILL("+id+", 0)")
		terms = append(terms, term{id, "AWS/DynamoDB", "SystemErrors", "Sum", dimensions{"TableName": table, "Operation": operation}})
	}
	w.add("table-errors", "DynamoDB failed more than 10 times within 5 minutes on the table "+table+". Messages wait, none is lost: see the AWS Health dashboard.",
		computed("system errors", strings.Join(sum, " + "), period, terms...), 10)
	throttles := func(id, name string) term {
		return term{id, "AWS/DynamoDB", name, "Sum", dimensions{"TableName": table}}
	}
	w.add("table-throttles", "DynamoDB throttled the table "+table+" more than 100 times within 5 minutes. Messages wait, none is lost: a single key is too busy, or the table outgrew its throughput.",
		computed("throttles", "FILL(reads, 0) + FILL(writes, 0)", period, throttles("reads", "ReadThrottleEvents"), throttles("writes", "WriteThrottleEvents")), 100)
}

// watchTopic watches the notifications themselves: of several receivers the others still hear it.
func (w *Watch) watchTopic() {
	w.add("topic-fails", "A notification of an alarm could not be delivered to one of its receivers. Check the subscriptions of the topic "+w.plan.Prefix()+".",
		measure("AWS/SNS", "NumberOfNotificationsFailed", "Sum", dimensions{"TopicName": w.plan.Prefix()}), 0)
}

// watchRule watches for events that are lost. The default bus, "", is no dimension.
func (w *Watch) watchRule(name, bus string) {
	of := dimensions{"RuleName": w.plan.Name(name)}
	if bus != "" {
		of["EventBusName"] = bus
	}
	w.add(name+"-lost", "The rule "+w.plan.Name(name)+" could hand an event over neither to its target nor to "+w.plan.Name(plan.RulesDead)+
		". The event is lost on this route: redeliver what was published at that time, with causeway replay, which sends archived deliveries to one route.",
		measure("AWS/Events", "InvocationsFailedToBeSentToDlq", "Sum", of), 0)
}

// watchQueue watches how long messages wait, by two alarms of which one rings.
//
// ApproximateAgeOfOldestMessage would not do: it omits messages that were received three times
// or more, which is every message that waits. So "waits" reads the age that the function
// reports when it begins a message. A function that begins none reports none, so "stalled"
// reads the queue's own counts: something is in it, and nothing was deleted for as long as a
// message may wait. "waits" is silent then. The backfill lane has no "waits": to be slower
// than live traffic is its purpose.
func (w *Watch) watchQueue(s plan.Installed, role connector.Role, queue string) {
	p, of := w.plan, dimensions{"QueueName": w.plan.Name(queue)}
	limit := time.Duration(p.Stage.Alarms.Waiting) * time.Minute
	deleted := term{"deleted", "AWS/SQS", "NumberOfMessagesDeleted", "Sum", of}
	if queue != routes.InboxBackfill(s.Name) {
		w.add(queue+"-waits", fmt.Sprintf("A message of %s has waited for more than %d minutes while others pass. causeway why says for what.", p.Name(queue), p.Stage.Alarms.Waiting),
			computed("age in seconds while messages pass", "IF(FILL(deleted, 0) > 0, FILL(age, 0), 0)", time.Hour, deleted,
				term{"age", functionsSpace, "Age", "Maximum", dimensions{"Function": p.Name(s.Function(role)), "Route": queue}}), int(limit.Seconds()))
	}
	if !p.Enabled(queue) {
		return
	}
	every := period
	if limit > 24*time.Hour {
		every = time.Hour // CloudWatch evaluates at most a day of shorter periods
	}
	stalled := computed("1 if messages are queued and none was deleted", "IF(FILL(visible, 0) + FILL(hidden, 0) >= 1 AND FILL(deleted, 0) < 1, 1, 0)", every, deleted,
		term{"visible", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Average", of},
		term{"hidden", "AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "Average", of})
	stalled.EvaluationPeriods = number(max(1, int((limit+every-1)/every)))
	w.add(queue+"-stalled", fmt.Sprintf("For %d minutes messages were queued in %s and none was finished. causeway why says for what they wait; if it names none, the function %s does not start: read its log.",
		p.Stage.Alarms.Waiting, p.Name(queue), p.Name(s.Function(role))), stalled, 0)
}

// deadAge is half of the time that a dead letter is kept.
const deadAge = plan.RetentionDays / 2 * 24 * time.Hour

// watchDead watches a dead-letter queue by what is in it: NumberOfMessagesSent does not count
// what a redrive policy moves.
func (w *Watch) watchDead(queue string) {
	of := dimensions{"QueueName": w.plan.Name(queue)}
	w.add(queue+"-filled", "Dead letters are in "+w.plan.Name(queue)+". causeway why says why; they are deleted 14 days after they were first sent.",
		measure("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", of), 0)
	w.add(queue+"-old", "A dead letter is in "+w.plan.Name(queue)+" for more than 7 days, and is deleted 14 days after it was first sent.",
		measure("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", of), int(deadAge.Seconds()))
}

// watchFunction watches errors, throttles, time, and the events that Lambda could not keep. A
// message that fails is no error of the function: the function reports it, and the queue's
// alarms ring.
func (w *Watch) watchFunction(s plan.Installed, role connector.Role) {
	name, size := s.Function(role), w.plan.Size(s, role)
	physical := w.plan.Name(name)
	of := dimensions{"FunctionName": physical}
	if len(w.plan.Queues(s, role)) > 0 {
		w.add(name+"-errors", "More than 1 % of the invocations of "+physical+", and at least 3, ended in an error within 5 minutes. Read its log; messages return to their queue.",
			share("AWS/Lambda", "Errors", "Invocations", of), 1)
	}
	if role != connector.Poll && role != connector.Audit { // a second round waits for the first by design
		w.add(name+"-throttles", physical+" was throttled more than 10 times within 5 minutes: its concurrency, or the account's, is used up.",
			measure("AWS/Lambda", "Throttles", "Sum", of), 10)
	}
	if role == connector.Audit {
		w.watchAudit(s, name)
	} else {
		w.add(name+"-slow", "Invocations of "+physical+" took more than 80 % of their timeout, in three periods of 5 minutes within an hour: the slowest of each hundred, or of fewer. Read its log for slow calls.", slow("AWS/Lambda", "Duration", of), int(size.Timeout.Milliseconds()*8/10))
	}
	if s.IsAsync(role) {
		w.add(name+"-dropped", "Lambda dropped an event for "+physical+", or could not write it to "+w.plan.Name(routes.Dead(name))+
			". The event is lost: a poll repeats it by itself; put a file in the drop folder again.",
			computed("events", "FILL(dropped, 0) + FILL(unwritten, 0)", period,
				term{"dropped", "AWS/Lambda", "AsyncEventsDropped", "Sum", of}, term{"unwritten", "AWS/Lambda", "DestinationDeliveryFailures", "Sum", of}), 0)
		w.watchDead(routes.Dead(name))
	}
}

// doorFails is what a door's alarm says, wherever the door is.
const doorFails = "A door answered a sender with 5xx. Nothing is lost while the sender retries, and some do not retry: read the log of the receive function."

// API creates the alarm of the API with this id. It is in the API's stack and not in that of the
// other alarms, because an API's id is not a name.
func API(scope constructs.Construct, p *plan.Plan, topicARN, id *string) awscloudwatch.CfnAlarm {
	return newAlarm(scope, p, topicARN, "api-fails", doorFails, measure("AWS/ApiGateway", "5xx", "Sum", dimensions{"ApiId": *id}), 0)
}

// watchDoor watches the answers of a door. A few refusals are scanners; many are a secret that
// does not fit.
func (w *Watch) watchDoor(s plan.Installed) {
	if !s.Has(connector.Receive) {
		return
	}
	physical := w.plan.Name(s.Function(connector.Receive))
	if s.Config.Door == plan.FunctionURL {
		of := dimensions{"FunctionName": physical}
		w.add(s.Function(connector.Receive)+"-fails", doorFails, measure("AWS/Lambda", "Url5xxCount", "Sum", of), 0)
		w.add(s.Name+"-door-refused", "The door of "+s.Title+" rejected more than 20 requests within an hour. If deliveries are among them, compare the webhook secret in "+
			cmp.Or(w.plan.Secret(s, connector.Receive), "the settings")+" with the one that the store signs with; the metric Refused names the reasons.", hourly("AWS/Lambda", "Url4xxCount", of), 20)
		return
	}
	of := dimensions{"Api": w.plan.Prefix(), "Route": s.RouteKey()}
	w.add(s.Name+"-door-refused", "The door of "+s.Title+" rejected more than 20 requests within an hour for their signature (401). If deliveries are among them, compare the webhook secret in "+
		cmp.Or(w.plan.Secret(s, connector.Receive), "the settings")+" with the one that the store signs with.", hourly(DoorsSpace, "DoorRefused", of), 20)
	w.add(s.Name+"-door-throttled", "The door of "+s.Title+" throttled requests (429): more came in a second than door.rate and door.burst admit. Senders retry; raise the rate if deliveries are among them.",
		event(DoorsSpace, "DoorThrottled", of), 0)
	w.add(s.Name+"-door-dropped", "The door of "+s.Title+" rejected a request that a retry cannot mend: too large, of another media type, or unreadable (400, 413, 415, 422). Most senders do not retry: poll or backfill finds the change.",
		event(DoorsSpace, "DoorDropped", of), 0)
}

// watchConnection watches the circuit of a target, which its functions count. Messages that
// wait are no error, and it takes long until their queue's alarm rings.
func (w *Watch) watchConnection(s plan.Installed) {
	if !s.Has(connector.Deliver) {
		return
	}
	of := dimensions{"Function": w.plan.Name(s.Function(connector.Deliver)), "System": s.Name}
	over := " Messages wait, none is lost, and a probe goes out every few minutes. When the target answers again, the metric Restored counts one and all continue by themselves."
	w.add(s.Name+"-degraded", s.Title+" failed repeatedly, so its circuit is open."+over+
		" Check whether it is down or in maintenance; if neither, the ledger (stage connection.degraded) has its answer.", event(functionsSpace, "Degraded", of), 0)
	w.add(s.Name+"-auth-expired", s.Title+" rejects our credentials, freshly read ones too, so its circuit is open."+over+
		" Reconnect: renew key, token or certificate there, and enter the new one into the secret "+cmp.Or(w.plan.Secret(s, connector.Deliver), "of the system")+
		", which the functions read by themselves, or into the stage. Do not try by hand: tries lock accounts.", event(functionsSpace, "AuthExpired", of), 0)
}

// watchMessages watches what the pipeline reports about messages and an operator must know.
func (w *Watch) watchMessages(s plan.Installed) {
	for _, role := range []connector.Role{connector.Translate, connector.Deliver} {
		if !s.Has(role) {
			continue
		}
		of := dimensions{"Function": w.plan.Name(s.Function(role)), "System": s.Name}
		w.add(s.Function(role)+"-config-missing", "A message waits in "+w.plan.Name(s.Function(role))+" for a setting or a map entry of ours. causeway why names the key and the missing entry: add it to the stage and deploy.",
			event(functionsSpace, "ConfigMissing", of), 0)
		if role == connector.Deliver {
			continue
		}
		w.add(s.Name+"-clock-ahead", "The clock of "+s.Title+" is more than 5 minutes ahead of ours. Its changes are ordered by when they arrived until it is right: correct the store's clock or time zone.",
			event(functionsSpace, "ClockAhead", of), 0)
		w.add(s.Name+"-delivery-conflict", s.Title+" sent one delivery id with two contents. Both were translated; the ledger names the delivery. Report it to the vendor, or look for somebody who replays signed requests.",
			event(functionsSpace, "DeliveryConflict", of), 0)
	}
}

// watchVersion watches the end of the version that the functions of a system speak, if its vendor
// ends versions. The function that is called most often counts it, once a day and process.
func (w *Watch) watchVersion(s plan.Installed) {
	role := versionRole(s)
	if s.Version.Ends.IsZero() || role == "" {
		return
	}
	w.add(s.Name+"-version-ends", "The vendor of "+s.Title+" ends the version of its API that is spoken within 120 days, or has ended it. The log of "+w.plan.Name(s.Function(role))+
		" has the day and the remedy, causeway doctor --env too: set another version, or upgrade Causeway.",
		event(functionsSpace, "VersionEnds", dimensions{"Function": w.plan.Name(s.Function(role)), "System": s.Name}), 0)
}

func versionRole(s plan.Installed) connector.Role {
	if s.Has(connector.Poll) && s.Config.Poll != "off" {
		return connector.Poll
	}
	for _, role := range []connector.Role{connector.Deliver, connector.Translate} {
		if s.Has(role) {
			return role
		}
	}
	return ""
}

// watchAudit watches what the nightly comparison counts. It rings every night until the gaps are
// mended or accepted. A run ends before the function's timeout by itself, and may be long.
func (w *Watch) watchAudit(s plan.Installed, name string) {
	w.add(name+"-gaps", "The nightly comparison with "+s.Title+" found records that are missing, doubled or different."+
		" causeway reconcile --stored names each with the next step; mend it, or accept it with a note. The ledger (stage reconciled, type reconciliation.gap) has each too.",
		event(functionsSpace, "Gaps", dimensions{"Function": w.plan.Name(name), "System": s.Name}), 0)
	w.add(name+"-privacy-due", "The term of a request about personal data (customers/redact, customers/data_request, shop/redact) ends within 7 days, or has ended, and nobody has recorded that it was carried out."+
		" causeway privacy names each; record it with causeway privacy done.",
		event(functionsSpace, "PrivacyDue", dimensions{"Function": w.plan.Name(name), "System": s.Name}), 0)
}

// watchWebhooks watches what polling a source finds out about its webhooks.
func (w *Watch) watchWebhooks(s plan.Installed) {
	if !s.Has(connector.Poll) || s.Config.Poll == "off" {
		return
	}
	of := dimensions{"Function": w.plan.Name(s.Function(connector.Poll)), "Route": routes.Inbox(s.Name)}
	w.add(s.Name+"-gaps", "Polling "+s.Title+" found changes that no webhook reported. They are in the inbox and need nothing,"+
		" but webhooks get lost. A few are the store's; many, or repeatedly, are a door that fails or a wrong subscription."+
		" The ledger (stage reconciled, type reconciliation.gap) names each.", event(functionsSpace, "Gaps", of), 0)
	w.add(s.Name+"-unread", s.Title+" reports a change and does not return it, so it reached no target unless a webhook reported it."+
		" It is asked for again at each poll, for seven days. The ledger (stage reconciled) names it and the reason (\"cannot be read\").", event(functionsSpace, "Unread", of), 0)
	w.add(s.Name+"-behind", "For three hours no poll of "+s.Title+" got through all changes: it throttles us, or more changes than a run can read."+
		" Webhooks continue; changes that they lost are found late. The function's log names where it ended.", lasting("Behind", of), 0)
	if s.Subscribes {
		w.add(s.Name+"-stopped", "A webhook subscription at "+s.Title+" had ended or pointed elsewhere. It is set up again, and what it missed is polled."+
			" Stores end a subscription whose deliveries fail, and would end it again: check whether the door"+
			" answered with 5xx or too slowly, or who deleted it. The ledger (stage reconciled, type connection.degraded) names shop and topic.", event(functionsSpace, "Stopped", of), 0)
	}
}
