package netsuite_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// A connection that was used before breaks after NetSuite has read the request. The signed request is
// not sent again with its nonce, which NetSuite would refuse as it refuses wrong credentials.
func TestASignedRequestIsSentOnce(t *testing.T) {
	t.Parallel()
	fake := netsuitetest.New(clock)
	var mu sync.Mutex
	var signed []string
	broken := map[int]bool{2: true, 4: true}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		signed = append(signed, r.Header.Get("Authorization"))
		n := len(signed)
		mu.Unlock()
		fake.ServeHTTP(w, r)
		if broken[n] {
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	system := mustOpen(t, fake.Settings(server.URL), &http.Transport{})
	for call := 1; call <= 5; call++ {
		_, err := system.Target.Find(t.Context(), message.Key{System: "shopify", Tenant: "example-brand.myshopify.com", Type: "order", ID: "1"})
		if got := fault.As(err); broken[call] && (got == nil || got.Kind != fault.Unavailable) || !broken[call] && err != nil {
			t.Errorf("call %d: %v", call, err)
		}
	}
	slices.Sort(signed)
	if n := len(signed); n != 5 || len(slices.Compact(signed)) != n {
		t.Errorf("%d requests, of which %d differ, want 5", n, len(slices.Compact(signed)))
	}
}
