package plan

import "causeway.example/shared/connector"

// RulesOf returns the rules that are set for the function.
func (p *Plan) RulesOf(s Installed, role connector.Role) []string { return p.rules(s, role) }
