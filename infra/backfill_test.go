package main

import (
	"testing"

	"causeway/shared/connector"
	"causeway/shared/routes"
)

// The backfill inbox has the fewest workers, and the live one as many as without it: its
// share of the system's calls is not halved.
func TestABackfillInboxTakesNoWorkerFromTheLiveOne(t *testing.T) {
	each(t, stages, func(t *testing.T, p *plan, _ written) {
		for _, s := range p.systems {
			if !s.has(connector.Translate) {
				continue
			}
			z := p.size(s, connector.Translate)
			live, backfill := z.workersOf(routes.Inbox(s.Name), s), z.workersOf(routes.InboxBackfill(s.Name), s)
			if alone := s.Concurrency / (fewest * z.parallel); live > fewest && s.config.Workers == 0 && live < alone {
				t.Errorf("%s: %d workers of the live inbox, want %d", s.Name, live, alone)
			}
			if backfill != fewest || z.total != live+backfill {
				t.Errorf("%s: %d workers, %d in the backfill inbox, %d in all", s.Name, live, backfill, z.total)
			}
		}
	})
}
