package hubspot

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/webapi"
)

// lockedWait is how long a locked record is left alone at least (developers.hubspot.com, "Error
// handling", 423).
const lockedWait = 2 * time.Second

// statusMigrating is HubSpot's status of an account that is being moved to another data center.
const statusMigrating = 477

// classifier returns the reader of HubSpot's error answers.
func classifier(now func() time.Time) func(webapi.Response, *fault.Error) *fault.Error {
	return func(answer webapi.Response, verdict *fault.Error) *fault.Error {
		p := readError(answer.Body)
		switch status := answer.Status; {
		case status == http.StatusTooManyRequests:
			limited(verdict, p, answer.Header, now())
		case status == http.StatusLocked:
			verdict.After = max(verdict.After, lockedWait)
			verdict.Scope = fault.EntityScope
		case status == statusMigrating:
			verdict.Kind, verdict.Class = fault.Unavailable, fault.Intermittent
			verdict.Detail = "HubSpot moves the account to another data center"
		case status == http.StatusNotFound && p.category == "":
			verdict.Kind, verdict.Class = fault.Unauthorized, fault.Config
			verdict.Detail = "there is no such resource of HubSpot's API at this address"
		case status/100 == 4 && status != http.StatusUnauthorized && p.category != "":
			p.judge(verdict)
		}
		return verdict
	}
}

// limited completes the verdict on a 429 by the limit that it names. The daily quota is not like the
// limits of one or ten seconds. It is an outage of the connection: no request succeeds before the
// account's midnight. HubSpot names neither the time nor the account's zone. Midnight of every zone
// is at a full quarter of an hour of UTC, so the connection is tried again then.
func limited(verdict *fault.Error, p problem, header http.Header, now time.Time) {
	verdict.Code = p.policy
	switch {
	case p.policy == dailyPolicy:
		const quarter = 15 * time.Minute
		verdict.Kind, verdict.Class, verdict.Scope = fault.Unavailable, fault.RateLimit, fault.ConnectionScope
		verdict.Detail = "the account's daily quota of API requests is used up; it is reset at midnight of the account's time zone"
		verdict.After = now.Truncate(quarter).Add(quarter).Sub(now)
	case verdict.After > 0:
	case p.policy == secondlyPolicy:
		verdict.After = time.Second
	default:
		verdict.After = 10 * time.Second
		if ms, err := strconv.Atoi(header.Get("X-HubSpot-RateLimit-Interval-Milliseconds")); err == nil && ms > 0 && ms <= 60_000 {
			verdict.After = time.Duration(ms) * time.Millisecond
		}
	}
}

// judge completes the fault of a request, or of an input, that HubSpot rejected.
func (p problem) judge(f *fault.Error) {
	f.Kind, f.Code = fault.Rejected, p.code
	if f.Code == "" {
		f.Code = p.category
	}
	switch {
	case p.category == missingScopes:
		p.lacksScope(f)
	case p.isNotUnique:
		f.Class, f.Scope, f.Code = fault.Config, fault.OperationScope, CodeNotUnique // keyed completes it
	case p.code == noProperty:
		lacksProperty(f, p.property, "HubSpot does not have it")
	case p.code == noSuchOption && settingOf[p.property] != "":
		f.Class, f.Scope, f.Field = fault.Config, fault.OperationScope, settingOf[p.property]
		f.Detail = "names a value that HubSpot does not have for the property " + p.property
	case p.category == conflictCategory || p.code == takenValue:
		f.Class, f.Field, f.Detail = fault.Conflict, p.property, "another record has the value, which has to be unique"
	case p.category == notFound:
		f.Class, f.Detail = fault.MissingRef, "HubSpot does not have the record"
	case p.category == validation:
		f.Class, f.Field = fault.Value, p.property
		f.Detail = "HubSpot rejects the value, or a rule of the account demands one"
	default:
		f.Class, f.Field, f.Detail = fault.Value, p.property, "HubSpot rejects the request"
	}
}

// lacksProperty completes the fault of a property that the account does not have as it has to be.
func lacksProperty(f *fault.Error, name, detail string) {
	f.Class, f.Scope, f.Field, f.Detail = fault.Config, fault.OperationScope, "property "+name, detail
	if d, ok := customNamed(name); ok {
		f.Detail += "; " + d.remedy()
	}
}

// CodeNotUnique is the code of a property that names records, and does not exist or has no unique
// values.
const CodeNotUnique = "PROPERTY_NOT_UNIQUE"

// keyed completes the fault of a request that named records by the property: HubSpot does not say
// by which.
func keyed(err error, idProperty string) error {
	f := fault.As(err)
	if f == nil || f.Code != CodeNotUnique {
		return err
	}
	e := *f
	lacksProperty(&e, idProperty, "HubSpot does not have it, or has it without unique values")
	return &e
}

func (p problem) lacksScope(f *fault.Error) {
	f.Class, f.Scope, f.Field = fault.Config, fault.OperationScope, "HUBSPOT_TOKEN"
	f.Detail = "lacks a scope that the request needs"
	if len(p.scopes) > 0 {
		f.Detail = "lacks the scope " + strings.Join(p.scopes, " or ")
	}
	f.Detail += "; add it to the service key or private app in HubSpot"
}

// settingOf names the setting from which a property's value comes.
var settingOf = map[string]string{
	"lifecyclestage": "HUBSPOT_LIFECYCLE_STAGE", "hs_pipeline_stage": "HUBSPOT_ORDER_STAGES", "hs_pipeline": "HUBSPOT_ORDER_PIPELINE",
}

// ofInput returns the fault of one input of a batch. A category that is not known may pass.
func (p problem) ofInput(doing string) *fault.Error {
	f := &fault.Error{Doing: doing}
	switch p.category {
	case missingScopes, conflictCategory, notFound, validation:
		p.judge(f)
	default:
		f.Kind, f.Class, f.Scope, f.Code = fault.Unavailable, fault.Intermittent, fault.EntityScope, p.category
		f.Detail = "HubSpot did not process the record"
	}
	return f
}
