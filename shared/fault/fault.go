package fault

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Kind tells the pipeline what to do about a failure.
type Kind uint8

// The kinds, from the table in the house plan. The zero value is Unknown: a
// failure that nobody classified is our own defect.
const (
	// Unknown is anything not classified: our defect; few retries, then a dead letter and an alarm.
	Unknown Kind = iota
	// Invalid input cannot be read or breaks its schema: kept raw, never retried.
	Invalid
	// Unauthentic input has a wrong, missing or stale signature: refused at the door.
	Unauthentic
	// Rejected means that the target understood and said no: dead letter at once, with its reason.
	Rejected
	// NotReady means that something else has to happen first, such as the parent's arrival: deferred until a deadline.
	NotReady
	// Throttled means that the target asked us to slow down: deferred to the stated time.
	Throttled
	// Unavailable is a timeout, a 5xx or a network failure: retried with backoff.
	Unavailable
	// Unauthorized means that our credentials were refused: retried slowly, alarm at once.
	Unauthorized
	// Duplicate means that the target already holds the effect: success.
	Duplicate
)

var kindNames = [...]string{
	"unknown", "invalid", "unauthentic", "rejected", "not_ready",
	"throttled", "unavailable", "unauthorized", "duplicate",
}

// Kinds lists every kind in the order of declaration, for tables and tests that
// must cover all of them.
func Kinds() []Kind {
	all := make([]Kind, len(kindNames))
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// String returns the kind in lower case with underscores, as ledgers show it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// Class tells an operator what sort of failure this is. The set is closed.
type Class string

// The classes an operator sees on dead letters, ledger lines and alarms.
const (
	Auth         Class = "auth"         // credentials or signature refused
	Config       Class = "config"       // our configuration is wrong or incomplete
	Connection   Class = "connection"   // DNS, TLS or TCP: the request never reached the target
	Intermittent Class = "intermittent" // the target failed in a way that passes
	RateLimit    Class = "rate_limit"   // the target asked us to slow down
	TooLarge     Class = "too_large"    // a size, depth or count limit was passed
	Parse        Class = "parse"        // the bytes are not what they claim to be
	Schema       Class = "schema"       // well-formed, but a field is missing or of a wrong type or unknown value
	Value        Class = "value"        // a field holds a value that its rule forbids
	MissingRef   Class = "missing_ref"  // something the message refers to is not there
	DuplicateOf  Class = "duplicate"    // the effect exists already
	Conflict     Class = "conflict"     // the target holds something else under the same key
	Stale        Class = "stale"        // the message is older than what the target holds
	Ambiguous    Class = "ambiguous"    // the request may or may not have taken effect
	Poison       Class = "poison"       // the message keeps killing whoever handles it
	Bug          Class = "bug"          // our own defect
)

// defaultClass is the class of an error whose maker named none.
var defaultClass = map[Kind]Class{
	Unknown: Bug, Invalid: Schema, Unauthentic: Auth, Rejected: Value, NotReady: MissingRef,
	Throttled: RateLimit, Unavailable: Intermittent, Unauthorized: Auth, Duplicate: DuplicateOf,
}

// Scope says how much a failure is about.
type Scope uint8

// The scopes. A connector sets one where the kind's usual scope is wrong.
const (
	// UsualScope is the scope that the kind has by itself (Error.ScopeOrDefault).
	UsualScope Scope = iota
	// EntityScope is a failure of this one record: the vendor's own error document for it,
	// under any status. It says nothing about other records.
	EntityScope
	// OperationScope is a failure of one operation for every record, such as a permission
	// that is missing for one record type.
	OperationScope
	// ConnectionScope is a failure of the whole target: network, credentials, maintenance,
	// a 503 without the vendor's error document.
	ConnectionScope
	// OwnScope is a failure of a service that Causeway itself needs, such as its bus or its
	// ledger. It says nothing about a record or a target.
	OwnScope
)

var scopeNames = [...]string{"usual", "entity", "operation", "connection", "own"}

// String returns the scope in lower case, as ledgers show it.
func (s Scope) String() string {
	if int(s) < len(scopeNames) {
		return scopeNames[s]
	}
	return "scope(" + strconv.Itoa(int(s)) + ")"
}

// usualScope is the scope of an error whose maker set none.
var usualScope = map[Kind]Scope{
	Unknown: EntityScope, Invalid: EntityScope, Unauthentic: EntityScope, Rejected: EntityScope, NotReady: EntityScope,
	Throttled: ConnectionScope, Unavailable: ConnectionScope, Unauthorized: ConnectionScope, Duplicate: EntityScope,
}

// Error is a classified failure. Build it as a literal or with New; fields that
// do not apply stay empty.
type Error struct {
	Kind   Kind
	Class  Class         // "" means the kind's usual class
	Scope  Scope         // UsualScope means the kind's usual scope
	Code   string        // the vendor's or our own code, such as "CONCURRENCY_LIMIT_EXCEEDED" or "balance_mismatch"
	Field  string        // path of the field at fault, such as "line_items[2].sku"
	Status int           // HTTP status of the target's answer, 0 if there was none
	After  time.Duration // wait that the target asked for, 0 if it named none
	Doing  string        // what was being attempted, with its ids: "posting order 1001 to netsuite"
	Detail string        // the rule that was broken or the target's own words, free of personal data
	Err    error         // the cause, nil if there is none
}

// New returns an error of the kind with what was being attempted and why it
// failed. Use a literal to set more.
func New(kind Kind, class Class, doing, detail string) *Error {
	return &Error{Kind: kind, Class: class, Doing: doing, Detail: detail}
}

// Error returns "doing: field: detail: status code: cause", leaving out what is empty.
func (e *Error) Error() string {
	answer := e.Code
	if e.Status != 0 {
		answer = strings.TrimSpace(strconv.Itoa(e.Status) + " " + e.Code)
	}
	parts := make([]string, 0, 5)
	for _, part := range []string{e.Doing, e.Field, e.Detail, answer} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if len(parts) == 0 {
		return e.Kind.String()
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOrDefault returns the class, or the usual one of the kind if none was set.
func (e *Error) ClassOrDefault() Class {
	if e.Class != "" {
		return e.Class
	}
	return defaultClass[e.Kind]
}

// ScopeOrDefault returns the scope, or the usual one of the kind if none was set.
func (e *Error) ScopeOrDefault() Scope {
	if e.Scope != UsualScope {
		return e.Scope
	}
	return usualScope[e.Kind]
}

// As returns the Error inside err, or an Unknown one that wraps it, so that a
// caller always has a kind to act on. It returns nil for nil.
func As(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Unknown, Err: err}
}

// KindOf returns the kind of err; Unknown if nobody classified it.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Unknown
}

// Doing returns err as an *Error that says what was being attempted. An error
// that says so already keeps its own, more precise words.
func Doing(doing string, err error) error {
	if err == nil {
		return nil
	}
	e := *As(err)
	if e.Doing == "" {
		e.Doing = doing
	}
	return &e
}

// Classes lists every class, for tables and tests that must cover all of them.
func Classes() []Class {
	return []Class{
		Auth, Config, Connection, Intermittent, RateLimit, TooLarge, Parse, Schema, Value,
		MissingRef, DuplicateOf, Conflict, Stale, Ambiguous, Poison, Bug,
	}
}
