package causeway

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/shared/routes"
)

// RouteProps configures a Route.
type RouteProps struct {
	Route    routes.Route
	RuleName string // physical name
	BusName  *string
	Queue    *Queue
	// DeadLetters is the ARN of the standard queue for events that EventBridge cannot hand over.
	DeadLetters *string
	// Disabled keeps the rule and its queue, but routes nothing.
	Disabled bool
}

// Route is the rule that copies the events of one flow from the bus to the flow's queue. The
// queue must allow the rule to send (QueueProps.Rule). EventBridge retries for 24 hours, then
// writes the event to the dead letters.
//
// The target names no message group: whether EventBridge resolves a path of the event there
// is not documented, and one fixed group is as good as none.
type Route struct {
	Construct constructs.Construct // for tags, aspects and dependencies
	Rule      awsevents.CfnRule
}

// NewRoute creates a Route.
func NewRoute(scope constructs.Construct, id string, props *RouteProps) *Route {
	r := &Route{Construct: constructs.NewConstruct(scope, jsii.String(id))}
	target := ruleTarget("queue", props.Queue.Queue.QueueArn(), props.DeadLetters)
	target.InputPath = jsii.String("$.detail")
	r.Rule = awsevents.NewCfnRule(r.Construct, jsii.String("Resource"), &awsevents.CfnRuleProps{
		Name: jsii.String(props.RuleName), EventBusName: props.BusName, State: state(!props.Disabled),
		Description:  jsii.String("Copies the " + props.Route.Flow + " of " + props.Route.From + " to the queue of " + props.Route.To),
		EventPattern: decoded(props.Route.Pattern()),
		Targets:      []any{target},
	})
	r.Rule.Node().AddDependency(props.Queue.Construct)
	return r
}

// The longest that EventBridge retries.
const (
	eventAge      = 24 * time.Hour
	eventAttempts = 185
)

// ruleTarget is a rule's target that is retried for as long as EventBridge can.
func ruleTarget(id string, target, deadLetters *string) *awsevents.CfnRule_TargetProperty {
	return &awsevents.CfnRule_TargetProperty{
		Id: jsii.String(id), Arn: target, DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: deadLetters},
		RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{MaximumEventAgeInSeconds: number(int(eventAge.Seconds())), MaximumRetryAttempts: number(eventAttempts)},
	}
}

func state(on bool) *string {
	if on {
		return jsii.String("ENABLED")
	}
	return jsii.String("DISABLED")
}

// decoded is a route's pattern as data, so that the template shows it as the route table does.
func decoded(pattern *routes.Pattern) any {
	var value any
	if err := json.Unmarshal([]byte(pattern.String()), &value); err != nil {
		panic(err) // a pattern is JSON
	}
	return value
}
