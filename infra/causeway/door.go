package causeway

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
	"causeway.example/infra/causeway/watch"
	"causeway.example/shared/connector"
)

// accessLog is one line per request, without its content and without the sender's address,
// which is personal data where a browser or a small shop sends. It names the API, so that
// metrics can be grouped by it.
func (p *Plan) accessLog() string {
	return `{"time":"$context.requestTime","api":"` + p.Prefix() + `","request":"$context.requestId","route":"$context.routeKey","status":"$context.status",` +
		`"took_ms":"$context.responseLatency","bytes":"$context.responseLength","error":"$context.error.message",` +
		`"integration_error":"$context.integrationErrorMessage"}`
}

// DoorProps configures a Door.
type DoorProps struct {
	Plan *Plan
	// Functions are the receive functions of the plan's systems, by system.
	Functions map[string]*Function
}

// Door lets the senders of webhooks in: through one HTTP API, which throttles and can have a
// domain, or through a function's own URL, which is free and does neither.
//
// Neither kind can have a web application firewall of its own; infra/README.md has the recipe for one
// in front of the API.
//
// The API is made of plain resources: package awsapigatewayv2 takes 44 CPU seconds to compile
// for seven resources, almost as much as all other packages together.
type Door struct {
	Construct constructs.Construct // for tags, aspects and dependencies
	API       awscdk.CfnResource   // nil if no system is behind the API
	URLs      map[string]awslambda.FunctionUrl
	Addresses map[string]*string // by system
}

// NewDoor creates a Door, and outputs with the addresses.
func NewDoor(scope constructs.Construct, id string, props *DoorProps) *Door {
	d := &Door{Construct: constructs.NewConstruct(scope, jsii.String(id)), URLs: map[string]awslambda.FunctionUrl{}, Addresses: map[string]*string{}}
	p := props.Plan
	var behind []plan.Installed
	for _, s := range p.Systems {
		switch {
		case !s.Has(connector.Receive):
			continue
		case s.Config.Door == plan.FunctionURL:
			d.URLs[s.Name] = newURL(d.Construct, s, props.Functions[s.Name])
			d.Addresses[s.Name] = d.URLs[s.Name].Url()
		default:
			behind = append(behind, s)
		}
	}
	if len(behind) > 0 {
		d.api(p, behind, props.Functions)
		d.domain(p)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Addresses)) {
		awscdk.NewCfnOutput(d.Construct, jsii.String(plan.Logical(name, "door")), &awscdk.CfnOutputProps{Value: d.Addresses[name]})
	}
	return d
}

func plain(scope constructs.Construct, id, kind string, properties map[string]any) awscdk.CfnResource {
	return awscdk.NewCfnResource(scope, jsii.String(id), &awscdk.CfnResourceProps{Type: jsii.String(kind), Properties: &properties})
}

// api creates the HTTP API with one route per system. It answers everything else itself.
func (d *Door) api(p *Plan, systems []plan.Installed, functions map[string]*Function) {
	d.API = plain(d.Construct, "Api", "AWS::ApiGatewayV2::Api", map[string]any{
		"Name": p.Prefix(), "ProtocolType": "HTTP", "Description": "Webhooks of " + p.Stage.Name, "DisableExecuteApiEndpoint": p.Stage.Door.Domain != "",
	})
	log := p.newLogGroup(d.Construct, "ApiLog", "/aws/vendedlogs/apigateway/"+p.Prefix(), p.props.RemovalPolicy)
	limits := map[string]any{}
	for _, s := range systems {
		d.Addresses[s.Name] = jsii.String(d.host(p) + s.Path())
		if s.Config.Rate > 0 {
			limits[s.RouteKey()] = throttle(s.Config.Rate, s.Config.Burst)
		}
	}
	properties := map[string]any{
		"ApiId": d.API.Ref(), "StageName": "$default", "AutoDeploy": true,
		"DefaultRouteSettings": throttle(p.Stage.Door.Rate, p.Stage.Door.Burst),
		"AccessLogSettings":    map[string]any{"DestinationArn": log.LogGroupArn(), "Format": p.accessLog()},
	}
	if len(limits) > 0 {
		properties["RouteSettings"] = limits
	}
	stage := plain(d.Construct, "ApiStage", "AWS::ApiGatewayV2::Stage", properties)
	for _, s := range systems {
		stage.AddResourceDependency(d.route(p, s, functions[s.Name]), nil)
	}
	for _, filter := range doorFilters {
		d.count(log, filter)
	}
	watch.API(d.Construct, p.Plan, p.topicARN(), d.API.Ref())
}

