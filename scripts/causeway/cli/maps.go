package cli

import (
	"context"

	"causeway.example/functions"
	"causeway.example/scripts/installation"
	"causeway.example/shared/operate/crosswalk"
)

// Maps returns the systems of the environment with the settings that hold their maps. It reads no
// secret and opens no system on AWS, so that the entries can be exported, and not imported.
func (a *Tool) Maps(ctx context.Context, d *Desk) (map[string]crosswalk.MapSystem, error) {
	if d.Deployed == nil {
		return a.OpenMaps(ctx, d)
	}
	all := map[string]crosswalk.MapSystem{}
	for _, each := range functions.All() {
		found, known, err := d.Deployed.System(ctx, each.Profile)
		if err != nil {
			return nil, err
		}
		if known {
			all[each.Profile.Name] = crosswalk.MapSystem{Profile: each.Profile, Settings: found.Settings}
		}
	}
	return all, nil
}

// OpenMaps opens the systems of the environment, so that entries of their maps can be checked. One
// that cannot be opened fails each check.
func (a *Tool) OpenMaps(ctx context.Context, d *Desk) (map[string]crosswalk.MapSystem, error) {
	deps := a.Deps(d.State, nil)
	var opened installation.Installation
	failed := map[string]error{}
	if d.Deployed != nil {
		opened, failed = installation.Deployed(ctx, d.Deployed, d.State, deps)
	} else {
		config, err := a.Connections(d.State, nil)
		if err != nil {
			return nil, err
		}
		if opened, err = installation.Open(ctx, config); err != nil {
			return nil, err
		}
	}
	all := map[string]crosswalk.MapSystem{}
	for _, each := range functions.All() {
		name := each.Profile.Name
		settings, open := opened.Plain[name]
		if !open && failed[name] == nil {
			continue
		}
		all[name] = crosswalk.MapSystem{Profile: each.Profile, Settings: settings, Check: func(settings map[string]string) error {
			if failed[name] != nil {
				return failed[name]
			}
			return opened.Check(name, settings, deps(name))
		}}
	}
	return all, nil
}
