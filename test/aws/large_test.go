//go:build aws

package aws_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/scripts/day"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// TestALargeDelivery sends an order whose body is too large for a queue: the door stores it
// in the bucket, translate loads it from there, and the order ends confirmed.
func TestALargeDelivery(t *testing.T) {
	t.Parallel()
	again(t, "large", func(t *testing.T, k *kills) {
		w := newWorld(t, k)
		steps := day.Sample()[:2] // a customer, and the customer's order
		large := &steps[1]
		large.Body = slices.Concat(bytes.TrimRight(large.Body, " \n"), bytes.Repeat([]byte(" "), 2*message.InlineLimit))
		large.Header = shopifytest.Delivery{Topic: "orders/create", Body: large.Body}.Header()
		accepted := w.play(steps)
		w.settle(t.Context())
		if r := w.audit(accepted); r.Accepted != len(steps) {
			t.Errorf("%d of %d deliveries were accepted", r.Accepted, len(steps))
		}
		w.wantDead("")
		confirmed := slices.ContainsFunc(w.find(t.Context(), port.Query{Stage: port.Confirmed}), func(e port.Entry) bool { return e.Entity.Type == "order" })
		if !confirmed {
			t.Error("the order is not confirmed")
		}
		sum := sha256.Sum256(large.Body)
		digest := hex.EncodeToString(sum[:])
		stored, err := w.backend.Load(t.Context(), message.Claim{Key: "sha256/" + digest, SHA256: digest})
		if err != nil || !bytes.Equal(stored, large.Body) {
			t.Errorf("%d bytes are in the bucket, want %d (%v)", len(stored), len(large.Body), err)
		}
	})
}
