package cli

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
	"causeway.example/scripts/causeway/screen"
	"causeway.example/scripts/installation"
	"causeway.example/shared/connector"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
	"causeway.example/shared/rules"
)

// frozen is a State that stores nothing.
type frozen struct{ port.State }

// Put says that it was stored.
func (f frozen) Put(_ context.Context, item port.Item) (int64, error) { return item.Revision + 1, nil }

// Connections says how the connectors are opened: as the local engine opens them, but what
// they bind is not stored. watch may wrap the network; nil for the plain one.
func (a *Tool) Connections(state port.State, watch func(system string, inner http.RoundTripper) http.RoundTripper) (installation.Config, error) {
	given, err := installation.Read(a.Settings, a.Environment)
	return installation.Config{Given: given, State: state, Fake: a.fake, Deps: a.Deps(state, watch)}, err
}

// Deps returns what each connector is given: what it binds is not stored. watch is as that of
// Connections.
func (a *Tool) Deps(state port.State, watch func(system string, inner http.RoundTripper) http.RoundTripper) func(system string) connector.Deps {
	return func(system string) connector.Deps {
		transport := a.Transport
		if watch != nil {
			transport = watch(system, transport)
		}
		return connector.Deps{HTTP: transport, Now: a.Now, Random: rand.Reader, Rules: rules.Language{}, CrossRef: pipeline.Memory{State: frozen{state}, Now: a.Now}}
	}
}

// OpenAll opens every connector of the environment.
func (a *Tool) OpenAll(ctx context.Context, d *Desk) (installation.Installation, error) {
	if d.Deployed != nil {
		opened, failed := installation.Deployed(ctx, d.Deployed, d.State, a.Deps(d.State, nil))
		return opened, errors.Join(slices.Collect(maps.Values(failed))...)
	}
	config, err := a.Connections(d.State, nil)
	if err != nil {
		return installation.Installation{}, err
	}
	return installation.Open(ctx, config)
}

// fake returns the settings of a system's fake in the block of ports of the local engine.
func (a *Tool) fake(system functions.System, offset int, stores []string) (map[string]string, error) {
	folder, err := os.MkdirTemp("", "causeway-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // it holds nothing that counts
	fake, err := system.Fake(folder, a.Now)
	if err != nil {
		return nil, err
	}
	own := maps.Clone(fake.Settings("http://127.0.0.1:" + strconv.Itoa(a.Port+offset)))
	extra, err := installation.Prepare(fake, stores)
	maps.Copy(own, extra)
	return own, err
}

// SystemOf opens one connector of the environment.
func (a *Tool) SystemOf(ctx context.Context, d *Desk, name string) (connector.System, error) {
	if d.Deployed == nil {
		return a.System(ctx, name, d.State)
	}
	opened, failed := installation.Deployed(ctx, d.Deployed, d.State, a.Deps(d.State, nil))
	if failed[name] != nil {
		return connector.System{}, failed[name]
	}
	system, known := opened.Systems[name]
	if !known {
		return system, screen.NotFound("opening "+name, "the installation does not have the system")
	}
	return system, nil
}

// RoutesOf returns the routes of the environment, as the system's functions have them.
func (a *Tool) RoutesOf(ctx context.Context, d *Desk, profile connector.Profile) ([]routes.Route, error) {
	if d.Deployed == nil {
		return d.Routes, nil
	}
	found, known, err := d.Deployed.System(ctx, profile)
	if err != nil || !known || len(found.Flows) == 0 {
		return d.Routes, err
	}
	return slices.DeleteFunc(slices.Clone(d.Routes), func(r routes.Route) bool { return !slices.Contains(found.Flows, r.Name()) }), nil
}

// System opens one connector from the settings file of this machine.
func (a *Tool) System(ctx context.Context, name string, state port.State) (connector.System, error) {
	config, err := a.Connections(state, nil)
	if err != nil {
		return connector.System{}, err
	}
	system, err := installation.One(ctx, config, name)
	if err != nil {
		return system, fmt.Errorf("opening %s: %w", name, err)
	}
	return system, nil
}
