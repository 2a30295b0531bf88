package cloudtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// FilterLogEvents as CloudWatch Logs has it (API reference): a page may be empty and have a
// token, the end of the time is left out, and a pattern of terms in quotes is taken literally.
func TestFilterLogEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	logs := cloudwatchlogs.NewFromConfig(w.config)
	group := aws.String("/aws/lambda/f")
	_, err := logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group})
	wantCode(t, err, "ResourceNotFoundException")
	_, err = logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group})
	wantCode(t, err, "")
	start := w.clock()
	for i := range 250 {
		w.server.Log(*group, "stream", fmt.Sprintf(`{"event_id":"e-%d"}`, i))
	}
	find := func(pattern string, from, to time.Time) (texts []string, pages int, err error) {
		in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, FilterPattern: &pattern, StartTime: aws.Int64(from.UnixMilli()), EndTime: aws.Int64(to.UnixMilli())}
		for {
			out, err := logs.FilterLogEvents(t.Context(), in)
			if err != nil {
				return nil, pages, err
			}
			pages++
			for _, e := range out.Events {
				texts = append(texts, *e.Message)
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				return texts, pages, nil
			}
		}
	}
	for pattern, want := range map[string]int{`"e-249"`: 1, `?"e-7\"" ?"e-8\""`: 2, `"event_id" "e-24"`: 11, ``: 250, `"E-249"`: 0} {
		if texts, pages, err := find(pattern, start, start.Add(time.Minute)); err != nil || len(texts) != want || pages != 3 {
			t.Errorf("%s finds %d lines in %d pages, %v; want %d", pattern, len(texts), pages, err, want)
		}
	}
	if texts, _, err := find(`"e-249"`, start.Add(-time.Hour), start); err != nil || len(texts) != 0 {
		t.Errorf("the end of the time is part of it: %v, %v", texts, err)
	}
	for _, bad := range []string{`{ $.event_id = "e" }`, `plain`, `"unended`, `"a" ?"b"`} {
		if _, _, err := find(bad, start, start.Add(time.Minute)); err == nil {
			t.Errorf("the pattern %s is taken", bad)
		}
	}
}
