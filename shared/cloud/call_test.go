package cloud_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/port"
)

// get reads a state over the script, and returns the error.
func get(ctx context.Context, t *testing.T, s *script) error {
	t.Helper()
	_, err := open(t, s).Get(ctx, "k")
	return err
}

func TestACallIsRetried(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]answer{
		"a 503":                  {status: 503},
		"a 503 of a proxy":       {status: 503, body: "<html>"},
		"a throttle":             refusal(400, "ProvisionedThroughputExceededException"),
		"a broken network":       {err: errors.New("connection reset by peer")},
		"a 500 with a code":      refusal(500, "InternalServerError"),
		"a refused connection":   {err: errors.New("connection refused")},
		"a request that expired": {err: context.DeadlineExceeded},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := answers(first, first, ok(`{}`))
			if err := get(t.Context(), t, s); err != nil || len(s.calls) != 3 {
				t.Errorf("%s: %v after %d calls", name, err, len(s.calls))
			}
		})
	}
}

// TestACallIsNotRetried has a code at each place where AWS writes it (Smithy, "AWS JSON
// protocols", operation error serialization).
func TestACallIsNotRetried(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		header http.Header
		body   string
		kind   fault.Kind
		class  fault.Class
		code   string
	}{
		"a code with its namespace": {400, nil, `{"__type":"com.amazonaws#ResourceNotFoundException","message":"none"}`, fault.Rejected, fault.Config, "ResourceNotFoundException"},
		"a code with an address":    {400, nil, `{"code":"ValidationException:http://internal/"}`, fault.Rejected, fault.Bug, "ValidationException"},
		"a code in the header":      {400, http.Header{"X-Amzn-Errortype": {"AccessDeniedException:http://internal/"}}, `{}`, fault.Unauthorized, fault.Auth, "AccessDeniedException"},
		"an expired session":        {400, nil, `{"__type":"com.amazon.coral.service#ExpiredTokenException"}`, fault.Unauthorized, fault.Auth, "ExpiredTokenException"},
		"a key that is disabled":    {400, nil, `{"__type":"com.amazonaws#KmsDisabled"}`, fault.Unauthorized, fault.Auth, "KmsDisabled"},
		"a page of a proxy":         {403, nil, `<html>`, fault.Unauthorized, fault.Auth, ""},
		"nothing":                   {404, nil, ``, fault.Rejected, fault.Bug, "UnknownError"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := answers(answer{status: c.status, header: c.header, body: c.body})
			err := get(t.Context(), t, s)
			mustBe(t, err, c.kind, c.class, "reading state k")
			if f := fault.As(err); f.Code != c.code || f.Status != c.status || len(s.calls) != 1 {
				t.Errorf("code %q, status %d after %d calls", f.Code, f.Status, len(s.calls))
			}
		})
	}
}

// TestACodeOfTheOldQueryProtocol is that of SQS, which sends both.
func TestACodeOfTheOldQueryProtocol(t *testing.T) {
	t.Parallel()
	s := answers(answer{
		status: 400, header: http.Header{"X-Amzn-Query-Error": {"AWS.SimpleQueueService.NonExistentQueue;Sender"}}, body: `{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}`,
	})
	_, err := open(t, s).Receive(t.Context(), "q", 1, 0)
	mustBe(t, err, fault.Rejected, fault.Config, "there is no queue q")
}

func TestACallGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := answers(answer{status: 503})
		mustBe(t, get(t.Context(), t, s), fault.Unavailable, fault.Intermittent, "reading state k")
		if len(s.calls) != 3 {
			t.Errorf("gave up after %d calls", len(s.calls))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		time.Sleep(time.Second)
		s = answers(ok(`{}`))
		err := get(ctx, t, s)
		mustBe(t, err, fault.Unavailable, fault.Intermittent, "reading state k")
		if !errors.Is(err, context.DeadlineExceeded) || len(s.calls) != 0 {
			t.Errorf("after its context: %v, %d calls", err, len(s.calls))
		}
	})
}

// TestAnAnswerThatCannotBeReadIsNoRejection: the call may have taken effect, and the message is not
// at fault.
func TestAnAnswerThatCannotBeReadIsNoRejection(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]answer{"a page": ok("<html>"), "half an answer": {body: `{"Item":{"v":{"B":"`, cut: true}, "half of nothing": {cut: true}} {
		synctest.Test(t, func(t *testing.T) {
			t.Log(name)
			b := open(t, answers(a))
			_, err := b.Get(t.Context(), "k")
			mustBe(t, err, fault.Unavailable, fault.Connection, "reading state k")
			_, err = b.Receive(t.Context(), "q", 10, 0)
			mustBe(t, err, fault.Unavailable, fault.Connection, "receiving from queue q")
			if a.cut {
				_, _, err = b.Fetch(t.Context(), "drop/a", "")
				mustBe(t, err, fault.Unavailable, fault.Connection, "fetching file drop/a")
			}
			for _, err := range b.Archived(t.Context(), "shop", noon, noon) {
				mustBe(t, err, fault.Unavailable, fault.Connection, "listing archive/shop/2026/11/22/12/")
			}
		})
	}
}

