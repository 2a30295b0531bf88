package cloud_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/cloud"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// objects is a bucket: what PUT laid down, GET returns, and lists by prefix.
type objects struct {
	held map[string][]byte // by path
}

func bucket() (*script, *objects) {
	o := &objects{held: map[string][]byte{}}
	return &script{answer: func(_ int, r request) answer { return o.answer(r) }}, o
}

func (o *objects) answer(r request) answer {
	method, path, _ := strings.Cut(r.operation, " ")
	if method == "PUT" {
		o.held[path] = r.body
		return answer{}
	}
	if data, ok := o.held[path]; ok {
		return answer{body: string(data)}
	}
	if prefix := r.url.Query().Get("prefix"); prefix != "" {
		return o.list("/" + prefix)
	}
	return answer{status: 404, body: `<Error><Code>NoSuchKey</Code><Message>no</Message></Error>`}
}

func (o *objects) list(prefix string) answer {
	type content struct{ Key string }
	var all struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		Contents []content
	}
	for _, path := range slices.Sorted(maps.Keys(o.held)) {
		if strings.HasPrefix(path, prefix) {
			all.Contents = append(all.Contents, content{strings.TrimPrefix(path, "/")})
		}
	}
	body, err := xml.Marshal(all)
	return answer{body: string(body), err: err}
}

func TestStoreHasS3CompareTheHash(t *testing.T) {
	t.Parallel()
	s, _ := bucket()
	claim, err := open(t, s).Store(t.Context(), []byte("body"))
	must(t, err)
	sum := sha256.Sum256([]byte("body"))
	if got := s.calls[0].header.Get("X-Amz-Checksum-Sha256"); got != base64.StdEncoding.EncodeToString(sum[:]) {
		t.Errorf("checksum %q", got)
	}
	if want := "PUT /claims/sha256/" + hex.EncodeToString(sum[:]); s.calls[0].operation != want || claim.Key != "sha256/"+hex.EncodeToString(sum[:]) {
		t.Errorf("%s, claim %+v", s.calls[0].operation, claim)
	}
}

func TestStoreReportsWhatS3DidNotTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		denied := `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`
		for _, c := range []struct {
			answer answer
			kind   fault.Kind
			class  fault.Class
		}{
			{answer{status: 503, body: `<Error><Code>SlowDown</Code></Error>`}, fault.Unavailable, fault.RateLimit},
			{answer{status: 500, body: `<Error><Code>InternalError</Code></Error>`}, fault.Unavailable, fault.Intermittent},
			{answer{status: 403, body: denied}, fault.Unauthorized, fault.Auth},
			{answer{status: 404, body: `<Error><Code>NoSuchBucket</Code></Error>`}, fault.Rejected, fault.Config},
			{answer{err: errors.New("no route to host")}, fault.Unavailable, fault.Connection},
		} {
			claim, err := open(t, answers(c.answer)).Store(t.Context(), []byte("body"))
			mustBe(t, err, c.kind, c.class, "storing body sha256/")
			if claim != (message.Claim{}) {
				t.Errorf("claim %+v of what was not stored", claim)
			}
		}
	})
}

func TestLoadTellsAMissingBodyFromADamagedOne(t *testing.T) {
	t.Parallel()
	s, o := bucket()
	b := open(t, s)
	claim, err := b.Store(t.Context(), []byte("body"))
	must(t, err)
	o.held["/claims/"+claim.Key] = []byte("other")
	_, err = b.Load(t.Context(), claim)
	mustBe(t, err, fault.Invalid, fault.Parse, claim.Key)
	delete(o.held, "/claims/"+claim.Key)
	_, err = b.Load(t.Context(), claim)
	mustBe(t, err, fault.Rejected, fault.MissingRef, claim.Key)
}

func TestFetchReadsAFileByItsKey(t *testing.T) {
	t.Parallel()
	s, o := bucket()
	o.held["/drop/shiphero/acme/945/in.edi"] = []byte("ISA*00")
	b := open(t, s)
	if data, _, err := b.Fetch(t.Context(), "drop/shiphero/acme/945/in.edi", ""); err != nil || string(data) != "ISA*00" {
		t.Errorf("fetched %q, %v", data, err)
	}
	_, _, err := b.Fetch(t.Context(), "drop/gone", "")
	mustBe(t, err, fault.Rejected, fault.MissingRef, "drop/gone")
}

// inbox is a batch of raw messages as the inbox queue hands them out.
func inbox(t *testing.T, raws ...*message.Raw) (batch []port.Incoming) {
	t.Helper()
	for _, raw := range raws {
		body, err := raw.Encode()
		must(t, err)
		batch = append(batch, port.Incoming{Queue: "shop-inbox", Body: body})
	}
	return batch
}

func rawMessage(id string, body []byte) *message.Raw {
	return &message.Raw{ID: id, System: "shop", Tenant: "brand", Topic: "orders/create", Trigger: message.Webhook, ReceivedAt: noon, CorrelationID: id, Body: body}
}

func archived(t *testing.T, b *cloud.Backend) map[string]*message.Raw {
	t.Helper()
	found := map[string]*message.Raw{}
	for raw, err := range b.Archived(t.Context(), "shop", noon, noon) {
		must(t, err)
		found[raw.ID] = raw
	}
	return found
}

