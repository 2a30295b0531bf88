package webhooktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// SignBody returns the header of webhook.BodyHMAC under the given name.
func SignBody(header, secret string, body []byte) http.Header {
	return headers(header, toBase64(mac(secret, string(body))))
}

// SignStripe returns the header of webhook.Stripe, one v1 for each secret.
func SignStripe(body []byte, at time.Time, secrets ...string) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var value strings.Builder
	value.WriteString("t=" + stamp)
	for _, secret := range secrets {
		value.WriteString(",v1=" + hex.EncodeToString(mac(secret, stamp+"."+string(body))))
	}
	return headers("Stripe-Signature", value.String())
}

// SignStandard returns the three headers of webhook.StandardWebhooks, one signature
// for each secret, "whsec_" and base64. It panics if a secret is no base64.
func SignStandard(id string, body []byte, at time.Time, secrets ...string) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			panic("webhooktest: a Standard Webhooks secret must be base64: " + err.Error())
		}
		signatures[i] = "v1," + toBase64(mac(string(key), id+"."+stamp+"."+string(body)))
	}
	return headers("webhook-id", id, "webhook-timestamp", stamp, "webhook-signature", strings.Join(signatures, " "))
}

// SignHubSpotV3 returns the two headers of webhook.HubSpotV3; url is the public one
// with its query.
func SignHubSpotV3(secret, method, url string, body []byte, at time.Time) http.Header {
	stamp := strconv.FormatInt(at.UnixMilli(), 10)
	signature := toBase64(mac(secret, method+url+string(body)+stamp))
	return headers("X-HubSpot-Signature-v3", signature, "X-HubSpot-Request-Timestamp", stamp)
}

// SignHubSpotV2 returns the two headers of webhook.HubSpotV2.
func SignHubSpotV2(secret, method, url string, body []byte) http.Header {
	return legacyHubSpot("v2", secret+method+url+string(body))
}

// SignHubSpotV1 returns the two headers of webhook.HubSpotV1.
func SignHubSpotV1(secret string, body []byte) http.Header {
	return legacyHubSpot("v1", secret+string(body))
}

func legacyHubSpot(version, signed string) http.Header {
	digest := sha256.Sum256([]byte(signed))
	return headers("X-HubSpot-Signature-Version", version, "X-HubSpot-Signature", hex.EncodeToString(digest[:]))
}

// SignKlaviyo returns the two headers of webhook.Klaviyo.
func SignKlaviyo(secret string, body []byte, at time.Time) http.Header {
	stamp := at.Format("2006-01-02T15:04:05-07:00")
	signature := hex.EncodeToString(mac(secret, string(body)+stamp))
	return headers("Klaviyo-Signature", signature, "Klaviyo-Timestamp", stamp)
}

func mac(key, signed string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(signed))
	return h.Sum(nil)
}

func toBase64(digest []byte) string { return base64.StdEncoding.EncodeToString(digest) }

func headers(namesAndValues ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(namesAndValues); i += 2 {
		h.Set(namesAndValues[i], namesAndValues[i+1])
	}
	return h
}
