package plan

import (
	"maps"
	"strconv"
	"strings"

	"causeway.example/shared/connector"
)

// Environment returns what a function's entry point reads. CloudFormation replaces
// ${AWS::Region} and the like in the values.
func (p *Plan) Environment(s Installed, role connector.Role) map[string]string {
	variables := map[string]string{
		"CAUSEWAY_STAGE":   p.Stage.Name,
		"CAUSEWAY_PREFIX":  p.prefix,
		"CAUSEWAY_QUEUES":  "https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/",
		"CAUSEWAY_TABLE":   p.prefix,
		"CAUSEWAY_BUCKET":  p.Bucket(),
		"CAUSEWAY_SECRET":  p.Secret(s, role),
		"CAUSEWAY_FLOWS":   strings.Join(p.Stage.Flows, ","),
		"CAUSEWAY_FILTERS": strings.Join(p.Stage.Filters, ","),
		"CAUSEWAY_BUILD":   p.build,
	}
	if role == connector.Translate {
		variables["CAUSEWAY_BUS"] = p.bus
	}
	if role == connector.Translate || role == connector.Deliver {
		if len(p.Stage.Budgets) > 0 {
			variables["CAUSEWAY_BUDGETS"] = p.Stage.budgets()
		}
		if role == connector.Deliver {
			maps.Copy(variables, p.Stage.Rules.variables())
		}
		variables["CAUSEWAY_PARALLEL"] = strconv.Itoa(p.Size(s, role).Parallel)
	}
	if role == connector.Audit {
		variables["CAUSEWAY_SECRETS"] = p.auditedSecrets(s)
		for _, other := range p.Audited(s) {
			maps.Copy(variables, other.Config.Settings)
		}
	}
	if p.Stage.Functions.Tracing != "" {
		variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = p.Stage.Functions.Tracing
	}
	maps.Copy(variables, s.Config.Settings)
	return variables
}
