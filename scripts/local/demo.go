package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"causeway/scripts/day"
	"causeway/shared/pipeline"
	"causeway/shared/port"
)

// demoPace is the pause between two deliveries of a demo.
const demoPace = time.Millisecond

// demo plays the day from an empty folder, prints the table and the result, and
// returns 1 if anything was lost or duplicated.
func demo(ctx context.Context, o options) (code int, err error) {
	folder, err := os.MkdirTemp("", "causeway-demo-")
	if err != nil {
		return exitError, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	o.data, o.port, o.settings = folder, 0, ""
	p, err := open(ctx, o)
	defer func() { err = errors.Join(err, p.close()) }()
	if err != nil {
		return exitError, err
	}
	p.start(ctx)
	if err := p.senders.play(ctx, day.Sample(), demoPace); err != nil {
		return exitError, err
	}
	if err := p.settledAndPolled(ctx); err != nil {
		return exitError, err
	}
	return p.report(ctx)
}

// settledAndPolled waits until what was delivered has settled, and polls for the rest.
func (p *program) settledAndPolled(ctx context.Context) error {
	if err := p.settled(ctx); err != nil {
		return err
	}
	if err := p.poll(ctx); err != nil {
		return err
	}
	return p.settled(ctx)
}

// settled waits until nothing is on its way any more. What waits for something that
// lies in the dead-letter queue stays where it is.
func (p *program) settled(ctx context.Context) error {
	for {
		depths, err := p.store.Depths(ctx)
		if err != nil {
			return err
		}
		left := 0
		for _, d := range depths {
			left += d.Visible + d.InFlight + d.Deferred
		}
		if left > 0 {
			waiting, err := p.waitingForDead(ctx)
			if err != nil {
				return err
			}
			left -= waiting
		}
		if left <= 0 {
			return nil
		}
		if err := wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// waitingForDead counts the messages whose last hop was to wait for something that
// lies in the dead-letter queue.
func (p *program) waitingForDead(ctx context.Context) (int, error) {
	entries, err := p.store.Find(ctx, port.Query{Stage: port.Deferred})
	if err != nil {
		return 0, err
	}
	candidates := map[string]bool{}
	for _, e := range entries {
		if e.Error.Code == pipeline.ParentDead {
			candidates[e.Event] = true
		}
	}
	waiting := 0
	for event := range candidates {
		hops, err := p.store.Find(ctx, port.Query{Event: event})
		if err != nil {
			return 0, err
		}
		if last := hops[len(hops)-1]; last.Stage == port.Deferred {
			waiting++
		}
	}
	return waiting, nil
}

// report prints the table, the dead letters with their reasons, and the result.
func (p *program) report(ctx context.Context) (int, error) {
	v := &view{out: os.Stdout}
	tallies, err := p.store.Tally(ctx)
	if err != nil {
		return exitError, err
	}
	depths, err := p.store.Depths(ctx)
	if err != nil {
		return exitError, err
	}
	fmt.Print(v.table(tallies, depths, p.refused.get()))
	fmt.Println(p.found.line())
	if err := p.printDead(ctx); err != nil {
		return exitError, err
	}
	r, err := p.audit(ctx, os.Stdout)
	if err != nil {
		return exitError, err
	}
	fmt.Println(r.line())
	if r.Lost > 0 || r.Duplicated > 0 {
		return exitError, nil
	}
	return exitOK, nil
}

// stay plays what is left of the day, shows it live, and keeps running.
func stay(ctx context.Context, o options) (code int, err error) {
	p, err := open(ctx, o)
	defer func() { err = errors.Join(err, p.close()) }()
	if err != nil {
		return exitError, err
	}
	p.welcome()
	p.check(ctx)
	p.start(ctx)
	v := newView(os.Stdout)
	p.say = v.say
	p.running.Go(func() { v.run(ctx, p, 500*time.Millisecond) })
	p.running.Go(func() {
		if p.erp != nil {
			p.playAndReport(ctx, v)
		}
		p.schedulePolls(ctx)
	})
	<-ctx.Done()
	p.stop()
	return exitOK, nil
}

// playAndReport plays the day into the log's care: the view shows what becomes of it.
func (p *program) playAndReport(ctx context.Context, v *view) {
	if err := p.senders.play(ctx, day.Sample(), p.options.pace); err != nil && ctx.Err() == nil {
		p.log.Error("playing the sample day", "error", err)
		return
	}
	if err := p.settledAndPolled(ctx); err != nil {
		p.log.Error("polling after the sample day", "error", err)
		return
	}
	v.say(p.found.line())
	r, err := p.audit(ctx, p.logFile)
	if err != nil {
		p.log.Error("auditing the sample day", "error", err)
		return
	}
	v.say("the sample day is over: " + r.line())
}
