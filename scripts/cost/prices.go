package main

// pricesOf is where and when the prices were looked up.
const pricesOf = "us-east-1, November 2026"

// price is micro-dollars per million units.
type price int64

// The price list. Check it before quoting a sum that is computed from it.
const (
	httpAPIRequest price = 1_000_000  // API Gateway HTTP API, per 512 KB
	lambdaRequest  price = 200_000    // Lambda
	lambdaSecond   price = 13_333_400 // Lambda arm64, per GB-second
	sqsRequest     price = 400_000    // SQS standard, per 64 KB
	busEvent       price = 1_000_000  // EventBridge custom event, per 64 KB; delivery in the account is free
	writeUnit      price = 625_000    // DynamoDB on demand, per 1 KB
	readUnit       price = 125_000    // DynamoDB on demand, strongly consistent, per 4 KB
	s3Put          price = 5_000_000  // S3 standard
	s3Get          price = 400_000    // S3 standard
	logKilobyte    price = 500_000    // CloudWatch Logs, taken in
)
