package vendors_test

import (
	"testing"

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
				mustBeClean(t, v, sim.Case{Vendor: v.Name, Seed: seed})
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
				mustBeClean(t, v, c)
			}
		})
	}
}

func mustBeClean(t *testing.T, v sim.Vendor, c sim.Case) {
	t.Helper()
	if r := sim.RunAgainst(v, c, false); len(r.Violations) > 0 {
		t.Errorf("%s: %v\n%s", c, r.Violations, sim.RunAgainst(v, c, true).Timeline)
	}
}
