package webhook

import "causeway.example/shared/fault"

// The codes of the errors of this package. Those of Verify go with kind Unauthentic,
// those of New and of the body functions with kind Invalid.
const (
	CodeMissing    = "signature_missing"    // a header that the scheme needs is absent or empty
	CodeMalformed  = "signature_malformed"  // a header is there, but not of the scheme's form
	CodeDuplicated = "signature_duplicated" // a header of the scheme came more than once
	CodeMismatch   = "signature_mismatch"   // no signature fits the body under a configured secret
	CodeTooOld     = "timestamp_old"        // genuine, but signed too long ago
	CodeTooNew     = "timestamp_new"        // genuine, but signed too far ahead

	CodeSecretEmpty     = "secret_empty"     // a Verifier was to be built without a secret
	CodeSecretMalformed = "secret_malformed" // a secret is not of the scheme's form

	CodeBodyEmpty        = "body_empty"       // the request has no body
	CodeBodyTooLarge     = "body_too_large"   // the body passes the limit, as sent or inflated
	CodeBodyUnreadable   = "body_unreadable"  // the body ended early or is no gzip though it says so
	CodeUnknownEncoding  = "content_encoding" // a Content-Encoding that the door does not undo
	CodeUnknownMediaType = "content_type"     // a Content-Type that the system does not send
)

func refuse(code, header, detail string) *fault.Error {
	return &fault.Error{Kind: fault.Unauthentic, Class: fault.Auth, Code: code, Field: header, Detail: detail}
}

func misconfigured(doing, code, detail string) *fault.Error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.Config, Code: code, Doing: doing, Detail: detail}
}
