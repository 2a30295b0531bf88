package porttest

import (
	"slices"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

func ledgerKeys(t *testing.T, h Harness) {
	at := h.Now().UTC()
	number, sku := port.SearchKey(port.KeyNumber, "#1001"), port.SearchKey(port.KeySKU, "Trail-42")
	failure := &port.EntryError{Kind: "rejected", Class: fault.Value, Fingerprint: "ab12cd34", Message: "no"}
	h.mustAppend(t,
		port.Entry{At: at, Trace: "k1", Event: "ke1", Entity: orderKey("5001"), Stage: port.Published, Outcome: "first", Keys: []string{number, sku}},
		port.Entry{At: at.Add(time.Second), Trace: "k1", Event: "ke1", Entity: orderKey("5001"), Route: "shop-orders-to-erp", Stage: port.Confirmed, Outcome: "there", TargetRef: "SO-10233"},
		port.Entry{At: at.Add(2 * time.Second), Trace: "k2", Event: "ke2", Entity: orderKey("5002"), Stage: port.Published, Outcome: "second", Keys: []string{sku}},
		port.Entry{At: at.Add(3 * time.Second), Trace: "k2", Event: "ke2", Entity: orderKey("5002"), Route: "shop-orders-to-erp", Stage: port.Dead, Outcome: "dead", Error: failure},
		port.Entry{At: at.Add(4 * time.Second), Trace: "k3", Event: "ke3", Entity: orderKey("5003"), Route: "shop-orders-to-erp", Stage: port.Deferred, Outcome: "waits", Error: failure},
	)
	h.mustFind(t, port.Query{Key: number}, "first")
	h.mustFind(t, port.Query{Key: sku}, "first", "second")
	h.mustFind(t, port.Query{Key: sku, Newest: true, Limit: 1}, "second")
	h.mustFind(t, port.Query{Key: sku, Entity: orderKey("5001")}, "first")
	h.mustFind(t, port.Query{Key: port.SearchKey(port.KeyRef, "so-10233")}, "there")
	h.mustFind(t, port.Query{Key: port.SearchKey(port.KeyFingerprint, "ab12cd34")}, "dead")
	h.mustFind(t, port.Query{Key: port.SearchKey(port.KeyNumber, "1002")})
}

// ledgerAddresses: an address is found by the hash under the secrets of the ledger, which are
// the same at each call.
func ledgerAddresses(t *testing.T, h Harness) {
	const address = "ada@example.com"
	order := &canonical.Order{ID: "5001", Buyer: canonical.Buyer{Email: canonical.NewText("Ada@Example.com")}}
	keys, err := port.KnownKeys(t.Context(), h.Ledger, order)
	if err != nil || !slices.Contains(keys, "id:5001") || slices.Contains(keys, port.SearchKey(port.KeyEmail, canonical.EmailHash(address))) {
		t.Fatalf("known by %v, %v", keys, err)
	}
	at := h.Now().UTC()
	old := []string{port.SearchKey(port.KeyEmail, canonical.EmailHash(address))}
	h.mustAppend(t,
		port.Entry{At: at, Trace: "a1", Event: "ae1", Entity: orderKey("5001"), Stage: port.Published, Outcome: "new", Keys: keys},
		port.Entry{At: at, Trace: "a2", Event: "ae2", Entity: orderKey("5002"), Stage: port.Published, Outcome: "of before there were secrets", Keys: old},
	)
	searched, err := port.AddressKeys(t.Context(), h.Ledger, address)
	if err != nil || len(searched) < 2 {
		t.Fatalf("searched by %v, %v", searched, err)
	}
	h.mustFind(t, port.Query{Key: searched[0]}, "new")
	h.mustFind(t, port.Query{Key: searched[len(searched)-1]}, "of before there were secrets")
}

func ledgerUntil(t *testing.T, h Harness) {
	at := h.Now().UTC()
	for i, outcome := range []string{"one", "two", "three"} {
		h.mustAppend(t, port.Entry{At: at.Add(time.Duration(i) * time.Second), Trace: "u", Event: outcome, Stage: port.Received, Outcome: outcome})
	}
	h.mustFind(t, port.Query{Trace: "u", Until: at.Add(time.Second)}, "one", "two")
	h.mustFind(t, port.Query{Trace: "u", Until: at.Add(time.Second), Newest: true, Limit: 1}, "two")
}
