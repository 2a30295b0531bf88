package main

import (
	"context"
	"slices"
	"time"

	"causeway.example/shared/audit"
	"causeway.example/shared/local"
	"causeway.example/shared/retry"
)

// auditSchedule is the name of the nightly audit among the schedules, and night the hour of its
// first run by the machine's clock.
const (
	auditSchedule = "audit"
	night         = 3
)

// auditor compares each source with its targets.
func (p *program) auditor(policy retry.Policy) (*audit.Auditor, error) {
	return audit.New(audit.Config{Runtime: p.runtime(), Systems: p.systems, Routes: p.table, Retry: policy})
}

// scheduleAudits audits the last days every night until ctx ends. The gaps are in the ledger.
func (p *program) scheduleAudits(ctx context.Context) {
	auditor, err := p.auditor(p.options.policy)
	if err != nil {
		p.log.ErrorContext(ctx, "there is no audit", "error", err)
		return
	}
	if len(auditor.Pairs()) == 0 {
		return
	}
	p.running.Go(func() {
		err := p.untilNight(ctx)
		if err == nil {
			err = p.store.Schedule(ctx, auditSchedule, 24*time.Hour, func(ctx context.Context) error {
				err := auditor.Run(ctx)
				if err != nil && ctx.Err() == nil {
					p.log.ErrorContext(ctx, "auditing", "error", err)
				}
				return err
			})
		}
		if err != nil && ctx.Err() == nil {
			p.log.Error("auditing has ended", "error", err)
		}
	})
}

// untilNight waits for the first night. An installation that was audited before goes on at once.
func (p *program) untilNight(ctx context.Context) error {
	schedules, err := p.store.Schedules(ctx)
	if err != nil || slices.ContainsFunc(schedules, func(s local.Scheduled) bool { return s.Name == auditSchedule }) {
		return err
	}
	return retry.Sleep(ctx, time.Until(nextNight(time.Now())))
}

func nextNight(now time.Time) time.Time {
	next := time.Date(now.Year(), now.Month(), now.Day(), night, 0, 0, 0, now.Location())
	if !next.After(now) {
		next = time.Date(now.Year(), now.Month(), now.Day()+1, night, 0, 0, 0, now.Location())
	}
	return next
}
