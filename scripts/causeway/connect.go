package main

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"os"
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
	return installation.Config{
		Given: given, Fake: a.fake,
		Deps: func(system string) connector.Deps {
			transport := a.transport
			if watch != nil {
				transport = watch(system, transport)
			}
			return connector.Deps{HTTP: transport, Now: a.now, Random: rand.Reader, CrossRef: pipeline.Memory{State: frozen{state}, Now: a.now}}
		},
	}, err
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

// system opens one connector.
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
