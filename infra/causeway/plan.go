package causeway

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/routes"
)

// Plan is a stage joined with the catalog and the route table: the source of all constructs.
// The order of its lists is that of the catalog and the table, so that the same input gives
// the same bytes.
type Plan struct {
	props   *InstallationProps
	stage   *Stage
	prefix  string // of every physical name: "causeway-dev"
	systems []system
	routes  []routes.Route // between systems of the stage, on or off
}

// system is a system of the stage, with the profile that its settings give it.
type system struct {
	connector.Profile
	config     System
	subscribes bool     // it repairs webhooks that ended
	required   []string // the secret settings without which no role of it starts
}

// NewPlan joins the stage with catalog and routes. Each system's own Open reads its settings,
// so that a setting that a function would reject at its start is an error here. The error
// lists every finding, with file and line if the stage was read from a file.
func NewPlan(props *InstallationProps) (*Plan, error) {
	full, err := props.withDefaults()
	if err != nil {
		return nil, err
	}
	stage := full.Stage
	if err := stage.validate(); err != nil {
		return nil, err
	}
	p := &Plan{props: full, stage: stage, prefix: full.Prefix}
	check := &checker{stage: stage, catalog: full.Catalog, table: full.Routes}
	check.names()
	for _, known := range full.Catalog {
		if config, on := stage.Systems[known.Profile.Name]; on {
			p.systems = append(p.systems, check.system(known, config))
		}
	}
	for _, route := range full.Routes {
		if stage.has(route.From) && stage.has(route.To) {
			p.routes = append(p.routes, route)
		}
	}
	for i := range p.systems {
		p.systems[i].Roles = p.rolesOf(p.systems[i])
	}
	check.sizes(p)
	return p, check.err()
}

// rolesOf returns the roles that have work in the stage: a store to which no route of it leads
// is a source only.
func (p *Plan) rolesOf(s system) []connector.Role {
	idle := s.has(connector.Translate) && len(routes.To(p.routes, s.Name)) == 0
	return slices.DeleteFunc(slices.Clone(s.Roles), func(role connector.Role) bool { return idle && role == connector.Deliver })
}

// Prefix returns the beginning of every physical name.
func (p *Plan) Prefix() string { return p.prefix }

// Built returns an error that names the functions whose program is missing, or that need the
// language of rules and were built without it.
func (p *Plan) Built() error {
	var missing []error
	for _, s := range p.systems {
		for _, role := range s.Roles {
			if err := p.built(s, role); err != nil {
				missing = append(missing, err)
			}
		}
	}
	return errors.Join(missing...)
}

func (p *Plan) built(s system, role connector.Role) error {
	path := filepath.Join(p.program(s, role), "bootstrap")
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("function %s is not built: %w", s.function(role), err)
	}
	set := p.rules(s, role)
	if len(set) == 0 {
		return nil
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return fmt.Errorf("function %s: %w", s.function(role), err)
	}
	for _, setting := range info.Settings {
		if setting.Key == "-tags" && slices.Contains(strings.Split(setting.Value, ","), "rules") {
			return nil
		}
	}
	return fmt.Errorf("function %s was built without the language of rules, and %s is set: make dist RULES=1", s.function(role), strings.Join(set, ", "))
}

// rules returns the rules that are set for the function.
func (p *Plan) rules(s system, role connector.Role) []string {
	if role != connector.Deliver {
		return nil
	}
	variables := p.environment(s, role)
	return slices.DeleteFunc(append(slices.Clone(s.Rules), connector.Expressions(connector.SkipRules{})...), func(key string) bool { return variables[key] == "" })
}

func (p *Plan) program(s system, role connector.Role) string {
	return filepath.Join(p.props.Programs, s.function(role))
}

func (s *Stage) has(system string) bool {
	_, on := s.Systems[system]
	return on
}

func (s *Stage) isOn(route routes.Route) bool { return slices.Contains(s.Flows, route.Name()) }

func (s system) has(role connector.Role) bool { return slices.Contains(s.Roles, role) }

// function returns the name of a function, without the prefix; it is also the name of
// its folder in dist.
func (s system) function(role connector.Role) string { return s.Name + "-" + string(role) }

