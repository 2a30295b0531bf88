package plan

import (
	"cmp"
	"strings"

	"causeway.example/shared/connector"
)

// Trigger is a rule, besides those of the routes, that starts a function.
type Trigger struct {
	ID       string // logical id
	Name     string // physical name
	Role     connector.Role
	Bus      string         // partner event source, "" for the account's default bus
	Pattern  map[string]any // of events
	Schedule string         // instead of events
	Off      bool
}

// quarter is how often a system is polled, and night when it is audited, by UTC.
const (
	quarter = "rate(15 minutes)"
	night   = "cron(0 3 * * ? *)"
)

// Triggers returns what starts the system's functions besides HTTP and queues.
func (p *Plan) Triggers(s Installed) []Trigger {
	var all []Trigger
	if s.Config.Partner != "" {
		all = append(all, Trigger{
			ID: Logical(s.Name, "partner"), Name: p.Name(s.Name + "-partner"), Role: connector.Receive,
			Bus: s.Config.Partner, Pattern: map[string]any{"source": []any{map[string]any{"prefix": "aws.partner/"}}},
		})
	}
	for _, timed := range []struct {
		role         connector.Role
		given, usual string
	}{{connector.Poll, s.Config.Poll, quarter}, {connector.Audit, s.Config.Audit, night}} {
		if name := s.Function(timed.role); s.Has(timed.role) {
			all = append(all, Trigger{
				ID: Logical(name, "schedule"), Name: p.Name(name), Role: timed.role,
				Schedule: cmp.Or(strings.TrimPrefix(timed.given, "off"), timed.usual), Off: timed.given == "off",
			})
		}
	}
	if s.Has(connector.Pickup) {
		name := s.Function(connector.Pickup)
		all = append(all, Trigger{ID: Logical(name, "drop"), Name: p.Name(name), Role: connector.Pickup, Pattern: map[string]any{
			"source": []any{"aws.s3"}, "detail-type": []any{"Object Created"},
			"detail": map[string]any{
				"bucket": map[string]any{"name": []any{map[string]any{"Fn::Sub": p.Bucket()}}},
				"object": map[string]any{"key": []any{map[string]any{"prefix": "drop/" + s.Name + "/"}}},
			},
		}})
	}
	return all
}

// Rule returns the last part of the ARN of the trigger's rule.
func (t Trigger) Rule() string {
	if t.Bus == "" {
		return "rule/" + t.Name
	}
	return "rule/" + t.Bus + "/" + t.Name
}