// host is the beginning of the addresses behind the API.
func (d *Door) host(p *Plan) string {
	if p.Stage.Door.Domain != "" {
		return "https://" + p.Stage.Door.Domain
	}
	return "https://" + *d.API.Ref() + ".execute-api." + *awscdk.Aws_REGION() + "." + *awscdk.Aws_URL_SUFFIX()
}

func throttle(rate, burst int) map[string]any {
	return map[string]any{"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
}

// doorFilter counts the requests with a kind of status, by route, from the access log: API
// Gateway itself has one metric for all of 4xx.
type doorFilter struct{ metric, pattern string }

var doorFilters = []doorFilter{
	{"DoorRefused", `{ $.status = "401" }`},
	{"DoorThrottled", `{ $.status = "429" }`},
	{"DoorDropped", `{ $.status = "400" || $.status = "413" || $.status = "415" || $.status = "422" }`},
}

func (d *Door) count(log awslogs.ILogGroup, filter doorFilter) {
	awslogs.NewCfnMetricFilter(d.Construct, jsii.String("Api"+filter.metric), &awslogs.CfnMetricFilterProps{
		FilterPattern: jsii.String(filter.pattern), LogGroupName: log.LogGroupName(),
		MetricTransformations: []any{&awslogs.CfnMetricFilter_MetricTransformationProperty{
			MetricNamespace: jsii.String(watch.DoorsSpace), MetricName: jsii.String(filter.metric), MetricValue: jsii.String("1"),
			Dimensions: []any{
				&awslogs.CfnMetricFilter_DimensionProperty{Key: jsii.String("Api"), Value: jsii.String("$.api")},
				&awslogs.CfnMetricFilter_DimensionProperty{Key: jsii.String("Route"), Value: jsii.String("$.route")},
			},
		}},
	})
}

// route leads one path to one function. Only the signature authorizes a request, which the
// function checks on the raw bytes.
func (d *Door) route(p *Plan, s plan.Installed, function *Function) awscdk.CfnResource {
	id := plan.Logical(s.Name, "route")
	integration := plain(d.Construct, id+"Integration", "AWS::ApiGatewayV2::Integration", map[string]any{
		"ApiId": d.API.Ref(), "IntegrationType": "AWS_PROXY", "IntegrationUri": function.Invoked.FunctionArn(), "PayloadFormatVersion": "2.0",
		"TimeoutInMillis": int(plan.Quick.Milliseconds()),
	})
	route := plain(d.Construct, id, "AWS::ApiGatewayV2::Route", map[string]any{
		"ApiId": d.API.Ref(), "RouteKey": s.RouteKey(), "AuthorizationType": "NONE",
		"Target": awscdk.Fn_Join(jsii.String("/"), &[]*string{jsii.String("integrations"), integration.Ref()}),
	})
	p.allow(d.Construct, id+"Permission", function.Invoked, "apigateway.amazonaws.com", arn("execute-api", *d.API.Ref()+"/*/POST"+s.Path()))
	return route
}

func (d *Door) domain(p *Plan) {
	if p.Stage.Door.Domain == "" {
		return
	}
	domain := plain(d.Construct, "Domain", "AWS::ApiGatewayV2::DomainName", map[string]any{
		"DomainName": p.Stage.Door.Domain,
		"DomainNameConfigurations": []any{map[string]any{
			"CertificateArn": p.Stage.Door.Certificate, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2",
		}},
	})
	mapping := plain(d.Construct, "DomainMapping", "AWS::ApiGatewayV2::ApiMapping", map[string]any{"ApiId": d.API.Ref(), "DomainName": domain.Ref(), "Stage": "$default"})
	mapping.AddResourceDependency(d.Construct.Node().FindChild(jsii.String("ApiStage")).(awscdk.CfnResource), nil)
	awscdk.NewCfnOutput(d.Construct, jsii.String("DomainTarget"), &awscdk.CfnOutputProps{Value: domain.GetAtt(jsii.String("RegionalDomainName"), "").ToString()})
}

// newURL gives a function its own address. Calling one takes two permissions since October
// 2025, both of which CDK adds.
func newURL(scope constructs.Construct, s plan.Installed, function *Function) awslambda.FunctionUrl {
	return awslambda.NewFunctionUrl(scope, jsii.String(plan.Logical(s.Name, "url")), &awslambda.FunctionUrlProps{
		Function: function.Function, AuthType: awslambda.FunctionUrlAuthType_NONE,
	})
}

// doorFunctions returns the receive functions by system.
func doorFunctions(connectors map[string]*Connector) map[string]*Function {
	found := map[string]*Function{}
	for name, c := range connectors {
		if f := c.Functions[connector.Receive]; f != nil {
			found[name] = f
		}
	}
	return found
}
