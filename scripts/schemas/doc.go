// Command schemas writes events/schemas and events/samples from the canonical model:
//
//	go run ./scripts/schemas          # from the repository's root: writes what changed
//	go run ./scripts/schemas -check   # writes nothing, fails if a file is not what it would write
//
// A schema describes the whole detail of an EventBridge event: the envelope with the
// body of that event type. Its rules are read from the struct tags that package
// canonical validates by, its descriptions from the doc comments, so that there is
// one place to change. Rules that span fields, such as the balance of an order, have
// no form in JSON Schema; canonical.Validate alone knows them.
//
// Samples are built here in Go, from the model's own types: a field that changes its
// type or name breaks the build of this command, not a partner's integration.
package main
