package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"causeway/functions"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/retry"
	"causeway/shared/routes"
)

// checker holds a stage against the catalog and the route table and collects what it finds.
type checker struct {
	file     *source
	stage    *Stage
	catalog  []functions.System
	table    []routes.Route
	findings []error
}

func (c *checker) find(key, format string, values ...any) {
	c.findings = append(c.findings, c.file.finding(key, fmt.Sprintf(format, values...)))
}

func (c *checker) err() error { return errors.Join(c.findings...) }

// names finds what the stage names and nobody knows.
func (c *checker) names() {
	for _, name := range slices.Sorted(maps.Keys(c.stage.Systems)) {
		if !slices.ContainsFunc(c.catalog, func(s functions.System) bool { return s.Profile.Name == name }) {
			c.find("systems."+name, "no such system; there are %s", c.systems())
		} else if !slices.ContainsFunc(c.table, func(r routes.Route) bool { return c.stage.isOn(r) && (r.From == name || r.To == name) }) {
			c.find("systems."+name, "no flow that is on begins or ends in it")
		}
	}
	for _, name := range c.stage.Flows {
		c.flow(name)
	}
	for _, filter := range c.stage.Filters {
		if plain := strings.TrimPrefix(filter, "-"); !slices.Contains(filters(c.table), plain) {
			c.find("filters", "no filter %q; there are %s", plain, strings.Join(filters(c.table), ", "))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.stage.Budgets)) {
		if _, err := (retry.Policy{}).WithBudgets(budget(name, c.stage.Budgets[name])); err != nil {
			c.find("budgets."+name, "%s", fault.As(err).Detail)
		}
	}
	if c.stage.Production && len(c.stage.Alarms.Emails) == 0 {
		c.find("alarms.emails", "somebody must hear the alarms of a production stage")
	}
}

// budgets returns the stage's budgets as functions read them.
func (s *Stage) budgets() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(s.Budgets)) {
		pairs = append(pairs, budget(name, s.Budgets[name]))
	}
	return strings.Join(pairs, ",")
}

func budget(name, value string) string { return name + "=" + value }

func (c *checker) flow(name string) {
	i := slices.IndexFunc(c.table, func(r routes.Route) bool { return r.Name() == name })
	if i < 0 {
		c.find("flows", "no flow %q in the route table", name)
		return
	}
	for _, end := range []string{c.table[i].From, c.table[i].To} {
		if !c.stage.has(end) {
			c.find("flows", "%s needs the system %s, which the stage has not", name, end)
		}
	}
}

func (c *checker) systems() string {
	var names []string
	for _, system := range c.catalog {
		names = append(names, system.Profile.Name)
	}
	return strings.Join(names, ", ")
}

// filters returns the names of the table's filters, in its order.
func filters(table []routes.Route) []string {
	var names []string
	for _, route := range table {
		for _, filter := range route.Filters {
			if !slices.Contains(names, filter.Name) {
				names = append(names, filter.Name)
			}
		}
	}
	return names
}

// system checks one system's part of the stage and returns it as its settings make it.
func (c *checker) system(known functions.System, config System) connector.System {
	profile, key := known.Profile, "systems."+known.Profile.Name
	c.switches(key, profile, config)
	for _, setting := range slices.Sorted(maps.Keys(config.Settings)) {
		switch {
		case slices.Contains(profile.Secrets, setting):
			c.find(key+".settings."+setting, "is secret: it belongs into the secret, not into a file")
		case !slices.Contains(profile.Settings, setting):
			c.find(key+".settings."+setting, "no such setting of %s", profile.Title)
		}
	}
	opened, err := open(known, config.Settings)
	if _, able := opened.Source.(connector.Partner); err == nil && config.Partner != "" && !able {
		c.find(key+".partner", "%s sends over no partner bus", profile.Title)
	}
	if err == nil {
		return opened
	}
	switch broken := fault.As(err); {
	case slices.Contains(profile.Secrets, broken.Field): // it is the made-up one that does not fit
	case broken.Field == "":
		c.find(key+".settings", "%v", err)
	default:
		c.find(key+".settings."+broken.Field, "%s", strings.TrimSpace(broken.Detail+" ("+broken.Doing+")"))
	}
	return connector.System{Profile: profile}
}

// switches finds a switch that the system has nothing for.
func (c *checker) switches(key string, profile connector.Profile, config System) {
	roles := system{Profile: profile}
	for name, misplaced := range map[string]bool{
		"door":    config.Door != "" && !roles.has(connector.Receive),
		"rate":    config.Rate != 0 && !roles.has(connector.Receive),
		"partner": config.Partner != "" && !roles.has(connector.Receive),
		"secret":  config.Secret != "" && len(profile.Secrets) == 0,
		"poll":    config.Poll != "" && !roles.has(connector.Poll),
	} {
		if misplaced {
			c.find(key+"."+name, "does not fit the roles of %s: %v", profile.Name, profile.Roles)
		}
	}
	if config.Rate != 0 && config.Burst == 0 {
		c.find(key+".burst", "must be set where rate is")
	}
}

// open opens the system with its settings and made-up secrets: a stage holds none, and
// the settings beside them must be checked all the same.
func open(known functions.System, settings map[string]string) (connector.System, error) {
	secret, err := madeUp()
	if err != nil {
		return connector.System{}, err
	}
	given := maps.Clone(settings)
	if given == nil {
		given = map[string]string{}
	}
	for _, key := range known.Profile.Secrets {
		given[key] = secret
	}
	return known.Open(given, connector.Deps{
		HTTP: offline{}, Now: func() time.Time { return time.Time{} }, Random: rand.Reader,
	})
}

// offline is the network while templates are made: opening a system calls nobody.
type offline struct{}

var errOffline = errors.New("no calls while templates are made")

// RoundTrip refuses every request.
func (offline) RoundTrip(*http.Request) (*http.Response, error) { return nil, errOffline }

// madeUp returns a fresh private key in PEM on one line, because that is what some
// secrets must be and every other may be.
func madeUp() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("making up a secret: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("making up a secret: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return strings.ReplaceAll(string(text), "\n", `\n`), nil
}

// The longest names that AWS takes.
const (
	longestQueue    = 80
	longestFunction = 64
)

// mostEnvironment is how many bytes all variables of a function may have together;
// account and region, filled in later, are allowed for.
const mostEnvironment = 4096 - 100

// sizes finds names that are too long and calls that no function can wait for.
func (c *checker) sizes(p *plan) {
	for _, s := range p.systems {
		for _, role := range s.Roles {
			if name := p.name(s.function(role)); len(name) > longestFunction {
				c.find("stage", "function %s has more than %d characters", name, longestFunction)
			}
			if size := environmentSize(p.environment(s, role)); size > mostEnvironment {
				c.find("systems."+s.Name+".settings", "the variables of %s have %d bytes, and a function takes %d", s.function(role), size, mostEnvironment)
			}
			if len(p.queues(s, role)) > 0 && p.size(s, role).batch == 0 {
				c.find("systems."+s.Name+".settings", "one call may take %s, and a function ends after %s", s.Timeout, longest)
			}
		}
	}
	for _, queue := range p.allQueues() {
		if name := p.name(routes.Dead(queue)); len(name) > longestQueue {
			c.find("stage", "queue %s has more than %d characters", name, longestQueue)
		}
	}
}

func environmentSize(variables props) int {
	size := 0
	for key, value := range variables {
		size += len(key) + len(fmt.Sprint(value))
	}
	return size
}
