// Package redact keeps personal data and secrets out of everything that is printed: logs,
// ledger reasons, dead letters, terminals.
//
// There are three layers. Values of the canonical model and connector.Secret mask
// themselves (package canonical, type Text). Connectors put neither personal data nor
// secrets into errors. This package is the net for the rest, such as the texts of
// libraries: Emails masks what looks like an e-mail address, Mask also the values of our
// secrets, and Mask.Handler applies both to each text of a log line. Both engines log
// through that handler.
package redact
