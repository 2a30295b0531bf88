package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/operate/engine"
	"causeway.example/shared/routes"
)

const (
	mostPages   = 20   // of one log group that a search reads
	mostPattern = 1024 // characters of a filter pattern (CloudWatch Logs API reference, FilterLogEvents)
)

// Lines implements engine.Log: a search of the log group of each function that can meet a
// message. A call of CloudWatch reads a part of a group only; after twenty of them the group is
// left, and whole is false.
func (d *desk) Lines(ctx context.Context, q engine.LogQuery) (lines []engine.LogLine, whole bool, err error) {
	pattern := patternOf(q.IDs)
	if pattern == "" {
		return nil, true, nil
	}
	groups := d.logGroups()
	found, cut := make([][]engine.LogLine, len(groups)), make([]bool, len(groups))
	err = parallel(len(groups), func(i int) (err error) {
		found[i], cut[i], err = d.linesOf(ctx, groups[i], pattern, q)
		return err
	})
	lines = slices.Concat(found...)
	slices.SortStableFunc(lines, func(a, b engine.LogLine) int { return a.At.Compare(b.At) })
	return lines[max(0, len(lines)-q.Most):], !slices.Contains(cut, true), err
}

// patternOf returns a filter pattern of lines that contain one of the ids (CloudWatch Logs user
// guide, "Filter pattern syntax": optional terms), without those that do not fit.
func patternOf(ids []string) (pattern string) {
	for _, id := range ids {
		if term := " ?" + strconv.QuoteToASCII(id); id != "" && len(pattern)+len(term) <= mostPattern {
			pattern += term
		}
	}
	return strings.TrimSpace(pattern)
}

// logGroups returns the functions of the installation's flows, by their log groups. A stage has
// those of its systems.
func (d *desk) logGroups() (groups []string) {
	add := func(function string) {
		if group := "/aws/lambda/" + d.config.Resources.Prefix + "-" + function; !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	for _, system := range routes.Sources(d.config.Routes) {
		for _, role := range []string{"receive", "translate", "poll", "pickup"} {
			add(system + "-" + role)
		}
	}
	for _, route := range d.config.Routes {
		add(route.To + "-deliver")
	}
	return groups
}

// linesOf searches one group. A group that does not exist has no lines.
func (d *desk) linesOf(ctx context.Context, group, pattern string, q engine.LogQuery) (lines []engine.LogLine, cut bool, err error) {
	in := &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &group, FilterPattern: &pattern, StartTime: aws.Int64(q.From.UnixMilli()), EndTime: aws.Int64(q.To.UnixMilli() + 1),
	}
	function := strings.TrimPrefix(group, "/aws/lambda/")
	for range mostPages {
		out, err := d.logs.FilterLogEvents(ctx, in)
		if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, cloud.Failure("searching the log of "+function, "log group "+group, err)
		}
		for _, e := range out.Events {
			lines = append(lines, engine.LogLine{At: time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(), Function: function, Text: strings.TrimSpace(aws.ToString(e.Message))})
		}
		lines = lines[max(0, len(lines)-q.Most):]
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return lines, false, nil
		}
	}
	return lines, true, nil
}
