package webhook_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/webhook"
)

// fuzzScheme lets the fuzzer write the signature header, a second header and the body
// and accepts only what the signing helper would itself have sent at that time.
func fuzzScheme(f *testing.F, name, second string) {
	s := schemes[name]
	v := mustNew(f, s.scheme, s.secret)
	genuine := s.sign(s.secret, body, now)
	f.Add(genuine.Get(s.header), genuine.Get(second), body)
	f.Add("t=,v1=", "", []byte(nil))
	f.Add("v1, v1a,", "-1", []byte("{}"))
	f.Add(genuine.Get(s.header)+","+genuine.Get(s.header), "1795381545.0", body)
	f.Fuzz(func(t *testing.T, signature, extra string, sent []byte) {
		h := genuine.Clone()
		h.Set(s.header, signature)
		if second != "" {
			h.Set(second, extra)
		}
		if v.Verify(request(h, sent), now) == nil && !signedByHelper(s, signature, sent) {
			t.Errorf("accepted %q %q for %q", signature, extra, sent)
		}
	})
}

// signedByHelper says whether the header holds what the helper makes of the body at
// any second in tolerance. Hex digests may come in upper case.
func signedByHelper(s scheme, header string, sent []byte) bool {
	for at := now.Add(-webhook.Tolerance); !at.After(now.Add(webhook.Tolerance)); at = at.Add(time.Second) {
		signed := s.sign(s.secret, sent, at).Get(s.header)
		digest := signed[strings.LastIndexAny(strings.TrimRight(signed, "="), "=,")+1:]
		if strings.Contains(header, digest) || strings.Contains(strings.ToLower(header), digest) {
			return true
		}
	}
	return false
}

func FuzzBodyHMAC(f *testing.F)         { fuzzScheme(f, "body", "") }
func FuzzStripe(f *testing.F)           { fuzzScheme(f, "stripe", "") }
func FuzzStandardWebhooks(f *testing.F) { fuzzScheme(f, "standard", "Webhook-Timestamp") }
func FuzzHubSpotV3(f *testing.F)        { fuzzScheme(f, "hubspot v3", "X-HubSpot-Request-Timestamp") }

func FuzzHubSpotV2(f *testing.F) { fuzzScheme(f, "hubspot v2", "X-HubSpot-Signature-Version") }

func FuzzHubSpotV1(f *testing.F) { fuzzScheme(f, "hubspot v1", "X-HubSpot-Signature-Version") }
func FuzzKlaviyo(f *testing.F)   { fuzzScheme(f, "klaviyo", "Klaviyo-Timestamp") }

func FuzzContent(f *testing.F) {
	f.Add("gzip", zipped([]byte("{}")))
	f.Add("gzip", zipped(make([]byte, 4096)))
	f.Add("", []byte("{}"))
	f.Add("br", []byte{})
	f.Fuzz(func(t *testing.T, coding string, wire []byte) {
		const limit = 1024
		content, err := webhook.Content(http.Header{"Content-Encoding": {coding}}, wire, limit)
		if err != nil {
			if status := webhook.Status(err); !slices.Contains([]int{400, 413, 415}, status) {
				t.Errorf("refused with %d", status)
			}
			return
		}
		if len(content) > limit && !bytes.Equal(content, wire) {
			t.Errorf("inflated to %d bytes beyond the limit", len(content))
		}
	})
}

func FuzzMediaType(f *testing.F) {
	f.Add("application/json; charset=utf-8")
	f.Add("text/plain")
	f.Add("application/json;;;")
	f.Fuzz(func(t *testing.T, value string) {
		got, err := webhook.MediaType(http.Header{"Content-Type": {value}}, "application/json")
		if (err == nil) != (got == "application/json") {
			t.Errorf("MediaType(%q) = %q, %v", value, got, err)
		}
	})
}
