package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"causeway.example/functions"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/scripts/day"
	"causeway.example/shared/connector"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/settings"
	"causeway.example/shared/webapi"
)

// readSettings reads the file and the environment, and hides the secrets among them from
// the log.
func (p *program) readSettings(context.Context) error {
	var err error
	if p.given, err = settings.Read(p.options.settings, p.options.settings == defaultSettings, environ()); err != nil {
		return err
	}
	var profiles []connector.Profile
	for _, system := range functions.All() {
		profiles = append(profiles, system.Profile)
		for _, key := range system.Profile.Secrets {
			p.mask.Hide(p.given.Get(key))
		}
	}
	return p.given.CheckKeys(profiles, ownSettings...)
}

// numbered is a system of the catalog with the place of its fake in the block of ports.
type numbered struct {
	functions.System
	offset int
}

// sourcesFirst returns the catalog, sources before targets: a fake target takes the stores
// that are configured.
func sourcesFirst() []numbered {
	var all []numbered
	for i, system := range functions.All() {
		all = append(all, numbered{system, i + 1})
	}
	slices.SortStableFunc(all, func(a, b numbered) int { return cmp.Compare(receives(b), receives(a)) })
	return all
}

func receives(system numbered) int {
	if slices.Contains(system.Profile.Roles, connector.Receive) {
		return 1
	}
	return 0
}

// openSystems opens every connector of the catalog, against its real account if its
// settings are there, and against its fake otherwise.
func (p *program) openSystems(context.Context) error {
	for _, system := range sourcesFirst() {
		if err := p.openSystem(system); err != nil {
			return err
		}
	}
	for _, system := range functions.All() {
		name := system.Profile.Name
		if problems := p.given.CheckStores(system.Profile, p.configuredStores()); p.stores[name] == nil && len(problems) > 0 {
			return p.given.Explain(name, problems)
		}
	}
	return nil
}

func (p *program) openSystem(system numbered) error {
	name, own := system.Profile.Name, p.given.Map()
	if !isSet(own, system.Profile) {
		var err error
		if own, err = p.openFake(system); err != nil {
			return err
		}
	}
	opened, err := system.Open(own, connector.Deps{
		HTTP: p.clock.Watch(name, webapi.NewTransport()), Now: time.Now, Random: rand.Reader,
		CrossRef: pipeline.Memory{State: p.store, Now: time.Now},
	})
	if err != nil {
		return p.given.Explain(name, fmt.Errorf("opening %s: %w", name, err))
	}
	p.systems[name], p.opened[name] = opened, own
	return nil
}

// openFake serves the system's fake on its port and returns the settings that point the
// connector at it.
func (p *program) openFake(system numbered) (map[string]string, error) {
	fake, err := system.Fake(p.options.data, time.Now)
	if err != nil {
		return nil, fmt.Errorf("starting the fake of %s: %w", system.Profile.Name, err)
	}
	extra := map[string]string{}
	handler := http.NewServeMux()
	handler.Handle("/", fake)
	if erp, ok := fake.(*netsuitetest.Fake); ok {
		p.erp = erp
		handler.HandleFunc("GET /books", booksPage(erp))
		if extra, err = p.prepareERP(erp); err != nil {
			return nil, err
		}
	}
	p.stores[system.Profile.Name] = fake
	address, err := p.serve(system.offset, "fake "+system.Profile.Title, handler)
	return merge(fake.Settings("http://"+address), extra), err
}

// prepareERP makes the fake ERP ready for the sample day and for every configured store. A
// real store sells articles that no fake can know, so that it takes all but the one of
// the day that must be unknown.
func (p *program) prepareERP(erp *netsuitetest.Fake) (map[string]string, error) {
	extra, err := day.Prepare(erp)
	if err != nil {
		return nil, err
	}
	const key = "NETSUITE_SUBSIDIARIES"
	known, err := connector.Pairs(extra[key])
	if err != nil {
		return nil, err
	}
	for _, store := range p.configuredStores() {
		if known[store] == "" {
			extra[key] += "," + store + "=1"
			erp.TakeAnyItem(day.UnknownSKU)
		}
	}
	return extra, nil
}

// configuredStores returns the stores of all opened sources, as map settings name them.
func (p *program) configuredStores() []string {
	var all []string
	for name, system := range p.systems {
		for _, tenant := range system.Stores {
			all = append(all, name+"/"+tenant)
		}
	}
	slices.Sort(all)
	return all
}

// sampleDay returns the deliveries of the sample day from stores that are fakes. A real
// store's secret is not ours to sign with.
func (p *program) sampleDay() []day.Delivery {
	return slices.DeleteFunc(day.Sample(), func(d day.Delivery) bool { return p.stores[d.System] == nil })
}

// nameOf returns the system's name; a fake says that it is one.
func (p *program) nameOf(system string) string {
	if p.stores[system] != nil {
		return system + " (fake)"
	}
	return system
}

// ownSettings are the settings that belong to no system.
var ownSettings = strings.Fields("CAUSEWAY_FILTERS CAUSEWAY_BUDGETS CAUSEWAY_POLL_EVERY CAUSEWAY_POLL_LOOKBACK")
