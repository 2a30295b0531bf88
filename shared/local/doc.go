// Package local is every port of the pipeline embedded in one process and durable
// in one SQLite file: bus, queues, state, ledger, vault and schedules.
//
// A call that returned without an error is on the disk. A process that is killed at any
// point finds all of it again, and so does one whose machine lost power, as far as the disk
// honors a flush. The queues have the semantics of SQS standard queues (visibility timeout,
// receive count, dead-letter queue, stale handles) and its limits, so that code that works
// here works there. Dead letters expire after fourteen days, as in SQS. Live messages do
// not expire.
//
// One process runs an engine on it, which a lock file beside the store enforces. An
// operator's tool opens the file beside the engine (Attach), and Desk is the store as those
// tools see it. Nothing is encrypted. What is deleted is overwritten with zeros
// (secure_delete).
//
// Package sqlite is the file itself: its tables, its one writer and how long a commit takes to
// be safe. Package worker works the queues. Package erase removes personal data.
//
// # Decisions
//
// Bodies apart from queue rows. A receive rewrites the row of its message; if the body were
// in it, SQLite would write all of it to the log again. A look at a queue that was empty
// before only reads.
//
// Bodies in the vault are kept while a message refers to them. The references are found as
// text when a message is sent, and removed with the message.
//
// Counts kept, not counted. Tally and Depths read totals that are added up in the
// transaction that changes them, so that watching costs the same on the first message and
// on the hundred millionth.
//
// Attached processes write to the file themselves, without a door of the engine: the tool
// also works while no engine runs. The engine looks once a second whether an attached
// process has changed something (Watch), and then wakes its workers.
//
// Raw messages are archived when they leave their inbox, in the transaction that deletes
// them, so that they can be replayed.
//
// Entries have an identity. One that is appended again after a kill is ignored, and no
// total counts it. Each query of the ledger has an index in the order of its result, so
// that a limit bounds the rows it reads.
//
// A message id or a state's revision is an identifier of the file, and so never used twice
// in its life: a stale handle or revision matches nothing later.
//
// Addresses are in the ledger as hashes under a secret (AddressSecrets), which is in
// ledger-secret.json beside the store: a copy of the store alone cannot be searched for a known
// address. Rotation: write {"current": new, "previous": old} into the file, and take the previous
// one out when the retention of the ledger has passed. If the file is lost, a new one is made, and
// entries of before are found by every other key.
//
// Timestamps come from the clock of the configuration. How long a receiver or a schedule
// sleeps is measured by the process's own timers.
package local
