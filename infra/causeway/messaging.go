package causeway

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// MessagingProps configures a Messaging.
type MessagingProps struct {
	Plan *Plan
}

// Messaging is the bus, the inbox queues, and a rule with a queue for each route.
type Messaging struct {
	Construct       constructs.Construct // for tags, aspects and dependencies
	Bus             awsevents.IEventBus
	Queues          map[string]*Queue       // by name without prefix: "shopify-inbox", "shopify-orders-to-netsuite"
	Routes          map[string]*Route       // by the route's name
	FunctionLetters map[string]awssqs.Queue // dead letters of functions that events start, by function: "shopify-poll"
	RuleLetters     awssqs.Queue            // events that no rule could hand over
}

// NewMessaging creates a Messaging.
func NewMessaging(scope constructs.Construct, id string, props *MessagingProps) *Messaging {
	m := &Messaging{Construct: constructs.NewConstruct(scope, jsii.String(id)), Queues: map[string]*Queue{}, Routes: map[string]*Route{}, FunctionLetters: map[string]awssqs.Queue{}}
	p := props.Plan
	m.RuleLetters = newDeadLetters(m.Construct, plan.Logical(plan.RulesDead, "queue"), deadLettersProps{
		name: p.Name(plan.RulesDead), key: p.props.Key, removal: p.props.RemovalPolicy, rules: p.ruleARNs(),
	})
	if m.Bus = p.props.Bus; m.Bus == nil {
		m.Bus = p.bus(m.Construct, m.RuleLetters)
	}
	for _, s := range p.Systems {
		if s.Has(connector.Translate) {
			for _, name := range p.Queues(s, connector.Translate) {
				m.Queues[name] = p.queue(m.Construct, s, connector.Translate, name, nil)
			}
		}
		for _, role := range s.Roles {
			if name := s.Function(role); s.IsAsync(role) {
				letters := constructs.NewConstruct(m.Construct, jsii.String(plan.Logical(name)))
				m.FunctionLetters[name] = newDeadLetters(letters, "DeadQueue", deadLettersProps{name: p.Name(routes.Dead(name)), key: p.props.Key, removal: p.props.RemovalPolicy})
			}
		}
	}
	for _, s := range p.Systems {
		for _, route := range routes.To(p.Routes, s.Name) {
			m.addRoute(p, s, route)
		}
	}
	return m
}

func (m *Messaging) addRoute(p *Plan, target plan.Installed, route routes.Route) {
	queue := p.queue(m.Construct, target, connector.Deliver, route.Queue(), arn("events", p.ruleName(route)))
	m.Queues[route.Queue()] = queue
	m.Routes[route.Name()] = NewRoute(m.Construct, plan.Logical(route.Name(), "rule"), &RouteProps{
		Route: route, RuleName: p.Name(route.Name()), BusName: m.Bus.EventBusName(), Queue: queue,
		DeadLetters: arn("sqs", p.Name(plan.RulesDead)), Disabled: !p.Stage.IsOn(route),
	})
}

// queue creates a queue of the installation. Visibility follows from the function that takes
// its messages.
func (p *Plan) queue(scope constructs.Construct, s plan.Installed, role connector.Role, name string, rule *string) *Queue {
	_, window := p.BatchOf(s, role, name)
	return NewQueue(scope, plan.Logical(name), &QueueProps{
		QueueName: p.Name(name), FunctionTimeout: seconds(int(p.Size(s, role).Timeout / time.Second)), Window: seconds(int(window / time.Second)),
		Rule: rule, Key: p.props.Key, RemovalPolicy: p.props.RemovalPolicy,
	})
}

