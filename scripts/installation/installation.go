package installation

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"causeway.example/functions"
	"causeway.example/functions/hubspot/hubspottest"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/scripts/day"
	"causeway.example/shared/connector"
	"causeway.example/shared/doctor"
	"causeway.example/shared/port"
	"causeway.example/shared/reopen"
	"causeway.example/shared/routes"
	"causeway.example/shared/rules"
	"causeway.example/shared/settings"
)

// DefaultSettings is the file that is read if it exists; one that is named must exist.
const DefaultSettings = "causeway.env"

// ownSettings are the settings that belong to no system.
var ownSettings = append(strings.Fields("CAUSEWAY_SYSTEMS CAUSEWAY_FILTERS CAUSEWAY_BUDGETS CAUSEWAY_POLL_EVERY CAUSEWAY_POLL_LOOKBACK"), connector.Expressions(connector.SkipRules{})...)

// Read returns the settings of the file, with the environment (pairs as of os.Environ) over
// them. A key of no system is an error.
func Read(file string, environment []string) (settings.Settings, error) {
	given, err := settings.Read(file, file == DefaultSettings, slices.DeleteFunc(slices.Clone(environment), func(pair string) bool {
		key, _, _ := strings.Cut(pair, "=")
		return strings.ToUpper(key) != key
	}))
	if err != nil {
		return given, err
	}
	var profiles []connector.Profile
	for _, system := range functions.All() {
		profiles = append(profiles, system.Profile)
	}
	if err := given.CheckKeys(profiles, ownSettings...); err != nil {
		return given, err
	}
	for _, name := range chosen(given.Map()) {
		if _, known := Named(name); !known {
			return given, given.Explain("the installation", fmt.Errorf("%s names %q, and there is no such system", keySystems, name))
		}
	}
	return given, nil
}

// keySystems lists the systems that take part, separated by commas.
const keySystems = "CAUSEWAY_SYSTEMS"

func chosen(given map[string]string) []string {
	return strings.FieldsFunc(given[keySystems], func(c rune) bool { return c == ',' || c == ' ' })
}

// Secrets returns the values of all secret settings, for a mask.
func Secrets(given settings.Settings) (values []string) {
	for _, system := range functions.All() {
		for _, key := range system.Profile.Secrets {
			values = append(values, given.Get(key))
		}
	}
	return values
}

// Config says how systems are opened.
type Config struct {
	Given settings.Settings
	Deps  func(system string) connector.Deps
	State port.State   // with the imported map entries; nil: none are used
	Log   *slog.Logger // nil for none
	// Fake returns the settings that point the connector at the system's fake. Offset is the
	// fake's place in the block of ports, from 1; stores are those of the systems that are
	// open, as map settings name them: "shopify/brand.myshopify.com".
	Fake func(system functions.System, offset int, stores []string) (map[string]string, error)
}

// Installation is the opened systems, by name.
type Installation struct {
	Systems  map[string]connector.System
	Settings map[string]map[string]string // that each was opened with, imported map entries included
	Plain    map[string]map[string]string // the same without imported entries
	Fakes    map[string]bool
	// Skip applies the rules that skip messages, for the pipeline; nil without any.
	Skip connector.Skip

	opened map[string]*reopen.Reopener
}

func empty() Installation {
	return Installation{
		Systems: map[string]connector.System{}, Settings: map[string]map[string]string{}, Plain: map[string]map[string]string{}, Fakes: map[string]bool{},
		opened: map[string]*reopen.Reopener{},
	}
}

// Open opens every system of the catalog, sources first: a fake target takes the stores that
// are configured.
func Open(ctx context.Context, c Config) (Installation, error) {
	i := empty()
	var err error
	if i.Skip, err = connector.OpenSkip(rules.Language{}, c.Given.Map()); err != nil {
		return i, c.Given.Explain("the installation", err)
	}
	for _, n := range sourcesFirst() {
		if err := i.open(ctx, c, n); err != nil {
			return i, err
		}
	}
	for _, system := range functions.All() {
		name := system.Profile.Name
		if problems := c.Given.CheckStores(system.Profile, i.Stores()); takesPart(system, c.Given.Map()) && !i.Fakes[name] && len(problems) > 0 {
			return i, c.Given.Explain(name, problems)
		}
	}
	return i, nil
}

