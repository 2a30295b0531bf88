// Command minimal is the smallest Lambda function that aws-lambda-go allows: it answers
// with the event. The others are measured against it.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(_ context.Context, event map[string]any) (map[string]any, error) { return event, nil })
}