// isAsync reports whether events start the function asynchronously: Lambda then retries, and
// an event that fails for good needs a place of its own.
func (s system) isAsync(role connector.Role) bool {
	return role == connector.Poll || role == connector.Pickup || role == connector.Audit || role == connector.Receive && s.config.Partner != ""
}

// secret returns the name of the secret that the role reads, "" if the system has none. The
// door has a secret of its own, with only what verifies webhooks: a fault in code that
// strangers can call must not reveal the key of the vendor's API. The other roles share one,
// because each of them calls that API.
func (p *Plan) secret(s system, role connector.Role) string {
	named, ok := s.config.Secrets[string(role)]
	switch {
	case len(s.Secrets) == 0:
		return ""
	case ok:
		return named
	case s.config.Secret != "":
		return s.config.Secret
	case role == connector.Receive:
		return p.prefix + "/" + s.Name + "/" + string(role)
	}
	return p.prefix + "/" + s.Name
}

// audited returns the target with the sources that have routes to it: an audit opens them all,
// the sources as their polls do.
func (p *Plan) audited(s system) (all []system) {
	for _, other := range p.systems {
		leads := slices.ContainsFunc(p.routes, func(r routes.Route) bool { return r.From == other.Name && r.To == s.Name })
		if other.Name == s.Name || leads {
			all = append(all, other)
		}
	}
	return all
}