// One opens one system.
func One(ctx context.Context, c Config, name string) (connector.System, error) {
	i := empty()
	for _, n := range sourcesFirst() {
		if n.Profile.Name == name {
			err := i.open(ctx, c, n)
			return i.Systems[name], err
		}
	}
	return connector.System{}, fmt.Errorf("there is no system %q", name)
}

func (i Installation) open(ctx context.Context, c Config, n numbered) error {
	name, own := n.Profile.Name, c.Given.Map()
	if !takesPart(n.System, own) {
		return nil
	}
	if !isSet(own, n.Profile) {
		i.Fakes[name] = true
		var err error
		if own, err = c.Fake(n.System, n.offset, i.Stores()); err != nil {
			return err
		}
		own = maps.Clone(own)
		for _, rule := range n.Profile.Rules {
			own[rule] = c.Given.Get(rule)
		}
	}
	deps := c.Deps(name)
	deps.Rules = rules.Language{}
	if err := i.add(ctx, n.System, own, deps, c.State, c.Log); err != nil {
		return c.Given.Explain(name, fmt.Errorf("opening %s: %w", name, err))
	}
	return nil
}

// add opens a system with its imported map entries, and again when they change.
func (i Installation) add(ctx context.Context, s functions.System, own map[string]string, deps connector.Deps, state port.State, log *slog.Logger) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	name := s.Profile.Name
	r, err := reopen.Open(ctx, reopen.Config{Open: s.Open, Profile: s.Profile, Deps: deps, Settings: own, State: state, Log: log})
	if err != nil {
		return err
	}
	i.opened[name], i.Systems[name], i.Plain[name], i.Settings[name] = r, r.System(), own, r.Opened().Settings
	return nil
}

// Stores returns the stores of all opened sources, as map settings name them.
func (i Installation) Stores() (all []string) {
	for name, system := range i.Systems {
		for _, tenant := range system.Stores {
			all = append(all, name+"/"+tenant)
		}
	}
	slices.Sort(all)
	return all
}