// TestF53AWrongClockIsCorrected: AWS rejects a signature that is more than five minutes off,
// and its answer has the right time.
func TestF53AWrongClockIsCorrected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		right := func() time.Time { return time.Now().Add(10 * time.Minute) }
		s := &script{answer: func(_ int, r request) answer {
			date := http.Header{"Date": {right().UTC().Format(http.TimeFormat)}}
			if at, err := time.Parse("20060102T150405Z", r.header.Get("X-Amz-Date")); err != nil || right().Sub(at).Abs() > 5*time.Minute {
				return answer{status: 400, header: date, body: `{"__type":"InvalidSignatureException","message":"Signature expired"}`}
			}
			return answer{header: date, body: `{}`}
		}}
		b := open(t, s)
		for range 2 {
			_, err := b.Get(t.Context(), "k")
			must(t, err)
		}
		if len(s.calls) != 3 {
			t.Errorf("%d calls, want one more than asked for", len(s.calls))
		}
		s = answers(answer{status: 403, header: http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}, body: `{"__type":"InvalidSignatureException"}`})
		mustBe(t, get(t.Context(), t, s), fault.Unauthorized, fault.Auth, "no access to table causeway-test")
		if len(s.calls) != 1 {
			t.Errorf("a wrong signature at the right time: %d calls", len(s.calls))
		}
	})
}

// TestBodiesOfMessagesAreChecked: SQS answers with the MD5 of what it took or has, and a
// difference is neither taken for sent nor handled.
func TestBodiesOfMessagesAreChecked(t *testing.T) {
	t.Parallel()
	const other = "00000000000000000000000000000000"
	b := open(t, answers(ok(`{"Successful":[{"Id":"0","MessageId":"m","MD5OfMessageBody":"`+other+`"}],"Failed":[]}`)))
	mustBe(t, b.Send(t.Context(), "q", []port.Outgoing{{Body: []byte("b")}}), fault.Unavailable, fault.Connection, "checksum")
	b = open(t, answers(ok(`{"Messages":[{"MessageId":"m","ReceiptHandle":"h","Body":"b","MD5OfBody":"`+other+`","Attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1"}}]}`)))
	_, err := b.Receive(t.Context(), "q", 1, 0)
	mustBe(t, err, fault.Unavailable, fault.Connection, "checksum")
}

// TestObjectsAreChecked: S3 answers with the checksum that the object was stored with.
func TestObjectsAreChecked(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("content"))
	for body, broken := range map[string]bool{"content": false, "contend": true} {
		s := answers(answer{header: http.Header{"X-Amz-Checksum-Sha256": {base64.StdEncoding.EncodeToString(sum[:])}}, body: body})
		content, _, err := open(t, s).Fetch(t.Context(), "drop/a", "")
		if broken {
			mustBe(t, err, fault.Unavailable, fault.Connection, "fetching file drop/a")
		} else if err != nil || string(content) != body {
			t.Errorf("fetched %q, %v", content, err)
		}
	}
}

// TestKeysOfObjectsAreEscaped has every kind of character that a file's name may have.
func TestKeysOfObjectsAreEscaped(t *testing.T) {
	t.Parallel()
	s := answers(ok("content"))
	_, version, err := open(t, s).Fetch(t.Context(), "drop/toy/a b+c=ü&'()*.csv", "v/1+2")
	must(t, err)
	u := s.calls[0].url
	if got := u.EscapedPath(); got != "/drop/toy/a%20b%2Bc%3D%C3%BC%26%27%28%29%2A.csv" || u.Query().Get("versionId") != "v/1+2" || version != "v/1+2" {
		t.Errorf("asked for %s", u)
	}
}

func TestPagesOfAListAreRead(t *testing.T) {
	t.Parallel()
	const list = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`
	s := &script{}
	s.answer = func(_ int, r request) answer {
		switch {
		case !strings.Contains(r.url.RawQuery, "list-type=2"):
			return ok(`{"id":"` + strings.TrimPrefix(r.url.Path, "/") + `"}`)
		case r.url.Query().Get("continuation-token") == "to+ken/=":
			return ok(list + `<IsTruncated>false</IsTruncated><Contents><Key>c</Key></Contents></ListBucketResult>`)
		}
		return ok(list + `<IsTruncated>true</IsTruncated><NextContinuationToken>to+ken/=</NextContinuationToken><Contents><Key>a&amp;b</Key></Contents></ListBucketResult>`)
	}
	ids := ""
	for raw, err := range open(t, s).Archived(t.Context(), "shop", noon, noon) {
		must(t, err)
		ids += raw.ID + " "
	}
	if ids != "a&b c " || s.calls[0].url.Query().Get("prefix") != "archive/shop/2026/11/22/12/" {
		t.Errorf("read %q from %s", ids, s.calls[0].url)
	}
}

// cut is a body whose connection breaks at its end.
type cut struct{ io.Reader }

func (c cut) Read(data []byte) (int, error) {
	n, err := c.Reader.Read(data)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (cut) Close() error { return nil }
