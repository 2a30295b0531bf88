package causeway

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
)

// start creates the trigger's rule, the permission that it needs, and the partner's bus.
func (p *Plan) start(scope constructs.Construct, t plan.Trigger, function awslambda.IFunction) {
	props := &awsevents.CfnRuleProps{
		Name: jsii.String(t.Name), State: state(!t.Off), Targets: []any{ruleTarget("function", function.FunctionArn(), arn("sqs", p.Name(plan.RulesDead)))},
	}
	switch {
	case t.Schedule != "":
		props.ScheduleExpression = jsii.String(t.Schedule)
	case t.Bus != "":
		bus := awsevents.NewCfnEventBus(scope, jsii.String(t.ID+"Bus"), &awsevents.CfnEventBusProps{Name: jsii.String(t.Bus), EventSourceName: jsii.String(t.Bus)})
		props.EventBusName, props.EventPattern = bus.Ref(), t.Pattern
	default:
		props.EventPattern = t.Pattern
	}
	awsevents.NewCfnRule(scope, jsii.String(t.ID+"Rule"), props)
	p.allow(scope, t.ID+"Permission", function, "events.amazonaws.com", arn("events", t.Rule()))
}

// allow lets a service invoke the function for one source.
func (p *Plan) allow(scope constructs.Construct, id string, function awslambda.IFunction, service string, source *string) {
	function.AddPermission(jsii.String(id), &awslambda.Permission{
		Scope: scope, Principal: awsiam.NewServicePrincipal(jsii.String(service), nil), SourceArn: source,
	})
}
