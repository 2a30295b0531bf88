package main

import (
	"fmt"
	"slices"
	"time"

	"causeway/functions"
	"causeway/shared/connector"
	"causeway/shared/routes"
)

// plan is a stage joined with the catalog and the route table: everything the
// templates are made from. The order of its lists is the catalog's and the table's, so
// that the same input gives the same bytes.
type plan struct {
	stage   *Stage
	build   string // version, as the ledger shows it
	prefix  string // begins every physical name: "causeway-dev"
	systems []system
	routes  []routes.Route // between systems of the stage, whether on or off
}

// system is a system of the stage, with the profile that its settings give it.
type system struct {
	connector.Profile
	config     System
	subscribes bool // it sets webhooks up again that ended
}

// join makes the plan. A system's own Open reads its settings, so that what a function
// would refuse at its start is refused here.
func join(stage *Stage, file *source, catalog []functions.System, table []routes.Route, build string) (*plan, error) {
	p := &plan{stage: stage, build: build, prefix: "causeway-" + stage.Name}
	check := &checker{file: file, stage: stage, catalog: catalog, table: table}
	check.names()
	for _, known := range catalog {
		config, on := stage.Systems[known.Profile.Name]
		if !on {
			continue
		}
		opened := check.system(known, config)
		p.systems = append(p.systems, system{Profile: opened.Profile, config: config, subscribes: opened.Subscriber != nil})
	}
	for _, route := range table {
		if stage.has(route.From) && stage.has(route.To) {
			p.routes = append(p.routes, route)
		}
	}
	check.sizes(p)
	return p, check.err()
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

// isAsync reports whether something invokes the function without waiting for it: then
// Lambda retries, and what fails for good needs a place of its own.
func (s system) isAsync(role connector.Role) bool {
	return role == connector.Poll || role == connector.Pickup || role == connector.Receive && s.config.Partner != ""
}

// secret returns the name of the secret that holds the system's secret settings, "" if
// it has none.
func (p *plan) secret(s system) string {
	switch {
	case len(s.Secrets) == 0:
		return ""
	case s.config.Secret != "":
		return s.config.Secret
	}
	return p.prefix + "/" + s.Name
}

func (p *plan) name(part string) string { return p.prefix + "-" + part }

// queues returns the names of the queues that the function takes messages from.
func (p *plan) queues(s system, role connector.Role) []string {
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
	longest    = 15 * time.Minute // that a function may run
	slack      = 30 * time.Second // for everything in a batch that is not a call: more than the margin of shared/cloud, or nothing is begun
	quick      = 10 * time.Second // a door: the sender waits about five
	largest    = 10               // messages in a batch
	fewest     = 2                // workers of a queue, as MaximumConcurrency has it
	ahead      = 2                // calls, each as long as it can be, that a function has time for one after the other
	visibility = 6                // times the timeout, as Lambda asks for
	// receives is the most that SQS counts to. What waits is deferred by making it
	// visible later, and each look counts as a receive, so that a small number would
	// dead-letter what is healthy. Failures are counted by the pipeline, which writes
	// the dead letter itself; the queue's own policy is the net below crashes.
	receives = 1000
)

// size is how much a function takes on at once.
type size struct {
	timeout  time.Duration
	batch    int // messages
	parallel int // of a batch, handled at once
	workers  int // of each queue, but not of a backfill inbox, which has the fewest
	total    int // workers of all its queues
}

// workersOf returns the workers of one of the function's queues.
func (z size) workersOf(queue string, s system) int {
	if queue == routes.InboxBackfill(s.Name) {
		return fewest
	}
	return z.workers
}

// size derives what fits. The calls that a system takes at once are shared out among the
// queues' workers, and of those as few are started as Lambda allows: messages that wait
// for their answers in one function together cost as much as one. A function has time for
// the whole of a batch at the usual pace and for few calls at the slowest; what it has not
// begun by then it puts back. So what a crash leaves hidden comes again in minutes.
func (p *plan) size(s system, role connector.Role) size {
	queues, extra := len(p.queues(s, role)), 0
	if role == connector.Translate { // the backfill inbox takes nothing from the other
		queues, extra = queues-1, fewest
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
	rounds := int((longest - slack) / max(s.Timeout, time.Second))
	batch := min(largest, rounds*parallel)
	timeout := time.Duration(min((batch+parallel-1)/parallel, ahead))*s.Timeout + slack
	return size{timeout: timeout, batch: batch, parallel: parallel, workers: workers, total: workers*queues + extra}
}

// remarks says what is right and yet worth knowing.
func (p *plan) remarks() []string {
	var all []string
	for _, s := range p.systems {
		for _, role := range s.Roles {
			if size := p.size(s, role); size.total > s.Concurrency && role == connector.Deliver {
				all = append(all, fmt.Sprintf("%s takes %d calls at once, and its %d queues have %d workers: they wait for each other",
					s.Name, s.Concurrency, size.total/size.workers, size.total))
			}
		}
	}
	return all
}
