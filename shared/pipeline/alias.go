package pipeline

import "causeway/shared/port"

type (
	Bus        = port.Bus
	Queue      = port.Queue
	Outgoing   = port.Outgoing
	Incoming   = port.Incoming
	State      = port.State
	Item       = port.Item
	Ledger     = port.Ledger
	Vault      = port.Vault
	Entry      = port.Entry
	Stage      = port.Stage
	EntryError = port.EntryError
	Hashes     = port.Hashes
	Query      = port.Query
	Ports      = port.Ports
	Cause      = port.Cause
)

var ErrConflict = port.ErrConflict

const (
	Received        = port.Received
	Translated      = port.Translated
	Published       = port.Published
	Queued          = port.Queued
	Sent            = port.Sent
	Deferred        = port.Deferred
	Confirmed       = port.Confirmed
	Superseded      = port.Superseded
	Skipped         = port.Skipped
	Dead            = port.Dead
	Parked          = port.Parked
	Degraded        = port.Degraded
	Restored        = port.Restored
	AuthExpired     = port.AuthExpired
	Reconciled      = port.Reconciled
	TypeGap         = port.TypeGap
	TypeDegraded    = port.TypeDegraded
	AttrTrace       = port.AttrTrace
	AttrEvent       = port.AttrEvent
	AttrEntity      = port.AttrEntity
	AttrVersion     = port.AttrVersion
	AttrRoute       = port.AttrRoute
	AttrRedrives    = port.AttrRedrives
	AttrFirstSeen   = port.AttrFirstSeen
	AttrReason      = port.AttrReason
	AttrCause       = port.AttrCause
	AttrFingerprint = port.AttrFingerprint
)
