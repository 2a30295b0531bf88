package plan

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

	"causeway.example/functions"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
	"causeway.example/shared/rules"
)

// checker compares a stage with the catalog and the route table and collects its findings.
type checker struct {
	stage    *Stage
	catalog  []functions.System
	table    []routes.Route
	findings []error
}

func (c *checker) find(key, format string, values ...any) {
	c.findings = append(c.findings, c.stage.file.finding(key, fmt.Sprintf(format, values...)))
}

func (c *checker) err() error { return errors.Join(c.findings...) }

// names finds systems, flows, filters and budgets that do not exist.
func (c *checker) names() {
	for _, name := range slices.Sorted(maps.Keys(c.stage.Systems)) {
		c.known(name)
	}
	for _, name := range c.stage.Flows {
		c.flow(name)
	}
	for _, filter := range c.stage.Filters {
		if plain := strings.TrimPrefix(filter, "-"); !slices.Contains(filters(c.table), plain) {
			c.find("filters", "no filter %q; there are %s", plain, strings.Join(filters(c.table), ", "))
		}
	}
	if _, err := connector.OpenSkip(rules.Language{}, c.stage.Rules.variables()); err != nil {
		c.find("rules", "%v", err)
	}
	for _, name := range slices.Sorted(maps.Keys(c.stage.Budgets)) {
		if _, err := (retry.Policy{}).WithBudgets(budget(name, c.stage.Budgets[name])); err != nil {
			c.find("budgets."+name, "%s", fault.As(err).Detail)
		}
	}
	if c.stage.Production && len(c.stage.Alarms.Emails) == 0 {
		c.find("alarms.emails", "a production stage needs at least one address for its alarms")
	}
}

