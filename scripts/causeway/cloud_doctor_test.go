package main

import (
	"strings"
	"testing"

	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/cloud/cloudtest"
)

// Doctor on AWS checks the systems with the settings of the functions, and the resources. The
// installation of the test has no alarms, no redrive policies and no backups.
func TestDoctorOnAWS(t *testing.T) {
	i := newInstallation(t)
	if code, out := i.run(t, "doctor"); code != screen.ExitAttention || !strings.Contains(out, "no function of a system exists") {
		t.Errorf("without functions: exit %d\n%s", code, out)
	}
	i.deploy(t)
	code, out := i.run(t, "doctor", "--all")
	for _, want := range []string{
		"causeway-prod-" + cloudRoute + "\n  has no redrive policy", "causeway-prod-" + cloudRoute + "-dead-filled\n  does not exist", "enable point-in-time recovery",
		"netsuite\n  is reachable and accepts our credentials", "causeway-prod/netsuite\n  was changed 0 days ago",
	} {
		if code != screen.ExitAttention || !strings.Contains(out, want) {
			t.Errorf("exit %d, want %q:\n%s", code, want, out)
		}
	}
	i.server.Fail("secretsmanager", "GetSecretValue", cloudtest.Denied(cloudtest.Always))
	if code, out := i.run(t, "doctor"); code != screen.ExitAttention || !strings.Contains(out, "run doctor with the policy of an operator") || strings.Contains(out, "is reachable") {
		t.Errorf("without the secrets: exit %d\n%s", code, out)
	}
}
