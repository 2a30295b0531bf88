// Package canonical is the Canonical Data Model: the one shape in which orders,
// customers, payments and the rest travel between systems. A Message Translator
// turns a system's own payload into these types, another turns them into the
// target's; no two systems ever know each other's fields.
//
// It promises:
//
//   - Money is a count of minor units and an ISO 4217 code, parsed from decimal
//     text and never from a float. Unit prices and quantities are exact decimals.
//   - An order balances: lines, less discounts, plus shipping, charges and exclusive
//     tax, plus an explicit rounding, is its total. Rounding is a step of its own
//     (Order.Round); validation never changes the data.
//   - Times have a zone, ids are text, an unreadable value is an error and never 0.
//   - Text distinguishes absent, null and "", because a target must leave alone,
//     clear, or set a field.
//   - Fields with personal data carry a pii tag (name, email, phone, address), and are
//     masked wherever a value is printed by fmt or logged by slog. JSON for targets keeps them.
//
// Names in JSON are in snake_case. The package does not know any system, and does not
// decide about a message that breaks a rule: it returns field and rule in an *Error, and
// the pipeline decides.
//
// Two decisions. The decimal type is our own: this package imports the standard library
// and the validator only, the range of commerce (18 digits) fits an int64, and the hot path
// must not allocate. Bodies are written and read with encoding/json: they are our own bytes,
// so the strict reader for deliveries is not needed here, and unknown fields of the next
// schema version pass.
package canonical
