package causeway

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/operators"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// Installation is one whole installation in four stacks, in the order in which they depend on
// each other: State, Messaging, Connectors with the Door, Watch. Each resource has a name of
// its own, and the stacks name each other's resources by ARN instead of exporting values, so
// that each stack can be rolled back alone.
//
// Its logical ids are part of its interface: CloudFormation replaces a resource whose id
// changes.
type Installation struct {
	Plan *Plan

	StateStack      awscdk.Stack
	MessagingStack  awscdk.Stack
	ConnectorsStack awscdk.Stack
	WatchStack      awscdk.Stack

	State      *State
	Messaging  *Messaging
	Connectors map[string]*Connector // by system
	Door       *Door                 // nil if no system has a receive function
	Watch      *Watch
	Operators  *operators.Operators
}

// NewInstallation creates the stacks <prefix>-state, -messaging, -connectors and -watch in the
// scope, an App or a Stage. It panics with the findings of NewPlan, as constructs do.
func NewInstallation(scope constructs.Construct, props *InstallationProps) *Installation {
	p, err := NewPlan(props)
	if err != nil {
		panic(err)
	}
	if err := p.Built(); err != nil {
		panic(err)
	}
	return p.install(scope)
}

func (p *Plan) install(scope constructs.Construct) *Installation {
	i := &Installation{Plan: p, Connectors: map[string]*Connector{}}
	i.StateStack = p.stack(scope, "state", "state, ledger, bodies, secrets")
	i.State = NewState(i.StateStack, whole, &StateProps{Plan: p})
	i.MessagingStack = p.stack(scope, "messaging", "bus, routes, queues and their dead letters")
	i.Messaging = NewMessaging(i.MessagingStack, whole, &MessagingProps{Plan: p})
	i.ConnectorsStack = p.stack(scope, "connectors", "functions, doors, schedules", i.StateStack, i.MessagingStack)
	inside := constructs.NewConstruct(i.ConnectorsStack, jsii.String(whole))
	for _, s := range p.Systems {
		i.Connectors[s.Name] = NewConnector(inside, s.Name, &ConnectorProps{Plan: p, System: s.Name})
	}
	if doors := doorFunctions(i.Connectors); len(doors) > 0 {
		i.Door = NewDoor(inside, whole, &DoorProps{Plan: p, Functions: doors})
	}
	i.WatchStack = p.stack(scope, "watch", "alarms and dashboard", i.ConnectorsStack)
	i.Watch = NewWatch(i.WatchStack, whole, &WatchProps{Plan: p})
	i.Operators = operators.New(i.WatchStack, "Operators", &operators.Props{
		Prefix: p.Prefix(), Bucket: p.Bucket(), Secrets: p.SecretNames(false), Doors: p.SecretNames(true), Targets: p.targets(), Key: p.props.Key,
	})
	for _, stack := range i.stacks() {
		fixLogicalIDs(stack, slices.Collect(maps.Keys(i.Connectors)))
	}
	return i
}

// targets returns the systems of the plan that routes lead to.
func (p *Plan) targets() (names []string) {
	for _, s := range p.Systems {
		if len(routes.To(p.Routes, s.Name)) > 0 {
			names = append(names, s.Name)
		}
	}
	return names
}

// whole is the id that CDK leaves out of logical ids.
const whole = "Default"

func (i *Installation) stacks() []awscdk.Stack {
	return []awscdk.Stack{i.StateStack, i.MessagingStack, i.ConnectorsStack, i.WatchStack}
}

func (p *Plan) stack(scope constructs.Construct, part, about string, after ...awscdk.Stack) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String(p.Name(part)), p.stackProps(about))
	for _, needed := range after {
		stack.AddStackDependency(needed, nil)
	}
	return stack
}

// Bus returns the bus, to publish to or to add rules to.
func (i *Installation) Bus() awsevents.IEventBus { return i.Messaging.Bus }

// Queue returns a queue by its name without prefix, such as "shopify-inbox" or a route's name;
// nil if there is none.
func (i *Installation) Queue(name string) awssqs.IQueue {
	if q := i.Messaging.Queues[name]; q != nil {
		return q.Queue
	}
	return nil
}

// DeadLetters returns the dead-letter queue of a queue; nil if there is none.
func (i *Installation) DeadLetters(name string) awssqs.IQueue {
	if q := i.Messaging.Queues[name]; q != nil {
		return q.DeadLetters
	}
	return nil
}

// Function returns a function of a system; nil if there is none.
func (i *Installation) Function(system string, role connector.Role) awslambda.IFunction {
	if c := i.Connectors[system]; c != nil && c.Functions[role] != nil {
		return c.Functions[role].Function
	}
	return nil
}
