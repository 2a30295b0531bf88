package webapi

import (
	"net/http"
	"strings"
	"time"

	"causeway.example/shared/fault"
)

type verdict struct {
	kind  fault.Kind
	class fault.Class
}

// verdicts says what a status means as long as nobody has read the body. A status that
// is not listed is judged by its hundred, in verdictOf.
var verdicts = map[int]verdict{
	http.StatusUnauthorized: {fault.Unauthorized, fault.Auth},
	http.StatusForbidden:    {fault.Unauthorized, fault.Auth},

	// Our address or set-up is wrong for every message alike. Unauthorized keeps the
	// messages and calls an operator at once; Rejected would dead-letter them one by one.
	http.StatusMethodNotAllowed:   {fault.Unauthorized, fault.Config},
	http.StatusProxyAuthRequired:  {fault.Unauthorized, fault.Config},
	http.StatusMisdirectedRequest: {fault.Unauthorized, fault.Config},
	http.StatusUpgradeRequired:    {fault.Unauthorized, fault.Config},

	http.StatusNotFound: {fault.Rejected, fault.MissingRef},
	http.StatusGone:     {fault.Rejected, fault.MissingRef},

	http.StatusConflict:           {fault.Rejected, fault.Conflict},
	http.StatusPreconditionFailed: {fault.Rejected, fault.Conflict},

	http.StatusRequestEntityTooLarge:       {fault.Rejected, fault.TooLarge},
	http.StatusRequestURITooLong:           {fault.Rejected, fault.TooLarge},
	http.StatusRequestHeaderFieldsTooLarge: {fault.Rejected, fault.TooLarge},

	http.StatusTooManyRequests: {fault.Throttled, fault.RateLimit},

	http.StatusRequestTimeout: {fault.Unavailable, fault.Intermittent},
	http.StatusLocked:         {fault.Unavailable, fault.Intermittent},
	http.StatusTooEarly:       {fault.Unavailable, fault.Intermittent},
}

func verdictOf(status int) verdict {
	if v, ok := verdicts[status]; ok {
		return v
	}
	switch status / 100 {
	case 3: // a redirect is not followed; as above, the address is wrong for every message
		return verdict{fault.Unauthorized, fault.Config}
	case 4:
		return verdict{fault.Rejected, fault.Value}
	}
	return verdict{fault.Unavailable, fault.Intermittent}
}

// classify reads a gateway's 502 or 504 as no answer at all: whoever stands behind it
// may have taken the request, and may take effect yet.
func classify(method string, r Response, now time.Time) *fault.Error {
	v := verdictOf(r.Status)
	if r.Status == http.StatusBadGateway || r.Status == http.StatusGatewayTimeout {
		v.class = unanswered(method, "", nil).Class
	}
	return &fault.Error{
		Kind: v.kind, Class: v.class, Status: r.Status,
		After: RetryAfter(r.Header.Get("Retry-After"), answeredAt(r.Header, now)),
	}
}

// MaxRetryAfter is the longest wait that a target can ask for; longer ones are cut.
const MaxRetryAfter = 24 * time.Hour

// answeredAt returns the time of the answer by the target's own clock, by which a date in it
// is meant (RFC 9110 section 6.6.1, Date); now if it has none.
func answeredAt(h http.Header, now time.Time) time.Time {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		return date
	}
	return now
}

// RetryAfter reads the value of a Retry-After header (RFC 9110 section 10.2.3): seconds,
// also with a fraction as Shopify sends them, or an HTTP date. now is the time of the answer. The wait lies between 0
// and MaxRetryAfter; 0 stands for none, for one that is over and for one unreadable.
func RetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if strings.Trim(value, "0123456789.") == "" {
		return clamp(seconds(value))
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0 // a wait that cannot be read is no wait: the pipeline has its own
	}
	return clamp(date.Sub(now))
}

// seconds cuts a number too long for a Duration before it is parsed.
func seconds(value string) time.Duration {
	whole, _, _ := strings.Cut(value, ".")
	if len(strings.TrimLeft(whole, "0")) > len("86400") {
		return MaxRetryAfter
	}
	wait, err := time.ParseDuration(value + "s")
	if err != nil {
		return 0
	}
	return wait
}

func clamp(wait time.Duration) time.Duration { return min(max(wait, 0), MaxRetryAfter) }
