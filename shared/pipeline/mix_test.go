package pipeline_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/entity"
	"causeway.example/shared/message"
)

// mixes is how many random journeys are tried per guarantee.
const mixes = 6

// TestAnyMixOfFaultsAndOrdersConverges has versions of a customer, of an order that waits for
// it, and a fact, arrive in any order and more than once, while writes fail in any way: the
// target ends with the newest states, each fact once, and nothing is left or dead.
func TestAnyMixOfFaultsAndOrdersConverges(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, operation connector.Operation) {
		for seed := range uint64(mixes) {
			mix(t, operation, seed)
		}
	})
}

func mix(t *testing.T, operation connector.Operation, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 17))
	v := newVendor(t, operation)
	v.random, v.admission.Breaker.Failures = random.Float64, 0
	names := slices.Sorted(maps.Keys(acts))
	for range random.IntN(6) {
		v.acts = append(v.acts, acts[names[random.IntN(len(names))]])
	}
	var changes []change
	for i := range 2 + random.IntN(4) {
		version, hint := 1+random.IntN(3), 1+random.IntN(2) // which tie now and then
		changes = append(changes,
			change{Type: customer, ID: "7", Version: version, Hint: hint, Name: "c" + strconv.Itoa(random.IntN(3))},
			change{Type: "order.changed", ID: "1", Version: version, Hint: hint, Name: "o" + strconv.Itoa(i), Parents: []string{"7"}},
			change{Type: captured, ID: "9", Version: version, Name: "paid"})
	}
	changes = append(changes, changes[:random.IntN(len(changes))]...) // duplicates
	random.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	for i, c := range changes {
		v.post(strconv.Itoa(i), c)
		v.settle(time.Duration(random.IntN(90)) * time.Second)
	}
	v.finish(24 * time.Hour)

	var wrong []string
	rows := map[message.Key]string{}
	for _, r := range v.rows {
		if rows[r.key] != "" {
			wrong = append(wrong, "two rows of "+r.key.String())
		}
		rows[r.key] = r.name
	}
	for key, name := range rows {
		if key.Type == "payment" {
			continue
		}
		if want := winner(changes, key.ID); name != want {
			wrong = append(wrong, fmt.Sprintf("%s is %s, want %s", key, name, want))
		}
	}
	if dead := len(v.dead(queue)); len(wrong) > 0 || len(rows) != 3 || dead > 0 || v.memory.Left() > 0 {
		t.Errorf("seed %d: %q, %d rows, %d dead, %d left", seed, wrong, len(rows), dead, v.memory.Left())
	}
}

// winner returns the content of the newest change; of contents that tie the one with the
// greatest hash.
func winner(changes []change, id string) string {
	var newest change
	var version message.Sequence
	var hash string
	for _, c := range changes {
		if c.ID != id {
			continue
		}
		event := c.event()
		v, h := message.NewSequence(event.UpdatedAt, false, event.Hint), bodyHash(event)
		if v > version || v == version && h > hash {
			newest, version, hash = c, v, h
		}
	}
	return newest.Name
}

func bodyHash(event connector.Event) string {
	s, err := entity.StateOf(event, false, epoch)
	if err != nil {
		panic(err)
	}
	return s.Hash
}