// bus creates the bus, its log of what could not be delivered, and the archive if the stage
// keeps events. The log omits the events' content, which is personal data.
func (p *Plan) bus(scope constructs.Construct, letters awssqs.IQueue) awsevents.EventBus {
	props := &awsevents.EventBusProps{
		EventBusName: jsii.String(p.Prefix()), KmsKey: p.props.Key,
		LogConfig: &awsevents.LogConfig{Level: awsevents.Level_ERROR, IncludeDetail: awsevents.IncludeDetail_NONE},
	}
	if p.props.Key != nil {
		props.DeadLetterQueue = letters // for events that the bus cannot decrypt
	}
	bus := awsevents.NewEventBus(scope, jsii.String("Bus"), props)
	group := p.newLogGroup(scope, "BusLog", "/aws/vendedlogs/events/event-bus/"+p.Prefix(), awscdk.RemovalPolicy_DESTROY)
	source := awslogs.NewCfnDeliverySource(scope, jsii.String("BusLogSource"), &awslogs.CfnDeliverySourceProps{
		Name: jsii.String(p.Prefix()), LogType: jsii.String("ERROR_LOGS"), ResourceArn: bus.EventBusArn(),
	})
	place := awslogs.NewCfnDeliveryDestination(scope, jsii.String("BusLogPlace"), &awslogs.CfnDeliveryDestinationProps{
		Name: jsii.String(p.Prefix()), DestinationResourceArn: group.LogGroupArn(),
	})
	delivery := awslogs.NewCfnDelivery(scope, jsii.String("BusLogDelivery"), &awslogs.CfnDeliveryProps{
		DeliverySourceName: jsii.String(p.Prefix()), DeliveryDestinationArn: place.AttrArn(),
	})
	delivery.AddResourceDependency(source, nil)
	if p.Stage.Retention.Bus > 0 {
		awsevents.NewCfnArchive(scope, jsii.String("BusArchive"), &awsevents.CfnArchiveProps{
			ArchiveName: jsii.String(p.Prefix()), SourceArn: bus.EventBusArn(), RetentionDays: number(p.Stage.Retention.Bus), KmsKeyIdentifier: p.keyARN(),
		})
	}
	return bus
}

func (p *Plan) keyARN() *string {
	if p.props.Key == nil {
		return nil
	}
	return p.props.Key.KeyArn()
}

// newLogGroup creates a log group with the stage's retention.
func (p *Plan) newLogGroup(scope constructs.Construct, id, name string, removal awscdk.RemovalPolicy) awslogs.LogGroup {
	props := &awslogs.LogGroupProps{LogGroupName: jsii.String(name), Retention: retentions[p.Stage.Retention.Log], RemovalPolicy: removal}
	if p.props.Key != nil {
		props.EncryptionKey = p.props.Key
	}
	return awslogs.NewLogGroup(scope, jsii.String(id), props)
}

// retentions are CDK's names of the days that CloudWatch Logs accepts.
var retentions = map[int]awslogs.RetentionDays{
	1: awslogs.RetentionDays_ONE_DAY, 3: awslogs.RetentionDays_THREE_DAYS, 5: awslogs.RetentionDays_FIVE_DAYS, 7: awslogs.RetentionDays_ONE_WEEK,
	14: awslogs.RetentionDays_TWO_WEEKS, 30: awslogs.RetentionDays_ONE_MONTH, 60: awslogs.RetentionDays_TWO_MONTHS, 90: awslogs.RetentionDays_THREE_MONTHS,
	120: awslogs.RetentionDays_FOUR_MONTHS, 150: awslogs.RetentionDays_FIVE_MONTHS, 180: awslogs.RetentionDays_SIX_MONTHS, 365: awslogs.RetentionDays_ONE_YEAR,
	400: awslogs.RetentionDays_THIRTEEN_MONTHS, 545: awslogs.RetentionDays_EIGHTEEN_MONTHS, 731: awslogs.RetentionDays_TWO_YEARS, 1096: awslogs.RetentionDays_THREE_YEARS,
	1827: awslogs.RetentionDays_FIVE_YEARS, 2192: awslogs.RetentionDays_SIX_YEARS, 2557: awslogs.RetentionDays_SEVEN_YEARS, 2922: awslogs.RetentionDays_EIGHT_YEARS,
	3288: awslogs.RetentionDays_NINE_YEARS, 3653: awslogs.RetentionDays_TEN_YEARS,
}

// ruleName returns the last part of the ARN of a route's rule.
func (p *Plan) ruleName(route routes.Route) string {
	return "rule/" + p.BusName() + "/" + p.Name(route.Name())
}

// ruleARNs returns the ARNs of all rules, which share the dead letters with an encrypted bus.
func (p *Plan) ruleARNs() []*string {
	var rules []*string
	if p.props.Key != nil && p.props.Bus == nil {
		rules = append(rules, p.busARN())
	}
	for _, route := range p.Routes {
		rules = append(rules, arn("events", p.ruleName(route)))
	}
	for _, s := range p.Systems {
		for _, trigger := range p.Triggers(s) {
			rules = append(rules, arn("events", trigger.Rule()))
		}
	}
	return rules
}
