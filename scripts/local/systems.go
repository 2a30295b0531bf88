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
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
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
	for name := range p.stores { // a fake is done with a request when it has answered
		if system, opened := p.systems[name]; opened {
			system.Profile.Linger = 0
			p.systems[name] = system
		}
	}
	return err
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
	if erp, ok := fake.(*netsuitetest.Fake); ok { // keeps its books itself
		p.erp = erp
		handler.Handle("/", fake)
		handler.HandleFunc("GET /books", booksPage(erp))
	} else {
		p.kept[name] = k
		handler.Handle("/", k)
		if err := k.open(filepath.Join(p.options.data, "fake-"+name+".jsonl")); err != nil {
			return nil, err
		}
	}
	address, err := p.serve(offset, "fake "+system.Profile.Title, handler)
	own := maps.Clone(fake.Settings("http://" + address))
	maps.Copy(own, extra)
	return own, err
}

// parts returns the parts of the sample day from systems that are fakes, each made when what came
// before has settled. A real system's secret is not ours to sign with.
func (p *program) parts() []func() []day.Delivery {
	fakes := func(steps []day.Delivery) []day.Delivery {
		return slices.DeleteFunc(steps, func(d day.Delivery) bool { return p.stores[d.System] == nil })
	}
	warehouse, ok := p.stores[shipbob.Name].(*shipbobtest.Fake)
	if !ok {
		return []func() []day.Delivery{func() []day.Delivery { return fakes(day.Sample()) }}
	}
	return []func() []day.Delivery{
		func() []day.Delivery { return fakes(day.Morning()) },
		func() []day.Delivery { return day.Afternoon(warehouse) },
		func() []day.Delivery { return fakes(day.Evening(p.stores, warehouse)) },
	}
}

// playDay plays the parts of the sample day. After each it polls for changes that no delivery reported.
func (p *program) playDay(ctx context.Context, pause time.Duration) error {
	for _, part := range p.parts() {
		if err := p.senders.play(ctx, part(), pause); err != nil {
			return fmt.Errorf("playing the sample day: %w", err)
		}
		if err := p.settledAndPolled(ctx); err != nil {
			return fmt.Errorf("polling after a part of the sample day: %w", err)
		}
	}
	return nil
}

// settledAndPolled waits until what was delivered has settled, and polls for the rest.
func (p *program) settledAndPolled(ctx context.Context) error {
	if err := p.settled(ctx); err != nil {
		return err
	}
	if err := p.poll(ctx); err != nil {
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
