package local_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/local"
)

const addressFile = "ledger-secret.json"

// All processes that need the secret first make one file, which only its owner may read, and
// which the store's file does not contain.
func TestTheLedgersSecretIsMadeOnce(t *testing.T) {
	t.Parallel()
	config := config(t, func() time.Time { return noon })
	path := filepath.Join(filepath.Dir(config.Path), addressFile)
	owner, attached := mustOpen(t, config), mustAttach(t, config)
	hashes := make([]string, 20)
	var all sync.WaitGroup
	for i := range hashes {
		all.Go(func() {
			secrets, err := []*local.Store{owner, attached}[i%2].AddressSecrets(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			hashes[i] = secrets.Hash("ada@example.com")
		})
	}
	all.Wait()
	for _, hash := range hashes {
		if hash != hashes[0] || hash == canonical.EmailHash("ada@example.com") {
			t.Fatalf("hashes %q", hashes)
		}
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	left, err := filepath.Glob(path + "-*")
	if must(t, err); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	text, err := os.ReadFile(path)
	must(t, err)
	var members map[string]string
	must(t, json.Unmarshal(text, &members))
	stored, err := os.ReadFile(config.Path)
	if must(t, err); len(members["current"]) != 64 || strings.Contains(string(stored), members["current"]) {
		t.Errorf("the file has %d members, and the store may have the secret too", len(members))
	}
}

// A rotation needs no restart: a search tries the previous secret too. A file that cannot be
// read is an error without its content.
func TestTheLedgersSecretIsRotatedByHand(t *testing.T) {
	t.Parallel()
	config := config(t, func() time.Time { return noon })
	path := filepath.Join(filepath.Dir(config.Path), addressFile)
	store := mustOpen(t, config)
	before, err := store.AddressSecrets(t.Context())
	must(t, err)
	text, err := json.Marshal(map[string]string{"current": strings.Repeat("n", 40), "previous": before[0]})
	must(t, err)
	must(t, os.WriteFile(path, text, 0o600))
	after, err := store.AddressSecrets(t.Context())
	must(t, err)
	if after.Hash("a@b.example") == before.Hash("a@b.example") || after.Hashes("a@b.example")[1] != before.Hash("a@b.example") {
		t.Errorf("searched by %v", after.Hashes("a@b.example"))
	}
	for _, broken := range []string{`"hunter2`, `{"current":"hunter2"}`} {
		must(t, os.WriteFile(path, []byte(broken), 0o600))
		_, err := store.AddressSecrets(t.Context())
		if f := fault.As(err); f == nil || f.Class != fault.Config || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", broken, err)
		}
	}
}
