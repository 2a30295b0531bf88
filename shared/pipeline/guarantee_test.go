package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
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

// TestAFactThatWasRefusedIsDeliveredInItsNextVersion redrives the first after that.
func TestAFactThatWasRefusedIsDeliveredInItsNextVersion(t *testing.T) {
	t.Parallel()
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, operation)
			v.acts = []act{refuse(fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Status: 400})}
			v.post("1", change{Type: captured, ID: "9", Version: 1, Name: "bad"})
			v.settle(2 * time.Second)
			v.post("2", change{Type: canonical.PaymentCaptured, ID: "9", Version: 2, Name: "good"})
			v.settle(2 * time.Second)
			v.redrive(v.letter())
			v.settle(2 * time.Second)
			if got := v.holds(); got != "[good]" || len(v.calls) != 2 {
				t.Errorf("the vendor has %s after %d calls", got, len(v.calls))
			}
		})
	}
}
