package webhook

import "time"

const (
	hubspotV3        = "X-HubSpot-Signature-v3"
	hubspotStamp     = "X-HubSpot-Request-Timestamp"
	hubspotSignature = "X-HubSpot-Signature"
	hubspotVersion   = "X-HubSpot-Signature-Version"
)

// HubSpotV3 is base64(HMAC-SHA256(client secret, method + URL + body + timestamp))
// in X-HubSpot-Signature-v3, the timestamp in milliseconds. The parts are joined
// without separators; what keeps their borders fixed is that the body ends in a
// bracket and that the timestamp must be near the clock.
func HubSpotV3() Scheme {
	return Scheme{name: hubspotV3, read: readHubSpotV3, key: plainKey, digest: hmacDigest}
}

func readHubSpotV3(r Request) (claim, error) {
	digest, err := singleDigest(r.Header, hubspotV3, decodeBase64)
	if err != nil {
		return claim{}, err
	}
	stamp, err := single(r.Header, hubspotStamp)
	if err != nil {
		return claim{}, err
	}
	signed, err := unixStamp(hubspotStamp, stamp, time.UnixMilli)
	parts := [][]byte{[]byte(r.Method + r.URL), r.Body, []byte(stamp)}
	return claim{digests: [][]byte{digest}, parts: parts, signed: signed}, err
}

// HubSpotV2 is hex(SHA-256(client secret + method + URL + body)) in
// X-HubSpot-Signature, legacy. Like HubSpotV1 it signs no time and, being a plain
// hash, does not exclude bytes appended to a recorded body: use HubSpotV3 wherever
// HubSpot sends it.
func HubSpotV2() Scheme {
	return legacyHubSpot("v2", func(r Request) [][]byte { return [][]byte{[]byte(r.Method + r.URL), r.Body} })
}

// HubSpotV1 is hex(SHA-256(client secret + body)) in X-HubSpot-Signature, legacy; see
// HubSpotV2 for what it does not exclude.
func HubSpotV1() Scheme {
	return legacyHubSpot("v1", func(r Request) [][]byte { return [][]byte{r.Body} })
}

func legacyHubSpot(version string, parts func(Request) [][]byte) Scheme {
	read := func(r Request) (claim, error) {
		sent, err := single(r.Header, hubspotVersion)
		if err != nil {
			return claim{}, err
		}
		if sent != version {
			return claim{}, refuse(CodeMalformed, hubspotVersion, "the signature is not of version "+version)
		}
		digest, err := singleDigest(r.Header, hubspotSignature, decodeHex)
		return claim{digests: [][]byte{digest}, parts: parts(r)}, err
	}
	return Scheme{name: hubspotSignature + " " + version, read: read, key: plainKey, digest: prefixDigest}
}
