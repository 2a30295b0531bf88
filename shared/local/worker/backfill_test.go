package worker_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
	"causeway.example/shared/routes"
)

// slowSource takes a second to translate a delivery.
type slowSource struct{ *toy }

func (s slowSource) Translate(ctx context.Context, raw *message.Raw) (connector.Translation, error) {
	s.enter(1)
	defer s.enter(-1)
	<-time.After(time.Second)
	return s.toy.Translate(ctx, raw)
}

// Thousands of polled changes are translated one at a time, and a webhook passes them.
func TestALiveDeliveryDoesNotWaitForABackfill(t *testing.T) {
	t.Parallel()
	a, erp := &toy{name: "a"}, &toy{name: "erp"}
	source := a.source()
	source.Source = slowSource{a}
	virtual(t, between("a>erp"), []connector.System{source, erp.target(3)}, func(s *shop) {
		backfill := routes.InboxBackfill("a")
		for i := range 30 {
			raw := &message.Raw{ID: fmt.Sprint("polled", i), System: "a", Topic: "customers", Trigger: message.Poll, Tenant: "t", Lane: message.Backfill, CorrelationID: fmt.Sprint(i), Body: fmt.Appendf(nil, `"p%d"`, i)}
			body, err := raw.Encode()
			must(s.T, err)
			must(s.T, s.store.Send(s.Context(), backfill, []port.Outgoing{{Body: body}}))
		}
		stop := s.run()
		defer stop()
		s.pass(3500 * time.Millisecond)
		if left := s.left(backfill); left != 27 || a.most != 1 {
			t.Errorf("after 3.5 s %d of 30 are left, %d were translated at once; want 27 and one at a time", left, a.most)
		}
		s.post("a", 1)
		s.pass(1100 * time.Millisecond)
		if got := erp.delivered(); len(got) == 0 || got[len(got)-1] != "a 1" && got[len(got)-2] != "a 1" {
			t.Errorf("delivered %q, want the live customer among the last", got)
		}
		s.pass(time.Minute)
		if left, got := s.left(backfill), len(erp.delivered()); left != 0 || got != 31 {
			t.Errorf("a minute later %d are left, %d delivered; want 0 and 31", left, got)
		}
	})
}