// known finds a system that is not in the catalog, or that no flow uses.
func (c *checker) known(name string) {
	if !slices.ContainsFunc(c.catalog, func(s functions.System) bool { return s.Profile.Name == name }) {
		c.find("systems."+name, "no such system; there are %s", c.systems())
	} else if !slices.ContainsFunc(c.table, func(r routes.Route) bool { return c.stage.IsOn(r) && (r.From == name || r.To == name) }) {
		c.find("systems."+name, "no flow that is on begins or ends in it")
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
			c.find("flows", "%s needs the system %s, which is not in the stage", name, end)
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
func (c *checker) system(known functions.System, config System) Installed {
	profile, key := known.Profile, "systems."+known.Profile.Name
	c.switches(key, profile, config)
	for _, setting := range slices.Sorted(maps.Keys(config.Settings)) {
		switch {
		case slices.Contains(profile.Secrets, setting):
			c.find(key+".settings."+setting, "is secret: it belongs in the secret, not in a file")
		case !slices.Contains(profile.Settings, setting):
			c.find(key+".settings."+setting, "no such setting of %s", profile.Title)
		}
	}
	opened, err := open(known, config.Settings, profile.Secrets)
	if _, able := opened.Source.(connector.Partner); err == nil && config.Partner != "" && !able {
		c.find(key+".partner", "%s sends over no partner bus", profile.Title)
	}
	if err == nil {
		return Installed{Profile: opened.Profile, Config: config, Subscribes: opened.Subscriber != nil, Required: required(known, config.Settings)}
	}
	switch broken := fault.As(err); {
	case slices.Contains(profile.Secrets, broken.Field): // the made-up secret does not fit
	case broken.Field == "":
		c.find(key+".settings", "%v", err)
	default:
		c.find(key+".settings."+broken.Field, "%s", strings.TrimSpace(broken.Detail+" ("+broken.Doing+")"))
	}
	return Installed{Profile: profile, Config: config, Required: required(known, config.Settings)}
}

// required returns the secret settings without which the system does not open. The door's
// secret needs no others.
func required(known functions.System, settings map[string]string) []string {
	var keys []string
	for range known.Profile.Secrets {
		_, err := open(known, settings, keys)
		broken := fault.As(err)
		if err == nil || !slices.Contains(known.Profile.Secrets, broken.Field) || slices.Contains(keys, broken.Field) {
			break
		}
		keys = append(keys, broken.Field)
	}
	return keys
}

// switches finds switches that do not apply to the system.
func (c *checker) switches(key string, profile connector.Profile, config System) {
	roles := Installed{Profile: profile}
	for name, misplaced := range map[string]bool{
		"door":    config.Door != "" && !roles.Has(connector.Receive),
		"rate":    config.Rate != 0 && !roles.Has(connector.Receive),
		"partner": config.Partner != "" && !roles.Has(connector.Receive),
		"secret":  config.Secret != "" && len(profile.Secrets) == 0,
		"secrets": len(config.Secrets) > 0 && (len(profile.Secrets) == 0 || !roles.hasAll(slices.Collect(maps.Keys(config.Secrets)))),
		"poll":    config.Poll != "" && !roles.Has(connector.Poll),
		"audit":   config.Audit != "" && !roles.Has(connector.Audit),
	} {
		if misplaced {
			c.find(key+"."+name, "does not fit the roles of %s: %v", profile.Name, profile.Roles)
		}
	}
	if config.Rate != 0 && config.Burst == 0 {
		c.find(key+".burst", "must be set where rate is")
	}
}

// open opens the system with its settings and made-up secrets of these keys: a stage holds no
// secrets, and the settings beside them are checked all the same.
func open(known functions.System, settings map[string]string, secrets []string) (connector.System, error) {
	secret, err := madeUp()
	if err != nil {
		return connector.System{}, err
	}
	given := maps.Clone(settings)
	if given == nil {
		given = map[string]string{}
	}
	for _, key := range secrets {
		given[key] = secret
	}
	return known.Open(given, connector.Deps{
		HTTP: offline{}, Now: func() time.Time { return time.Time{} }, Random: rand.Reader, Rules: rules.Language{},
	})
}

// offline is the network during synthesis: opening a system makes no calls.
type offline struct{}

var errOffline = errors.New("no calls during synthesis")

// RoundTrip rejects every request.
func (offline) RoundTrip(*http.Request) (*http.Response, error) { return nil, errOffline }

// madeUp returns a fresh private key in PEM on one line: some secrets must be one, and every
// other may be.
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

// longestCall is the longest call that leaves a queue's messages time to be dead-lettered.
const longestCall = LongestVisibility/Visibility*time.Second - slack

// mostEnvironment is how many bytes the variables of a function may have together, less what
// account and region take.
const mostEnvironment = 4096 - 100

// sizes finds names that are too long and calls that no queue can wait for.
func (c *checker) sizes(p *Plan) {
	for _, s := range p.Systems {
		for _, role := range s.Roles {
			c.functionSizes(p, s, role)
		}
	}
	for _, queue := range p.AllQueues() {
		if name := p.Name(routes.Dead(queue)); len(name) > longestQueue {
			c.find("stage", "queue %s has more than %d characters", name, longestQueue)
		}
	}
}

// functionSizes finds what is too long or too large in the function of one role.
func (c *checker) functionSizes(p *Plan, s Installed, role connector.Role) {
	if name := p.Name(s.Function(role)); len(name) > longestFunction {
		c.find("stage", "function %s has more than %d characters", name, longestFunction)
	}
	if size := environmentSize(p.Environment(s, role)); size > mostEnvironment {
		c.find("systems."+s.Name+".settings", "the variables of %s have %d bytes, and a function takes %d", s.Function(role), size, mostEnvironment)
	}
	if len(p.Queues(s, role)) > 0 && p.Size(s, role).Batch == 0 {
		c.find("systems."+s.Name+".settings", "one call may take %s; above %s a message expires before it is dead-lettered", s.Timeout, longestCall)
	}
}

func environmentSize(variables map[string]string) int {
	size := 0
	for key, value := range variables {
		size += len(key) + len(value)
	}
	return size
}
