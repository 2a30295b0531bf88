package main

import (
	"causeway/shared/connector"
)

const functionURL = "function-url"

// accessLog is one line per request, without anything of its content.
const accessLog = `{"time":"$context.requestTime","request":"$context.requestId","route":"$context.routeKey","status":"$context.status",` +
	`"took_ms":"$context.responseLatency","bytes":"$context.responseLength","from":"$context.identity.sourceIp","error":"$context.error.message",` +
	`"integration_error":"$context.integrationErrorMessage"}`

// doors lets the senders in: through one HTTP API, which throttles and can have a domain,
// or through a function's own URL, which costs nothing and does neither.
func (p *plan) doors(t *template) {
	var behind []system
	for _, s := range p.systems {
		switch {
		case !s.has(connector.Receive):
		case s.config.Door == functionURL:
			t.add(p.url(s)...)
			t.Outputs[logical(s.Name, "door")] = attribute(logical(s.Name, "url"), "FunctionUrl")
		default:
			behind = append(behind, s)
			t.Outputs[logical(s.Name, "door")] = p.address(s)
		}
	}
	if len(behind) > 0 {
		t.add(p.api(behind)...)
		t.add(p.domain()...)
		if p.stage.Door.Domain != "" {
			t.Outputs["DomainTarget"] = attribute("Domain", "RegionalDomainName")
		}
	}
}

func hook(s system) string { return "/hooks/" + s.Name }

func (p *plan) address(s system) any {
	if p.stage.Door.Domain != "" {
		return "https://" + p.stage.Door.Domain + hook(s)
	}
	return sub("https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}" + hook(s))
}

// api makes the HTTP API with one route per system. Anything else it answers itself.
func (p *plan) api(systems []system) []resource {
	var all []resource
	var after []string
	limits := props{}
	for _, s := range systems {
		all = append(all, p.route(s)...)
		after = append(after, logical(s.Name, "route"))
		if s.config.Rate > 0 {
			limits["POST "+hook(s)] = throttle(s.config.Rate, s.config.Burst)
		}
	}
	stage := props{
		"ApiId": ref("Api"), "StageName": "$default", "AutoDeploy": true,
		"DefaultRouteSettings": throttle(p.stage.Door.Rate, p.stage.Door.Burst),
		"AccessLogSettings":    props{"DestinationArn": attribute("ApiLog", "Arn"), "Format": accessLog},
	}
	if len(limits) > 0 {
		stage["RouteSettings"] = limits
	}
	return append(all,
		resource{ID: "Api", Type: "AWS::ApiGatewayV2::Api", Props: props{
			"Name": p.prefix, "ProtocolType": "HTTP", "Description": "Webhooks of " + p.stage.Name,
			"DisableExecuteApiEndpoint": p.stage.Door.Domain != "",
		}},
		resource{ID: "ApiLog", Type: "AWS::Logs::LogGroup", Keep: p.stage.Production, Props: props{
			"LogGroupName": "/aws/vendedlogs/apigateway/" + p.prefix, "RetentionInDays": p.stage.Retention.Log,
		}},
		resource{ID: "ApiStage", Type: "AWS::ApiGatewayV2::Stage", After: after, Props: stage},
		// Here and not in the stack of the alarms, because an API's id is not a name.
		p.alarm("api-fails", doorFails, statistic("AWS/ApiGateway", "5xx", "Sum", props{"ApiId": ref("Api")}), 0),
	)
}

func throttle(rate, burst int) props {
	return props{"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
}

// route leads one path to one function. Nothing authorises it but the signature, which
// the function checks on the raw bytes.
func (p *plan) route(s system) []resource {
	function, id := logical(s.function(connector.Receive)), logical(s.Name, "route")
	return []resource{
		{ID: id, Type: "AWS::ApiGatewayV2::Route", Props: props{
			"ApiId": ref("Api"), "RouteKey": "POST " + hook(s), "AuthorizationType": "NONE",
			"Target": sub("integrations/${" + id + "Integration}"),
		}},
		{ID: id + "Integration", Type: "AWS::ApiGatewayV2::Integration", Props: props{
			"ApiId": ref("Api"), "IntegrationType": "AWS_PROXY", "IntegrationUri": attribute(function, "Arn"), "PayloadFormatVersion": "2.0",
			"TimeoutInMillis": int(quick.Milliseconds()),
		}},
		{ID: id + "Permission", Type: "AWS::Lambda::Permission", Props: props{
			"Action": "lambda:InvokeFunction", "FunctionName": ref(function), "Principal": "apigateway.amazonaws.com",
			"SourceArn": arn("execute-api", "${Api}/*/POST"+hook(s)),
		}},
	}
}

func (p *plan) domain() []resource {
	if p.stage.Door.Domain == "" {
		return nil
	}
	return []resource{
		{ID: "Domain", Type: "AWS::ApiGatewayV2::DomainName", Props: props{
			"DomainName": p.stage.Door.Domain,
			"DomainNameConfigurations": []any{props{
				"CertificateArn": p.stage.Door.Certificate, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2",
			}},
		}},
		{ID: "DomainMapping", Type: "AWS::ApiGatewayV2::ApiMapping", After: []string{"ApiStage"}, Props: props{
			"ApiId": ref("Api"), "DomainName": ref("Domain"), "Stage": "$default",
		}},
	}
}

// url gives a door an address of its own. Since October 2025 calling one takes both
// permissions.
func (p *plan) url(s system) []resource {
	function, id := logical(s.function(connector.Receive)), logical(s.Name, "url")
	permission := props{"FunctionName": ref(function), "Principal": "*"}
	open := func(more props) props {
		for key, value := range permission {
			more[key] = value
		}
		return more
	}
	return []resource{
		{ID: id, Type: "AWS::Lambda::Url", Props: props{"AuthType": "NONE", "TargetFunctionArn": attribute(function, "Arn")}},
		{ID: id + "Permission", Type: "AWS::Lambda::Permission", Props: open(props{"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"})},
		{ID: id + "CallPermission", Type: "AWS::Lambda::Permission", Props: open(props{"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": true})},
	}
}
