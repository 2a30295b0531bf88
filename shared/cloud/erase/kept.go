package erase

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamo "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"causeway.example/shared/cloud"
	"causeway.example/shared/fault"
	"causeway.example/shared/privacy"
)

// Kept returns where AWS keeps what may be the person's although it was erased, and until when:
// backups of the table, the archive of the bus, logs; and the files of partners that mention the
// person.
func (i *Installation) Kept(ctx context.Context, mentioned func(data []byte) bool) (all []privacy.Retention, err error) {
	files := func(ctx context.Context) ([]privacy.Retention, error) { return i.files(ctx, mentioned) }
	for _, look := range []func(context.Context) ([]privacy.Retention, error){i.backups, i.busArchive, i.logGroups, files} {
		found, err := look(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return append(all, privacy.Retention{
		Where: "copies that your account makes", Until: "their own terms",
		Words: "on-demand backups, exports of the table, replicas of the bucket: Causeway makes none and cannot see them",
	}), nil
}

// files returns the files of partners that mention the person.
func (i *Installation) files(ctx context.Context, mentioned func(data []byte) bool) (all []privacy.Retention, err error) {
	const until, words = "its expiry, retention.archive of the stage", "a partner's file with the records of others too: take the person's out by hand, and delete the older version"
	where, last := "s3://"+i.config.Resources.Bucket+"/", ""
	err = i.versions(ctx, cloud.DropFolder, func(v version, data []byte) error {
		if v.key != last && mentioned(data) {
			last = v.key
			all = append(all, privacy.Retention{Where: where + v.key, Until: until, Words: words})
		}
		return nil
	})
	if err != nil {
		return unread(where+cloud.DropFolder, until, words, err)
	}
	return all, nil
}

// until returns the day that is so many days from now.
func (i *Installation) until(days int32) string {
	return i.config.Resources.Now().UTC().AddDate(0, 0, int(days)).Format(time.DateOnly)
}

// unread is the retention of what these credentials may not read; any other error is returned.
func unread(where, term, words string, err error) ([]privacy.Retention, error) {
	if fault.KindOf(err) != fault.Unauthorized {
		return nil, err
	}
	return []privacy.Retention{{Where: where, Until: term + "; these credentials may not read it", Words: words}}, nil
}

// recoveryDays is how far back a table can be restored unless it says otherwise (DynamoDB
// developer guide, "Point-in-time recovery").
const recoveryDays = 35

func (i *Installation) backups(ctx context.Context) ([]privacy.Retention, error) {
	where := "table " + i.config.Resources.Table + ", point-in-time recovery"
	const words = "backups cannot be changed; after a restore, run erase again for everybody who was erased since"
	out, err := i.backend.Table().DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &i.config.Resources.Table})
	if err != nil {
		return unread(where, "35 days at most", words, cloud.Failure("reading the backups", where, err))
	}
	about := out.ContinuousBackupsDescription.PointInTimeRecoveryDescription
	if about == nil || about.PointInTimeRecoveryStatus != dynamo.PointInTimeRecoveryStatusEnabled {
		return nil, nil
	}
	days := int32(recoveryDays)
	if about.RecoveryPeriodInDays != nil {
		days = *about.RecoveryPeriodInDays
	}
	return []privacy.Retention{{Where: where, Until: i.until(days), Words: words}}, nil
}

func (i *Installation) busArchive(ctx context.Context) ([]privacy.Retention, error) {
	name := i.config.Resources.Bus
	where := "archive of the bus " + name
	const words = "EventBridge deletes no single event: it expires with the archive's retention, or with the whole archive; a replay of it brings the person's events back"
	out, err := i.events.DescribeArchive(ctx, &eventbridge.DescribeArchiveInput{ArchiveName: &name})
	if _, none := errors.AsType[*events.ResourceNotFoundException](err); none {
		return nil, nil
	}
	if err != nil {
		return unread(where, "retention.bus of the stage", words, cloud.Failure("reading the "+where, where, err))
	}
	until := "never: the archive has no retention"
	if days := aws.ToInt32(out.RetentionDays); days > 0 {
		until = i.until(days)
	}
	return []privacy.Retention{{Where: where, Until: until, Words: words}}, nil
}

// logGroups returns one retention for all groups, the longest.
func (i *Installation) logGroups(ctx context.Context) ([]privacy.Retention, error) {
	prefix := "/aws/lambda/" + i.config.Resources.Prefix + "-"
	where := "logs " + prefix + "*"
	const words = "lines have ids; addresses and names were masked when they were written"
	groups, days, forever := 0, int32(0), false
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(i.logs, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unread(where, "retention.log of the stage", words, cloud.Failure("reading the log groups", where, err))
		}
		for _, group := range page.LogGroups {
			groups++
			days, forever = max(days, aws.ToInt32(group.RetentionInDays)), forever || group.RetentionInDays == nil
		}
	}
	switch {
	case groups == 0:
		return nil, nil
	case forever:
		return []privacy.Retention{{Where: where, Until: "never: a group has no retention", Words: fmt.Sprintf("%s; set retention.log of the stage", words)}}, nil
	}
	return []privacy.Retention{{Where: where, Until: i.until(days), Words: words}}, nil
}
