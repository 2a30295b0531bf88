package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"causeway.example/scripts/causeway/screen"
	"causeway.example/shared/fault"
	"causeway.example/shared/operate"
	"causeway.example/shared/routes"
)

// Selection are the flags that say which dead letters are meant.
type Selection struct {
	operate.Selector
	class, where, since, until string
}

// SelectFlags adds the flags of a selection to a command.
func (a *Tool) SelectFlags(cmd *cobra.Command, s *Selection) {
	flags := cmd.Flags()
	flags.StringVar(&s.Queue, "route", "", "route or inbox, or a pattern such as '*-to-netsuite'")
	flags.StringVar(&s.Group, "group", "", "fingerprint of a group")
	flags.StringVar(&s.class, "class", "", "class of the failure, such as rate_limit")
	flags.StringVar(&s.Code, "code", "", "code of the failure")
	flags.StringVar(&s.Entity, "entity", "", "order/5001, or a whole key")
	flags.StringSliceVar(&s.Events, "event", nil, "event id; may be given several times")
	flags.StringVar(&s.since, "since", "", "died at this time or later: 2h, 2d, or 2026-11-22T08:00:00Z")
	flags.StringVar(&s.until, "until", "", "died at this time or earlier")
	flags.IntVar(&s.MinRedrives, "min-redrives", 0, "redriven at least so often")
	flags.IntVar(&s.MaxRedrives, "max-redrives", 0, "redriven at most so often; 0: no bound")
	flags.StringVar(&s.where, "where", "", "jq expression over the letter that must be true, such as '.value == \"TRAIL-42\"'")
	flags.IntVar(&s.Limit, "limit", 0, "at most so many; 0: all")
	Must(cmd.RegisterFlagCompletionFunc("route", a.CompleteRoutes))
	Must(cmd.RegisterFlagCompletionFunc("group", a.CompleteGroups))
}

// Selector returns what the flags mean.
func (a *Tool) Selector(s *Selection) (operate.Selector, error) {
	chosen := s.Selector
	chosen.Class = fault.Class(s.class)
	var err error
	if chosen.Since, err = a.Moment(s.since); err == nil {
		chosen.Until, err = a.Moment(s.until)
	}
	if err == nil {
		chosen.Where, err = screen.Where(s.where)
	}
	return chosen, err
}

// Moment reads a time, or how long ago it was.
func (a *Tool) Moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	days := 0
	if n, err := fmt.Sscanf(text, "%dd", &days); err == nil && n == 1 && strings.HasSuffix(text, "d") {
		return a.Now().AddDate(0, 0, -days), nil
	}
	ago, err := time.ParseDuration(text)
	if err != nil {
		return time.Time{}, screen.Usage(fmt.Errorf("%q is neither a time (2026-11-22T08:00:00Z) nor how long ago (2h, 2d)", text))
	}
	return a.Now().Add(-ago), nil
}

// CompleteRoutes completes the name of a queue.
func (a *Tool) CompleteRoutes(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return (&operate.Desk{Routes: routes.Table}).Queues(), cobra.ShellCompDirectiveNoFileComp
}

// CompleteGroups completes the fingerprint of a group.
func (a *Tool) CompleteGroups(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	d, err := a.Open(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer func() { _ = d.Close() }() // it was only read
	groups, err := d.Groups(cmd.Context(), operate.Selector{}, true)
	var all []string
	for _, g := range groups {
		all = append(all, fmt.Sprintf("%s\t%d × %s", g.Fingerprint, g.Count, g.Class))
	}
	if err != nil {
		all = nil
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// Applying are the flags of commands that act.
type Applying struct {
	Reason string
	Yes    bool
}

// ApplyFlags adds the flags of an act to a command.
func (a *Tool) ApplyFlags(cmd *cobra.Command, f *Applying) {
	cmd.Flags().StringVar(&f.Reason, "reason", "", "why; the ledger keeps it")
	cmd.Flags().BoolVarP(&f.Yes, "yes", "y", false, "do not ask")
}
