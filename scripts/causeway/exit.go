package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"causeway.example/shared/fault"
)

// Exit codes of the command.
const (
	exitOK          = 0
	exitInternal    = 1
	exitUsage       = 2
	exitSome        = 3 // finished, but some items failed or came back
	exitAttention   = 4 // status and why: something needs a person
	exitRefused     = 5 // by a safety rule
	exitNotFound    = 6
	exitDenied      = 7
	exitUnreachable = 8
	exitBusy        = 9 // another operation works on the queue
	exitTimeout     = 124
	exitInterrupted = 130
)

// result is an exit code without an error: the answer was given, and it is not all well.
type result int

// Error implements error.
func (r result) Error() string { return fmt.Sprintf("exit code %d", int(r)) }

// usage is an error of what was typed.
type usage struct{ err error }

// Error implements error.
func (u usage) Error() string { return u.err.Error() }

// Unwrap returns the cause.
func (u usage) Unwrap() error { return u.err }

// byCode are the exit codes of the codes that packages operate and redrive give.
var byCode = map[string]int{
	"busy": exitBusy, "refused": exitRefused, "plan_expired": exitRefused, "reason_missing": exitRefused, "not_confirmed": exitRefused,
	"applied": exitRefused, "done": exitRefused, "not_running": exitRefused, "locked": exitRefused, "not_allowed": exitRefused,
	"no_plan": exitNotFound, "no_operation": exitNotFound, "no_letter": exitNotFound, "not_found": exitNotFound, "no_store": exitNotFound,
}

// exitCode returns the code of an error.
func exitCode(err error) int {
	if code, ok := errors.AsType[result](err); ok {
		return int(code)
	}
	if _, ok := errors.AsType[usage](err); ok {
		return exitUsage
	}
	switch f := fault.As(err); {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	case byCode[f.Code] != 0:
		return byCode[f.Code]
	case f.Kind == fault.Unauthorized, f.Kind == fault.Unauthentic:
		return exitDenied
	case f.Kind == fault.Unavailable, f.Kind == fault.Throttled:
		return exitUnreachable
	case f.Kind == fault.Rejected && f.Class == fault.MissingRef:
		return exitNotFound
	case f.Kind == fault.Invalid:
		return exitUsage
	}
	return exitInternal
}

// complain prints an error: as text, or as one JSON object if data is printed as JSON.
func (a *tool) complain(err error) {
	if _, quiet := errors.AsType[result](err); quiet || err == nil {
		return
	}
	f := fault.As(err)
	if a.output != "json" && a.output != "ndjson" {
		fmt.Fprintln(a.err, "causeway:", err)
		return
	}
	text, failed := json.Marshal(map[string]any{"error": map[string]string{
		"code": f.Code, "class": string(f.ClassOrDefault()), "message": err.Error(), "op": f.Doing,
	}})
	if failed == nil {
		fmt.Fprintln(a.err, string(text))
	}
}
