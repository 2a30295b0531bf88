package vendors_test

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"causeway.example/functions"
	"causeway.example/shared/connector"
	"causeway.example/test/sim"
	"causeway.example/test/sim/vendors"
)

// TestWithoutAFault plays a quiet day: every vendor has in the end what the shop has.
func TestWithoutAFault(t *testing.T) {
	t.Parallel()
	for _, v := range vendors.All() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(5) {
				mustBeClean(t, sim.Case{Vendor: v.Name, Seed: seed})
			}
		})
	}
}

// TestFewOfEach plays each fault once and a few mixes; make faults plays many.
func TestFewOfEach(t *testing.T) {
	t.Parallel()
	for _, v := range vendors.All() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			for _, c := range sim.VendorCases(v, 1, 5) {
				mustBeClean(t, c)
			}
		})
	}
}

// TestRegressions plays what once failed.
func TestRegressions(t *testing.T) {
	t.Parallel()
	for _, c := range vendors.Cases(0, 0) {
		if _, known := vendors.Named(c.Vendor); !known || len(c.Faults) == 0 {
			t.Fatalf("regressions.txt: %s", c)
		}
		mustBeClean(t, c)
	}
}

// TestACaseIsTheSameEachTime plays one twice, traced and not.
func TestACaseIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	for _, v := range vendors.All() {
		c := sim.Case{Vendor: v.Name, Faults: []string{"F5", "F36"}, Seed: 3}
		if a, b := vendors.Run(c, false), vendors.Run(c, true); a.Hits != b.Hits || a.Hits == 0 {
			t.Errorf("%s: %d and %d calls spoilt", c, a.Hits, b.Hits)
		}
	}
}

// TestEachGuaranteeOfAConnectorIsPlayed compares with what the connectors declare.
func TestEachGuaranteeOfAConnectorIsPlayed(t *testing.T) {
	t.Parallel()
	played, declared := map[connector.Guarantee]bool{}, map[connector.Guarantee]bool{}
	for _, v := range vendors.All() {
		random := rand.New(rand.NewPCG(1, 1))
		system, err := v.Open(time.Now, random).Connect(connector.Deps{HTTP: &http.Transport{}, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			for _, s := range v.Trade(random) {
				played[system.Profile.Operations[s.Type].Guarantee] = true
			}
		}
	}
	for _, system := range functions.All() {
		for _, operation := range system.Profile.Operations {
			declared[operation.Guarantee] = true
		}
	}
	if !maps.Equal(played, declared) {
		t.Errorf("the vendors play %v, and connectors declare %v", played, declared)
	}
}

func mustBeClean(t *testing.T, c sim.Case) {
	t.Helper()
	if r := vendors.Run(c, false); len(r.Violations) > 0 {
		t.Errorf("%s: %v\n%s", c, r.Violations, vendors.Run(c, true).Timeline)
	}
}
