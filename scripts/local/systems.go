package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"time"

	"causeway.example/functions"
	"causeway.example/functions/netsuite/netsuitetest"
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
	return err
}

// openFake serves the system's fake on its port and returns the settings that point the
// connector at it.
func (p *program) openFake(system functions.System, offset int, stores []string) (map[string]string, error) {
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
		if extra, err = installation.PrepareERP(erp, stores); err != nil {
			return nil, err
		}
	}
	p.stores[system.Profile.Name] = fake
	address, err := p.serve(offset, "fake "+system.Profile.Title, handler)
	own := maps.Clone(fake.Settings("http://" + address))
	maps.Copy(own, extra)
	return own, err
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
