package cloud

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"causeway.example/shared/fault"
)

// What AWS answers, by its own codes (the services' API references, "Common
// errors"). Throttles are the SDK's list. A code of a KMS key begins with kms in upper or
// lower case: KmsDisabled (SQS), KMS.DisabledException (S3).
var (
	missingCodes = map[string]bool{
		"QueueDoesNotExist": true, "AWS.SimpleQueueService.NonExistentQueue": true, "ResourceNotFoundException": true,
		"ResourceNotFound": true, "TableNotFoundException": true, "NoSuchBucket": true, "NotFound": true,
	}
	deniedCodes = map[string]bool{
		"AccessDenied": true, "AccessDeniedException": true, "UnrecognizedClientException": true, "InvalidClientTokenId": true,
		"InvalidAccessKeyId": true, "InvalidSignatureException": true, "SignatureDoesNotMatch": true, "ExpiredToken": true,
		"ExpiredTokenException": true, "MissingAuthenticationToken": true, "MissingAuthenticationTokenException": true,
		"IncompleteSignature": true, "OptInRequired": true, "NotAuthorizedForSourceException": true,
		"DecryptionFailure": true,
	}
	throttleCodes = map[string]bool{"OverLimit": true, "KmsThrottled": true, "KMS.ThrottlingException": true}
	brokenCodes   = map[string]bool{
		"InternalFailure": true, "InternalError": true, "InternalException": true, "InternalServerError": true,
		"InternalServiceError": true, "ServiceUnavailable": true, "RequestTimeout": true, "RequestTimeoutException": true,
	}
)

// failure classifies what the SDK answered about a resource. Throttles, 5xx, the network
// and an answer that cannot be read are fault.Unavailable; a resource that is missing is
// fault.Rejected of class config; one that is closed to us, or whose KMS key is,
// fault.Unauthorized, and these name it; a request that AWS finds wrong is a
// fault.Rejected of class bug.
func failure(doing, resource string, err error) error {
	if err == nil {
		return nil
	}
	if _, classified := errors.AsType[*fault.Error](err); classified {
		return fault.Doing(doing, err)
	}
	e := &fault.Error{Kind: fault.Unavailable, Class: fault.Connection, Doing: doing, Err: err}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		e.Class = fault.Intermittent
		return e
	}
	api, answered := errors.AsType[smithy.APIError](err)
	status := 0
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = response.HTTPStatusCode()
	}
	if !answered && status < http.StatusMultipleChoices {
		return e // there is no answer, or one of success that breaks off
	}
	if answered {
		e.Code = api.ErrorCode()
	}
	e.Status = status
	e.Kind, e.Class, e.Detail = judge(e.Code, e.Status, resource)
	return e
}

// judge is the one table of what a code or, without a known one, a status means.
func judge(code string, status int, resource string) (kind fault.Kind, class fault.Class, detail string) {
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	switch {
	case throttled || throttleCodes[code] || status == http.StatusTooManyRequests:
		return fault.Unavailable, fault.RateLimit, ""
	case strings.HasPrefix(strings.ToLower(code), "kms"):
		return fault.Unauthorized, fault.Auth, "the KMS key of " + resource + " cannot be used"
	case missingCodes[code]:
		return fault.Rejected, fault.Config, "there is no " + resource
	case deniedCodes[code] || status == http.StatusForbidden || status == http.StatusUnauthorized:
		return fault.Unauthorized, fault.Auth, "no access to " + resource
	case brokenCodes[code] || status >= http.StatusInternalServerError:
		return fault.Unavailable, fault.Intermittent, ""
	}
	return fault.Rejected, fault.Bug, ""
}
