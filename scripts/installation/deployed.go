package installation

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"causeway.example/functions"
	"causeway.example/shared/cloud/deployed"
	"causeway.example/shared/connector"
	"causeway.example/shared/doctor"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// Deployed opens the systems of an installation on AWS with the settings and secrets that their
// functions read, and with their imported map entries, which state has. A system without a function
// is not part of it. Failed has the error of each that cannot be opened, by system; the others are
// opened.
func Deployed(ctx context.Context, from *deployed.Reader, state port.State, deps func(system string) connector.Deps) (i Installation, failed map[string]error) {
	i = empty()
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
			err = i.add(ctx, each, settings, deps(name), state, nil)
		}
		if err != nil {
			failed[name] = fmt.Errorf("opening %s: %w", name, err)
		}
	}
	return i, failed
}

// DeployedSecrets returns the names of the secrets of all functions. A system whose functions
// cannot be read is added to failed.
func DeployedSecrets(ctx context.Context, from *deployed.Reader, failed map[string]error) (secrets []string) {
	for _, each := range functions.All() {
		names, err := from.Secrets(ctx, each.Profile)
		if err != nil && failed[each.Profile.Name] == nil {
			failed[each.Profile.Name] = err
		}
		secrets = append(secrets, names...)
	}
	return secrets
}

// Unopened returns a finding for each system that Deployed could not open, and one if there is
// none at all. Env is the name of the environment.
func Unopened(env string, opened int, failed map[string]error) (found []doctor.Finding) {
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
