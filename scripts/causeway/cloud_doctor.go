package main

import (
	"context"

	"causeway.example/scripts/installation"
	"causeway.example/shared/doctor"
	"causeway.example/shared/privacy"
)

// cloudChecks are the checks of an installation on AWS: of its resources, and of its systems
// with the settings and secrets that their functions read.
func (a *tool) cloudChecks(ctx context.Context, d *desk) []doctor.Check {
	clock := doctor.NewClock(a.now)
	opened, failed := installation.Deployed(ctx, d.deployed, a.deps(d.State, clock.Watch))
	secrets := installation.DeployedSecrets(ctx, d.deployed, failed)
	examined := opened.Doctor()
	examined.Clock = clock
	checks := append(examined.Checks(), doctor.Func(func(context.Context) []doctor.Finding {
		return installation.Unopened(a.env, len(opened.Systems), failed)
	}))
	return append(append(checks, d.health(secrets)...), privacy.Check(d.Ledger, a.now))
}
