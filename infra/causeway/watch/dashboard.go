package watch

import (
	"encoding/json"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

type props = map[string]any

// The dashboard's grid: CloudWatch has 24 columns. Each stage of the trip is a column.
const (
	columnWidth = 6
	tileHeight  = 5
	headHeight  = 2
)

// drawing is the plan, for its dashboard.
type drawing struct{ *plan.Plan }

// dashboard draws the flows from left to right: sources, bus, routes, targets; in each
// column one tile per source, rule, route and target. The picture on top is a table of
// the flows.
func (p drawing) dashboard(scope constructs.Construct) awscloudwatch.CfnDashboard {
	widgets := p.picture()
	for _, column := range []func() []props{p.sourceTiles, p.ruleTiles, p.routeTiles, p.targetTiles} {
		widgets = append(widgets, column()...)
	}
	body, err := json.Marshal(props{"start": "-PT3H", "periodOverride": "inherit", "widgets": widgets})
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	return awscloudwatch.NewCfnDashboard(scope, jsii.String("Dashboard"), &awscloudwatch.CfnDashboardProps{DashboardName: jsii.String(p.Prefix()), DashboardBody: awscdk.Fn_Sub(jsii.String(string(body)), nil)})
}

// picture is the map of the flows in words, and the columns' heads.
func (p drawing) picture() []props {
	var text strings.Builder
	text.WriteString("# " + p.Prefix() + "\n| source | event types | route | target | |\n|---|---|---|---|---|\n")
	for _, route := range p.Routes {
		state := "on"
		if !p.Stage.IsOn(route) {
			state = "**off**"
		}
		text.WriteString("| " + route.From + " → | " + strings.Join(route.Types, ", ") + " | " + route.Name() + " | → " + route.To + " | " + state + " |\n")
	}
	height := 3 + len(p.Routes)
	widgets := []props{{"type": "text", "x": 0, "y": 0, "width": 4 * columnWidth, "height": height, "properties": props{"markdown": text.String()}}}
	for i, title := range []string{"Sources →", "→ Bus →", "→ Routes →", "→ Targets"} {
		widgets = append(widgets, props{"type": "text", "x": i * columnWidth, "y": height, "width": columnWidth, "height": headHeight, "properties": props{"markdown": "## " + title}})
	}
	return widgets
}

// tile puts the n-th graph into a column.
func (p drawing) tile(column, n int, title string, metrics ...[]any) props {
	top := 3 + len(p.Routes) + headHeight
	return props{
		"type": "metric", "x": column * columnWidth, "y": top + n*tileHeight, "width": columnWidth, "height": tileHeight,
		"properties": props{
			"title": title, "region": "${AWS::Region}", "view": "timeSeries", "stacked": false, "period": int(period.Seconds()),
			"metrics": metrics, "yAxis": props{"left": props{"min": 0}},
		},
	}
}

func line(namespace, name, dimension, value, kind, label string) []any {
	return []any{namespace, name, dimension, value, props{"stat": kind, "label": label}}
}

func (p drawing) sourceTiles() []props {
	var tiles []props
	for _, s := range p.Systems {
		if !s.Has(connector.Translate) {
			continue
		}
		inbox := p.Name(routes.Inbox(s.Name))
		metrics := [][]any{
			line("AWS/SQS", "NumberOfMessagesSent", "QueueName", inbox, "Sum", "received"),
			line("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", inbox, "Maximum", "wait"),
			line("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", routes.Dead(inbox), "Maximum", "dead"),
		}
		if s.Has(connector.Receive) {
			metrics = append(metrics, line("AWS/Lambda", "Errors", "FunctionName", p.Name(s.Function(connector.Receive)), "Sum", "door errors"))
		}
		tiles = append(tiles, p.tile(0, len(tiles), s.Title, metrics...))
	}
	return tiles
}

func (p drawing) ruleTiles() []props {
	var tiles []props
	for i, route := range p.Routes {
		of := func(name, label string) []any {
			return []any{"AWS/Events", name, "EventBusName", p.Prefix(), "RuleName", p.Name(route.Name()), props{"stat": "Sum", "label": label}}
		}
		tiles = append(tiles, p.tile(1, i, route.From+" "+route.Flow, of("MatchedEvents", "matched"), of("Invocations", "queued"), of("FailedInvocations", "failed")))
	}
	return tiles
}

func (p drawing) routeTiles() []props {
	var tiles []props
	for i, route := range p.Routes {
		queue := p.Name(route.Queue())
		age := []any{
			functionsSpace, "Age", "Function", p.Name(route.To + "-" + string(connector.Deliver)), "Route", route.Queue(),
			props{"stat": "Maximum", "label": "age at the attempt, s", "yAxis": "right"},
		}
		tiles = append(tiles, p.tile(2, i, route.Name(),
			line("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, "Maximum", "wait"),
			line("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", queue, "Maximum", "in flight or deferred"),
			p.outcome(route, "Confirmed"), p.outcome(route, "Deferred"),
			line("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", routes.Dead(queue), "Maximum", "dead"), age))
	}
	return tiles
}

// outcome is how often a message of the route came to a stage of the ledger, as the
// function counts it in its log.
func (p drawing) outcome(route routes.Route, stage string) []any {
	function := p.Name(route.To + "-" + string(connector.Deliver))
	return []any{functionsSpace, stage, "Function", function, "Route", route.Queue(), props{"stat": "Sum", "label": strings.ToLower(stage)}}
}

func (p drawing) targetTiles() []props {
	var tiles []props
	for _, s := range p.Systems {
		if !s.Has(connector.Deliver) {
			continue
		}
		name := p.Name(s.Function(connector.Deliver))
		tiles = append(tiles, p.tile(3, len(tiles), s.Title,
			line("AWS/Lambda", "Invocations", "FunctionName", name, "Sum", "runs"),
			line("AWS/Lambda", "ConcurrentExecutions", "FunctionName", name, "Maximum", "at once"),
			line("AWS/Lambda", "Errors", "FunctionName", name, "Sum", "errors"),
			line("AWS/Lambda", "Throttles", "FunctionName", name, "Sum", "throttled")))
	}
	return tiles
}
