package ask

import (
	"context"

	"causeway.example/scripts/causeway/cli"
	"causeway.example/scripts/installation"
	"causeway.example/shared/doctor"
	"causeway.example/shared/privacy"
)

// cloudChecks are the checks of an installation on AWS: of its resources, and of its systems
// with the settings and secrets that their functions read.
func (a *tool) cloudChecks(ctx context.Context, d *cli.Desk) []doctor.Check {
	clock := doctor.NewClock(a.Now)
	opened, failed := installation.Deployed(ctx, d.Deployed, d.State, a.Deps(d.State, clock.Watch))
	secrets := installation.DeployedSecrets(ctx, d.Deployed, failed)
	examined := opened.Doctor()
	examined.Clock = clock
	checks := append(examined.Checks(), doctor.Func(func(context.Context) []doctor.Finding {
		return installation.Unopened(a.Env, len(opened.Systems), failed)
	}))
	return append(append(checks, d.Health(secrets)...), privacy.Check(d.Ledger, a.Now))
}
