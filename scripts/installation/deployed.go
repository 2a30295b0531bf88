package installation

import (
	"context"
	"fmt"

	"causeway.example/functions"
	"causeway.example/shared/cloud/deployed"
	"causeway.example/shared/connector"
)

// Deployed opens the systems of an installation on AWS with the settings and secrets that their
// functions read. A system without a function is not part of it. Failed has the error of each
// that cannot be opened, by system; the others are opened.
func Deployed(ctx context.Context, from *deployed.Reader, deps func(system string) connector.Deps) (i Installation, failed map[string]error) {
	i = Installation{Systems: map[string]connector.System{}, Settings: map[string]map[string]string{}, Fakes: map[string]bool{}}
	failed = map[string]error{}
	for _, each := range functions.All() {
		name := each.Profile.Name
		found, known, err := from.System(ctx, each.Profile)
		if err == nil && !known {
			continue
		}
		settings := found.Settings
		if err == nil {
			settings, err = from.Whole(ctx, found)
		}
		if err == nil {
			i.Systems[name], err = each.Open(settings, deps(name))
		}
		if err != nil {
			delete(i.Systems, name)
			failed[name] = fmt.Errorf("opening %s: %w", name, err)
			continue
		}
		i.Settings[name] = settings
	}
	return i, failed
}
