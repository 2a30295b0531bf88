package webhook_test

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/webhook"
	"causeway.example/shared/webhook/webhooktest"
)

const (
	secret     = "a-secret-for-tests"
	standardB6 = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
	publicURL  = "https://hooks.example.com/hubspot?src=crm"
)

var (
	now  = time.Unix(1795381545, 0).UTC()
	body = []byte(`{"id":820982911946154508,"note":"Müller & Söhne – 10 €"}`)
)

// scheme pairs a Scheme with the helper that signs for it.
type scheme struct {
	scheme webhook.Scheme
	secret string
	header string // where the signature stands
	timed  bool
	sign   func(secret string, body []byte, at time.Time) http.Header
}

var schemes = map[string]scheme{
	"body": {
		webhook.BodyHMAC("X-Shopify-Hmac-Sha256"), secret, "X-Shopify-Hmac-Sha256", false,
		func(secret string, body []byte, _ time.Time) http.Header {
			return webhooktest.SignBody("X-Shopify-Hmac-Sha256", secret, body)
		},
	},
	"stripe": {
		webhook.Stripe(), secret, "Stripe-Signature", true,
		func(secret string, body []byte, at time.Time) http.Header {
			return webhooktest.SignStripe(body, at, secret)
		},
	},
	"standard": {
		webhook.StandardWebhooks(), standardB6, "Webhook-Signature", true,
		func(secret string, body []byte, at time.Time) http.Header {
			return webhooktest.SignStandard("msg_1", body, at, secret)
		},
	},
	"hubspot v3": {
		webhook.HubSpotV3(), secret, "X-Hubspot-Signature-V3", true,
		func(secret string, body []byte, at time.Time) http.Header {
			return webhooktest.SignHubSpotV3(secret, http.MethodPost, publicURL, body, at)
		},
	},
	"hubspot v2": {
		webhook.HubSpotV2(), secret, "X-Hubspot-Signature", false,
		func(secret string, body []byte, _ time.Time) http.Header {
			return webhooktest.SignHubSpotV2(secret, http.MethodPost, publicURL, body)
		},
	},
	"hubspot v1": {
		webhook.HubSpotV1(), secret, "X-Hubspot-Signature", false,
		func(secret string, body []byte, _ time.Time) http.Header {
			return webhooktest.SignHubSpotV1(secret, body)
		},
	},
	"klaviyo": {
		webhook.Klaviyo(), secret, "Klaviyo-Signature", true,
		func(secret string, body []byte, at time.Time) http.Header {
			return webhooktest.SignKlaviyo(secret, body, at)
		},
	},
}

func request(header http.Header, body []byte) webhook.Request {
	return webhook.Request{Method: http.MethodPost, URL: publicURL, Header: header, Body: body}
}

