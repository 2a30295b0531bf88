package operate

import (
	"context"
	"strings"

	"causeway.example/shared/entity"
	"causeway.example/shared/message"
)

// mostParents is the number of letters of a group whose waiters are counted.
const mostParents = 200

// waiters adds the number of messages that wait for the entity at the target, by flow:
// "payment". The entity's record has a bounded number of them.
func (d *Desk) waiters(ctx context.Context, target string, key message.Key, counts map[string]int) error {
	if key.ID == "" || target == "" {
		return nil
	}
	record, err := entity.Load(ctx, d.State, target, key, false)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, w := range record.Waiters {
		route, ok := d.Route(w.Queue)
		if ok && !seen[w.Event] {
			seen[w.Event] = true
			counts[strings.TrimSuffix(route.Flow, "s")]++
		}
	}
	return nil
}

// waitWords returns "2 payments and 1 refund wait for order #1001", "" if nothing waits.
func waitWords(counts map[string]int, title string) string {
	if len(counts) == 0 {
		return ""
	}
	return CountAll(counts, "wait") + " for " + title
}
