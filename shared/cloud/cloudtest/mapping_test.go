package cloudtest_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"causeway.example/shared/cloud/cloudtest"
)

// Event source mappings as Lambda has them (Lambda API reference): states on the way, which
// cannot be changed, and its errors.
func TestEventSourceMappings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mappings := lambda.NewFromConfig(w.config)
	w.queue(t, "orders", nil)
	create := func(queue, function string) (*lambda.CreateEventSourceMappingOutput, error) {
		return mappings.CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{EventSourceArn: aws.String(arn(queue)), FunctionName: &function})
	}
	_, err := create("unknown", "f")
	wantCode(t, err, "InvalidParameterValueException")
	made, err := create("orders", "f")
	wantCode(t, err, "")
	_, err = create("orders", "f")
	wantCode(t, err, "ResourceConflictException")
	if *made.State != "Creating" || *made.FunctionArn != "arn:aws:lambda:eu-central-1:"+cloudtest.Account+":function:f" {
		t.Errorf("created %s %s", *made.State, *made.FunctionArn)
	}
	set := func(on bool) (string, error) {
		out, err := mappings.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: made.UUID, Enabled: &on})
		if err != nil {
			return "", err
		}
		return *out.State, nil
	}
	_, err = set(false)
	wantCode(t, err, "ResourceInUseException")
	w.pass(time.Minute)
	if state, err := set(false); err != nil || state != "Disabling" {
		t.Errorf("disabled: %s, %v", state, err)
	}
	w.pass(time.Minute)
	got, err := mappings.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: made.UUID})
	wantCode(t, err, "")
	if *got.State != "Disabled" {
		t.Errorf("a minute later: %s", *got.State)
	}
	_, err = mappings.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: aws.String("unknown")})
	wantCode(t, err, "ResourceNotFoundException")
	w.server.Fail("lambda", "ListEventSourceMappings", cloudtest.Throttle(1))
	_, err = mappings.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{})
	wantCode(t, err, "TooManyRequestsException")
}

func TestEventSourceMappingsAreListedInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mappings := lambda.NewFromConfig(w.config)
	for _, queue := range []string{"a", "b", "c"} {
		w.queue(t, queue, nil)
		_, err := mappings.CreateEventSourceMapping(t.Context(), &lambda.CreateEventSourceMappingInput{EventSourceArn: aws.String(arn(queue)), FunctionName: aws.String("f")})
		wantCode(t, err, "")
	}
	pages, n := lambda.NewListEventSourceMappingsPaginator(mappings, &lambda.ListEventSourceMappingsInput{MaxItems: aws.Int32(2)}), 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		wantCode(t, err, "")
		n += len(page.EventSourceMappings)
	}
	one, err := mappings.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{EventSourceArn: aws.String(arn("b"))})
	wantCode(t, err, "")
	if n != 3 || len(one.EventSourceMappings) != 1 || *one.EventSourceMappings[0].EventSourceArn != arn("b") {
		t.Errorf("listed %d, of one queue %v", n, one.EventSourceMappings)
	}
	_, err = mappings.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{MaxItems: aws.Int32(0)})
	wantCode(t, err, "InvalidParameterValueException")
}