// Check returns why the system cannot be opened with the settings, by the rules of its start, beside
// stores that are unknown in the settings of before; nil if it can.
func (i Installation) Check(name string, own map[string]string, deps connector.Deps) error {
	system, known := Named(name)
	if !known {
		return fmt.Errorf("there is no system %q", name)
	}
	deps.Rules = rules.Language{}
	if _, err := system.Open(own, deps); err != nil || i.Fakes[name] {
		return err
	}
	before := i.unknownStores(system.Profile, i.Plain[name])
	problems := slices.DeleteFunc(i.unknownStores(system.Profile, own), func(p connector.Problem) bool { return slices.Contains(before, p) })
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// unknownStores returns the keys of the settings' maps that name a store which is not configured.
func (i Installation) unknownStores(profile connector.Profile, own map[string]string) connector.SettingErrors {
	pairs := make([]string, 0, len(own))
	for key, value := range own {
		pairs = append(pairs, key+"="+value)
	}
	given, err := settings.Read("", true, pairs)
	if err != nil {
		return connector.SettingErrors{{Key: profile.Name, Rule: err.Error()}}
	}
	return given.CheckStores(profile, i.Stores())
}

// Doctor returns the installation for the doctor's checks, as it is open at this moment.
func (i Installation) Doctor() doctor.Installation {
	examined := doctor.Installation{Systems: i.Systems, Settings: maps.Clone(i.Settings), Fakes: i.Fakes}
	for name, r := range i.opened {
		examined.Settings[name] = r.Opened().Settings
	}
	examined.Found = i.entries()
	return examined
}

// entries returns a finding for imported map entries that are not used, and for each that leads
// elsewhere than the entry of its setting.
func (i Installation) entries() (found []doctor.Finding) {
	for _, name := range slices.Sorted(maps.Keys(i.opened)) {
		opened := i.opened[name].Opened()
		for _, left := range opened.Left {
			found = append(found, doctor.Finding{
				Check: "map entries", Subject: name, Level: doctor.Problem, Text: "the imported entries of " + left.Setting + " are not used: " + left.Why,
				Remedy: "export the map with causeway crosswalk export, correct it and import it with --rebind, or correct the setting",
			})
		}
		for _, o := range opened.Overs {
			found = append(found, doctor.Finding{
				Check: "map entries", Subject: name, Level: doctor.Notice,
				Text:   fmt.Sprintf("%s leads from %s to %s, and an import wins with %s", o.Setting, o.Key, o.Own, o.To),
				Remedy: "bring the setting in line, or remove the imported entry: a line with an empty target_id",
			})
		}
	}
	return found
}

// Named returns the system of the catalog; false if there is none.
func Named(name string) (functions.System, bool) {
	all := functions.All()
	i := slices.IndexFunc(all, func(s functions.System) bool { return s.Profile.Name == name })
	if i < 0 {
		return functions.System{}, false
	}
	return all[i], true
}

// numbered is a system of the catalog with the place of its fake in the block of ports.
type numbered struct {
	functions.System
	offset int
}

func sourcesFirst() []numbered {
	var all []numbered
	systems := functions.All()
	slices.SortStableFunc(systems, func(a, b functions.System) int { return cmp.Compare(last(a), last(b)) })
	for i, system := range systems {
		all = append(all, numbered{system, i + 1})
	}
	slices.SortStableFunc(all, func(a, b numbered) int { return cmp.Compare(receives(b), receives(a)) })
	return all
}

// last puts the optional systems behind the others, whose ports stay where they are.
func last(system functions.System) int {
	if system.Optional {
		return 1
	}
	return 0
}

func receives(system numbered) int {
	if slices.Contains(system.Profile.Roles, connector.Receive) {
		return 1
	}
	return 0
}

// takesPart reports whether the system is opened: one of those that the setting lists. Without the
// setting it is every system, an optional one only with its settings, or where no system has any,
// which is the sample day with all of them.
func takesPart(system functions.System, given map[string]string) bool {
	if names := chosen(given); len(names) > 0 {
		return slices.Contains(names, system.Profile.Name)
	}
	return !system.Optional || isSet(given, system.Profile) || !slices.ContainsFunc(functions.All(), func(s functions.System) bool { return isSet(given, s.Profile) })
}

// Routes returns the routes between the systems that take part with the settings.
func Routes(given settings.Settings) []routes.Route {
	absent := map[string]bool{}
	for _, system := range functions.All() {
		absent[system.Profile.Name] = !takesPart(system, given.Map())
	}
	return slices.DeleteFunc(slices.Clone(routes.Table), func(r routes.Route) bool { return absent[r.From] || absent[r.To] })
}

// isSet reports whether any of the system's settings was given: then it is pointed at a real
// account, and its settings must be complete. Rules can be tried against the fake too.
func isSet(given map[string]string, profile connector.Profile) bool {
	return slices.ContainsFunc(profile.Settings, func(key string) bool { return given[key] != "" && !slices.Contains(profile.Rules, key) })
}

// Prepare makes a fake ready for the sample day and for every configured store, and returns the
// settings that its connector needs beside the fake's own.
func Prepare(fake http.Handler, stores []string) (map[string]string, error) {
	switch fake := fake.(type) {
	case *netsuitetest.Fake:
		return prepareERP(fake, stores)
	case *shopifytest.Fake:
		return day.PrepareStore(fake), nil
	case *woocommercetest.Fake:
		return day.PrepareShop(fake), nil
	case *shipbobtest.Fake:
		return day.PrepareWarehouse(fake), nil
	case *hubspottest.Fake:
		return day.PrepareCRM(fake), nil
	}
	return nil, nil
}

// prepareERP makes the fake ERP ready. A real store sells articles that no fake can know, so that
// it takes all but the one of the day that must be unknown.
func prepareERP(erp *netsuitetest.Fake, stores []string) (map[string]string, error) {
	extra, err := day.Prepare(erp)
	if err != nil {
		return nil, err
	}
	extra = maps.Clone(extra)
	const key = "NETSUITE_SUBSIDIARIES"
	known, err := connector.Pairs(extra[key])
	if err != nil {
		return nil, err
	}
	for _, store := range stores {
		if known[store] == "" {
			extra[key] += "," + store + "=1"
			erp.TakeAnyItem(day.UnknownSKU)
		}
	}
	if slices.Contains(stores, "shopify/"+shopifytest.Shop) && slices.Contains(stores, "woocommerce/shop.example") {
		more, err := day.PrepareMaster(erp)
		if err != nil {
			return nil, err
		}
		maps.Copy(extra, more)
	}
	return extra, nil
}
