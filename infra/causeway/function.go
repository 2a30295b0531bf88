package causeway

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

func (p *Plan) logGroup(s plan.Installed, role connector.Role) string {
	return "/aws/lambda/" + p.Name(s.Function(role))
}

// Function is one function of a connector.
type Function struct {
	Function awslambda.Function
	// Invoked is the function, or its alias if the stage shifts deployments. Triggers use it.
	Invoked awslambda.IFunction
	Role    awsiam.Role
}

// newFunction creates a function with its role and its log.
func (p *Plan) newFunction(scope constructs.Construct, s plan.Installed, role connector.Role) *Function {
	name, size := s.Function(role), p.Size(s, role)
	id := plan.Logical(name)
	group := p.newLogGroup(scope, id+"Log", p.logGroup(s, role), p.props.RemovalPolicy)
	f := &Function{Role: p.newRole(scope, s, role)}
	props := &awslambda.FunctionProps{
		FunctionName: jsii.String(p.Name(name)), Description: jsii.String(s.Title + ": " + string(role)), Role: f.Role,
		Code: awslambda.Code_FromAsset(jsii.String(p.Program(s, role)), nil), Handler: jsii.String("bootstrap"),
		Runtime: awslambda.Runtime_PROVIDED_AL2023(), Architecture: awslambda.Architecture_ARM_64(),
		MemorySize: number(p.Stage.Functions.Memory), Timeout: seconds(int(size.Timeout / time.Second)),
		Environment:   p.variables(s, role),
		LoggingFormat: awslambda.LoggingFormat_JSON, ApplicationLogLevelV2: awslambda.ApplicationLogLevel(p.Stage.Functions.LogLevel),
		SystemLogLevelV2: awslambda.SystemLogLevel_WARN, LogGroup: group,
	}
	if p.props.Key != nil {
		props.EnvironmentEncryption = p.props.Key
	}
	if reserved := p.Reserved(s, role); reserved > 0 {
		props.ReservedConcurrentExecutions = number(reserved)
	}
	if network := p.props.Network; network != nil {
		props.Vpc, props.VpcSubnets = network.Vpc, network.Subnets
		if len(network.SecurityGroups) > 0 {
			props.SecurityGroups = &network.SecurityGroups
		}
	}
	if p.Stage.Functions.Shift != "" {
		// Kept, so that an operator can return to an older one.
		props.CurrentVersionOptions = &awslambda.VersionOptions{RemovalPolicy: awscdk.RemovalPolicy_RETAIN}
	}
	f.Function = awslambda.NewFunction(scope, jsii.String(id), props)
	f.Invoked = f.Function
	if p.Stage.Functions.Shift != "" {
		f.Invoked = p.shift(scope, id, f.Function)
	}
	return f
}

// newRole creates the function's role. Its name is left to CloudFormation: role names are
// shared by all regions of an account.
func (p *Plan) newRole(scope constructs.Construct, s plan.Installed, role connector.Role) awsiam.Role {
	name := s.Function(role)
	document := awsiam.NewPolicyDocument(nil)
	for _, allowed := range p.permissions(s, role) {
		document.AddStatements(allowed.policy())
	}
	created := awsiam.NewRole(scope, jsii.String(plan.Logical(name)+"Role"), &awsiam.RoleProps{
		Description: jsii.String("Permissions of the function " + p.Name(name)), AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"work": document}, PermissionsBoundary: p.props.PermissionsBoundary,
	})
	if p.props.Key != nil {
		p.props.Key.GrantEncryptDecrypt(created)
	}
	return created
}

// variables returns the environment, with names that CloudFormation fills in.
func (p *Plan) variables(s plan.Installed, role connector.Role) *map[string]*string {
	variables := map[string]*string{}
	for key, value := range p.Environment(s, role) {
		if variables[key] = jsii.String(value); strings.Contains(value, "${AWS::") {
			variables[key] = sub(value)
		}
	}
	return &variables
}

// ConnectorProps configures a Connector.
type ConnectorProps struct {
	Plan   *Plan
	System string // name of a system of the plan: "shopify"
}

// Connector is the functions of one system, with their queues, schedules and partner bus. It
// names the queues, the table and the bucket of the plan and needs them deployed before.
type Connector struct {
	Construct constructs.Construct // for tags, aspects and dependencies
	Functions map[connector.Role]*Function
}

// NewConnector creates a Connector. It panics if the plan has no such system.
func NewConnector(scope constructs.Construct, id string, props *ConnectorProps) *Connector {
	p := props.Plan
	at := slices.IndexFunc(p.Systems, func(s plan.Installed) bool { return s.Name == props.System })
	if at < 0 {
		panic("the stage has no system " + props.System)
	}
	c := &Connector{Construct: constructs.NewConstruct(scope, jsii.String(id)), Functions: map[connector.Role]*Function{}}
	s := p.Systems[at]
	for _, role := range s.Roles {
		f := p.newFunction(c.Construct, s, role)
		c.Functions[role] = f
		for _, queue := range p.Queues(s, role) {
			p.take(c.Construct, s, role, queue, f)
		}
		if s.IsAsync(role) {
			p.keepFailures(c.Construct, s, role, f)
		}
	}
	for _, trigger := range p.Triggers(s) {
		p.start(c.Construct, trigger, c.Functions[trigger.Role].Invoked)
	}
	return c
}

// take maps a queue to the function. It filters nothing: a mapping's filter deletes the
// messages that it does not pass.
func (p *Plan) take(scope constructs.Construct, s plan.Installed, role connector.Role, queue string, f *Function) {
	messages, window := p.BatchOf(s, role, queue)
	awslambda.NewEventSourceMapping(scope, jsii.String(plan.Logical(queue, "mapping")), &awslambda.EventSourceMappingProps{
		Target: f.Invoked, EventSourceArn: arn("sqs", p.Name(queue)), Enabled: jsii.Bool(p.Enabled(queue)),
		BatchSize: number(messages), MaxBatchingWindow: seconds(int(window / time.Second)), ReportBatchItemFailures: jsii.Bool(true),
		MaxConcurrency: number(p.Workers(s, role, queue)),
		MetricsConfig:  &awslambda.MetricsConfig{Metrics: &[]awslambda.MetricType{awslambda.MetricType_EVENT_COUNT}},
	})
}

// keepFailures sends the event of an asynchronous start to the dead letters after Lambda's own
// retries. It is an L1: the L2's destinations are classes of a package that imports all
// targets of EventBridge.
func (p *Plan) keepFailures(scope constructs.Construct, s plan.Installed, role connector.Role, f *Function) {
	name, qualifier := s.Function(role), "$LATEST"
	if p.Stage.Functions.Shift != "" {
		qualifier = aliasName
	}
	config := awslambda.NewCfnEventInvokeConfig(scope, jsii.String(plan.Logical(name, "on-failure")), &awslambda.CfnEventInvokeConfigProps{
		FunctionName: f.Function.FunctionName(), Qualifier: jsii.String(qualifier), MaximumRetryAttempts: number(2), MaximumEventAgeInSeconds: number(6 * 60 * 60),
		DestinationConfig: &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{Destination: arn("sqs", p.Name(routes.Dead(name)))},
		},
	})
	config.Node().AddDependency(f.Invoked)
}
