package webhooktest_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/webhook/webhooktest"
)

type vector struct {
	Vendor, Scheme, Secret, Method, URL string

	Body    string            `json:"body_utf8"`
	Headers map[string]string `json:"headers"`
}

var at = time.Unix(1795381545, 0).UTC()

// signers gives, for the beginning of a vector's scheme, the helper that must yield
// its headers.
var signers = map[string]func(vector) http.Header{
	"shopify base64": func(v vector) http.Header {
		return webhooktest.SignBody("X-Shopify-Hmac-Sha256", v.Secret, []byte(v.Body))
	},
	"woocommerce base64": func(v vector) http.Header {
		return webhooktest.SignBody("X-WC-Webhook-Signature", v.Secret, []byte(v.Body))
	},
	"shiphero base64": func(v vector) http.Header {
		return webhooktest.SignBody("x-shiphero-hmac-sha256", v.Secret, []byte(v.Body))
	},
	"stripe hex": func(v vector) http.Header {
		return webhooktest.SignStripe([]byte(v.Body), at, v.Secret)
	},
	"hubspot v3": func(v vector) http.Header {
		return webhooktest.SignHubSpotV3(v.Secret, v.Method, v.URL, []byte(v.Body), at)
	},
	"hubspot v2": func(v vector) http.Header {
		return webhooktest.SignHubSpotV2(v.Secret, v.Method, v.URL, []byte(v.Body))
	},
	"hubspot v1": func(v vector) http.Header {
		return webhooktest.SignHubSpotV1(v.Secret, []byte(v.Body))
	},
	"shipbob Standard": func(v vector) http.Header {
		return webhooktest.SignStandard("msg_2Sample", []byte(v.Body), at, v.Secret)
	},
	"klaviyo hex": func(v vector) http.Header {
		return webhooktest.SignKlaviyo(v.Secret, []byte(v.Body), at)
	},
}

func TestSignersYieldTheVectors(t *testing.T) {
	t.Parallel()
	covered := 0
	for _, v := range readVectors(t) {
		for prefix, sign := range signers {
			if strings.HasPrefix(v.Vendor+" "+v.Scheme, prefix) {
				covered++
				checkHeaders(t, prefix, sign(v), v.Headers)
			}
		}
	}
	if covered != len(signers) {
		t.Errorf("%d of %d signers met a vector", covered, len(signers))
	}
}

func checkHeaders(t *testing.T, name string, got http.Header, want map[string]string) {
	t.Helper()
	for header := range got {
		found := false
		for wantName, wantValue := range want {
			if strings.EqualFold(header, wantName) {
				found = got.Get(header) == wantValue
			}
		}
		if !found {
			t.Errorf("%s: %s = %q is not in the vector %v", name, header, got.Get(header), want)
		}
	}
}

func readVectors(t *testing.T) []vector {
	t.Helper()
	data, err := os.ReadFile("../testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Vectors
}

func TestOneSignaturePerSecret(t *testing.T) {
	t.Parallel()
	stripe := webhooktest.SignStripe([]byte("{}"), at, "old", "new").Get("Stripe-Signature")
	if got := strings.Count(stripe, ",v1="); got != 2 {
		t.Errorf("SignStripe made %d signatures for two secrets: %s", got, stripe)
	}
	standard := webhooktest.SignStandard("msg", []byte("{}"), at, "b2xk", "whsec_bmV3").Get("webhook-signature")
	if got := strings.Count(standard, "v1,"); got != 2 {
		t.Errorf("SignStandard made %d signatures for two secrets: %s", got, standard)
	}
}

func TestSignStandardPanicsOnASecretThatIsNoBase64(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a secret that is no base64 was used as it stands")
		}
	}()
	webhooktest.SignStandard("msg", nil, at, "whsec_!")
}
