package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"causeway.example/functions"
	"causeway.example/functions/netsuite"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob"
	"causeway.example/scripts/day"
	"causeway.example/scripts/installation"
	"causeway.example/shared/connector"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/webapi"
)

// readSettings reads the file and the environment, and hides the secrets among them from
// the log.
func (p *program) readSettings(context.Context) error {
	var err error
	p.given, err = installation.Read(p.options.settings, os.Environ())
	p.mask.Hide(installation.Secrets(p.given)...)
	p.table = installation.Routes(p.given)
	return err
}

// openSystems opens every connector of the catalog, against its real account if its
// settings are there, and against its fake otherwise.
func (p *program) openSystems(ctx context.Context) error {
	var err error
	p.opened, err = installation.Open(ctx, installation.Config{
		Given: p.given, State: p.store, Log: p.log, Fake: p.openFake,
		Deps: func(name string) connector.Deps {
			return connector.Deps{
				HTTP: p.clock.Watch(name, webapi.NewTransport()), Now: time.Now, Random: rand.Reader,
				CrossRef: pipeline.Memory{State: p.store, Now: time.Now},
			}
		},
	})
	p.systems = p.opened.Systems
	for name := range p.stores {
		if system, opened := p.systems[name]; opened {
			system.Profile = prompt(system.Profile)
			p.systems[name] = system
		}
	}
	return err
}

// promptly is how long a request to a fake may take.
const promptly = 2 * time.Second

// prompt returns the profile of a fake: it answers soon, is done with a request when it has answered, and its
// search finds at once what was written. So a lost answer is soon settled.
func prompt(profile connector.Profile) connector.Profile {
	profile.Timeout, profile.Linger, profile.Operations = min(profile.Timeout, promptly), 0, maps.Clone(profile.Operations)
	for event, operation := range profile.Operations {
		operation.Lag = 0
		profile.Operations[event] = operation
	}
	return profile
}

// openFake serves the system's fake on its port and returns the settings that point the
// connector at it.
func (p *program) openFake(system functions.System, offset int, stores []string) (map[string]string, error) {
	name, k := system.Profile.Name, &kept{}
	fake, err := system.Fake(p.options.data, k.now)
	if err != nil {
		return nil, fmt.Errorf("starting the fake of %s: %w", name, err)
	}
	extra, err := installation.Prepare(fake, stores)
	if err != nil {
		return nil, err
	}
	handler := http.NewServeMux()
	p.stores[name], k.fake = fake, fake
	if erp, ok := fake.(*netsuitetest.Fake); ok { // keeps itself what requests change
		p.erp = erp
		handler.Handle("/", fake)
		handler.HandleFunc("GET /books", booksPage(erp))
	} else {
		handler.Handle("/", k)
	}
	p.kept[name] = k
	if err := k.open(filepath.Join(p.options.data, "fake-"+name+".jsonl")); err != nil {
		return nil, err
	}
	address, err := p.serve(offset, "fake "+system.Profile.Title, handler)
	own := maps.Clone(fake.Settings("http://" + address))
	maps.Copy(own, extra)
	return own, err
}

// part is a part of the sample day.
type part struct {
	steps func() []day.Delivery // made when what came before has settled
	polls func(name string) bool
}

// parts returns the parts of the sample day from systems that are fakes. A real system's secret is not ours
// to sign with. After the afternoon the stores are not polled: they report in the evening what changed in
// them.
func (p *program) parts() []part {
	fakes := func(steps []day.Delivery) []day.Delivery {
		return slices.DeleteFunc(steps, func(d day.Delivery) bool { return p.stores[d.System] == nil })
	}
	all := func(string) bool { return true }
	if p.stores[shipbob.Name] == nil {
		return []part{{func() []day.Delivery { return fakes(day.Sample()) }, all}}
	}
	return []part{
		{func() []day.Delivery { return fakes(day.Morning(p.stores)) }, all},
		{func() []day.Delivery { return day.Afternoon(p.stores) }, func(name string) bool { return name == shipbob.Name || name == netsuite.Name }},
		{func() []day.Delivery { return fakes(day.Evening(p.stores)) }, all},
	}
}

// playDay plays the parts of the sample day. After each it polls for changes that no delivery reported.
func (p *program) playDay(ctx context.Context, pause time.Duration) error {
	for _, part := range p.parts() {
		if err := p.senders.play(ctx, part.steps(), pause); err != nil {
			return fmt.Errorf("playing the sample day: %w", err)
		}
		if err := p.settledAndPolled(ctx, part.polls); err != nil {
			return fmt.Errorf("polling after a part of the sample day: %w", err)
		}
	}
	return nil
}

// settledAndPolled waits until what was delivered has settled, and polls those systems for the rest.
func (p *program) settledAndPolled(ctx context.Context, polls func(name string) bool) error {
	if err := p.settled(ctx); err != nil {
		return err
	}
	if err := p.poll(ctx, polls); err != nil {
		return err
	}
	return p.settled(ctx)
}

// nameOf returns the system's name; a fake says that it is one.
func (p *program) nameOf(system string) string {
	if p.stores[system] != nil {
		return system + " (fake)"
	}
	return system
}
