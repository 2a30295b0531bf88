package main

import (
	"slices"

	"causeway/shared/connector"
)

// ledgerKeys begin the partition keys of the ledger: traces, and what points to them by
// event, entity and day. Those of the state begin with S#. The layout is shared/cloud's;
// it is repeated here because that room brings the AWS SDK, and test/aws holds both equal.
var ledgerKeys = []string{"L#*", "E#*", "K#*", "D#*"}

// state is the stack that holds what must not be lost: table, bucket, secrets.
func (p *plan) state() template {
	t := template{Name: p.name("state"), About: "Causeway " + p.stage.Name + ": state, ledger, bodies, secrets"}
	t.add(p.table(), p.storage(), p.storagePolicy())
	for _, s := range p.systems {
		if len(s.Secrets) > 0 && s.config.Secret == "" {
			t.add(resource{ID: logical(s.Name, "secret"), Type: "AWS::SecretsManager::Secret", Keep: p.stage.Production, Props: props{
				"Name":        p.secret(s),
				"Description": "Credentials of " + s.Title + ": a JSON object of setting and value. Its content is put in by hand and never here.",
			}})
		}
	}
	return t
}

func (p *plan) table() resource {
	return resource{ID: "Table", Type: "AWS::DynamoDB::Table", Keep: p.stage.Production, Props: props{
		"TableName": p.prefix, "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": p.stage.Production,
		"AttributeDefinitions": []any{definition("pk"), definition("sk")}, "KeySchema": keySchema("pk", "sk"),
		"PointInTimeRecoverySpecification": props{"PointInTimeRecoveryEnabled": true},
		"TimeToLiveSpecification":          props{"AttributeName": "ttl", "Enabled": true},
		"SSESpecification":                 props{"SSEEnabled": true},
	}}
}

func definition(name string) props { return props{"AttributeName": name, "AttributeType": "S"} }

func keySchema(hash, sort string) []any {
	return []any{props{"AttributeName": hash, "KeyType": "HASH"}, props{"AttributeName": sort, "KeyType": "RANGE"}}
}

func (p *plan) storage() resource {
	properties := props{
		"BucketName": sub(p.bucket()),
		"PublicAccessBlockConfiguration": props{
			"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
		},
		"OwnershipControls":       props{"Rules": []any{props{"ObjectOwnership": "BucketOwnerEnforced"}}},
		"BucketEncryption":        props{"ServerSideEncryptionConfiguration": []any{props{"ServerSideEncryptionByDefault": props{"SSEAlgorithm": "AES256"}}}},
		"VersioningConfiguration": props{"Status": "Enabled"},
		"LifecycleConfiguration":  props{"Rules": p.lifecycle()},
	}
	if slices.ContainsFunc(p.systems, func(s system) bool { return s.has(connector.Pickup) }) {
		properties["NotificationConfiguration"] = props{"EventBridgeConfiguration": props{"EventBridgeEnabled": true}}
	}
	return resource{ID: "Bucket", Type: "AWS::S3::Bucket", Keep: p.stage.Production, Props: properties}
}

// lifecycle ends what nobody needs any more. The archive names bodies among the claims,
// so both are kept as long; an overwritten or deleted version stays for a month, so that
// a slip can be undone.
func (p *plan) lifecycle() []any {
	rules := []any{props{
		"Id": "versions", "Status": "Enabled", "NoncurrentVersionExpiration": props{"NoncurrentDays": 30},
		"AbortIncompleteMultipartUpload": props{"DaysAfterInitiation": 7},
	}}
	for _, folder := range []string{"claims", "archive", "drop"} {
		rules = append(rules, props{
			"Id": folder, "Status": "Enabled", "Prefix": folder + "/", "ExpirationInDays": p.stage.Retention.Archive,
			"Transitions": []any{props{"StorageClass": "GLACIER_IR", "TransitionInDays": atHand}},
		})
	}
	return rules
}

// atHand is how many days stored bytes stay where reading them costs nothing extra;
// after it storing them costs a fifth.
const atHand = 90

func (p *plan) storagePolicy() resource {
	bucket := attribute("Bucket", "Arn")
	whole := []any{bucket, props{"Fn::Join": []any{"", []any{bucket, "/*"}}}}
	return resource{ID: "BucketPolicy", Type: "AWS::S3::BucketPolicy", Props: props{
		"Bucket": ref("Bucket"), "PolicyDocument": policy(insecure("s3", whole...)),
	}}
}
