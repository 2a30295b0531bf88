package plan

import (
	"cmp"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"causeway.example/functions"
	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// Props is what a Plan is made of. All are required but Bus.
type Props struct {
	Stage    *Stage
	Catalog  []functions.System // the systems that can be installed
	Routes   []routes.Route     // the route table
	Programs string             // folder of the functions' programs, <system>-<role>/bootstrap each
	Build    string             // version that the ledger shows
	Prefix   string             // of every physical name
	Bus      string             // name of an existing bus, "" for one that has the prefix as its name
}

// Plan is a stage joined with the catalog and the route table: the source of all constructs.
// The order of its lists is that of the catalog and the table, so that the same input gives
// the same bytes.
type Plan struct {
	Stage    *Stage
	Systems  []Installed
	Routes   []routes.Route // between systems of the stage, on or off
	Programs string         // folder of the functions' programs
	prefix   string         // of every physical name: "causeway-dev"
	build    string
	bus      string
}

// Installed is a system of the stage, with the profile that its settings give it. Its roles
// are those that have work in the stage.
type Installed struct {
	connector.Profile
	Config     System
	Subscribes bool     // it repairs webhooks that ended
	Required   []string // the secret settings without which no role of it starts
}

// New joins the stage with catalog and routes. Each system's own Open reads its settings,
// so that a setting that a function would reject at its start is an error here. The error
// lists every finding, with file and line if the stage was read from a file.
func New(props *Props) (*Plan, error) {
	stage := props.Stage
	if err := stage.validate(); err != nil {
		return nil, err
	}
	p := &Plan{Stage: stage, Programs: props.Programs, prefix: props.Prefix, build: props.Build, bus: cmp.Or(props.Bus, props.Prefix)}
	check := &checker{stage: stage, catalog: props.Catalog, table: props.Routes}
	check.names()
	for _, known := range props.Catalog {
		if config, on := stage.Systems[known.Profile.Name]; on {
			p.Systems = append(p.Systems, check.system(known, config))
		}
	}
	for _, route := range props.Routes {
		if stage.has(route.From) && stage.has(route.To) {
			p.Routes = append(p.Routes, route)
		}
	}
	for i := range p.Systems {
		p.Systems[i].Roles = p.rolesOf(p.Systems[i])
	}
	check.sizes(p)
	return p, check.err()
}

// rolesOf returns the roles that have work in the stage: a store to which no route of it leads
// is a source only, and a system without a door from which none leads is a target only.
func (p *Plan) rolesOf(s Installed) []connector.Role {
	idle := s.Has(connector.Translate) && len(routes.To(p.Routes, s.Name)) == 0
	silent := !s.Has(connector.Receive) && !slices.Contains(routes.Sources(p.Routes), s.Name)
	return slices.DeleteFunc(slices.Clone(s.Roles), func(role connector.Role) bool {
		return idle && role == connector.Deliver || silent && (role == connector.Translate || role == connector.Poll)
	})
}

// Prefix returns the beginning of every physical name.
func (p *Plan) Prefix() string { return p.prefix }

// BusName returns the name of the bus.
func (p *Plan) BusName() string { return p.bus }

// Built returns an error that names the functions whose program is missing, or that need the
// language of rules and were built without it.
func (p *Plan) Built() error {
	var missing []error
	for _, s := range p.Systems {
		for _, role := range s.Roles {
			if err := p.built(s, role); err != nil {
				missing = append(missing, err)
			}
		}
	}
	return errors.Join(missing...)
}

func (p *Plan) built(s Installed, role connector.Role) error {
	path := filepath.Join(p.Program(s, role), "bootstrap")
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("function %s is not built: %w", s.Function(role), err)
	}
	set := p.rules(s, role)
	if len(set) == 0 {
		return nil
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return fmt.Errorf("function %s: %w", s.Function(role), err)
	}
	for _, setting := range info.Settings {
		if setting.Key == "-tags" && slices.Contains(strings.Split(setting.Value, ","), "rules") {
			return nil
		}
	}
	return fmt.Errorf("function %s was built without the language of rules, and %s is set: make dist RULES=1", s.Function(role), strings.Join(set, ", "))
}

