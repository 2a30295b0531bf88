package causeway

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/functions"
	"causeway.example/shared/routes"
)

// InstallationProps configures an Installation and its Plan. Only Stage and Programs are
// required. A field that refers to a resource of another stack makes CDK export that
// resource's attributes from its stack.
type InstallationProps struct {
	// Stage describes systems, flows and sizes: read by ReadStage, or composed in Go.
	Stage *Stage
	// Programs is the folder of the functions' programs, <system>-<role>/bootstrap each, as
	// `make dist` writes it.
	Programs string
	// Build is the version that the ledger shows. Default: "unknown".
	Build string

	// Catalog lists the systems that can be installed. Default: functions.All().
	Catalog []functions.System
	// Routes is the route table. Default: routes.Table. Functions have their table compiled in,
	// so another table here needs programs that were built with it.
	Routes []routes.Route

	// Prefix begins every physical name, the stacks' included. Default: causeway-<stage>.
	Prefix string
	// Env is where the stacks are deployed. Default: account and region of the stage, or those
	// of the credentials.
	Env *awscdk.Environment
	// Qualifier is that of the account's CDK bootstrap. Default: CDK's own.
	Qualifier string
	// Tags are set on every resource that has tags.
	Tags map[string]string
	// TerminationProtection of the stacks. Default: on in a production stage.
	TerminationProtection *bool
	// RemovalPolicy applies to queues, table, bucket, secrets and logs. Default:
	// RETAIN_ON_UPDATE_OR_DELETE in a production stage, else DESTROY.
	RemovalPolicy awscdk.RemovalPolicy

	// Key encrypts queues, bus, table, bucket, secrets, environments and logs. Default: the
	// services' own keys. The key's policy must allow logs.<region>.amazonaws.com; EventBridge
	// is added to it, unless the key is imported.
	Key awskms.IKey
	// Network places the functions in a VPC. Default: none, so calls leave by changing
	// addresses.
	Network *Network
	// PermissionsBoundary applies to the functions' roles. Default: none.
	PermissionsBoundary awsiam.IManagedPolicy
	// Bus is an existing event bus of this account and region. Default: a new one. An existing
	// bus keeps its own log and archive settings.
	Bus awsevents.IEventBus
	// AlarmTopic is an existing topic for all alarms; it must allow cloudwatch.amazonaws.com to
	// publish. Default: a new one, with a subscription for each address of the stage.
	AlarmTopic awssns.ITopic
}

// Network is where the functions run. A NAT gateway with an Elastic IP in the subnets' route
// gives them an egress address that a vendor can put on an allow-list. The subnets need a
// route to the internet for the vendors' APIs; VPC endpoints save that traffic for AWS.
type Network struct {
	Vpc            awsec2.IVpc
	Subnets        *awsec2.SubnetSelection // default: all private subnets
	SecurityGroups []awsec2.ISecurityGroup // default: one per function that allows all egress
}

// The findings of props that cannot be installed.
var (
	errNoStage    = errors.New("InstallationProps.Stage is missing")
	errNoPrograms = errors.New("InstallationProps.Programs is missing")
)

// withDefaults returns a copy of the props with the defaults that the documentation names.
func (given *InstallationProps) withDefaults() (*InstallationProps, error) {
	if given.Stage == nil {
		return nil, errNoStage
	}
	if given.Programs == "" {
		return nil, errNoPrograms
	}
	p := *given
	if p.Build == "" {
		p.Build = "unknown"
	}
	if p.Catalog == nil {
		p.Catalog = functions.All()
	}
	if p.Routes == nil {
		p.Routes = routes.Table
	}
	if p.Prefix == "" {
		p.Prefix = "causeway-" + p.Stage.Name
	}
	if p.RemovalPolicy == "" {
		p.RemovalPolicy = awscdk.RemovalPolicy_DESTROY
		if p.Stage.Production {
			p.RemovalPolicy = awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
		}
	}
	if p.TerminationProtection == nil {
		p.TerminationProtection = jsii.Bool(p.Stage.Production)
	}
	if p.Env == nil {
		p.Env = env(p.Stage)
	}
	return &p, nil
}

// env is the stage's account and region; each is left to the credentials if it is empty.
func env(s *Stage) *awscdk.Environment {
	env := &awscdk.Environment{}
	if s.Account != "" {
		env.Account = jsii.String(s.Account)
	}
	if s.Region != "" {
		env.Region = jsii.String(s.Region)
	}
	return env
}

// stackProps are those of one of the stacks. Each gets its own synthesizer, because CDK
// binds a synthesizer to one stack.
func (p *Plan) stackProps(about string) *awscdk.StackProps {
	tags := map[string]*string{"causeway:stage": jsii.String(p.Stage.Name)}
	for _, key := range slices.Sorted(maps.Keys(p.props.Tags)) {
		tags[key] = jsii.String(p.props.Tags[key])
	}
	props := &awscdk.StackProps{
		Description: jsii.String(fmt.Sprintf("Causeway %s: %s", p.Stage.Name, about)), Env: p.props.Env,
		TerminationProtection: p.props.TerminationProtection, Tags: &tags,
	}
	if p.props.Qualifier != "" {
		props.Synthesizer = awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{Qualifier: jsii.String(p.props.Qualifier)})
	}
	return props
}
