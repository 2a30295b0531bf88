package cloud_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// putEvents is the request, as far as tests look at it.
type putEvents struct {
	Entries []struct{ EventBusName, Source, DetailType, Detail string }
}

// eventIDs returns the ids of the messages that a call carried.
func eventIDs(t *testing.T, r request) (ids []string) {
	t.Helper()
	for _, entry := range read[putEvents](t, r).Entries {
		m, err := message.Decode([]byte(entry.Detail))
		must(t, err)
		ids = append(ids, m.ID)
	}
	return ids
}

// takeEvents answers PutEvents: an error code for each id that the function names one for.
func takeEvents(t *testing.T, code func(call int, id string) string) *script {
	t.Helper()
	return &script{answer: func(call int, r request) answer {
		var out struct {
			FailedEntryCount int
			Entries          []map[string]string
		}
		for _, id := range eventIDs(t, r) {
			entry := map[string]string{"EventId": "aws-" + id}
			if c := code(call, id); c != "" {
				entry = map[string]string{"ErrorCode": c, "ErrorMessage": "as the test wants"}
				out.FailedEntryCount++
			}
			out.Entries = append(out.Entries, entry)
		}
		body, err := json.Marshal(out)
		must(t, err)
		return ok(string(body))
	}}
}

func takeAll(int, string) string { return "" }

func order(id string, size int) *message.Message {
	return &message.Message{
		ID: id, Source: message.SourcePrefix + "shop", Type: "order.placed", Subject: "order/5001", Time: noon, Tenant: "brand.example",
		CorrelationID: "c", Body: json.RawMessage(`"` + strings.Repeat("x", size) + `"`),
	}
}

func orders(n, size int) (batch []*message.Message) {
	for i := range n {
		batch = append(batch, order(fmt.Sprintf("m%02d", i), size))
	}
	return batch
}

func TestPublishSendsTenEntriesPerRequest(t *testing.T) {
	t.Parallel()
	s := takeEvents(t, takeAll)
	must(t, open(t, s).Publish(t.Context(), orders(23, 10)))
	var sizes []int
	for _, call := range s.calls {
		sizes = append(sizes, len(eventIDs(t, call)))
	}
	if !slices.Equal(sizes, []int{10, 10, 3}) {
		t.Errorf("requests had %v entries", sizes)
	}
}

func TestPublishWritesTheEntryOfTheContract(t *testing.T) {
	t.Parallel()
	s := takeEvents(t, takeAll)
	m := order("m1", 3)
	must(t, open(t, s).Publish(t.Context(), []*message.Message{m}))
	entry := read[putEvents](t, s.calls[0]).Entries[0]
	detail, err := m.Encode()
	must(t, err)
	if entry.EventBusName != "causeway-test" || entry.Source != "causeway.shop" || entry.DetailType != "order.placed" || entry.Detail != string(detail) {
		t.Errorf("entry = %+v", entry)
	}
}

func TestPublishKeepsARequestBelowEventBridgesLimit(t *testing.T) {
	t.Parallel()
	s := takeEvents(t, takeAll)
	must(t, open(t, s).Publish(t.Context(), orders(5, 300_000)))
	if len(s.calls) != 2 {
		t.Errorf("five messages of 300 kB went in %d requests, want 2", len(s.calls))
	}
	for _, call := range s.calls {
		size := 0
		for _, entry := range read[putEvents](t, call).Entries {
			size += len(entry.Source) + len(entry.DetailType) + len(entry.Detail)
		}
		if size >= 1_000_000 {
			t.Errorf("a request had %d bytes of entries", size)
		}
	}
}

func TestPublishRefusesAMessageAboveTheLimitBeforeItSendsAny(t *testing.T) {
	t.Parallel()
	s := takeEvents(t, takeAll)
	err := open(t, s).Publish(t.Context(), []*message.Message{order("small", 1), order("huge", 1_000_000)})
	mustBe(t, err, fault.Invalid, fault.TooLarge, "huge")
	if len(s.calls) != 0 {
		t.Errorf("%d requests were made", len(s.calls))
	}
}

// A 200 that hides failed entries (FailedEntryCount > 0) must not pass for success.
func TestPublishSendsOnlyFailedEntriesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := takeEvents(t, func(call int, id string) string {
			switch {
			case call == 1 && (id == "m01" || id == "m04"):
				return "ThrottlingException"
			case call == 2 && id == "m04":
				return "InternalFailure"
			}
			return ""
		})
		must(t, open(t, s).Publish(t.Context(), orders(6, 10)))
		again := [][]string{eventIDs(t, s.calls[1]), eventIDs(t, s.calls[2])}
		if len(s.calls) != 3 || !slices.Equal(again[0], []string{"m01", "m04"}) || !slices.Equal(again[1], []string{"m04"}) {
			t.Errorf("%d requests, sent again %v", len(s.calls), again)
		}
	})
}

func TestPublishReportsAnEntryThatStaysOpen(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]fault.Kind{"ThrottlingException": fault.Unavailable, "MalformedDetail": fault.Rejected} {
		synctest.Test(t, func(t *testing.T) {
			s := takeEvents(t, func(_ int, id string) string {
				if id == "m02" {
					return code
				}
				return ""
			})
			err := open(t, s).Publish(t.Context(), orders(3, 10))
			if fault.KindOf(err) != want || !strings.Contains(err.Error(), "m02") || fault.As(err).Code != code {
				t.Errorf("%s: error = %v", code, err)
			}
			if want == fault.Unavailable && len(s.calls) < 3 {
				t.Errorf("gave up after %d requests", len(s.calls))
			}
		})
	}
}

func TestPublishDoesNotTrustAnAnswerThatLacksEntries(t *testing.T) {
	t.Parallel()
	err := open(t, answers(ok(`{"FailedEntryCount":0,"Entries":[]}`))).Publish(t.Context(), orders(2, 10))
	mustBe(t, err, fault.Unavailable, fault.Ambiguous, "m00")
}

func TestPublishNamesTheBusThatIsMissing(t *testing.T) {
	t.Parallel()
	err := open(t, answers(refusal(400, "ResourceNotFoundException"))).Publish(t.Context(), orders(1, 10))
	mustBe(t, err, fault.Rejected, fault.Config, "bus causeway-test")
}
