package plan

import (
	"slices"
	"strings"

	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// Secret returns the name of the secret that the role reads, "" if the system has none. The
// door has a secret of its own, with only what verifies webhooks: a fault in code that
// strangers can call must not reveal the key of the vendor's API. The other roles share one,
// because each of them calls that API.
func (p *Plan) Secret(s Installed, role connector.Role) string {
	named, ok := s.Config.Secrets[string(role)]
	switch {
	case len(s.Secrets) == 0:
		return ""
	case ok:
		return named
	case s.Config.Secret != "":
		return s.Config.Secret
	case role == connector.Receive:
		return p.prefix + "/" + s.Name + "/" + string(role)
	}
	return p.prefix + "/" + s.Name
}

// LedgerSecret returns the name of the secret under which the ledger hashes addresses. It is
// shared/cloud's, repeated here because the templates must not link the AWS SDK; test-aws holds
// the functions to it.
func (p *Plan) LedgerSecret() string { return p.prefix + "/ledger" }

// Audited returns the target with the sources that have routes to it: an audit opens them all,
// the sources as their polls do.
func (p *Plan) Audited(s Installed) (all []Installed) {
	for _, other := range p.Systems {
		leads := slices.ContainsFunc(p.Routes, func(r routes.Route) bool { return r.From == other.Name && r.To == s.Name })
		if other.Name == s.Name || leads {
			all = append(all, other)
		}
	}
	return all
}

// SecretsOf returns the names of the secrets that the role reads.
func (p *Plan) SecretsOf(s Installed, role connector.Role) (names []string) {
	if own := p.Secret(s, role); own != "" {
		names = append(names, own)
	}
	if role == connector.Audit {
		for _, other := range p.Audited(s) {
			if name := p.Secret(other, connector.Poll); other.Name != s.Name && name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// SecretNames returns the names of the secrets of doors, or of all other roles.
func (p *Plan) SecretNames(doors bool) []string {
	names := []string{}
	for _, s := range p.Systems {
		for _, role := range s.Roles {
			if name := p.Secret(s, role); (role == connector.Receive) == doors && name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// auditedSecrets returns which secret each audited system has: "shopify=causeway-dev/shopify".
func (p *Plan) auditedSecrets(s Installed) string {
	var pairs []string
	for _, other := range p.Audited(s) {
		role := connector.Poll
		if other.Name == s.Name {
			role = connector.Audit
		}
		pairs = append(pairs, other.Name+"="+p.Secret(other, role))
	}
	return strings.Join(pairs, ",")
}

// IsOwnSecret reports whether the installation creates the role's secret.
func (p *Plan) IsOwnSecret(s Installed, role connector.Role) bool {
	_, named := s.Config.Secrets[string(role)]
	return len(s.Secrets) > 0 && !named && s.Config.Secret == ""
}
