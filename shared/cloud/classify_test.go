package cloud

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

func answered(status int, code string) error {
	return &smithy.OperationError{Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code, Message: "no"},
	}}
}

func TestFailuresAreClassified(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err   error
		kind  fault.Kind
		class fault.Class
	}{
		{answered(400, "ThrottlingException"), fault.Unavailable, fault.RateLimit},
		{answered(400, "ProvisionedThroughputExceededException"), fault.Unavailable, fault.RateLimit},
		{answered(400, "RequestThrottled"), fault.Unavailable, fault.RateLimit},
		{answered(400, "OverLimit"), fault.Unavailable, fault.RateLimit},
		{answered(503, "SlowDown"), fault.Unavailable, fault.RateLimit},
		{answered(429, "SomethingNew"), fault.Unavailable, fault.RateLimit},
		{answered(500, "InternalServerError"), fault.Unavailable, fault.Intermittent},
		{answered(503, "SomethingNew"), fault.Unavailable, fault.Intermittent},
		{answered(400, "RequestTimeout"), fault.Unavailable, fault.Intermittent},
		{answered(400, "QueueDoesNotExist"), fault.Rejected, fault.Config},
		{answered(400, "ResourceNotFoundException"), fault.Rejected, fault.Config},
		{answered(404, "NoSuchBucket"), fault.Rejected, fault.Config},
		{answered(400, "AccessDeniedException"), fault.Unauthorized, fault.Auth},
		{answered(403, "SomethingNew"), fault.Unauthorized, fault.Auth},
		{answered(400, "UnrecognizedClientException"), fault.Unauthorized, fault.Auth},
		{answered(400, "ExpiredTokenException"), fault.Unauthorized, fault.Auth},
		{answered(400, "KmsAccessDenied"), fault.Unauthorized, fault.Auth},
		{answered(400, "KmsDisabled"), fault.Unauthorized, fault.Auth},
		{answered(400, "KMS.DisabledException"), fault.Unauthorized, fault.Auth},
		{answered(400, "KmsThrottled"), fault.Unavailable, fault.RateLimit},
		{answered(400, "KMS.ThrottlingException"), fault.Unavailable, fault.RateLimit},
		{answered(400, "ValidationException"), fault.Rejected, fault.Bug},
		{answered(400, "InvalidParameterValue"), fault.Rejected, fault.Bug},
		{fmt.Errorf("sending: %w", context.DeadlineExceeded), fault.Unavailable, fault.Intermittent},
		{context.Canceled, fault.Unavailable, fault.Intermittent},
		{errors.New("connection reset by peer"), fault.Unavailable, fault.Connection},
	} {
		f := fault.As(failure("doing this", "table t", c.err))
		if f.Kind != c.kind || f.Class != c.class || f.Doing != "doing this" || !errors.Is(f, c.err) {
			t.Errorf("%v became %s of class %s: %v", c.err, f.Kind, f.Class, f)
		}
	}
}

func TestAFailureThatIsClassifiedStaysSo(t *testing.T) {
	t.Parallel()
	if failure("doing", "table t", nil) != nil {
		t.Error("no error became one")
	}
	f := fault.As(failure("doing", "table t", fault.New(fault.Invalid, fault.TooLarge, "", "too large")))
	if f.Kind != fault.Invalid || f.Class != fault.TooLarge || f.Doing != "doing" {
		t.Errorf("became %+v", f)
	}
}

func TestChunks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sizes       []int
		most, bytes int
		want        string
	}{
		"none": {nil, 3, 10, ""}, "one": {[]int{10}, 3, 10, "0-1 "}, "by count": {[]int{1, 1, 1, 1}, 3, 10, "0-3 3-4 "},
		"by bytes": {[]int{5, 5, 1, 9, 1}, 3, 10, "0-2 2-4 4-5 "}, "each alone": {[]int{10, 10}, 3, 10, "0-1 1-2 "},
	} {
		got := ""
		for start, end := range chunks(c.sizes, c.most, c.bytes) {
			got += fmt.Sprintf("%d-%d ", start, end)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for range chunks([]int{1, 1, 1}, 1, 1) {
		break // a consumer that stops early must not make it panic
	}
}

func TestItemIDsGrow(t *testing.T) {
	t.Parallel()
	now := noon
	b := &Backend{config: Config{Now: func() time.Time { return now }, Random: rand.Reader}}
	last := ""
	for i := range 100 {
		if i == 50 {
			now = now.Add(time.Hour)
		}
		if i == 75 {
			now = now.Add(-2 * time.Hour) // the clock was set back
		}
		id, err := b.itemID(noon)
		if err != nil || id <= last {
			t.Fatalf("%q after %q, %v", id, last, err)
		}
		last = id
	}
}

// Without randomness nothing is written: a token that is not unique would take
// another's write for our own.
func TestNothingIsWrittenWithoutRandomness(t *testing.T) {
	t.Parallel()
	b := &Backend{config: Config{Now: func() time.Time { return noon }, Random: strings.NewReader("")}}
	if _, err := b.Put(t.Context(), port.Item{Key: "k"}); err == nil {
		t.Error("a state was put")
	}
	if err := b.Append(t.Context(), port.Entry{Trace: "t"}); err == nil {
		t.Error("an entry was appended")
	}
	if err := b.pause(t.Context(), 1); err == nil {
		t.Error("there was a pause without jitter")
	}
}

func TestAPauseEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := &Backend{config: Config{Random: rand.Reader}}
	for round := range rounds {
		if err := b.pause(ctx, round+1); !errors.Is(err, context.Canceled) {
			t.Errorf("round %d: %v", round, err)
		}
	}
}
