package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/port"
)

// TestEachGuaranteeHoldsThroughEachFault has one write fail in the middle, and a newer
// version arrive meanwhile: the target has one row, in its newest state.
func TestEachGuaranteeHoldsThroughEachFault(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		for fault, act := range acts {
			for times := 1; times <= 2; times++ {
				t.Run(fmt.Sprintf("%s/%s %d", name, fault, times), func(t *testing.T) {
					t.Parallel()
					v := newVendor(t, operation)
					for range times {
						v.acts = append(v.acts, act)
					}
					v.version(1)
					if parks(operation, fault) {
						v.mustPark()
						return
					}
					v.post("2", change{Type: customer, ID: "7", Version: 2, Name: "v2"})
					v.finish(2 * time.Hour)
					if got := v.holds(); got != "[v2]" {
						t.Errorf("the vendor has %s, want one row in its newest state", got)
					}
					if dead := v.dead(queue); len(dead) > 0 {
						t.Errorf("dead letters: %v", dead)
					}
					v.settled()
				})
			}
		}
	}
}

// mustPark fails unless the message was parked after one write at most.
func (v *fakeVendor) mustPark() {
	v.Helper()
	v.finish(time.Hour)
	letters := v.dead(queue)
	if len(letters) != 1 || letters[0].Attributes[port.AttrReason] != "ambiguous outcome_unknown" {
		v.Errorf("dead letters %+v, want one with its reason", letters)
	}
	v.entry(port.Parked)
	if len(v.calls) != 1 || len(v.rows) > 1 {
		v.Errorf("%d writes, %d rows: that was a blind second write", len(v.calls), len(v.rows))
	}
}