func mustNew(t testing.TB, scheme webhook.Scheme, secrets ...string) *webhook.Verifier {
	t.Helper()
	v, err := webhook.New(scheme, secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantCode fails the test unless err carries the code; "" means no error at all.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	switch {
	case code == "" && err != nil:
		t.Errorf("refused: %v", err)
	case code != "" && (err == nil || fault.As(err).Code != code):
		t.Errorf("error = %v, want code %s", err, code)
	case code != "" && fault.KindOf(err) != fault.Unauthentic:
		t.Errorf("kind = %v, want unauthentic", fault.KindOf(err))
	}
}

// TestEveryScheme puts each scheme through the situations that all of them share.
func TestEveryScheme(t *testing.T) {
	t.Parallel()
	for name, s := range schemes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signed := s.sign(s.secret, body, now)
			altered := func(change func(http.Header)) webhook.Request {
				h := signed.Clone()
				change(h)
				return request(h, body)
			}
			for situation, tc := range map[string]struct {
				request webhook.Request
				code    string
			}{
				"genuine":            {request(signed, body), ""},
				"no headers":         {request(nil, body), webhook.CodeMissing},
				"trailing newline":   {request(signed, append(slices.Clone(body), '\n')), webhook.CodeMismatch},
				"re-serialised body": {request(signed, bytes.ReplaceAll(body, []byte(`":"`), []byte(`": "`))), webhook.CodeMismatch},
				"empty body":         {request(signed, nil), webhook.CodeMismatch},
				"wrong secret":       {request(s.sign(otherSecret(s), body, now), body), webhook.CodeMismatch},
				"lower-case headers": {request(lowered(signed), body), ""},
				"empty signature":    {altered(func(h http.Header) { h.Set(s.header, "") }), webhook.CodeMissing},
				"no signature":       {altered(func(h http.Header) { h.Del(s.header) }), webhook.CodeMissing},
				"same signature twice": {
					altered(func(h http.Header) { h.Add(s.header, h.Get(s.header)) }),
					webhook.CodeDuplicated,
				},
				"second spelling": {altered(func(h http.Header) { maps.Copy(h, lowered(h)) }), webhook.CodeDuplicated},
				"digest cut short": {
					altered(func(h http.Header) { h.Set(s.header, h.Get(s.header)[:len(h.Get(s.header))-4]) }),
					webhook.CodeMalformed,
				},
				"not an encoding":    {altered(func(h http.Header) { h.Set(s.header, "%%%") }), webhook.CodeMalformed},
				"joined by a comma":  {altered(func(h http.Header) { h.Set(s.header, h.Get(s.header)+","+h.Get(s.header)) }), webhook.CodeMalformed},
				"line break at end":  {altered(func(h http.Header) { h.Set(s.header, h.Get(s.header)+"\n") }), webhook.CodeMalformed},
				"4 m 59 s old":       {request(s.sign(s.secret, body, now.Add(-299*time.Second)), body), ""},
				"4 m 59 s ahead":     {request(s.sign(s.secret, body, now.Add(299*time.Second)), body), ""},
				"exactly 5 m old":    {request(s.sign(s.secret, body, now.Add(-5*time.Minute)), body), ""},
				"5 m 1 s old":        {request(s.sign(s.secret, body, now.Add(-301*time.Second)), body), timed(s, webhook.CodeTooOld)},
				"6 m ahead":          {request(s.sign(s.secret, body, now.Add(6*time.Minute)), body), timed(s, webhook.CodeTooNew)},
				"forged and too old": {request(s.sign(otherSecret(s), body, now.Add(-time.Hour)), body), webhook.CodeMismatch},
			} {
				t.Run(situation, func(t *testing.T) {
					t.Parallel()
					wantCode(t, mustNew(t, s.scheme, s.secret).Verify(tc.request, now), tc.code)
				})
			}
		})
	}
}

func timed(s scheme, code string) string {
	if s.timed {
		return code
	}
	return ""
}

func otherSecret(s scheme) string {
	if s.secret == standardB6 {
		return "whsec_ZZECAwQFBgcICQoLDA0ODxAREhMUFRYX"
	}
	return "another-secret"
}

func lowered(h http.Header) http.Header {
	low := http.Header{}
	for name, values := range h {
		low[string(bytes.ToLower([]byte(name)))] = values
	}
	return low
}

func TestSecretRotation(t *testing.T) {
	t.Parallel()
	for name, s := range schemes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, order := range [][]string{{s.secret, otherSecret(s)}, {otherSecret(s), s.secret}} {
				v := mustNew(t, s.scheme, order...)
				wantCode(t, v.Verify(request(s.sign(s.secret, body, now), body), now), "")
				wantCode(t, v.Verify(request(s.sign(otherSecret(s), body, now), body), now), "")
			}
		})
	}
}