// I14: every accepted message can be restored byte for byte.
func TestWhatIsArchivedComesBackByteForByte(t *testing.T) {
	t.Parallel()
	s, o := bucket()
	b := open(t, s)
	large := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	claim, err := b.Store(t.Context(), large)
	must(t, err)
	claimed := rawMessage("r3", nil)
	claimed.Claim = &claim
	bodies := map[string][]byte{"r1": []byte("{\"id\": 1,\r\n\"n\":\"ä \x00\xff\"}"), "r2": {}, "r3": large}
	mustArchive(t, b, inbox(t, rawMessage("r1", bodies["r1"]), rawMessage("r2", nil), claimed))
	delete(o.held, "/claims/"+claim.Key) // claims are kept for a shorter time
	found := archived(t, b)
	for id, body := range bodies {
		if raw := found[id]; raw == nil || !bytes.Equal(raw.Body, body) || raw.Claim != nil || raw.Topic != "orders/create" {
			t.Errorf("%s came back as %+v", id, raw)
		}
	}
}

func TestArchiveWritesOneObjectPerBatchAndHour(t *testing.T) {
	t.Parallel()
	s, o := bucket()
	now := noon
	b := cloud.Open(mustConfig(t, s), config(func() time.Time { return now }))
	batch := inbox(t, rawMessage("r1", []byte("1")), rawMessage("r2", []byte("2")))
	mustArchive(t, b, batch)
	mustArchive(t, b, batch) // received again
	if len(o.held) != 1 {
		t.Errorf("one batch became %d objects", len(o.held))
	}
	now = noon.Add(time.Hour)
	mustArchive(t, b, batch)
	for _, folder := range []string{"/archive/shop/2026/11/22/12/", "/archive/shop/2026/11/22/13/"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(o.held)), func(path string) bool { return strings.HasPrefix(path, folder) }) {
			t.Errorf("nothing in %s of %v", folder, slices.Collect(maps.Keys(o.held)))
		}
	}
}

func TestArchiveLeavesOutWhatIsNoMessageOfOurs(t *testing.T) {
	t.Parallel()
	s, _ := bucket()
	batch := []port.Incoming{{Body: []byte("not\nJSON")}, {Body: []byte(`{}`)}}
	mustArchive(t, open(t, s), batch)
	mustArchive(t, open(t, s), nil)
	if len(s.calls) != 0 {
		t.Errorf("%d objects were written", len(s.calls))
	}
}

// F55: if the archive cannot be written, every message of the batch fails.
func TestAnArchiveThatCannotBeWrittenFailsEachMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := answers(answer{status: 503, body: `<Error><Code>ServiceUnavailable</Code></Error>`})
		failures := open(t, s).Archive(t.Context(), inbox(t, rawMessage("r1", []byte("1")), rawMessage("r2", []byte("2"))))
		if len(failures) != 2 {
			t.Fatalf("%d answers", len(failures))
		}
		for _, err := range failures {
			mustBe(t, err, fault.Unavailable, fault.Intermittent, "archive/shop/2026/11/22/12/")
		}
	})
}

// A large body that is missing is not archived, and its message is; one that cannot be
// read at present fails its message, and no other of the batch.
func TestArchiveOfALargeBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		raw := rawMessage("r1", nil)
		raw.Claim = &message.Claim{Key: "sha256/ab", SHA256: "ab", Size: 200_000}
		s, o := bucket()
		mustArchive(t, open(t, s), inbox(t, raw, rawMessage("r2", []byte("2"))))
		if len(o.held) != 1 {
			t.Errorf("objects %v", slices.Collect(maps.Keys(o.held)))
		}
		normal := s.answer
		s.answer = func(call int, r request) answer {
			if strings.Contains(r.url.Path, "/claims/") {
				return answer{status: 503, body: `<Error><Code>ServiceUnavailable</Code></Error>`}
			}
			return normal(call, r)
		}
		failures := open(t, s).Archive(t.Context(), inbox(t, raw, rawMessage("r3", []byte("3"))))
		mustBe(t, failures[0], fault.Unavailable, fault.Intermittent, "claims/sha256/ab")
		if failures[1] != nil || len(o.held) != 2 {
			t.Errorf("the other message of the batch: %v, %d objects", failures[1], len(o.held))
		}
	})
}

func mustArchive(t *testing.T, b *cloud.Backend, batch []port.Incoming) {
	t.Helper()
	failures := b.Archive(t.Context(), batch)
	if len(failures) != len(batch) {
		t.Fatalf("%d answers for %d messages", len(failures), len(batch))
	}
	must(t, errors.Join(failures...))
}

func TestArchivedReportsWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"no JSON": "half a li", "a body that is gone": `{"id":"r","claim":{"key":"sha256/ab","sha256":"ab","size":2}}`} {
		s, o := bucket()
		o.held["/archive/shop/2026/11/22/12/ab.jsonl"] = []byte(content)
		var last error
		for raw, err := range open(t, s).Archived(t.Context(), "shop", noon, noon) {
			if last = err; raw != nil {
				t.Errorf("%s: read as %+v", name, raw)
			}
		}
		if fault.KindOf(last) != fault.Invalid {
			t.Errorf("%s: error = %v", name, last)
		}
	}
	denied := answers(answer{status: 403, body: `<Error><Code>AccessDenied</Code></Error>`})
	for _, err := range open(t, denied).Archived(t.Context(), "shop", noon, noon) {
		mustBe(t, err, fault.Unauthorized, fault.Auth, "bucket causeway-test-bucket")
	}
}

func TestArchivedEndsWhenItsReaderDoes(t *testing.T) {
	t.Parallel()
	s, o := bucket()
	for i := range 3 {
		o.held[fmt.Sprintf("/archive/shop/2026/11/22/12/%d.jsonl", i)] = []byte("{\"id\":\"a\"}\n{\"id\":\"b\"}\n")
	}
	seen := 0
	for _, err := range open(t, s).Archived(t.Context(), "shop", noon, noon.Add(100*time.Hour)) {
		must(t, err)
		if seen++; seen == 3 {
			break
		}
	}
	if seen != 3 || len(s.calls) != 3 {
		t.Errorf("%d messages by %d calls", seen, len(s.calls))
	}
}
