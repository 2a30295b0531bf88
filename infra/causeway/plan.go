package causeway

import "causeway.example/infra/causeway/plan"

// The parts of a stage, which package plan checks.
type (
	// Stage describes one installation: systems, flows, sizes and retention. ReadStage reads it
	// from YAML; a CDK app can also compose it in Go. It holds nothing secret.
	Stage = plan.Stage
	// System is one system of a stage.
	System = plan.System
	// Rules are expressions that skip messages of any flow.
	Rules = plan.Rules
	// DoorConfig is what the HTTP doors of all systems share.
	DoorConfig = plan.DoorConfig
	// Functions is what all functions share.
	Functions = plan.Functions
	// Retention is how many days data is kept.
	Retention = plan.Retention
	// Alarms is who is notified, and when.
	Alarms = plan.Alarms
)

// ReadStage reads and checks <folder>/<name>.yaml. The error lists every finding, each with
// file, line, key and rule.
func ReadStage(folder, name string) (*Stage, error) { return plan.ReadStage(folder, name) }

// Plan is a stage joined with the catalog and the route table, and what the app brings of its
// own: the source of all constructs.
type Plan struct {
	*plan.Plan
	props *InstallationProps
}

// NewPlan joins the stage with catalog and routes. Each system's own Open reads its settings,
// so that a setting that a function would reject at its start is an error here. The error
// lists every finding, with file and line if the stage was read from a file.
func NewPlan(props *InstallationProps) (*Plan, error) {
	full, err := props.withDefaults()
	if err != nil {
		return nil, err
	}
	bus := ""
	if full.Bus != nil {
		bus = *full.Bus.EventBusName()
	}
	joined, err := plan.New(&plan.Props{
		Stage: full.Stage, Catalog: full.Catalog, Routes: full.Routes, Programs: full.Programs, Build: full.Build, Prefix: full.Prefix, Bus: bus,
	})
	if err != nil {
		return nil, err
	}
	return &Plan{Plan: joined, props: full}, nil
}

// busARN returns the ARN of the bus, of the existing one if there is one.
func (p *Plan) busARN() *string {
	if p.props.Bus != nil {
		return p.props.Bus.EventBusArn()
	}
	return arn("events", "event-bus/"+p.Prefix())
}

// topicARN returns the ARN of the topic for alarms, of the existing one if there is one.
func (p *Plan) topicARN() *string {
	if p.props.AlarmTopic != nil {
		return p.props.AlarmTopic.TopicArn()
	}
	return arn("sns", p.Prefix())
}