// TestHeaderForms covers what only one scheme's header can look like.
func TestHeaderForms(t *testing.T) {
	t.Parallel()
	stripeHeader := webhooktest.SignStripe(body, now, "unknown", secret).Get("Stripe-Signature")
	stripeSecond := webhooktest.SignStripe(body, now, secret).Get("Stripe-Signature")
	for name, tc := range map[string]struct {
		scheme string
		change map[string]string
		code   string
	}{
		"stripe, second of two valid":         {"stripe", map[string]string{"Stripe-Signature": stripeHeader}, ""},
		"stripe, first undecodable":           {"stripe", map[string]string{"Stripe-Signature": "v1=zz," + stripeSecond}, ""},
		"stripe, unknown version only":        {"stripe", map[string]string{"Stripe-Signature": "t=1795381545,v2=00"}, webhook.CodeMalformed},
		"stripe, known bytes under v0":        {"stripe", map[string]string{"Stripe-Signature": replaced(stripeSecond, "v1", "v0")}, webhook.CodeMalformed},
		"stripe, no time":                     {"stripe", map[string]string{"Stripe-Signature": stripeSecond[len("t=1795381545,"):]}, webhook.CodeMalformed},
		"stripe, two times":                   {"stripe", map[string]string{"Stripe-Signature": "t=1," + stripeSecond}, webhook.CodeMalformed},
		"stripe, time with sign":              {"stripe", map[string]string{"Stripe-Signature": replaced(stripeSecond, "t=", "t=+")}, webhook.CodeMalformed},
		"stripe, time beyond integers":        {"stripe", map[string]string{"Stripe-Signature": replaced(stripeSecond, "t=", "t=99999999999")}, webhook.CodeMalformed},
		"stripe, time of 15 digits":           {"stripe", map[string]string{"Stripe-Signature": replaced(stripeSecond, "t=", "t=99999")}, webhook.CodeMalformed},
		"body, unused base64 bits set":        {"body", map[string]string{"X-Shopify-Hmac-Sha256": looseBase64()}, webhook.CodeMalformed},
		"stripe, base64 instead of hex":       {"stripe", map[string]string{"Stripe-Signature": "t=1795381545,v1=aHIY3A6TODZ5W1eUdYjgiWjbKIlb5lZbx/O01ITX0UI="}, webhook.CodeMalformed},
		"body, hex instead of base64":         {"body", map[string]string{"X-Shopify-Hmac-Sha256": bodyHex()}, webhook.CodeMalformed},
		"standard, second of two valid":       {"standard", map[string]string{"Webhook-Signature": standardTwo()}, ""},
		"standard, unknown version beside v1": {"standard", map[string]string{"Webhook-Signature": "v1a,AAAA " + standardOne()}, ""},
		"standard, unknown version only":      {"standard", map[string]string{"Webhook-Signature": replaced(standardOne(), "v1,", "v2,")}, webhook.CodeMalformed},
		"standard, other id":                  {"standard", map[string]string{"Webhook-Id": "msg_2"}, webhook.CodeMismatch},
		"standard, no id":                     {"standard", map[string]string{"Webhook-Id": ""}, webhook.CodeMissing},
		"standard, no time":                   {"standard", map[string]string{"Webhook-Timestamp": ""}, webhook.CodeMissing},
		"standard, time in hex":               {"standard", map[string]string{"Webhook-Timestamp": "0x6b"}, webhook.CodeMalformed},
		"standard, time moved":                {"standard", map[string]string{"Webhook-Timestamp": "1795381546"}, webhook.CodeMismatch},
		"hubspot v3, no time":                 {"hubspot v3", map[string]string{"X-HubSpot-Request-Timestamp": ""}, webhook.CodeMissing},
		"hubspot v3, time in words":           {"hubspot v3", map[string]string{"X-HubSpot-Request-Timestamp": "now"}, webhook.CodeMalformed},
		"hubspot v1 sent to a v2 door":        {"hubspot v2", map[string]string{"X-HubSpot-Signature-Version": "v1"}, webhook.CodeMalformed},
		"hubspot v2 sent to a v1 door":        {"hubspot v1", map[string]string{"X-HubSpot-Signature-Version": "v2"}, webhook.CodeMalformed},
		"hubspot v1 without its version":      {"hubspot v1", map[string]string{"X-HubSpot-Signature-Version": ""}, webhook.CodeMissing},
		"klaviyo, no time":                    {"klaviyo", map[string]string{"Klaviyo-Timestamp": ""}, webhook.CodeMissing},
		"klaviyo, time without zone":          {"klaviyo", map[string]string{"Klaviyo-Timestamp": "2026-11-22T21:05:45"}, webhook.CodeMalformed},
		"klaviyo, the zero time":              {"klaviyo", map[string]string{"Klaviyo-Timestamp": "0001-01-01T00:00:00Z"}, webhook.CodeMalformed},
		"klaviyo, the same time written anew": {"klaviyo", map[string]string{"Klaviyo-Timestamp": now.Format(time.RFC3339)}, webhook.CodeMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := schemes[tc.scheme]
			h := s.sign(s.secret, body, now)
			for header, value := range tc.change {
				h.Set(header, value)
			}
			wantCode(t, mustNew(t, s.scheme, s.secret).Verify(request(h, body), now), tc.code)
		})
	}
}
