package local_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/local"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/operate/engine/enginetest"
	"causeway.example/shared/port"
	"causeway.example/shared/port/porttest"
	"causeway.example/shared/routes"
)

func TestStoreIsAnEngineForOperators(t *testing.T) {
	t.Parallel()
	enginetest.Test(t, func(t *testing.T) enginetest.Harness {
		t.Helper()
		clock := porttest.NewClock(noon)
		c := config(t, clock.Now)
		s := mustOpen(t, c)
		ctx, stop := context.WithCancel(context.Background())
		t.Cleanup(stop)
		go s.Watch(ctx)
		return enginetest.Harness{
			Engine: s.Desk(), Queue: s, Advance: clock.Advance,
			Inbox: routes.Inbox("shop"), Route: porttest.Table()[0].Queue(), System: "shop",
			Say: func(t *testing.T, line string) {
				t.Helper()
				file, err := os.OpenFile(filepath.Join(filepath.Dir(c.Path), "causeway.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
				must(t, err)
				_, err = file.WriteString(line + "\n")
				must(t, errors.Join(err, file.Close()))
			},
			Beside: func(t *testing.T) engine.Engine {
				t.Helper()
				return mustAttach(t, c).Desk()
			},
		}
	})
}

func mustAttach(t *testing.T, c local.Config) *local.Store {
	t.Helper()
	attached, err := local.Attach(t.Context(), c)
	must(t, err)
	t.Cleanup(func() { must(t, attached.Close()) })
	return attached
}

// A worker that sleeps is woken by a message that another process sends, and a pause that
// another process sets is obeyed.
func TestOwnerNoticesAnAttachedProcess(t *testing.T) {
	t.Parallel()
	c := config(t, porttest.NewClock(noon).Now)
	s := mustOpen(t, c)
	other := mustAttach(t, c)
	queue := porttest.Table()[0].Queue()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go s.Watch(ctx)
	got := make(chan int, 1)
	go func() {
		batch, err := s.Receive(t.Context(), queue, 1, time.Minute)
		if err != nil {
			t.Error(err)
		}
		got <- len(batch)
	}()
	must(t, other.Send(t.Context(), queue, []port.Outgoing{{Body: []byte("b")}}))
	if n := <-got; n != 1 {
		t.Errorf("received %d messages", n)
	}
	must(t, other.Pause(t.Context(), engine.Pause{Queue: queue, Who: "ana", Reason: "patch"}))
	must(t, other.Send(t.Context(), queue, []port.Outgoing{{Body: []byte("c")}}))
	s.LookAround(t.Context())
	if batch, err := s.Receive(t.Context(), queue, 1, 0); err != nil || len(batch) != 0 {
		t.Errorf("received %d messages of a paused queue, %v", len(batch), err)
	}
}

func TestAttachNeedsAStoreOfThisVersion(t *testing.T) {
	t.Parallel()
	c := config(t, porttest.NewClock(noon).Now)
	c.Path = filepath.Join(t.TempDir(), "none.db")
	if _, err := local.Attach(t.Context(), c); fault.As(err).Code != "no_store" {
		t.Errorf("attached to no file: %v", err)
	}
	s := mustOpen(t, c)
	must(t, s.Close())
	tamper(t, c.Path, `PRAGMA user_version = 2`)
	if _, err := local.Attach(t.Context(), c); err == nil {
		t.Error("attached to a file of another version")
	}
}

// Identifiers of two processes never meet, and both count one queue.
func TestTwoProcessesDrawIdentifiersOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := config(t, porttest.NewClock(noon).Now)
	s := mustOpen(t, c)
	other := mustAttach(t, c)
	queue := porttest.Table()[0].Queue()
	for range 50 {
		must(t, s.Send(t.Context(), queue, []port.Outgoing{{Body: []byte("a")}}))
		must(t, other.Send(t.Context(), queue, []port.Outgoing{{Body: []byte("b")}}))
		must(t, other.Append(t.Context(), port.Entry{At: noon, Trace: "t", Stage: port.Received, Outcome: "o"}))
		must(t, s.Append(t.Context(), port.Entry{At: noon, Trace: "u", Stage: port.Received, Outcome: "o"}))
	}
	all, err := s.Depths(t.Context())
	must(t, err)
	for _, d := range all {
		if d.Queue == queue && d.Visible != 100 {
			t.Errorf("the queue has %d messages", d.Visible)
		}
	}
	checkFile(t, c.Path)
}
