package sqlite

import (
	"errors"

	"modernc.org/sqlite"

	"causeway.example/shared/fault"
)

// Primary result codes of SQLite (sqlite.org/rescode.html).
const (
	codeBusy     = 5
	codeReadOnly = 8
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// Codes of the failures of Open and of every call.
const (
	CodeInUse      = "store_in_use"     // another process has the file open
	CodeDamaged    = "store_damaged"    // the file is damaged, or no SQLite database
	CodeUnwritable = "store_unwritable" // the file cannot be opened or written
	CodeFull       = "disk_full"
)

// Failure classifies an error of the file or the context. A full disk and a missing
// permission are retried like an outage, because an operator can end them.
func Failure(doing string, err error) error {
	if _, classified := errors.AsType[*fault.Error](err); classified {
		return fault.Doing(doing, err)
	}
	e := &fault.Error{Kind: fault.Unavailable, Class: fault.Intermittent, Doing: doing, Err: err}
	switch primaryCode(err) {
	case codeFull:
		e.Class, e.Code, e.Detail = fault.Config, CodeFull, "the disk is full"
	case codeReadOnly, codeCantOpen:
		e.Class, e.Code, e.Detail = fault.Config, CodeUnwritable, "the file cannot be opened or written"
	case codeCorrupt, codeNotADB:
		e.Class, e.Code, e.Detail = fault.Bug, CodeDamaged, "the file is damaged or no SQLite database"
	}
	return e
}

func primaryCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

func isBusy(err error) bool { return primaryCode(err) == codeBusy }

// Closed is the failure of a call after Close.
func Closed(doing string) error {
	return fault.New(fault.Unavailable, fault.Connection, doing, "the store is closed")
}
