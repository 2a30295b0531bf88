package function

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
	"causeway.example/shared/reopen"
)

const newSecret = "new-canary-secret-4711"

// signed is a delivery under the secret.
func signed(b *bench, f *function, id, secret string) int {
	r := request(id, "{}")
	r.Headers["x-signature"] = secret
	return b.call(f, r).StatusCode
}

func TestF54ARotatedSecretRefusesNoValidDelivery(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	if got := signed(b, f, "w1", canarySecret); got != http.StatusOK {
		t.Errorf("answered %d", got)
	}
	b.secrets.rotate(newSecret)
	if got := signed(b, f, "w2", newSecret); got != http.StatusOK {
		t.Errorf("the new secret is answered %d", got)
	}
	if got := signed(b, f, "w3", canarySecret); got != http.StatusUnauthorized {
		t.Errorf("the old secret is answered %d", got)
	}
	if b.world.opened != 2 || len(b.inbox()) != 2 {
		t.Errorf("opened %d times", b.world.opened)
	}
}

// TestABadSignatureHidesARotationForAMinuteAtMost: junk makes the secret be read, and the next
// read is a minute later. Two secrets at once cover that minute.
func TestABadSignatureHidesARotationForAMinuteAtMost(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	if got := signed(b, f, "w1", "rubbish"); got != http.StatusUnauthorized {
		t.Errorf("answered %d", got)
	}
	b.secrets.rotate(newSecret)
	b.clock.Advance(reopen.Pause - time.Second)
	if got := signed(b, f, "w2", newSecret); got != http.StatusUnauthorized || b.secrets.asked != 2 {
		t.Errorf("within the minute the new secret is answered %d, after %d reads", got, b.secrets.asked)
	}
	b.clock.Advance(time.Second)
	if got := signed(b, f, "w2", newSecret); got != http.StatusOK {
		t.Errorf("after the minute the new secret is answered %d", got)
	}
}

func TestASignatureThatCannotBeJudgedIsNotCalledWrong(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	b.secrets.fail = fault.New(fault.Unavailable, "", "reading the secret", "503")
	if got := signed(b, f, "w1", newSecret); got != http.StatusServiceUnavailable {
		t.Errorf("while the secret cannot be had, answered %d", got)
	}
	b.secrets.fail = nil
	b.secrets.now = map[string]string{"TOY_SECRET": ""} // a rotation that went wrong
	if got := signed(b, f, "w2", newSecret); got != http.StatusServiceUnavailable || b.secrets.asked != 2 {
		t.Errorf("within the minute, answered %d after %d reads", got, b.secrets.asked)
	}
	b.clock.Advance(reopen.Pause)
	if got := signed(b, f, "w2", newSecret); got != http.StatusServiceUnavailable || b.secrets.asked != 3 {
		t.Errorf("while the secret is unusable, answered %d", got)
	}
	if got := signed(b, f, "w3", canarySecret); got != http.StatusOK {
		t.Errorf("the secret of before is answered %d", got)
	}
}

// TestJunkIsRejectedWithOneReadAMinute: junk costs one read a minute, and is no failure of ours.
func TestJunkIsRejectedWithOneReadAMinute(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	for minute := range 3 {
		for i := range 50 {
			if got := signed(b, f, "w", "rubbish"); got != http.StatusUnauthorized {
				t.Fatalf("request %d is answered %d", i, got)
			}
		}
		if want := 1 + 1 + minute; b.secrets.asked != want { // the first is the start's
			t.Errorf("in minute %d the secret was read %d times, want %d", minute, b.secrets.asked, want)
		}
		b.clock.Advance(reopen.Pause)
	}
}

func TestF54ATargetThatRefusesTheOldKeyGetsTheNewOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Deliver)
	f := b.start()
	b.translated("1", "2", "3")
	b.world.accepts = newSecret
	b.secrets.rotate(newSecret)
	if failed := b.run(f, b.poll(toyQueue)); len(failed) != 0 || len(b.world.delivered) != 3 {
		t.Errorf("failed %v, delivered %v", failed, b.world.delivered)
	}
	if b.world.opened != 2 || len(b.entries(port.Dead)) != 0 || len(b.entries(port.Deferred)) != 0 {
		t.Errorf("opened %d times, the ledger says %+v", b.world.opened, b.entries(port.Deferred))
	}
}

func TestAKeyThatIsRefusedForGoodWaitsForAnOperator(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]error{"unchanged": nil, "unreachable": fault.New(fault.Unavailable, "", "reading the secret", "503")} {
		b := newBench(t, connector.Deliver)
		f := b.start()
		b.translated("1")
		b.world.accepts, b.secrets.fail = "another", fail
		if failed := b.run(f, b.poll(toyQueue)); len(failed) != 1 {
			t.Errorf("%s: failed %v", name, failed)
		}
		waits := b.entries(port.Deferred)
		if len(waits) != 1 || waits[0].Error.Kind != fault.Unauthorized.String() {
			t.Errorf("%s: the ledger says %+v", name, waits)
		}
	}
}

// TestManyAtOnceOpenTheSystemOnce has the race detector look at a rotation under load.
func TestManyAtOnceOpenTheSystemOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	f := b.start()
	b.secrets.rotate(newSecret)
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			request := connector.Request{Header: http.Header{"X-Signature": {newSecret}}}
			if _, err := f.system.Source.Receive(t.Context(), request); err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
	calls.Wait()
	if b.world.opened != 2 || b.secrets.asked != 2 {
		t.Errorf("opened %d times, fetched %d times", b.world.opened, b.secrets.asked)
	}
}

func TestASystemWithoutASecretAsksNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t, connector.Receive)
	b.process.environ["CAUSEWAY_SECRET"] = ""
	b.process.environ["TOY_SECRET"] = canarySecret
	f := b.start()
	if got := signed(b, f, "w1", "rubbish"); got != http.StatusUnauthorized || b.secrets.asked != 0 {
		t.Errorf("answered %d after asking %d times", got, b.secrets.asked)
	}
	if strings.Contains(b.out.String(), canarySecret) {
		t.Errorf("the log shows the secret of the environment: %s", b.out.String())
	}
}
