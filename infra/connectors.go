package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"causeway/shared/connector"
	"causeway/shared/routes"
)

// connectors is the stack of the functions, and of everything that starts them.
func (p *plan) connectors() template {
	t := template{
		Name: p.name("connectors"), About: "Causeway " + p.stage.Name + ": functions, doors, schedules",
		After: []string{p.name("state"), p.name("messaging")}, Outputs: map[string]any{},
	}
	for _, s := range p.systems {
		for _, role := range s.Roles {
			t.add(p.function(s, role)...)
			for _, queue := range p.queues(s, role) {
				t.add(p.mapping(s, role, queue))
			}
			if s.isAsync(role) {
				t.add(p.onFailure(s, role))
			}
		}
		for _, trigger := range p.triggers(s) {
			t.add(p.start(trigger)...)
		}
	}
	p.doors(&t)
	return t
}

func (p *plan) logGroup(s system, role connector.Role) string {
	return "/aws/lambda/" + p.name(s.function(role))
}

// function makes a function with its role and its log. The role's name is left to
// CloudFormation: names of roles are shared by all regions of an account.
func (p *plan) function(s system, role connector.Role) []resource {
	name := s.function(role)
	id := logical(name)
	var may []props
	for _, s := range p.permissions(s, role) {
		may = append(may, s.document())
	}
	return []resource{
		{ID: id + "Log", Type: "AWS::Logs::LogGroup", Keep: p.stage.Production, Props: props{
			"LogGroupName": p.logGroup(s, role), "RetentionInDays": p.stage.Retention.Log,
		}},
		{ID: id + "Role", Type: "AWS::IAM::Role", Props: props{
			"Description":              "What the function " + p.name(name) + " may do",
			"AssumeRolePolicyDocument": policy(props{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": props{"Service": "lambda.amazonaws.com"}}),
			"Policies":                 []any{props{"PolicyName": "work", "PolicyDocument": policy(may...)}},
		}},
		{ID: id, Type: "AWS::Lambda::Function", Props: p.runtime(s, role)},
	}
}

func (p *plan) runtime(s system, role connector.Role) props {
	name, size := s.function(role), p.size(s, role)
	properties := props{
		"FunctionName": p.name(name), "Description": s.Title + ": " + string(role), "Code": asset{name},
		"Runtime": "provided.al2023", "Architectures": []any{"arm64"}, "Handler": "bootstrap",
		"MemorySize": p.stage.Functions.Memory, "Timeout": int(size.timeout.Seconds()),
		"Role":        attribute(logical(name)+"Role", "Arn"),
		"Environment": props{"Variables": p.environment(s, role)},
		"LoggingConfig": props{
			"LogFormat": "JSON", "ApplicationLogLevel": p.stage.Functions.LogLevel, "SystemLogLevel": "WARN", "LogGroup": ref(logical(name) + "Log"),
		},
	}
	if size.total > 0 && p.stage.Functions.Reserve {
		// Not less than all pollers together start: a refused start counts as a receive.
		properties["ReservedConcurrentExecutions"] = size.total
	}
	return properties
}

// environment returns what a function's entry point reads.
func (p *plan) environment(s system, role connector.Role) props {
	variables := props{
		"CAUSEWAY_STAGE":   p.stage.Name,
		"CAUSEWAY_PREFIX":  p.prefix,
		"CAUSEWAY_QUEUES":  sub("https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/"),
		"CAUSEWAY_TABLE":   p.prefix,
		"CAUSEWAY_BUCKET":  sub(p.bucket()),
		"CAUSEWAY_SECRET":  p.secret(s),
		"CAUSEWAY_FILTERS": strings.Join(p.stage.Filters, ","),
		"CAUSEWAY_BUILD":   p.build,
	}
	if role == connector.Translate {
		variables["CAUSEWAY_BUS"] = p.prefix
	}
	if role == connector.Translate || role == connector.Deliver {
		variables["CAUSEWAY_FLOWS"] = strings.Join(p.stage.Flows, ",")
		if len(p.stage.Budgets) > 0 {
			variables["CAUSEWAY_BUDGETS"] = p.stage.budgets()
		}
		variables["CAUSEWAY_PARALLEL"] = strconv.Itoa(p.size(s, role).parallel)
	}
	if p.stage.Functions.Tracing != "" {
		variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = p.stage.Functions.Tracing
	}
	for _, key := range slices.Sorted(maps.Keys(s.config.Settings)) {
		variables[key] = s.config.Settings[key]
	}
	return variables
}

// mapping has Lambda take a queue's messages to the function. It filters nothing: what a
// mapping's filter does not let pass is deleted for good.
func (p *plan) mapping(s system, role connector.Role, queue string) resource {
	size := p.size(s, role)
	return resource{ID: logical(queue, "mapping"), Type: "AWS::Lambda::EventSourceMapping", Props: props{
		"EventSourceArn": arn("sqs", p.name(queue)), "FunctionName": ref(logical(s.function(role))), "Enabled": p.enabled(queue),
		"BatchSize": size.batch, "MaximumBatchingWindowInSeconds": 0,
		"FunctionResponseTypes": []any{"ReportBatchItemFailures"},
		"ScalingConfig":         props{"MaximumConcurrency": size.workersOf(queue, s)},
		"MetricsConfig":         props{"Metrics": []any{"EventCount"}},
	}}
}

// onFailure keeps what an asynchronous start was given, when Lambda's own retries have failed.
func (p *plan) onFailure(s system, role connector.Role) resource {
	return resource{ID: logical(s.function(role), "on-failure"), Type: "AWS::Lambda::EventInvokeConfig", Props: props{
		"FunctionName": ref(logical(s.function(role))), "Qualifier": "$LATEST", "MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 6 * 60 * 60,
		"DestinationConfig": props{"OnFailure": props{"Destination": arn("sqs", p.name(routes.Dead(s.function(role))))}},
	}}
}
