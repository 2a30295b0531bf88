package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/connector"
	"causeway.example/shared/port"
	"causeway.example/shared/valuemap"
)

// Map entries on AWS: they are exported with the settings of the functions and without a secret, and
// imported where the environment was confirmed and the secrets may be read.
func TestMapEntriesOnAWS(t *testing.T) {
	i := newInstallation(t)
	i.deploy(t)
	file := filepath.Join(t.TempDir(), "entries.csv")
	must2(t, os.WriteFile(file, []byte(mapHeader+"netsuite,payment_method,klarna,12\nnetsuite,payment_method,card,9\n"), 0o600))
	export := []string{"crosswalk", "export", "--target", "netsuite", "--type", "payment_method"}
	i.server.Fail("secretsmanager", "GetSecretValue", cloudtest.Denied(2))
	if code, out := i.run(t, export...); code != screen.ExitOK || !strings.Contains(out, "netsuite,payment_method,card,1,setting\n") {
		t.Errorf("export: exit %d\n%s", code, out)
	}
	if code, out := i.run(t, "crosswalk", "import", file, "--apply", "--yes", "--reason", "r"); code == screen.ExitOK || !strings.Contains(out, "opening netsuite") {
		t.Errorf("without the secrets: exit %d\n%s", code, out)
	}
	if code, out := i.run(t, "crosswalk", "import", file, "--rebind", "--apply", "--reason", "r"); code != screen.ExitRefused {
		t.Errorf("without the environment's name: exit %d\n%s", code, out)
	}
	i.pass(time.Minute)
	i.waits(t)
	if code, out := i.run(t, "crosswalk", "import", file, "--rebind"); code != screen.ExitOK || !strings.Contains(out, "1 new, 1 changed, 0 removed, 0 the same; 1 message would be released") {
		t.Errorf("plan: exit %d\n%s", code, out)
	}
	if code, out := i.run(t, "crosswalk", "import", file, "--rebind", "--apply", "--yes", "--reason", "klarna begins"); code != screen.ExitOK || !strings.Contains(out, "1 new, 1 changed, 0 removed, 0 the same; 1 message released") {
		t.Errorf("import: exit %d\n%s", code, out)
	}
	i.pass(0)
	if again, err := i.backend.Receive(t.Context(), cloudRoute, 1, 0); err != nil || len(again) != 1 || again[0].ReceiveCount != 2 {
		t.Errorf("the message is not visible: %+v, %v", again, err)
	}
	if code, out := i.run(t, export...); code != screen.ExitOK || !strings.Contains(out, "netsuite,payment_method,klarna,12,import x-") || !strings.Contains(out, ", the setting has 1\"\n") {
		t.Errorf("afterwards: exit %d\n%s", code, out)
	}
	if code, out := i.run(t, "doctor"); code != screen.ExitAttention || !strings.Contains(out, "NETSUITE_PAYMENT_METHODS leads from card to 1, and an import wins with 9") {
		t.Errorf("doctor: exit %d\n%s", code, out)
	}
	stored, _, err := valuemap.Load(t.Context(), i.backend, "netsuite")
	if err != nil || len(stored["NETSUITE_PAYMENT_METHODS"]) != 2 {
		t.Errorf("stored %v, %v", stored, err)
	}
}

// waits puts a message into the route's queue, takes it and hides it as the delivery does that misses
// an entry.
func (i *emulated) waits(t *testing.T) {
	t.Helper()
	must2(t, i.backend.Send(t.Context(), cloudRoute, []port.Outgoing{{Body: []byte("{}")}}))
	taken, err := i.backend.Receive(t.Context(), cloudRoute, 1, 0)
	must2(t, err)
	if len(taken) != 1 {
		t.Fatalf("took %+v", taken)
	}
	until := i.clock.Now().Add(10 * time.Minute)
	must2(t, i.backend.Defer(t.Context(), taken[0], until))
	w := valuemap.Waiter{Event: "e", Queue: cloudRoute, Handle: taken[0].Handle, Until: until}
	_, err = valuemap.Wait(t.Context(), i.backend, "netsuite", connector.MissingEntry{Setting: "NETSUITE_PAYMENT_METHODS"}, w, i.clock.Now())
	must2(t, err)
}
