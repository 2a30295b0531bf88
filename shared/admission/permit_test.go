package pipeline_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"causeway/shared/canonical"
	"causeway/shared/connector"
	"causeway/shared/fault"
	"causeway/shared/message"
	"causeway/shared/pipeline"
	"causeway/shared/port/porttest"
	"causeway/shared/routes"
)

// fleet is several workers, each with hands of its own, that share one target through
// the State, in the virtual time of testing/synctest.
type fleet struct {
	*testing.T
	memory  *porttest.Memory
	profile connector.Profile
	policy  pipeline.Policy
	takes   time.Duration // one call to the target
	limit   int           // calls at once beyond which the target refuses; 0: any
	pause   time.Duration // that the target asks for after each call

	mu       sync.Mutex
	now, top int
	calls    []time.Time
	refused  int
	done     map[string]time.Duration // message id -> how long after it was sent
	sent     map[string]time.Time
	puts     int // writes of the connection's record
	looks    int // the most receives of one message
}

func inFleet(t *testing.T, play func(*fleet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{
			T: t, memory: porttest.NewMemory(time.Now), policy: pipeline.DefaultPolicy(), takes: time.Second,
			done: map[string]time.Duration{}, sent: map[string]time.Time{},
		}
		f.memory.Routes, f.memory.Systems = []routes.Route{route}, []string{"toy"}
		f.memory.Visibility, f.memory.MaxReceives = 6*time.Minute, 1000
		f.profile = connector.Profile{Name: "toy2", Timeout: time.Minute, Concurrency: 3, Operations: map[string]connector.Operation{
			amended: {Name: "write customer", Guarantee: connector.ExternalID},
		}}
		play(f)
	})
}

// Get and Put count what the budget costs.
type countingState struct {
	pipeline.State
	f *fleet
}

func (s countingState) Put(ctx context.Context, item pipeline.Item) (int64, error) {
	if strings.HasPrefix(item.Key, "connection|") {
		s.f.mu.Lock()
		s.f.puts++
		s.f.mu.Unlock()
	}
	return s.State.Put(ctx, item)
}

func (f *fleet) deliverer(name string) *pipeline.Deliverer {
	seed := 0.0
	return &pipeline.Deliverer{Route: route, System: connector.System{Profile: f.profile, Target: targetFunc(f.call)}, Config: &pipeline.Config{
		Ports: pipeline.Ports{Bus: f.memory, Queue: f.memory, State: countingState{f.memory, f}, Ledger: f.memory, Vault: f.memory},
		Now:   time.Now, Log: slog.New(slog.DiscardHandler), Build: "test", Policy: f.policy, Worker: name,
		Random: func() float64 { f.mu.Lock(); defer f.mu.Unlock(); seed += 0.618; return seed - float64(int(seed)) },
	}}
}

// call is the target: it takes its time, and refuses one call too many.
func (f *fleet) call(_ context.Context, d connector.Delivery) (connector.Receipt, error) {
	f.mu.Lock()
	f.now++
	f.top, f.calls = max(f.top, f.now), append(f.calls, time.Now())
	over := f.limit > 0 && f.now > f.limit
	if over {
		f.refused++
	}
	f.mu.Unlock()
	<-time.After(f.takes)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now--
	if over {
		return connector.Receipt{}, &fault.Error{Kind: fault.Throttled, Status: 429}
	}
	f.done[d.Message.ID] = time.Since(f.sent[d.Message.ID])
	return connector.Receipt{Ref: "1", Detail: "done", Pause: f.pause}, nil
}

// send publishes n messages of the lane.
func (f *fleet) send(lane message.Lane, from, n int) {
	f.Helper()
	for i := from; i < from+n; i++ {
		body, err := canonical.Encode(&canonical.Customer{ID: strconv.Itoa(i), UpdatedAt: epoch})
		if err != nil {
			f.Fatal(err)
		}
		m := &message.Message{
			ID: string(lane) + strconv.Itoa(i), Source: "causeway.toy", Type: amended, Subject: "customer/" + strconv.Itoa(i), Time: epoch,
			Tenant: "t1", Sequence: "1", Lane: lane, Body: body,
		}
		f.mu.Lock()
		f.sent[m.ID] = time.Now()
		f.mu.Unlock()
		if err := f.memory.Publish(f.Context(), []*message.Message{m}); err != nil {
			f.Fatal(err)
		}
	}
}

