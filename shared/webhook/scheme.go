package webhook

import (
	"strings"
	"time"
)

// BodyHMAC is base64(HMAC-SHA256(secret, body)) in the named header, as Shopify
// (X-Shopify-Hmac-Sha256), WooCommerce (X-WC-Webhook-Signature) and ShipHero
// (x-shiphero-hmac-sha256) sign. No time is signed.
func BodyHMAC(header string) Scheme {
	read := func(r Request) (claim, error) {
		digest, err := singleDigest(r.Header, header, decodeBase64)
		return claim{digests: [][]byte{digest}, parts: [][]byte{r.Body}}, err
	}
	return Scheme{name: header, read: read, key: plainKey, digest: hmacDigest}
}

const stripeHeader = "Stripe-Signature"

// Stripe is hex(HMAC-SHA256(whole secret, t + "." + body)) in Stripe-Signature, as
// "t=…,v1=…[,v1=…]" with t in seconds. Other versions are ignored, as Stripe's
// signature guide demands, and never suffice.
func Stripe() Scheme {
	return Scheme{name: stripeHeader, read: readStripe, key: plainKey, digest: hmacDigest}
}

func readStripe(r Request) (claim, error) {
	value, err := single(r.Header, stripeHeader)
	if err != nil {
		return claim{}, err
	}
	stamps, digests := splitStripe(value)
	if len(stamps) != 1 || len(digests) == 0 {
		return claim{}, refuse(CodeMalformed, stripeHeader, "one t and at least one v1 in hex are needed")
	}
	signed, err := unixStamp(stripeHeader, stamps[0], fromSeconds)
	parts := [][]byte{[]byte(stamps[0] + "."), r.Body}
	return claim{digests: digests, parts: parts, signed: signed}, err
}

func splitStripe(value string) (stamps []string, digests [][]byte) {
	for pair := range strings.SplitSeq(value, ",") {
		switch name, text, _ := strings.Cut(pair, "="); name {
		case "t":
			stamps = append(stamps, text)
		case "v1":
			if digest, ok := decodeHex(text); ok {
				digests = append(digests, digest)
			}
		}
	}
	return stamps, digests
}

const (
	standardID        = "webhook-id"
	standardStamp     = "webhook-timestamp"
	standardSignature = "webhook-signature"
)

// StandardWebhooks is "v1,"+base64(HMAC-SHA256(key, id + "." + timestamp + "." +
// body)), where webhook-signature may hold several, separated by spaces; the key is
// the base64 after "whsec_". ShipBob signs so. Other versions are ignored and never
// suffice.
func StandardWebhooks() Scheme {
	return Scheme{name: standardSignature, read: readStandard, key: standardKey, digest: hmacDigest}
}

func readStandard(r Request) (claim, error) {
	id, err := single(r.Header, standardID)
	if err != nil {
		return claim{}, err
	}
	stamp, err := single(r.Header, standardStamp)
	if err != nil {
		return claim{}, err
	}
	signed, err := unixStamp(standardStamp, stamp, fromSeconds)
	if err != nil {
		return claim{}, err
	}
	digests, err := standardDigests(r)
	parts := [][]byte{[]byte(id + "." + stamp + "."), r.Body}
	return claim{digests: digests, parts: parts, signed: signed}, err
}

func standardDigests(r Request) ([][]byte, error) {
	value, err := single(r.Header, standardSignature)
	if err != nil {
		return nil, err
	}
	var digests [][]byte
	for signature := range strings.SplitSeq(value, " ") {
		text, isV1 := strings.CutPrefix(signature, "v1,")
		if digest, ok := decodeBase64(text); ok && isV1 {
			digests = append(digests, digest)
		}
	}
	if len(digests) == 0 {
		return nil, refuse(CodeMalformed, standardSignature, "at least one v1 in base64 is needed")
	}
	return digests, nil
}

const (
	klaviyoSignature = "Klaviyo-Signature"
	klaviyoStamp     = "Klaviyo-Timestamp"
)

// Klaviyo is hex(HMAC-SHA256(secret, body + Klaviyo-Timestamp)) in Klaviyo-Signature;
// the timestamp is RFC 3339 and says when the request was sent.
func Klaviyo() Scheme {
	return Scheme{name: klaviyoSignature, read: readKlaviyo, key: plainKey, digest: hmacDigest}
}

func readKlaviyo(r Request) (claim, error) {
	digest, err := singleDigest(r.Header, klaviyoSignature, decodeHex)
	if err != nil {
		return claim{}, err
	}
	stamp, err := single(r.Header, klaviyoStamp)
	if err != nil {
		return claim{}, err
	}
	signed, err := time.Parse(time.RFC3339, stamp)
	if err != nil || signed.IsZero() {
		// The parse error is left out: it would repeat what the sender wrote.
		return claim{}, refuse(CodeMalformed, klaviyoStamp, "the timestamp is not RFC 3339")
	}
	return claim{digests: [][]byte{digest}, parts: [][]byte{r.Body, []byte(stamp)}, signed: signed}, nil
}
