package screen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"causeway.example/shared/fault"
)

// Exit codes of the command.
const (
	ExitOK          = 0
	ExitInternal    = 1
	ExitUsage       = 2 // what was typed is wrong
	ExitSome        = 3 // finished, but some items failed or came back
	ExitAttention   = 4 // status and why: something needs a person
	ExitRefused     = 5 // by a safety rule
	ExitNotFound    = 6
	ExitDenied      = 7
	ExitUnreachable = 8
	ExitBusy        = 9 // another operation works on the queue
	ExitTimeout     = 124
	ExitInterrupted = 130
)

// exitError is an exit code without an error: the answer was given, and it is not all well.
type exitError int

// Error implements error.
func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// usage is an error of what was typed.
type usage struct{ err error }

// Error implements error.
func (u usage) Error() string { return u.err.Error() }

// Unwrap returns the cause.
func (u usage) Unwrap() error { return u.err }

// Result returns the error of an answer that was given, and that says that not all is well:
// it ends the command with the exit code and prints nothing.
func Result(code int) error { return exitError(code) }

// Usage returns an error of what was typed.
func Usage(err error) error { return usage{err} }

// byCode are the exit codes of the codes that packages operate and redrive give.
var byCode = map[string]int{
	"busy": ExitBusy, "refused": ExitRefused, "plan_expired": ExitRefused, "reason_missing": ExitRefused, "not_confirmed": ExitRefused,
	"applied": ExitRefused, "done": ExitRefused, "not_running": ExitRefused, "locked": ExitRefused, "not_allowed": ExitRefused,
	"no_plan": ExitNotFound, "no_operation": ExitNotFound, "no_letter": ExitNotFound, "not_found": ExitNotFound, "no_store": ExitNotFound,
}

// ExitCode returns the code of an error.
func ExitCode(err error) int {
	if code, ok := errors.AsType[exitError](err); ok {
		return int(code)
	}
	if _, ok := errors.AsType[usage](err); ok {
		return ExitUsage
	}
	switch f := fault.As(err); {
	case err == nil:
		return ExitOK
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		return ExitTimeout
	case byCode[f.Code] != 0:
		return byCode[f.Code]
	case f.Kind == fault.Unauthorized, f.Kind == fault.Unauthentic:
		return ExitDenied
	case f.Kind == fault.Unavailable, f.Kind == fault.Throttled:
		return ExitUnreachable
	case f.Kind == fault.Rejected && f.Class == fault.MissingRef:
		return ExitNotFound
	case f.Kind == fault.Invalid:
		return ExitUsage
	}
	return ExitInternal
}

// Complain prints an error: as text, or as one JSON object if data is printed as JSON.
func (a *Screen) Complain(err error) {
	if _, quiet := errors.AsType[exitError](err); quiet || err == nil {
		return
	}
	f := fault.As(err)
	if a.Output != "json" && a.Output != "ndjson" {
		fmt.Fprintln(a.Err, "causeway:", err)
		return
	}
	text, failed := json.Marshal(map[string]any{"error": map[string]string{
		"code": f.Code, "class": string(f.ClassOrDefault()), "message": err.Error(), "op": f.Doing,
	}})
	if failed == nil {
		fmt.Fprintln(a.Err, string(text))
	}
}

// NotFound is the error of something that does not exist.
func NotFound(doing, detail string) error {
	return &fault.Error{Kind: fault.Rejected, Class: fault.MissingRef, Code: "not_found", Doing: doing, Detail: detail}
}

// ReasonMissing is the error of an act whose reason was not given.
func ReasonMissing(doing, detail string) error {
	return &fault.Error{Kind: fault.Invalid, Class: fault.Value, Code: "reason_missing", Doing: doing, Detail: detail}
}