// secretsOf returns the names of the secrets that the role reads.
func (p *Plan) secretsOf(s system, role connector.Role) (names []string) {
	if own := p.secret(s, role); own != "" {
		names = append(names, own)
	}
	if role == connector.Audit {
		for _, other := range p.audited(s) {
			if name := p.secret(other, connector.Poll); other.Name != s.Name && name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// secretNames returns the names of the secrets of doors, or of all other roles.
func (p *Plan) secretNames(doors bool) []string {
	names := []string{}
	for _, s := range p.systems {
		for _, role := range s.Roles {
			if name := p.secret(s, role); (role == connector.Receive) == doors && name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// auditedSecrets returns which secret each audited system has: "shopify=causeway-dev/shopify".
func (p *Plan) auditedSecrets(s system) string {
	var pairs []string
	for _, other := range p.audited(s) {
		role := connector.Poll
		if other.Name == s.Name {
			role = connector.Audit
		}
		pairs = append(pairs, other.Name+"="+p.secret(other, role))
	}
	return strings.Join(pairs, ",")
}

// isOwnSecret reports whether the installation creates the role's secret.
func (p *Plan) isOwnSecret(s system, role connector.Role) bool {
	_, named := s.config.Secrets[string(role)]
	return len(s.Secrets) > 0 && !named && s.config.Secret == ""
}

func (p *Plan) name(part string) string { return p.prefix + "-" + part }

// queues returns the names of the queues that the function takes messages from.
func (p *Plan) queues(s system, role connector.Role) []string {
	switch role {
	case connector.Translate:
		return []string{routes.Inbox(s.Name), routes.InboxBackfill(s.Name)}
	case connector.Deliver:
		var names []string
		for _, route := range routes.To(p.routes, s.Name) {
			names = append(names, route.Queue())
		}
		return names
	default:
		return nil
	}
}

// The limits of Lambda and SQS that sizes follow from.
const (
	longest = 15 * time.Minute // that a function may run
	slack   = 30 * time.Second // for everything in a batch that is not a call: more than the margin of shared/cloud/function, or nothing is begun
	quick   = 10 * time.Second // a door: senders wait about five
	largest = 10               // messages in a batch
	fewest  = 2                // workers of a queue, as MaximumConcurrency has it
	ahead   = 2                // calls, each as long as it can be, that a function has time for one after the other
)

// size is how much a function takes on at once.
type size struct {
	timeout  time.Duration
	batch    int // messages; 0 if one call lasts too long
	parallel int // messages of a batch that are handled at once
	workers  int // of each queue, the backfill lane apart
	total    int // workers of all its queues
}

// size derives what fits. The calls that a system takes at once are shared out among the
// queues' workers, of which as few are started as Lambda allows: messages that wait for their
// answers in one function together cost as much as one. A function has time for the whole
// batch at the usual pace and for few calls at the slowest; it returns what it has not begun
// by then. Its timeout also bounds the visibility, hence how soon a crashed batch returns and
// whether a message reaches the dead letters before it expires.
func (p *Plan) size(s system, role connector.Role) size {
	queues := len(p.queues(s, role))
	lane := 0 // the backfill lane's workers come on top, and as few as possible
	if role == connector.Translate {
		queues, lane = queues-1, fewest
	}
	switch {
	case role == connector.Receive:
		return size{timeout: quick}
	case queues == 0:
		return size{timeout: longest, parallel: 1}
	}
	parallel := min(largest, max(1, s.Concurrency/(queues*fewest)))
	workers := max(fewest, s.Concurrency/(queues*parallel))
	if s.config.Workers > 0 {
		workers = s.config.Workers
	}
	rounds := min((largest+parallel-1)/parallel, ahead)
	for rounds > 0 && visibility*(time.Duration(rounds)*s.Timeout+slack) > longestVisibility*time.Second {
		rounds--
	}
	batch := largest
	if rounds < ahead {
		batch = min(largest, rounds*parallel)
	}
	return size{timeout: time.Duration(rounds)*s.Timeout + slack, batch: batch, parallel: parallel, workers: workers, total: workers*queues + lane}
}

// workers returns how many workers take from the queue at once.
func (p *Plan) workers(s system, role connector.Role, queue string) int {
	if queue == routes.InboxBackfill(s.Name) {
		return fewest
	}
	return p.size(s, role).workers
}

// reserved returns the concurrency to reserve for the function, 0 for none.
//
// A function behind queues gets as much as all its pollers start: a start that is refused
// counts as a receive. A door gets a bound, so that junk from the internet takes no other
// function's executions: half the rate that it admits, which lasts as long as an answer takes
// up to half a second. A poll and an audit get one: two rounds undo each other's work.
func (p *Plan) reserved(s system, role connector.Role) int {
	if !p.stage.Functions.Reserve {
		return 0
	}
	switch role {
	case connector.Receive:
		if p.stage.Door.Concurrency > 0 {
			return p.stage.Door.Concurrency
		}
		rate := s.config.Rate
		if rate == 0 {
			rate = p.stage.Door.Rate
		}
		return max(5, rate/2)
	case connector.Poll, connector.Audit:
		return 1
	default:
		return p.size(s, role).total
	}
}

// Remarks returns what is accepted and still worth knowing.
func (p *Plan) Remarks() []string {
	var all []string
	for _, s := range p.systems {
		for _, role := range s.Roles {
			if size := p.size(s, role); size.total > s.Concurrency && role == connector.Deliver {
				all = append(all, fmt.Sprintf("%s takes %d calls at once, and its %d queues have %d workers: they wait for each other",
					s.Name, s.Concurrency, size.total/size.workers, size.total))
			}
			if role == connector.Receive && s.config.Secret != "" && p.secret(s, role) == s.config.Secret {
				all = append(all, fmt.Sprintf("the door of %s reads %s, which holds the key of its API too: name another in systems.%s.secrets.receive", s.Name, s.config.Secret, s.Name))
			}
		}
		if s.config.Door == functionURL && p.stage.Functions.Shift != "" {
			all = append(all, fmt.Sprintf("the door of %s is a function URL, which names no alias: its code is replaced at once", s.Name))
		}
	}
	return all
}

// hasAll reports whether all of these are roles of the system.
func (s system) hasAll(roles []string) bool {
	return !slices.ContainsFunc(roles, func(role string) bool { return !s.has(connector.Role(role)) })
}

// busARN returns the ARN of the bus, of the existing one if there is one.
func (p *Plan) busARN() *string {
	if p.props.Bus != nil {
		return p.props.Bus.EventBusArn()
	}
	return arn("events", "event-bus/"+p.prefix)
}

func (p *Plan) busName() string {
	if p.props.Bus != nil {
		return *p.props.Bus.EventBusName()
	}
	return p.prefix
}

// topicARN returns the ARN of the topic for alarms, of the existing one if there is one.
func (p *Plan) topicARN() *string {
	if p.props.AlarmTopic != nil {
		return p.props.AlarmTopic.TopicArn()
	}
	return arn("sns", p.prefix)
}