// run has workers with so many hands each work until the time is up.
func (f *fleet) run(workers, hands int, limit time.Duration) {
	end := time.Now().Add(limit)
	var all sync.WaitGroup
	for w := range workers {
		d := f.deliverer("w" + strconv.Itoa(w))
		for range hands {
			all.Go(func() { f.work(d, end) })
		}
	}
	all.Wait()
}

func (f *fleet) work(d *pipeline.Deliverer, end time.Time) {
	for time.Now().Before(end) {
		batch, err := f.memory.Receive(f.Context(), route.Queue(), 10, 0)
		if err != nil {
			f.Error(err)
			return
		}
		for _, in := range batch {
			f.mu.Lock()
			f.looks = max(f.looks, in.ReceiveCount)
			f.mu.Unlock()
			if err := pipeline.Settle(f.Context(), f.memory, d, in); err != nil {
				f.Error(err)
			}
		}
		if err := d.Rest(f.Context()); err != nil {
			f.Error(err)
		}
		if len(batch) == 0 {
			<-time.After(500 * time.Millisecond)
		}
	}
}

func TestH2AllWorkersTogetherKeepTheLimit(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 2, 6, 12} {
		t.Run(strconv.Itoa(workers), func(t *testing.T) {
			t.Parallel()
			inFleet(t, func(f *fleet) {
				f.send(message.Live, 0, 300)
				f.run(workers, 3, 10*time.Minute)
				if f.top != 3 || len(f.done) != 300 {
					t.Errorf("%d calls at once, want the 3 that are allowed; %d of 300 delivered", f.top, len(f.done))
				}
				t.Logf("%d workers: the budget cost %.2f writes of the state per message", workers, float64(f.puts)/300)
			})
		})
	}
}

func TestPermitsOfAWorkerThatCrashedAreFreeAgain(t *testing.T) {
	t.Parallel()
	inFleet(t, func(f *fleet) {
		f.send(message.Live, 0, 3)
		gone := f.deliverer("gone")
		batch, err := f.memory.Receive(f.Context(), route.Queue(), 3, 0)
		if err != nil || len(batch) != 3 {
			t.Fatalf("%d messages, %v", len(batch), err)
		}
		for _, in := range batch { // its calls never come back
			go func() { _, _ = gone.Handle(f.Context(), in) }()
		}
		synctest.Wait()
		f.send(message.Live, 100, 30)
		f.run(2, 3, 10*time.Minute)
		if n := len(f.done); n < 30 || f.top > 3 {
			t.Errorf("%d delivered, %d at once", n, f.top)
		}
	})
}

func TestAWorkerAtRestGivesItsPermitsBack(t *testing.T) {
	t.Parallel()
	inFleet(t, func(f *fleet) {
		f.send(message.Live, 0, 9)
		first, second := f.deliverer("first"), f.deliverer("second")
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { f.work(first, time.Now().Add(5*time.Second)) })
		}
		all.Wait()
		if err := first.Rest(f.Context()); err != nil {
			t.Fatal(err)
		}
		f.send(message.Live, 100, 1)
		f.work(second, time.Now().Add(2*time.Second))
		if len(f.done) != 10 {
			t.Errorf("%d of 10 delivered: the second worker waits for permits that nobody uses", len(f.done))
		}
		if err := second.Rest(f.Context()); err != nil || second.Rest(f.Context()) != nil {
			t.Error(err)
		}
	})
}

// forgetful is a State that makes a write and says that it did not.
type forgetful struct{ pipeline.State }

func (f forgetful) Put(ctx context.Context, item pipeline.Item) (int64, error) {
	_, err := f.State.Put(ctx, item)
	return 0, errors.Join(err, errPort)
}

func TestF50PermitsThatMayHaveBeenGivenBackAreNotUsed(t *testing.T) {
	t.Parallel()
	inFleet(t, func(f *fleet) {
		f.takes = 100 * time.Millisecond // the first knows the connection well enough not to look again
		f.send(message.Live, 0, 3)
		first := f.deliverer("first")
		batch, err := f.memory.Receive(f.Context(), route.Queue(), 10, 0)
		if err != nil {
			f.Fatal(err)
		}
		var all sync.WaitGroup
		for _, in := range batch {
			all.Go(func() {
				if err := pipeline.Settle(f.Context(), f.memory, first, in); err != nil {
					f.Error(err)
				}
			})
		}
		all.Wait()
		sound := first.Config.State
		first.Config.State = forgetful{sound}
		if err := first.Rest(f.Context()); !errors.Is(err, errPort) {
			t.Fatalf("Rest = %v, want the port's failure", err)
		}
		first.Config.State = sound
		f.send(message.Live, 100, 60)
		for _, d := range []*pipeline.Deliverer{f.deliverer("second"), first} {
			for range 3 {
				all.Go(func() { f.work(d, time.Now().Add(time.Minute)) })
			}
			synctest.Wait() // until its calls are under way
		}
		all.Wait()
		if len(f.done) != 63 || f.top > 3 {
			t.Errorf("%d of 63 delivered, %d at once at a target that takes 3", len(f.done), f.top)
		}
	})
}

