package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// demoPace is the pause between two deliveries of a demo, and demoMargin that between the end of a request
// and its retry, which has to cover the clocks of one machine only.
const (
	demoPace   = time.Millisecond
	demoMargin = 100 * time.Millisecond
)

// demo plays the day from an empty folder, prints the table and the result, and
// returns 1 if anything was lost or duplicated.
func demo(ctx context.Context, o options) (code int, err error) {
	folder, err := os.MkdirTemp("", "causeway-demo-")
	if err != nil {
		return exitError, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	o.data, o.port, o.settings, o.policy.Margin = folder, 0, "", demoMargin
	p, err := open(ctx, o)
	defer func() { err = errors.Join(err, p.close()) }()
	if err != nil {
		return exitError, err
	}
	p.start(ctx)
	if err := p.playDay(ctx, demoPace); err != nil {
		return exitError, err
	}
	return p.report(ctx)
}

// report prints the table, the dead letters with their reasons, the result in words, and
// the result as a line of JSON.
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
	letters, err := p.letters(ctx, depths)
	if err != nil {
		return exitError, err
	}
	fmt.Printf("\n%s\n\n%s\n", r.words(letters), r.line())
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
	if err := p.check(ctx, os.Stdout); err != nil {
		return exitError, err
	}
	v := newView(os.Stdout)
	p.say = v.say
	p.start(ctx)
	p.running.Go(func() { p.keepChecking(ctx) })
	p.running.Go(func() { v.run(ctx, p, 500*time.Millisecond) })
	p.schedulePolls(ctx)
	p.scheduleAudits(ctx)
	if p.erp != nil {
		p.running.Go(func() { p.playAndReport(ctx, v) })
	}
	<-ctx.Done()
	p.stop()
	return exitOK, nil
}

// playAndReport plays the day into the log's care: the view shows what becomes of it.
func (p *program) playAndReport(ctx context.Context, v *view) {
	if err := p.playDay(ctx, p.options.pace); err != nil {
		if ctx.Err() == nil {
			p.log.Error("the sample day has not ended", "error", err)
		}
		return
	}
	v.say(p.found.line())
	r, err := p.audit(ctx, p.logFile)
	if err != nil {
		p.log.Error("auditing the sample day", "error", err)
		return
	}
	v.announce(r.words(nil), "the sample day is over: "+r.line())
}
