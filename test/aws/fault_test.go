//go:build aws

package aws_test

import (
	"testing"
	"time"

	"causeway.example/scripts/day"
	"causeway.example/shared/cloud/cloudtest"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// some is the beginning of the day: samples of both stores and a dozen plain orders.
const some = 44

// TestFaults plays the beginning of the day in a world of its own per fault. Nothing
// may be lost, doubled or dead.
func TestFaults(t *testing.T) {
	t.Parallel()
	if environmentOfTest.endpoint != nil || environmentOfTest.account != "" {
		t.Log("the faults below are played at the stand-in only")
		return
	}
	kill := func(on event, among int, points ...point) func(*world) {
		return func(w *world) { w.kills.draw(on, among, points...) }
	}
	fail := func(service, operation string, how cloudtest.Fault) func(*world) {
		return func(w *world) { w.emulator.Fail(service, operation, how) }
	}
	for _, c := range []struct {
		name   string
		before func(*world)
		dead   fault.Class // of the only dead letter; "" for none
	}{
		{"F1 crash on receive", kill(onInvocation, 5, pointReceive), ""},
		{"F2 crash after the claim before the write", kill(onWrite, 10, pointClaim), ""},
		{"F3 crash after the write before its answer", kill(onWrite, 10, pointAnswer), ""},
		{"F3 crash after the answer before the mark", kill(onWrite, 10, pointMark), ""},
		{"F4 crash after the mark before the delete", kill(onWrite, 10, pointDelete), ""},
		{"F6 timeout of the function in its call", kill(onWrite, 10, pointTimeout), ""},
		{"F7 out of memory, twice in a row", func(w *world) {
			kill(onWrite, 2, pointAnswer, pointAnswer)(w)
		}, ""},
		{"F7 out of memory on one order, again and again", poisonOrder, fault.Poison},
		{"F9 failure to start", startWithoutSecret, ""},
		{"F10 crash of the door after it stored", kill(onDoor, 20, pointAfter, pointAfter), ""},
		{"F11 crash of the door before it stored", kill(onDoor, 20, pointBefore, pointBefore), ""},
		{"F17 entries of PutEvents fail", fail("events", "PutEvents", cloudtest.FailEntries(8, 0)), ""},
		{"F17 PutEvents fails beyond the function's tries", fail("events", "PutEvents", cloudtest.FailEntries(20, 0)), ""},
		{"F17 entries of SendMessageBatch fail", fail("sqs", "SendMessageBatch", cloudtest.FailEntries(8, 0)), ""},
		{"F50 throttled at the claim and the mark", fail("dynamodb", "PutItem", cloudtest.Throttle(30)), ""},
		{"F50 throttled at the ledger", fail("dynamodb", "BatchWriteItem", cloudtest.Throttle(30)), ""},
		{"F51 the answers of claims are lost", fail("dynamodb", "PutItem", cloudtest.LoseAnswer(12)), ""},
		{"F54 secrets rotated under warm functions", rotateSecrets, ""},
	} {
		again(t, c.name, func(t *testing.T, k *kills) {
			w := newWorld(t, k)
			c.before(w)
			steps := day.Sample()[:some]
			accepted := w.play(steps)
			w.settle(t.Context())
			if r := w.audit(accepted); r.Accepted != len(steps) {
				t.Errorf("%d of %d deliveries were accepted", r.Accepted, len(steps))
			}
			w.wantDead(c.dead)
			if left := w.kills.missed(); len(left) > 0 {
				t.Errorf("kills that did not happen: %v", left)
			}
		})
	}
}

// wantDead fails unless there is one dead letter of the class, or none.
func (w *world) wantDead(class fault.Class) {
	w.Helper()
	want := 0
	if class != "" {
		want = 1
		if dead := w.find(w.Context(), port.Query{Stage: port.Dead}); len(dead) != 1 || dead[0].Error.Class != class {
			w.Errorf("dead are %+v, want one of class %s", dead, class)
		}
	}
	if letters := w.deadLetters(); letters != want {
		w.Errorf("%d dead letters, want %d", letters, want)
	}
}

// TestMidBatch is F5: batches wait for their function, which dies in the midst of one: some
// of it is written and not answered for, and some was never begun.
func TestMidBatch(t *testing.T) {
	t.Parallel()
	if environmentOfTest.endpoint != nil || environmentOfTest.account != "" {
		return // the day with kills has it too
	}
	again(t, "F5", func(t *testing.T, k *kills) {
		w := newWorld(t, k)
		w.kills.draw(onSecond, 1, pointMidBatch)
		w.emulator.Fail("sqs", "ReceiveMessage", cloudtest.Unavailable(cloudtest.Always))
		steps := day.Sample()[:some]
		accepted := w.play(steps)
		w.emulator.Heal("sqs", "ReceiveMessage")
		w.settle(t.Context())
		w.audit(accepted)
		if left := w.kills.missed(); len(left) > 0 {
			t.Errorf("kills that did not happen: %v", left)
		}
	})
}

// poisonOrder has every write of one order kill its function, as one does that asks for
// more memory than there is. Two crashes are enough here, to save the time of three.
func poisonOrder(w *world) {
	w.poison = "order__5312345678901"
	for _, h := range w.hosts {
		h.variables["CAUSEWAY_BUDGETS"] = "crash=2"
	}
}

// startWithoutSecret takes a credential away until the function failed to start.
func startWithoutSecret(w *world) {
	w.Helper()
	if err := w.putSecret("netsuite", map[string]string{"NETSUITE_TOKEN_SECRET": ""}); err != nil {
		w.Fatal(err)
	}
	h := w.hosts[w.prefix+"-netsuite-deliver"]
	w.running.Go(func() {
		for w.Context().Err() == nil && h.initFailures() < 3 {
			pause(w.Context(), 20*time.Millisecond)
		}
		if err := w.putSecret("netsuite", nil); err != nil {
			w.Error(err)
		}
	})
}

// rotateSecrets starts functions with the secrets of before, then rotates those.
func rotateSecrets(w *world) {
	w.Helper()
	for system, old := range map[string]map[string]string{
		"netsuite": {"NETSUITE_TOKEN_SECRET": "the token secret of before"}, "shopify": {"SHOPIFY_WEBHOOK_SECRETS": "the signing secret of before"},
	} {
		if err := w.putSecret(system, old); err != nil {
			w.Fatal(err)
		}
	}
	for _, name := range []string{"netsuite-deliver", "netsuite-deliver", "shopify-receive"} {
		if err := w.hosts[w.prefix+"-"+name].warm(w.Context()); err != nil {
			w.Fatal(err)
		}
	}
	for _, system := range []string{"netsuite", "shopify"} {
		if err := w.putSecret(system, nil); err != nil {
			w.Fatal(err)
		}
	}
}
