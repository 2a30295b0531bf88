package health

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"causeway.example/shared/cloud"
	"causeway.example/shared/doctor"
)

// expiry is the table's attribute by which DynamoDB removes items.
const expiry = "ttl"

// checkTable checks that what has expired is removed, and that the table can be restored.
func (e *examiner) checkTable(ctx context.Context) (all []doctor.Finding) {
	name, doing := e.Resources.Table, "reading table "+e.Resources.Table
	live, err := e.table.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if err != nil {
		return unread("table", name, cloud.Failure(doing, "table "+name, err))
	}
	backups, err := e.table.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &name})
	if err != nil {
		return unread("table", name, cloud.Failure(doing, "table "+name, err))
	}
	add := func(text, remedy string) {
		all = append(all, doctor.Finding{Check: "table", Subject: name, Level: doctor.Problem, Text: text, Remedy: remedy + ", or " + e.deploy("state")})
	}
	if ttl := live.TimeToLiveDescription; ttl == nil || ttl.TimeToLiveStatus != types.TimeToLiveStatusEnabled && ttl.TimeToLiveStatus != types.TimeToLiveStatusEnabling || *ttl.AttributeName != expiry {
		add("does not remove expired items: state and ledger, with what they have of persons, stay for ever", "enable time to live on the attribute "+expiry)
	}
	recovery := backups.ContinuousBackupsDescription
	if recovery == nil || recovery.PointInTimeRecoveryDescription == nil || recovery.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus != types.PointInTimeRecoveryStatusEnabled {
		add("cannot be restored to a point in time: without it the state of what was delivered is lost with the table", "enable point-in-time recovery")
	}
	return orFine(all, "table", name, "removes expired items and can be restored to a point in time")
}

// secretAges returns when each secret was last changed.
func (e *examiner) secretAges(ctx context.Context) (map[string]time.Time, error) {
	changed := map[string]time.Time{}
	for _, name := range e.Secrets {
		out, err := e.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &name})
		if err != nil {
			return nil, cloud.Failure("reading the age of secret "+name, "secret "+name, err)
		}
		switch {
		case out.LastChangedDate != nil:
			changed[name] = *out.LastChangedDate
		case out.CreatedDate != nil:
			changed[name] = *out.CreatedDate
		}
	}
	return changed, nil
}
