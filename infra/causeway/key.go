package causeway

import (
	"slices"

	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// The layout of the table's partition keys is shared/cloud's, and the names of the records
// are the pipeline's. Both are repeated here because package infra must not link the AWS SDK;
// test-aws holds the calls that each function makes to its role.
//
// stateKeys returns patterns of the records of a role. Every record names the target, the
// inbox or the source that it belongs to. Keys of more than 1,022 bytes are stored by their
// hash, which names no system.
func stateKeys(s system, role connector.Role) []string {
	hashed := "S#sha256/*"
	switch role {
	case connector.Translate:
		return []string{"S#" + routes.Inbox(s.Name) + "|*", "S#" + routes.InboxBackfill(s.Name) + "|*", "S#bind.*|" + s.Name + "/*", "S#connection|" + s.Name, hashed}
	case connector.Deliver:
		return []string{"S#" + s.Name + "|*", "S#bind.*|" + s.Name + "/*", "S#connection|" + s.Name, hashed}
	default:
		return []string{"S#poll|" + s.Name + "/*", "S#bind.*|" + s.Name + "/*", "S#connection|" + s.Name, hashed}
	}
}

// ledgerKeys returns patterns of the ledger's partitions: traces and events, whose ids name no
// system; the search keys that the role's entries have; the entities of the systems that the
// role handles; and the days of bad ends, but for doors.
func (p *Plan) ledgerKeys(s system, role connector.Role) []string {
	keys := []string{"L#*", "E#*", "K#" + s.Name + "?*"}
	if role != connector.Receive && role != connector.Pickup { // a door ends nothing
		keys = append(keys, "D#*")
	}
	if role == connector.Deliver {
		for _, route := range routes.To(p.routes, s.Name) {
			if key := "K#" + route.From + "?*"; !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return append(keys, searchKeys(role)...)
}

// searchKeys returns patterns of the pointers by which a role's entries are found: a door and a
// poll know the sender's ids of a delivery, a deliver function the target's id and the
// fingerprint of a failure.
func searchKeys(role connector.Role) []string {
	switch role {
	case connector.Receive, connector.Pickup, connector.Poll:
		return []string{"F#webhook:*"}
	case connector.Deliver:
		return []string{"F#ref:*", "F#fingerprint:*"}
	default:
		return []string{"F#*"}
	}
}