func TestH2ALimitLowerThanDeclaredIsLearntAndRegained(t *testing.T) {
	t.Parallel()
	inFleet(t, func(f *fleet) {
		f.profile.Concurrency, f.limit, f.policy.Share.Rise, f.takes = 8, 3, 20*time.Second, 2*time.Second
		f.send(message.Live, 0, 150)
		f.run(3, 4, 3*time.Minute)
		learnt := f.refused
		if share := float64(f.refused) / float64(len(f.calls)); share > 0.25 {
			t.Errorf("%d of %d calls were refused", f.refused, len(f.calls))
		}
		f.limit, f.top = 0, 0
		f.send(message.Live, 1000, 500)
		f.run(3, 4, 5*time.Minute)
		if f.top != 8 {
			t.Errorf("%d calls at once after the limit was lifted, want 8 again", f.top)
		}
		t.Logf("%d refusals while the limit was learnt", learnt)
	})
}

func TestH2BackfillDelaysLiveByItsShareOnly(t *testing.T) {
	t.Parallel()
	inFleet(t, func(f *fleet) {
		f.profile.Concurrency = 4
		f.send(message.Live, 10_000, 1)
		f.send(message.Backfill, 0, 600)
		go func() {
			for i := 1; i <= 40; i++ {
				<-time.After(5 * time.Second)
				f.send(message.Live, 10_000+i, 1)
			}
		}()
		f.run(2, 5, 210*time.Second)
		var slowest time.Duration
		live, backfill := 0, 0
		for id, took := range f.done {
			if strings.HasPrefix(id, string(message.Backfill)) {
				backfill++
				continue
			}
			live, slowest = live+1, max(slowest, took)
		}
		if live != 41 || slowest > 10*time.Second {
			t.Errorf("%d of 41 live messages delivered, the slowest after %v", live, slowest)
		}
		if backfill < 150 || backfill > 225 { // one of four permits for 210 seconds
			t.Errorf("%d backfill messages delivered beside", backfill)
		}
	})
}

// TestH2WorkersAtBackfillAreToldOfLiveTraffic has as many functions as a target takes
// calls, each with one hand and full of backfill: the first live order comes to one that
// gets no permit, and the others never see a live order themselves.
func TestH2WorkersAtBackfillAreToldOfLiveTraffic(t *testing.T) {
	t.Parallel()
	inFleet(t, func(f *fleet) {
		f.profile.Concurrency, f.takes = 4, 2*time.Second
		f.send(message.Backfill, 0, 2000)
		go func() {
			for i := range 4 {
				<-time.After(2 * time.Minute) // longer than live traffic is remembered
				f.send(message.Live, 10_000+i, 1)
			}
		}()
		f.run(6, 1, 10*time.Minute)
		for i := range 4 {
			took, ok := f.done[string(message.Live)+strconv.Itoa(10_000+i)]
			if !ok || took > 15*time.Second {
				t.Errorf("live message %d: delivered %t, after %v", i, ok, took)
			}
		}
	})
}

func TestBackfillHasEveryPermitWhileNobodyWaits(t *testing.T) {
	t.Parallel()
	inFleet(t, func(f *fleet) {
		f.profile.Concurrency = 4
		f.send(message.Backfill, 0, 200)
		f.run(1, 4, time.Minute)
		if len(f.done) != 200 || f.top != 4 {
			t.Errorf("%d of 200 delivered, %d at once", len(f.done), f.top)
		}
	})
}

func TestATargetWithoutLimitsCostsNoWrites(t *testing.T) {
	t.Parallel()
	inFleet(t, func(f *fleet) {
		f.profile.Concurrency = 0
		f.send(message.Live, 0, 100)
		f.run(2, 2, 2*time.Minute)
		if f.puts != 0 || len(f.done) != 100 {
			t.Errorf("%d writes, %d of 100 delivered", f.puts, len(f.done))
		}
	})
}
