package admission_test

import (
	"testing"
	"time"

	"causeway.example/shared/admission"
)

// TestAWriteThatMeetsASearchComesBackSoon has a message of an hour's outage come while another one searches: once
// searches are answered it need not wait by its age.
func TestAWriteThatMeetsASearchComesBackSoon(t *testing.T) {
	t.Parallel()
	play(t, func(e *env) {
		w, sent := e.degraded(), time.Now()
		<-time.After(time.Hour)
		write := admission.Call{Event: "write", Entity: "write", Operation: "write", SentAt: sent}
		meets := func() time.Duration {
			search := w.enter(admission.Call{Event: "search", Entity: "search", Operation: "write", SentAt: sent})
			_, until, err := w.Enter(e.Context(), write)
			if err != nil {
				e.Fatal(err)
			}
			search.Leave(e.Context(), searched())
			return time.Until(until)
		}
		if waits := meets(); waits < 3*time.Minute {
			e.Errorf("before anything was answered it waits %v", waits)
		}
		if waits := meets(); waits <= 0 || waits > 3*time.Second {
			e.Errorf("while searches are answered it waits %v", waits)
		}
	})
}
