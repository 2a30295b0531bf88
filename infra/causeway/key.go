package causeway

import (
	"slices"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
	"causeway.example/shared/valuemap"
)

// The layout of the table's partition keys is shared/cloud's, and the names of the records
// are the pipeline's. Both are repeated here because package infra must not link the AWS SDK;
// test-aws holds the calls that each function makes to its role.
//
// stateKeys returns patterns of the records of a role. Every record names the target, the
// inbox or the source that it belongs to. Keys of more than 1,022 bytes are stored by their
// hash, which names no system.
func stateKeys(s plan.Installed, role connector.Role) []string {
	hashed := "S#sha256/*"
	switch role {
	case connector.Translate:
		keys := []string{"S#" + routes.Inbox(s.Name) + "|*", "S#" + routes.InboxBackfill(s.Name) + "|*", "S#bind.*|" + s.Name + "/*", "S#connection|" + s.Name, hashed}
		return append(keys, waiterKeys(s)...)
	case connector.Deliver:
		return append([]string{"S#" + s.Name + "|*", "S#bind.*|" + s.Name + "/*", "S#connection|" + s.Name, hashed}, waiterKeys(s)...)
	case connector.Audit:
		return []string{"S#audit|" + s.Name + "|*", hashed}
	default:
		return []string{"S#poll|" + s.Name + "/*", "S#bind.*|" + s.Name + "/*", "S#connection|" + s.Name, hashed}
	}
}

// waiterKeys returns the pattern of the records of the messages that wait for map entries of the
// system; none if it has no maps.
func waiterKeys(s plan.Installed) []string {
	if len(s.Maps()) == 0 {
		return nil
	}
	return []string{"S#" + valuemap.WaitersKey(s.Name, "*")}
}

// ledgerKeys returns patterns of the ledger's partitions: traces and events, whose ids name no
// system; the entities of the systems that the role handles; and what only some roles write.
func (p *Plan) ledgerKeys(s plan.Installed, role connector.Role) []string {
	keys := append([]string{"L#*", "E#*", "K#" + s.Name + "?*"}, ownKeys[role]...)
	if role == connector.Deliver || role == connector.Audit {
		for _, route := range routes.To(p.Routes, s.Name) {
			if key := "K#" + route.From + "?*"; !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// ownKeys are the days of bad ends, but for doors, which end nothing, and the pointers of the
// search keys that a role's entries have.
var ownKeys = map[connector.Role][]string{
	connector.Receive: {"F#webhook:*"}, connector.Pickup: {"F#webhook:*"}, connector.Poll: {"D#*", "F#webhook:*"},
	connector.Audit: {"F#privacy:*", "F#ref:*"}, connector.Translate: {"D#*", "F#*"}, connector.Deliver: {"D#*", "F#ref:*", "F#fingerprint:*"},
}
