package operate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"causeway.example/shared/entity"
	"causeway.example/shared/message"
)

// mostParents is for how many letters of a group what waits for them is counted.
const mostParents = 200

// waiters adds how many messages wait until the entity is at the target, by what they are:
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

// inWords returns "2 payments and 1 refund wait for order #1001", "" if nothing waits.
func inWords(counts map[string]int, title string) string {
	var parts []string
	total := 0
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		n := counts[kind]
		if total += n; n > 1 {
			kind += "s"
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, kind))
	}
	if total == 0 {
		return ""
	}
	verb := "wait"
	if total == 1 {
		verb = "waits"
	}
	return strings.Join(parts, " and ") + " " + verb + " for " + title
}
