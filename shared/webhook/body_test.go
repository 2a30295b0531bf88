package webhook_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"strings"
	"testing"

	"causeway.example/shared/fault"
	"causeway.example/shared/webhook"
	"causeway.example/shared/webhook/webhooktest"
)

func zipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

func TestContentHasALimit(t *testing.T) {
	t.Parallel()
	const limit = 8
	for name, tc := range map[string]struct {
		body   string
		status int
	}{
		"at the limit":  {"12345678", 200},
		"one byte over": {"123456789", 413},
		"one byte":      {"1", 200},
		"empty":         {"", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := webhook.Content(http.Header{}, []byte(tc.body), limit)
			if got := webhook.Status(err); got != tc.status {
				t.Fatalf("status %d (%v), want %d", got, err, tc.status)
			}
			if err == nil && string(data) != tc.body || err != nil && (data != nil || fault.As(err).Doing == "") {
				t.Errorf("read %q beside the error %v", data, err)
			}
		})
	}
}

func TestContentIsInflated(t *testing.T) {
	t.Parallel()
	const limit = 1 << 16
	plain := []byte(strings.Repeat("order ", 100))
	bomb := zipped(make([]byte, 32<<20))
	for name, tc := range map[string]struct {
		coding []string
		wire   []byte
		status int
	}{
		"no coding":            {nil, plain, 200},
		"empty coding":         {[]string{""}, plain, 200},
		"identity":             {[]string{"identity"}, plain, 200},
		"gzip":                 {[]string{"gzip"}, zipped(plain), 200},
		"upper case, old name": {[]string{"X-GZIP"}, zipped(plain), 200},
		"bomb":                 {[]string{"gzip"}, bomb, 413},
		"exactly the limit":    {[]string{"gzip"}, zipped(make([]byte, limit)), 200},
		"one byte over":        {[]string{"gzip"}, zipped(make([]byte, limit+1)), 413},
		"no gzip at all":       {[]string{"gzip"}, plain, 400},
		"gzip cut short":       {[]string{"gzip"}, zipped(plain)[:20], 400},
		"gzip and junk":        {[]string{"gzip"}, append(zipped(plain), "junk"...), 400},
		"brotli":               {[]string{"br"}, plain, 415},
		"gzip twice":           {[]string{"gzip, gzip"}, zipped(bomb), 415},
		"two headers":          {[]string{"gzip", "gzip"}, zipped(bomb), 415},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, err := webhook.Content(http.Header{"content-encoding": tc.coding}, tc.wire, limit)
			if got := webhook.Status(err); got != tc.status {
				t.Fatalf("status %d (%v), want %d", got, err, tc.status)
			}
			if err == nil && !bytes.Equal(content, plain) && len(content) != limit {
				t.Errorf("content of %d bytes is not what was packed", len(content))
			}
		})
	}
}

// TestSignatureCoversTheWire shows the order of a door: bound, verify the wire bytes,
// store the inflated ones.
func TestSignatureCoversTheWire(t *testing.T) {
	t.Parallel()
	wire := zipped(body)
	v := mustNew(t, webhook.BodyHMAC("X-Sig"), secret)
	content, err := webhook.Content(http.Header{"Content-Encoding": {"gzip"}}, wire, webhook.BodyLimit)
	if err != nil || !bytes.Equal(content, body) {
		t.Fatalf("Content = %q, %v", content, err)
	}
	wantCode(t, v.Verify(request(webhooktest.SignBody("X-Sig", secret, wire), wire), now), "")
	wantCode(t, v.Verify(request(webhooktest.SignBody("X-Sig", secret, content), wire), now), webhook.CodeMismatch)
}

func TestMediaType(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sent []string
		want string
	}{
		"plain":              {[]string{"application/json"}, "application/json"},
		"with charset":       {[]string{"application/json; charset=utf-8"}, "application/json"},
		"upper case":         {[]string{"Application/JSON"}, "application/json"},
		"second of the list": {[]string{"application/x-www-form-urlencoded"}, "application/x-www-form-urlencoded"},
		"damaged parameter":  {[]string{"application/json; charset"}, "application/json"},
		"other charset":      {[]string{"application/json; charset=latin1"}, "application/json"},
		"unknown":            {[]string{"text/plain"}, ""},
		"absent":             {nil, ""},
		"empty":              {[]string{""}, ""},
		"twice":              {[]string{"application/json", "application/json"}, ""},
		"no media type":      {[]string{"application/json application/json"}, ""},
		"a longer name":      {[]string{"application/jsonp"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"content-type": tc.sent}
			got, err := webhook.MediaType(header, "application/json", "application/x-www-form-urlencoded")
			if got != tc.want {
				t.Errorf("MediaType = %q, %v; want %q", got, err, tc.want)
			}
			if want := map[bool]int{true: 415, false: 200}[tc.want == ""]; webhook.Status(err) != want {
				t.Errorf("status %d, want %d", webhook.Status(err), want)
			}
		})
	}
}

func TestStatusOfWhatIsNotTheSendersFault(t *testing.T) {
	t.Parallel()
	_, noSecret := webhook.New(webhook.Stripe())
	for name, err := range map[string]error{
		"unclassified":       errors.New("odd"),
		"bus is away":        fault.New(fault.Unavailable, "", "publishing", "no answer"),
		"no secret":          noSecret,
		"queue asks to wait": fault.New(fault.Throttled, "", "storing", ""),
	} {
		if got := webhook.Status(err); got != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d, want 503", name, got)
		}
	}
}