// rules returns the rules that are set for the function.
func (p *Plan) rules(s Installed, role connector.Role) []string {
	if role != connector.Deliver {
		return nil
	}
	variables := p.Environment(s, role)
	return slices.DeleteFunc(append(slices.Clone(s.Rules), connector.Expressions(connector.SkipRules{})...), func(key string) bool { return variables[key] == "" })
}

// Program returns the folder of the function's program.
func (p *Plan) Program(s Installed, role connector.Role) string {
	return filepath.Join(p.Programs, s.Function(role))
}

func (s *Stage) has(system string) bool {
	_, on := s.Systems[system]
	return on
}

// IsOn reports whether the flow of the route is on.
func (s *Stage) IsOn(route routes.Route) bool { return slices.Contains(s.Flows, route.Name()) }

// Has reports whether the system has the role in the stage.
func (s Installed) Has(role connector.Role) bool { return slices.Contains(s.Roles, role) }

// Function returns the name of a function, without the prefix; it is also the name of
// its folder in dist.
func (s Installed) Function(role connector.Role) string { return s.Name + "-" + string(role) }

// IsAsync reports whether events start the function asynchronously: Lambda then retries, and
// an event that fails for good needs a place of its own.
func (s Installed) IsAsync(role connector.Role) bool {
	return role == connector.Poll || role == connector.Pickup || role == connector.Audit || role == connector.Receive && s.Config.Partner != ""
}

// Name returns the physical name of a part: "causeway-dev-shopify-inbox" of "shopify-inbox".
func (p *Plan) Name(part string) string { return p.prefix + "-" + part }

// Queues returns the names of the queues that the function takes messages from.
func (p *Plan) Queues(s Installed, role connector.Role) []string {
	switch role {
	case connector.Translate:
		return []string{routes.Inbox(s.Name), routes.InboxBackfill(s.Name)}
	case connector.Deliver:
		var names []string
		for _, route := range routes.To(p.Routes, s.Name) {
			names = append(names, route.Queue())
		}
		return names
	default:
		return nil
	}
}

// Remarks returns what is accepted and still worth knowing.
func (p *Plan) Remarks() []string {
	var all []string
	for _, s := range p.Systems {
		for _, role := range s.Roles {
			if size := p.Size(s, role); size.Total > s.Concurrency && role == connector.Deliver {
				all = append(all, fmt.Sprintf("%s takes %d calls at once, and its %d queues have %d workers: they wait for each other",
					s.Name, s.Concurrency, size.Total/size.Workers, size.Total))
			}
			if role == connector.Receive && s.Config.Secret != "" && p.Secret(s, role) == s.Config.Secret {
				all = append(all, fmt.Sprintf("the door of %s reads %s, which holds the key of its API too: name another in systems.%s.secrets.receive", s.Name, s.Config.Secret, s.Name))
			}
		}
		if s.Config.Door == FunctionURL && p.Stage.Functions.Shift != "" {
			all = append(all, fmt.Sprintf("the door of %s is a function URL, which names no alias: its code is replaced at once", s.Name))
		}
	}
	return all
}

// hasAll reports whether all of these are roles of the system.
func (s Installed) hasAll(roles []string) bool {
	return !slices.ContainsFunc(roles, func(role string) bool { return !s.Has(connector.Role(role)) })
}

// AllQueues returns the names of the queues that functions take from, without their dead letters.
func (p *Plan) AllQueues() []string {
	var names []string
	for _, s := range p.Systems {
		for _, role := range s.Roles {
			names = append(names, p.Queues(s, role)...)
		}
	}
	return names
}

// Enabled reports whether messages of the queue are handled: an inbox's always, a route's
// while its flow is on.
func (p *Plan) Enabled(queue string) bool {
	for _, route := range p.Routes {
		if route.Queue() == queue {
			return p.Stage.IsOn(route)
		}
	}
	return true
}
