package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/port"
	"causeway.example/shared/reconcile"
	"causeway.example/shared/retry"
	"causeway.example/shared/routes"
)

// polling is how the sources are polled.
type polling struct {
	every    time.Duration
	lookback time.Duration
}

// readPolling reads CAUSEWAY_POLL_EVERY and CAUSEWAY_POLL_LOOKBACK.
func readPolling(settings map[string]string) (polling, error) {
	p := polling{every: 5 * time.Minute, lookback: reconcile.DefaultPlan().Lookback}
	for _, setting := range []struct {
		key  string
		into *time.Duration
	}{{"CAUSEWAY_POLL_EVERY", &p.every}, {"CAUSEWAY_POLL_LOOKBACK", &p.lookback}} {
		text := settings[setting.key]
		if text == "" {
			continue
		}
		duration, err := time.ParseDuration(text)
		if err != nil || duration < time.Second {
			return p, fmt.Errorf("%s: must be a duration of at least 1s, such as 5m", setting.key)
		}
		*setting.into = duration
	}
	return p, nil
}

// pollers returns a poller for each source of which something is polled, by the system's name. A
// store that is a fake is polled from the beginning of the sample day.
func (p *program) pollers(runtime port.Runtime, policy retry.Policy) (map[string]*reconcile.Poller, error) {
	all := map[string]*reconcile.Poller{}
	for name, system := range p.systems {
		if system.Poller == nil || len(system.Poller.Feeds()) == 0 || !slices.Contains(routes.Sources(p.table), name) {
			continue
		}
		plan := reconcile.DefaultPlan()
		plan.Lookback = p.polling.lookback
		if p.stores[name] != nil {
			plan.Lag = 0 // the day's webhooks arrive at once
			plan.Lookback = max(plan.Lookback, time.Since(shopifytest.Start)+24*time.Hour)
		}
		poller, err := reconcile.New(reconcile.Config{
			Runtime: runtime, System: system, Routes: p.table, Retry: policy, Plan: plan, Report: p.found.add,
		})
		if err != nil {
			return nil, err
		}
		all[name] = poller
	}
	return all, nil
}

// poll polls once those sources.
func (p *program) poll(ctx context.Context, those func(name string) bool) error {
	var failures []error
	for _, name := range slices.Sorted(maps.Keys(p.polled)) {
		if those(name) {
			failures = append(failures, p.polled[name].Run(ctx))
		}
	}
	return errors.Join(failures...)
}

// schedulePolls polls each source at its interval until ctx ends. What a run ended with
// is in the store, and in the log.
func (p *program) schedulePolls(ctx context.Context) {
	for name, poller := range p.polled {
		p.running.Go(func() {
			err := p.store.Schedule(ctx, name+"-"+string(connector.Poll), p.polling.every, func(ctx context.Context) error {
				before := p.found.gaps.get()
				err := poller.Run(ctx)
				if p.say != nil && p.found.gaps.get() > before {
					p.say(p.found.line())
				}
				p.notePoll(ctx, name, err)
				return err
			})
			if err != nil && ctx.Err() == nil {
				p.log.Error("polling "+name+" has ended", "error", err)
			}
		})
	}
}

// notePoll has the view show a poll that failed until one succeeds: it names the key that
// may only read, or the subscription that cannot be set up.
func (p *program) notePoll(ctx context.Context, name string, err error) {
	switch about := "poll " + name; {
	case err == nil:
		p.note(ctx, about, "")
	case ctx.Err() == nil:
		p.note(ctx, about, "problem: "+p.nameOf(name)+" is not polled: "+p.mask.Text(oneLine(err.Error())))
	}
}

// found counts what the pollers found.
type found struct{ confirmed, gaps counter }

func (f *found) add(r reconcile.Report) {
	f.confirmed.n.Add(int64(r.Confirmed))
	f.gaps.n.Add(int64(r.Gaps))
}

// line says it in words.
func (f *found) line() string {
	return fmt.Sprintf("polled: %d changes had been reported by webhooks, %d had not and are made up for", f.confirmed.get(), f.gaps.get())
}
