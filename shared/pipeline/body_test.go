package pipeline_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
)

// hollow is a vault that answers each load so.
type hollow struct {
	pipeline.Vault
	says error
}

func (v hollow) Load(context.Context, message.Claim) ([]byte, error) { return nil, v.says }

// TestABodyThatIsGoneIsDeadWithItsIDs has a large body's object be gone or damaged, which
// no retry mends; a vault that is out of reach, or refuses us, ends nothing.
func TestABodyThatIsGoneIsDeadWithItsIDs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says error
		dead bool
	}{
		"gone":     {fault.New(fault.Rejected, fault.MissingRef, "loading", "the vault does not hold it"), true},
		"damaged":  {fault.New(fault.Invalid, fault.Parse, "loading", "another hash"), true},
		"away":     {errPort, false},
		"refusing": {fault.New(fault.Rejected, fault.Config, "loading", "AccessDenied"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.toy.translation = func(f toyFact) []connector.Event {
				e := f.event()
				e.Body.(*canonical.Customer).Note = canonical.NewText(strings.Repeat("x", 200<<10))
				return []connector.Event{e}
			}
			b.post("1", toyFact{Type: amended, ID: "7"})
			batchOf(t, b, "toy-inbox", b.translate)
			b.config.Vault = hollow{b.memory, c.says}
			for end := epoch.Add(5 * 24 * time.Hour); b.clock.Now().Before(end); b.clock.Advance(7 * time.Minute) {
				if _, err := b.step(); err != nil && c.dead {
					t.Fatal(err)
				}
			}
			if !c.dead {
				b.config.Vault = b.memory
				b.drain(time.Hour)
				b.one(pipeline.Confirmed)
				return
			}
			e := b.one(pipeline.Dead)
			if letters := b.dead(route.Queue()); len(letters) != 1 || letters[0].Attributes[pipeline.AttrEntity] != e.Entity.String() || e.Entity.ID != "7" {
				t.Errorf("entry %+v, letters %+v", e, letters)
			}
		})
	}
}

// TestAParentWithoutAnIDOfOursIsLookedUp has the parent's own write end as a duplicate,
// which tells no id.
func TestAParentWithoutAnIDOfOursIsLookedUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.toy.known["parent"] = "4711"
	b.toy.fail = []error{&fault.Error{Kind: fault.Duplicate}}
	b.post("1", toyFact{Type: amended, ID: "parent"})
	b.drain(time.Minute)
	b.post("2", toyFact{Type: amended, ID: "child", Parents: []string{"parent"}})
	b.drain(time.Hour)
	for key, ref := range b.toy.deliveries[len(b.toy.deliveries)-1].Parents {
		if ref != "4711" {
			t.Errorf("%s has the id %q at the target", key, ref)
		}
	}
}
