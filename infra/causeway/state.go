package causeway

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"causeway.example/infra/causeway/plan"
	"causeway.example/shared/connector"
)

// StateProps configures a State.
type StateProps struct {
	Plan *Plan
}

// State is the data that must not be lost: the table of state and ledger, the bucket of large
// bodies and raw deliveries, and the secrets, which are created empty but for the ledger's.
type State struct {
	Construct constructs.Construct // for tags, aspects and dependencies
	Table     awsdynamodb.Table
	Bucket    awss3.Bucket
	Secrets   map[string]awssecretsmanager.CfnSecret // those it creates, by physical name
}

// NewState creates a State.
func NewState(scope constructs.Construct, id string, props *StateProps) *State {
	s := &State{Construct: constructs.NewConstruct(scope, jsii.String(id)), Secrets: map[string]awssecretsmanager.CfnSecret{}}
	p := props.Plan
	s.Table = p.table(s.Construct)
	s.Bucket = p.storage(s.Construct)
	for _, system := range p.Systems {
		for _, role := range system.Roles {
			if name := p.Secret(system, role); p.IsOwnSecret(system, role) && s.Secrets[name] == nil {
				s.Secrets[name] = p.newSecret(s.Construct, system, role)
			}
		}
	}
	s.Secrets[p.LedgerSecret()] = p.ledgerSecret(s.Construct)
	return s
}

// table creates the table. It is a Table, not a TableV2, whose resource type is another: an
// existing table would be replaced.
func (p *Plan) table(scope constructs.Construct) awsdynamodb.Table {
	encryption := awsdynamodb.TableEncryption_AWS_MANAGED
	if p.props.Key != nil {
		encryption = awsdynamodb.TableEncryption_CUSTOMER_MANAGED
	}
	return awsdynamodb.NewTable(scope, jsii.String("Table"), &awsdynamodb.TableProps{
		TableName:    jsii.String(p.Prefix()),
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("pk"), Type: awsdynamodb.AttributeType_STRING},
		SortKey:      &awsdynamodb.Attribute{Name: jsii.String("sk"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:  awsdynamodb.BillingMode_PAY_PER_REQUEST, TimeToLiveAttribute: jsii.String("ttl"),
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
		Encryption:                       encryption, EncryptionKey: p.props.Key,
		DeletionProtection: jsii.Bool(p.Stage.Production), RemovalPolicy: p.props.RemovalPolicy,
	})
}

func (p *Plan) storage(scope constructs.Construct) awss3.Bucket {
	encryption := awss3.BucketEncryption_S3_MANAGED
	if p.props.Key != nil {
		encryption = awss3.BucketEncryption_KMS
	}
	rules := p.lifecycle()
	bucket := awss3.NewBucket(scope, jsii.String("Bucket"), &awss3.BucketProps{
		BucketName: sub(p.Bucket()), Versioned: jsii.Bool(true), EnforceSSL: jsii.Bool(true),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), ObjectOwnership: awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Encryption: encryption, EncryptionKey: p.props.Key, LifecycleRules: &rules, RemovalPolicy: p.props.RemovalPolicy,
	})
	if slices.ContainsFunc(p.Systems, func(s plan.Installed) bool { return s.Has(connector.Pickup) }) {
		// BucketProps.EventBridgeEnabled would deploy a function that sets this property.
		bucket.Node().DefaultChild().(awss3.CfnBucket).SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
			EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{EventBridgeEnabled: jsii.Bool(true)},
		})
	}
	return bucket
}

// lifecycle expires what is no longer needed. Archived messages name bodies in claims, so both
// are kept as long; an overwritten or deleted version is kept for a month, so that a mistake
// can be undone.
func (p *Plan) lifecycle() []*awss3.LifecycleRule {
	rules := []*awss3.LifecycleRule{{
		Id: jsii.String("versions"), NoncurrentVersionExpiration: days(30), AbortIncompleteMultipartUploadAfter: days(7),
	}}
	for _, folder := range []string{"claims", "archive", "drop"} {
		rules = append(rules, &awss3.LifecycleRule{
			Id: jsii.String(folder), Prefix: jsii.String(folder + "/"), Expiration: days(p.Stage.Retention.Archive),
			Transitions: &[]*awss3.Transition{{StorageClass: awss3.StorageClass_GLACIER_INSTANT_RETRIEVAL(), TransitionAfter: days(standardDays)}},
		})
	}
	return rules
}

// standardDays is how many days objects stay where reading costs nothing extra; after it
// storing them costs a fifth.
const standardDays = 90

// newSecret creates a secret without content, which is entered by hand. It is an L1: the L2
// generates a content, and would overwrite the one of an existing secret.
func (p *Plan) newSecret(scope constructs.Construct, s plan.Installed, role connector.Role) awssecretsmanager.CfnSecret {
	id, keys := plan.Logical(s.Name, "secret"), s.Secrets
	if role == connector.Receive {
		id, keys = plan.Logical(s.Name, string(role), "secret"), s.Required
	}
	props := &awssecretsmanager.CfnSecretProps{
		Name:        jsii.String(p.Secret(s, role)),
		Description: jsii.String("Credentials of " + s.Title + ", entered by hand: a JSON object with values for " + strings.Join(keys, ", ")),
	}
	if p.props.Key != nil {
		props.KmsKeyId = p.props.Key.KeyArn()
	}
	secret := awssecretsmanager.NewCfnSecret(scope, jsii.String(id), props)
	secret.ApplyRemovalPolicy(p.props.RemovalPolicy, &awscdk.RemovalPolicyOptions{})
	return secret
}

// ledgerSecret creates the secret under which the ledger hashes addresses. CloudFormation
// generates its content once. No person needs it, and a new one would hide older entries.
func (p *Plan) ledgerSecret(scope constructs.Construct) awssecretsmanager.CfnSecret {
	props := &awssecretsmanager.CfnSecretProps{
		Name:        jsii.String(p.LedgerSecret()),
		Description: jsii.String("Under it the ledger hashes e-mail addresses; generated. To rotate it, put in current and previous, and take previous out when the ledger's retention has passed"),
		GenerateSecretString: &awssecretsmanager.CfnSecret_GenerateSecretStringProperty{
			SecretStringTemplate: jsii.String("{}"), GenerateStringKey: jsii.String("current"), PasswordLength: number(64), ExcludePunctuation: jsii.Bool(true),
		},
	}
	if p.props.Key != nil {
		props.KmsKeyId = p.props.Key.KeyArn()
	}
	secret := awssecretsmanager.NewCfnSecret(scope, jsii.String("LedgerSecret"), props)
	secret.ApplyRemovalPolicy(p.props.RemovalPolicy, &awscdk.RemovalPolicyOptions{})
	return secret
}
