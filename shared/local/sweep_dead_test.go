package local_test

import (
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/local"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

const day = 24 * time.Hour

// bury lets the message be received until it is moved to the dead-letter queue.
func bury(t *testing.T, s *local.Store, clock *porttest.Clock, body string) {
	t.Helper()
	mustSend(t, s, inbox, body)
	for range 3 {
		mustReceive(t, s, inbox, 1, 0)
		clock.Advance(time.Minute)
	}
	mustReceive(t, s, inbox, 1, 0)
}

func TestSweepRemovesDeadLettersOfFourteenDays(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(noon)
	c := config(t, clock.Now)
	s := mustOpen(t, c)
	var sent []string
	for i := range 700 { // more than one transaction removes
		sent = append(sent, fmt.Sprint("sent ", i))
	}
	mustSend(t, s, routes.Dead(inbox), sent...)
	mustSend(t, s, inbox, "live")
	clock.Advance(14*day - time.Hour)
	checkSweep(t, s, 0)
	must(t, s.Delete(t.Context(), mustReceive(t, s, inbox, 1, 0)[0]))
	clock.Advance(time.Hour + time.Minute)
	checkSweep(t, s, 700)
	if got := depth(t, s, inbox); got.Dead != 0 {
		t.Errorf("after the sweep: %+v", got)
	}
	mustSend(t, s, routes.Dead(inbox), "later")
	if got := depth(t, s, inbox); got.Dead != 1 {
		t.Errorf("one dead letter later: %+v", got)
	}
	checkFile(t, c.Path)
}

// A message that waited in its queue for weeks has all of its days as a dead letter.
func TestADeadLettersAgeBeginsInItsQueue(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(noon)
	c := config(t, clock.Now)
	c.DeadRetention = 2 * day
	s := mustOpen(t, c)
	mustSend(t, s, inbox, "old")
	must(t, s.Defer(t.Context(), mustReceive(t, s, inbox, 1, 0)[0], noon.Add(30*day)))
	clock.Advance(30 * day)
	for range 2 {
		mustReceive(t, s, inbox, 1, 0)
		clock.Advance(time.Minute)
	}
	mustReceive(t, s, inbox, 1, 0)
	clock.Advance(2*day - time.Minute)
	checkSweep(t, s, 0)
	if got := depth(t, s, inbox); got.Dead != 1 || got.OldestDead < 31*day {
		t.Errorf("almost two days dead: %+v", got)
	}
	clock.Advance(2 * time.Minute)
	checkSweep(t, s, 1)
}

// claimed is a message, of which the body is in the vault.
func claimed(t *testing.T, s *local.Store, data string) (body string, claim message.Claim) {
	t.Helper()
	claim, err := s.Store(t.Context(), []byte(data))
	must(t, err)
	raw, err := (&message.Raw{ID: data, System: "shop", Claim: &claim}).Encode()
	must(t, err)
	return string(raw), claim
}

func TestTheVaultKeepsWhatAMessageRefersTo(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(noon)
	c := config(t, clock.Now)
	c.VaultRetention, c.DeadRetention = day, 400*day
	s := mustOpen(t, c)
	live, liveClaim := claimed(t, s, "live")
	dead, deadClaim := claimed(t, s, "dead")
	_, goneClaim := claimed(t, s, "gone")
	attached, attachedClaim := claimed(t, s, "attached")
	mustSend(t, s, "shop-orders-to-erp", live, live)
	mustSend(t, s, routes.Dead("shop-orders-to-erp"), `{"letter":`+attached+`}`)
	bury(t, s, clock, dead)

	clock.Advance(100 * day)
	must(t, s.Close())
	s = mustOpen(t, c)
	checkSweep(t, s, 1)
	for name, claim := range map[string]message.Claim{"live": liveClaim, "dead": deadClaim, "attached": attachedClaim} {
		if data, err := s.Load(t.Context(), claim); err != nil || string(data) != name {
			t.Errorf("the body of the %s message: %q, %v", name, data, err)
		}
	}
	if _, err := s.Load(t.Context(), goneClaim); err == nil {
		t.Error("a body that no message refers to is still there")
	}
	first := mustReceive(t, s, "shop-orders-to-erp", 2, 0)
	must(t, s.Delete(t.Context(), first[0]))
	checkSweep(t, s, 0) // the second message refers to it
	must(t, s.Delete(t.Context(), first[1]))
	checkSweep(t, s, 1)
	clock.Advance(400 * day)
	checkSweep(t, s, 4) // both dead letters, then their bodies
	if _, err := s.Load(t.Context(), deadClaim); err == nil {
		t.Error("the body outlived its dead letter")
	}
}

// A file of the first version keeps its dead letters, bodies and ledger.
func TestAFileOfTheFirstVersionIsMigrated(t *testing.T) {
	t.Parallel()
	clock := porttest.NewClock(noon)
	c := config(t, clock.Now)
	c.VaultRetention = day
	s := mustOpen(t, c)
	body, claim := claimed(t, s, "dead")
	mustSend(t, s, routes.Dead(inbox), body)
	slashed := message.Key{System: "shop", Tenant: "https://shop.example", Type: "order", ID: "50%"}
	must(t, s.Append(t.Context(), port.Entry{At: noon, Trace: "t", Entity: slashed, Stage: port.Confirmed, Outcome: "old"}))
	must(t, s.Close())
	for _, step := range []string{
		`DROP TRIGGER entry_search`, `DROP TABLE search`, `DROP TABLE archive`, `DROP TABLE pause`,
		`DROP TRIGGER body_claims`, `DROP TABLE claim`, `ALTER TABLE item DROP COLUMN entered_at`,
		`DROP INDEX entry_identity`, `ALTER TABLE entry DROP COLUMN identity`, `DROP INDEX entry_route_stage`, `DROP INDEX entry_stage`,
		`UPDATE name SET text = 'shop' || char(31) || 'https://shop.example' || char(31) || 'order' || char(31) || '50%' WHERE instr(text, '%2F')`,
		`PRAGMA user_version = 1`,
	} {
		tamper(t, c.Path, step)
	}

	clock.Advance(10 * day)
	s = mustOpen(t, c)
	found, err := s.Find(t.Context(), port.Query{Entity: slashed})
	if err != nil || len(found) != 1 || found[0].Outcome != "old" {
		t.Errorf("found %+v, %v", found, err)
	}
	checkSweep(t, s, 0)
	if data, err := s.Load(t.Context(), claim); err != nil || string(data) != "dead" {
		t.Errorf("the dead letter's body: %q, %v", data, err)
	}
	clock.Advance(5 * day)
	checkSweep(t, s, 2)
	checkFile(t, c.Path)
}
