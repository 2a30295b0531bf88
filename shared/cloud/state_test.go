package cloud_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// value is an attribute as DynamoDB writes it.
type value struct{ S, N, B string }

// putItem is the request, as far as tests look at it.
type putItem struct {
	Item                                map[string]value
	ConditionExpression                 string
	ExpressionAttributeValues           map[string]value
	ReturnValuesOnConditionCheckFailure string
}

// conditionFailed is the refusal of a conditional write with the item that stands there.
func conditionFailed(token string) answer {
	return answer{status: 400, body: fmt.Sprintf(
		`{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no","Item":{"w":{"B":%q}}}`, token)}
}

func TestPutComparesExpiryInItsCondition(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	b := open(t, s)
	_, err := b.Put(t.Context(), port.Item{Key: "k", Value: []byte("v"), Expires: noon.Add(time.Minute)})
	must(t, err)
	_, err = b.Put(t.Context(), port.Item{Key: "k", Revision: 7})
	must(t, err)
	insert, update := read[putItem](t, s.calls[0]), read[putItem](t, s.calls[1])
	if insert.ConditionExpression != "attribute_not_exists(pk) OR x < :now" || insert.ExpressionAttributeValues[":now"].N != fmt.Sprint(noon.UnixMilli()) {
		t.Errorf("insert if %s with %v", insert.ConditionExpression, insert.ExpressionAttributeValues)
	}
	if update.ConditionExpression != "r = :revision AND (attribute_not_exists(x) OR x >= :now)" || update.ExpressionAttributeValues[":revision"].N != "7" {
		t.Errorf("update if %s with %v", update.ConditionExpression, update.ExpressionAttributeValues)
	}
	item := insert.Item
	if item["pk"].S != "S#k" || item["sk"].S != "-" || item["x"].N != fmt.Sprint(noon.Add(time.Minute).UnixMilli()) || item["ttl"].N != fmt.Sprint(noon.Unix()+61) {
		t.Errorf("stored %v", item)
	}
	if _, removed := update.Item["ttl"]; removed {
		t.Error("an item without expiry is removed by DynamoDB")
	}
}

// The write took effect, its answer was lost, the SDK sent it again: the condition
// does not hold any more, and the item that stands there is our own.
func TestPutKnowsItsOwnWriteWhenTheAnswerWasLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		s.answer = func(call int, r request) answer {
			if call == 1 {
				return answer{err: errors.New("connection reset by peer")}
			}
			return conditionFailed(read[putItem](t, r).Item["w"].B)
		}
		revision, err := open(t, s).Put(t.Context(), port.Item{Key: "k", Value: []byte("v"), Revision: 7})
		must(t, err)
		if first, again := read[putItem](t, s.calls[0]), read[putItem](t, s.calls[1]); first.Item["w"] != again.Item["w"] || first.Item["r"].N != fmt.Sprint(revision) {
			t.Errorf("sent %v, again %v, reported revision %d", first.Item, again.Item, revision)
		}
	})
}

func TestPutLosesToAnotherWriter(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]string{"another's token": base64.StdEncoding.EncodeToString([]byte("another's")), "no token": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := open(t, answers(conditionFailed(token))).Put(t.Context(), port.Item{Key: "k", Revision: 7})
			if !errors.Is(err, port.ErrConflict) {
				t.Errorf("error = %v, want ErrConflict", err)
			}
			mustBe(t, err, fault.Unavailable, fault.Conflict, "state k")
		})
	}
}

func TestPutDrawsATokenForEachWrite(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	b := open(t, s)
	seen := map[string]bool{}
	for range 20 {
		_, err := b.Put(t.Context(), port.Item{Key: "k"})
		must(t, err)
	}
	if len(s.calls) != 20 {
		t.Fatalf("%d calls for 20 writes", len(s.calls))
	}
	for _, call := range s.calls {
		put := read[putItem](t, call)
		if token := put.Item["w"].B; len(token) < 20 || seen[token] {
			t.Errorf("token %q", token)
		} else {
			seen[token] = true
		}
		if put.ReturnValuesOnConditionCheckFailure != "ALL_OLD" {
			t.Error("a failed condition does not tell what stands there")
		}
	}
}

// F50: DynamoDB throttles at the claim or at the mark. Nothing was decided, and the
// failure passes.
func TestPutAndGetReportAThrottleAsUnavailable(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"} {
		synctest.Test(t, func(t *testing.T) {
			s := answers(refusal(400, code))
			b := open(t, s)
			_, err := b.Put(t.Context(), port.Item{Key: "k"})
			mustBe(t, err, fault.Unavailable, fault.RateLimit, "storing state k")
			if len(s.calls) != 3 {
				t.Errorf("%s: %d attempts, want 3", code, len(s.calls))
			}
			_, err = b.Get(t.Context(), "k")
			mustBe(t, err, fault.Unavailable, fault.RateLimit, "reading state k")
		})
	}
}

func TestPutOutlastsAThrottleThatPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := answers(refusal(400, "ThrottlingException"), answer{status: 500}, ok(`{}`))
		_, err := open(t, s).Put(t.Context(), port.Item{Key: "k"})
		must(t, err)
	})
}

func TestPutRefusesAValueAboveDynamoDBsLimit(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	b := open(t, s)
	_, err := b.Put(t.Context(), port.Item{Key: "k", Value: bytes.Repeat([]byte("v"), 409_600-100)})
	must(t, err)
	_, err = b.Put(t.Context(), port.Item{Key: "k", Value: bytes.Repeat([]byte("v"), 409_600)})
	mustBe(t, err, fault.Invalid, fault.TooLarge, "409600")
	if len(s.calls) != 1 {
		t.Errorf("%d requests", len(s.calls))
	}
}

func TestKeysOfAnyLengthStayApart(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	b := open(t, s)
	long := strings.Repeat("k", 3000)
	for _, key := range []string{long + "a", long + "b"} {
		_, err := b.Put(t.Context(), port.Item{Key: key})
		must(t, err)
	}
	first, second := read[putItem](t, s.calls[0]).Item["pk"].S, read[putItem](t, s.calls[1]).Item["pk"].S
	if first == second || len(first) > 2048 {
		t.Errorf("partition keys %q and %q", first, second)
	}
}

func TestGetReadsConsistently(t *testing.T) {
	t.Parallel()
	s := answers(ok(`{}`))
	_, err := open(t, s).Get(t.Context(), "k")
	must(t, err)
	if !read[struct{ ConsistentRead bool }](t, s.calls[0]).ConsistentRead {
		t.Error("the read may be stale")
	}
}

func TestGetReportsAnItemThatIsNotOurs(t *testing.T) {
	t.Parallel()
	_, err := open(t, answers(ok(`{"Item":{"r":{"N":"1.5"}}}`))).Get(t.Context(), "k")
	mustBe(t, err, fault.Rejected, fault.Parse, "state k")
}
