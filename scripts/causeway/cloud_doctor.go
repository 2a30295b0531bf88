package main

import (
	"context"
	"maps"
	"slices"

	"causeway.example/functions"
	"causeway.example/scripts/installation"
	"causeway.example/shared/doctor"
	"causeway.example/shared/fault"
	"causeway.example/shared/privacy"
)

// cloudChecks are the checks of an installation on AWS: of its resources, and of its systems
// with the settings and secrets that their functions read.
func (a *tool) cloudChecks(ctx context.Context, d *desk) []doctor.Check {
	clock := doctor.NewClock(a.now)
	opened, failed := installation.Deployed(ctx, d.deployed, a.deps(d.State, clock.Watch))
	var secrets []string
	for _, each := range functions.All() {
		names, err := d.deployed.Secrets(ctx, each.Profile)
		if err != nil && failed[each.Profile.Name] == nil {
			failed[each.Profile.Name] = err
		}
		secrets = append(secrets, names...)
	}
	examined := opened.Doctor()
	examined.Clock = clock
	checks := append(examined.Checks(), doctor.Func(func(context.Context) []doctor.Finding { return unopened(a.env, len(opened.Systems), failed) }))
	return append(append(checks, d.health(secrets)...), privacy.Check(d.Ledger, a.now))
}

// unopened returns a finding for each system that cannot be opened.
func unopened(env string, opened int, failed map[string]error) (found []doctor.Finding) {
	for _, name := range slices.Sorted(maps.Keys(failed)) {
		f := doctor.Finding{
			Check: "settings", Subject: name, Level: doctor.Problem, Text: failed[name].Error(),
			Remedy: "correct the setting in the stage and deploy, or in the secret; the functions do not start with it",
		}
		switch cause := fault.As(failed[name]); {
		case cause.Kind == fault.Unauthorized:
			f.Level, f.Remedy = doctor.Notice, "run doctor with the policy of an operator: a reader may not read secrets, so that connection and subscriptions were not checked"
		case cause.Kind == fault.Unavailable, cause.Kind == fault.Throttled:
			f.Remedy = "try again; AWS did not answer"
		}
		found = append(found, f)
	}
	if opened == 0 && len(failed) == 0 {
		found = append(found, doctor.Finding{
			Check: "settings", Subject: env, Level: doctor.Problem, Text: "no function of a system exists", Remedy: "deploy the stack of connectors, or check the prefix of the environment",
		})
	}
	return found
}
