package causeway

import (
	"strings"
	"testing"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
)

func TestTheTableCanBeBroughtBack(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		table := w.named(t, "AWS::DynamoDB::Table", "TableName", p.Prefix())
		if in(table, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true || in(table, "SSESpecification", "SSEEnabled") != true {
			t.Errorf("the table is %v", table.Properties)
		}
		if table.Properties["DeletionProtectionEnabled"] != p.Stage.Production || table.Properties["BillingMode"] != "PAY_PER_REQUEST" {
			t.Errorf("the table is protected: %v, billed by %v", table.Properties["DeletionProtectionEnabled"], table.Properties["BillingMode"])
		}
		if got, want := compact(t, flatten(table.Properties["KeySchema"])), `[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]`; got != want {
			t.Errorf("the table's keys are %s", got)
		}
	})
}

func TestTheBucketIsClosed(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		bucket := w.named(t, "AWS::S3::Bucket", "BucketName", p.Prefix()+"-111122223333-eu-central-1")
		for _, lock := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if in(bucket, "PublicAccessBlockConfiguration", lock) != true {
				t.Errorf("the bucket has no %s", lock)
			}
		}
		if in(bucket, "VersioningConfiguration", "Status") != "Enabled" || !strings.Contains(flatten(bucket.Properties["BucketEncryption"]), "AES256") {
			t.Errorf("the bucket is %v", bucket.Properties)
		}
		if !strings.Contains(flatten(bucket.Properties["OwnershipControls"]), "BucketOwnerEnforced") {
			t.Errorf("the bucket takes access lists: %v", bucket.Properties["OwnershipControls"])
		}
	})
}

func TestWhatTheBucketHoldsEndsByFolder(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		bucket := w.named(t, "AWS::S3::Bucket", "BucketName", p.Prefix()+"-111122223333-eu-central-1")
		ends := map[string]int{}
		for _, rule := range in(bucket, "LifecycleConfiguration", "Rules").([]any) {
			r := rule.(map[string]any)
			if folder, ok := r["Prefix"].(string); ok {
				ends[folder] = integer(r["ExpirationInDays"])
			} else if r["ExpirationInDays"] != nil {
				t.Errorf("a rule ends what lies in any folder: %v", r)
			}
		}
		// The archive's messages name their bodies among the claims.
		if ends["archive/"] != p.Stage.Retention.Archive || ends["claims/"] < ends["archive/"] {
			t.Errorf("folders end after %v days", ends)
		}
	})
}

// TestDataOutlivesItsStackInProductionOnly covers what a slip must not delete. What a
// failed creation left would be in the way of the next one, and goes.
func TestDataOutlivesItsStackInProductionOnly(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		want := map[bool]string{true: "RetainExceptOnCreate", false: "Delete"}[p.Stage.Production]
		for _, kind := range []string{"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SecretsManager::Secret"} {
			for id, r := range w.of(kind) {
				if r.DeletionPolicy != want {
					t.Errorf("%s is deleted by %q, want %q", id, r.DeletionPolicy, want)
				}
			}
		}
	})
}

func TestSecretsAreMadeWithoutContent(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		made := w.of("AWS::SecretsManager::Secret")
		for id, secret := range made {
			if secret.Properties["SecretString"] != nil || secret.Properties["GenerateSecretString"] != nil {
				t.Errorf("%s has a content", id)
			}
		}
		for _, s := range p.Systems {
			for _, role := range s.Roles {
				id := plan.Logical(s.Name, "secret")
				if role == connector.Receive {
					id = plan.Logical(s.Name, "receive", "secret")
				}
				if got := made[id].Type != ""; got != p.IsOwnSecret(s, role) {
					t.Errorf("a secret for %s is created: %v", s.Function(role), got)
				}
			}
		}
	})
}

// TestTheDoorsSecretNamesWhatADoorNeeds reads the description that an operator fills it in by.
func TestTheDoorsSecretNamesWhatADoorNeeds(t *testing.T) {
	made := mustWrite(t, "dev").of("AWS::SecretsManager::Secret")
	for id, want := range map[string]string{
		"ShopifyReceiveSecret": "values for SHOPIFY_WEBHOOK_SECRETS", "WoocommerceReceiveSecret": "values for WOOCOMMERCE_WEBHOOK_SECRETS",
		"ShopifySecret": "values for SHOPIFY_WEBHOOK_SECRETS, SHOPIFY_ADMIN_TOKEN",
	} {
		if got, _ := made[id].Properties["Description"].(string); !strings.HasSuffix(got, want) {
			t.Errorf("%s is described by %q, want %q", id, got, want)
		}
	}
}

func TestTheBusLogsWhatItCouldNotDeliverWithoutItsContent(t *testing.T) {
	each(t, stages, func(t *testing.T, p *Plan, w written) {
		bus := w.named(t, "AWS::Events::EventBus", "Name", p.Prefix())
		if in(bus, "LogConfig", "Level") != "ERROR" || in(bus, "LogConfig", "IncludeDetail") != "NONE" {
			t.Errorf("the bus logs by %v", in(bus, "LogConfig"))
		}
		if archives := w.of("AWS::Events::Archive"); len(archives) > 0 != (p.Stage.Retention.Bus > 0) {
			t.Errorf("%d archives, and the stage keeps events %d days", len(archives), p.Stage.Retention.Bus)
		}
	})
}
