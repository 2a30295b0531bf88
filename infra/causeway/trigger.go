package causeway

import (
	"cmp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/shared/connector"
)

// trigger is a rule, besides those of the routes, that starts a function.
type trigger struct {
	id       string // logical id
	name     string // physical name
	role     connector.Role
	bus      string         // partner event source, "" for the account's default bus
	pattern  map[string]any // of events
	schedule string         // instead of events
	off      bool
}

// quarter is how often a system is polled, and night when it is audited, by UTC.
const (
	quarter = "rate(15 minutes)"
	night   = "cron(0 3 * * ? *)"
)

// triggers returns what starts the system's functions besides HTTP and queues.
func (p *Plan) triggers(s system) []trigger {
	var all []trigger
	if s.config.Partner != "" {
		all = append(all, trigger{
			id: logical(s.Name, "partner"), name: p.name(s.Name + "-partner"), role: connector.Receive,
			bus: s.config.Partner, pattern: map[string]any{"source": []any{map[string]any{"prefix": "aws.partner/"}}},
		})
	}
	for _, timed := range []struct {
		role         connector.Role
		given, usual string
	}{{connector.Poll, s.config.Poll, quarter}, {connector.Audit, s.config.Audit, night}} {
		if name := s.function(timed.role); s.has(timed.role) {
			all = append(all, trigger{
				id: logical(name, "schedule"), name: p.name(name), role: timed.role,
				schedule: cmp.Or(strings.TrimPrefix(timed.given, "off"), timed.usual), off: timed.given == "off",
			})
		}
	}
	if s.has(connector.Pickup) {
		name := s.function(connector.Pickup)
		all = append(all, trigger{id: logical(name, "drop"), name: p.name(name), role: connector.Pickup, pattern: map[string]any{
			"source": []any{"aws.s3"}, "detail-type": []any{"Object Created"},
			"detail": map[string]any{
				"bucket": map[string]any{"name": []any{map[string]any{"Fn::Sub": p.bucket()}}},
				"object": map[string]any{"key": []any{map[string]any{"prefix": "drop/" + s.Name + "/"}}},
			},
		}})
	}
	return all
}

// rule returns the last part of the ARN of the trigger's rule.
func (t trigger) rule() string {
	if t.bus == "" {
		return "rule/" + t.name
	}
	return "rule/" + t.bus + "/" + t.name
}

// start creates the trigger's rule, the permission that it needs, and the partner's bus.
func (p *Plan) start(scope constructs.Construct, t trigger, function awslambda.IFunction) {
	props := &awsevents.CfnRuleProps{
		Name: jsii.String(t.name), State: state(!t.off), Targets: []any{ruleTarget("function", function.FunctionArn(), arn("sqs", p.name(rulesDead)))},
	}
	switch {
	case t.schedule != "":
		props.ScheduleExpression = jsii.String(t.schedule)
	case t.bus != "":
		bus := awsevents.NewCfnEventBus(scope, jsii.String(t.id+"Bus"), &awsevents.CfnEventBusProps{Name: jsii.String(t.bus), EventSourceName: jsii.String(t.bus)})
		props.EventBusName, props.EventPattern = bus.Ref(), t.pattern
	default:
		props.EventPattern = t.pattern
	}
	awsevents.NewCfnRule(scope, jsii.String(t.id+"Rule"), props)
	p.allow(scope, t.id+"Permission", function, "events.amazonaws.com", arn("events", t.rule()))
}

// allow lets a service invoke the function for one source.
func (p *Plan) allow(scope constructs.Construct, id string, function awslambda.IFunction, service string, source *string) {
	function.AddPermission(jsii.String(id), &awslambda.Permission{
		Scope: scope, Principal: awsiam.NewServicePrincipal(jsii.String(service), nil), SourceArn: source,
	})
}
