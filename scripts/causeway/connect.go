package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"

	"causeway.example/functions"
	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/scripts/installation"
	"causeway.example/shared/connector"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// connections says how the connectors are opened: as the local engine opens them, but what
// they bind is not stored. watch may wrap the network; nil for the plain one.
func (a *tool) connections(state port.State, watch func(system string, inner http.RoundTripper) http.RoundTripper) (installation.Config, error) {
	given, err := installation.Read(a.settings, a.environment)
	return installation.Config{Given: given, Fake: a.fake, Deps: a.deps(state, watch)}, err
}

// deps returns what each connector is given.
func (a *tool) deps(state port.State, watch func(system string, inner http.RoundTripper) http.RoundTripper) func(system string) connector.Deps {
	return func(system string) connector.Deps {
		transport := a.transport
		if watch != nil {
			transport = watch(system, transport)
		}
		return connector.Deps{HTTP: transport, Now: a.now, Random: rand.Reader, CrossRef: pipeline.Memory{State: frozen{state}, Now: a.now}}
	}
}

// opened opens every connector of the environment.
func (a *tool) opened(ctx context.Context, d *desk) (installation.Installation, error) {
	if d.deployed != nil {
		opened, failed := installation.Deployed(ctx, d.deployed, a.deps(d.State, nil))
		return opened, errors.Join(slices.Collect(maps.Values(failed))...)
	}
	config, err := a.connections(d.State, nil)
	if err != nil {
		return installation.Installation{}, err
	}
	return installation.Open(config)
}

// fake returns the settings of a system's fake in the block of ports of the local engine.
func (a *tool) fake(system functions.System, offset int, stores []string) (map[string]string, error) {
	folder, err := os.MkdirTemp("", "causeway-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // it holds nothing that counts
	fake, err := system.Fake(folder, a.now)
	if err != nil {
		return nil, err
	}
	own := maps.Clone(fake.Settings("http://127.0.0.1:" + strconv.Itoa(a.port+offset)))
	if erp, ok := fake.(*netsuitetest.Fake); ok {
		extra, err := installation.PrepareERP(erp, stores)
		if err != nil {
			return nil, err
		}
		maps.Copy(own, extra)
	}
	return own, nil
}

// systemOf opens one connector of the environment.
func (a *tool) systemOf(ctx context.Context, d *desk, name string) (connector.System, error) {
	if d.deployed == nil {
		return a.system(name, d.State)
	}
	opened, failed := installation.Deployed(ctx, d.deployed, a.deps(d.State, nil))
	if failed[name] != nil {
		return connector.System{}, failed[name]
	}
	system, known := opened.Systems[name]
	if !known {
		return system, notFound("opening "+name, "the installation does not have the system")
	}
	return system, nil
}

// system opens one connector from the settings file of this machine.
func (a *tool) system(name string, state port.State) (connector.System, error) {
	config, err := a.connections(state, nil)
	if err != nil {
		return connector.System{}, err
	}
	system, err := installation.One(config, name)
	if err != nil {
		return system, fmt.Errorf("opening %s: %w", name, err)
	}
	return system, nil
}
