package record

import (
	"context"

	"causeway.example/functions/netsuite/suitetalk"
	"causeway.example/shared/fault"
)

// nextPeriod is the value of NETSUITE_CLOSED_PERIOD that books on the first day of the next open
// period.
const nextPeriod = "next"

// Dating is the day on which a new transaction is booked, as YYYY-MM-DD, and the note on it.
type Dating struct {
	Day  string // the business day; moved if its accounting period is closed
	Note string // "" if it was not moved
}

// InOpenPeriod writes a new transaction. If NetSuite rejects the day because its accounting period is
// closed, the setting decides: the delivery waits, or the transaction is written again with the
// first day of the next open period. A transaction that NetSuite has is never moved.
func (a *Account) InOpenPeriod(ctx context.Context, d *Dating, doing string, write func() (string, error)) (string, error) {
	id, err := write()
	if a.Settings.ClosedPeriod != nextPeriod || err == nil || fault.As(err).Code != suitetalk.NoOpenPeriod {
		return id, err
	}
	open, findErr := a.firstOpenDay(ctx, d.Day, doing)
	if findErr != nil || open == "" {
		e := *fault.As(err)
		e.Detail += "; NETSUITE_CLOSED_PERIOD=next finds no later open period: open one, or let the role read accounting periods"
		return "", &e
	}
	d.Note = "the accounting period of " + d.Day + " is closed, so it is booked on " + open
	d.Day = open
	return write()
}

// firstOpenDay returns the first day of the first open accounting period after the day, "" if
// there is none. Years and quarters are periods of their own there, and so are adjustments.
func (a *Account) firstOpenDay(ctx context.Context, day, doing string) (string, error) {
	rows, err := a.Rows(ctx, "SELECT TO_CHAR(MIN(startdate), 'YYYY-MM-DD') AS day FROM accountingperiod"+
		" WHERE closed = 'F' AND isyear = 'F' AND isquarter = 'F' AND isadjust = 'F' AND startdate > TO_DATE("+suitetalk.Quoted(day)+", 'YYYY-MM-DD')", doing)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0]["day"], nil
}
