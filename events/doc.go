// Package events is what a partner or a new team needs to join the bus: the JSON
// Schema of every event type, a sample of each, and samples of the payloads by which
// a Lambda function is started. All of it is embedded, so that tests and tools read
// the same files that are shown to people.
//
//   - schemas/<type>.v1.json describes the detail of an EventBridge event: the
//     envelope with the body of that type (draft 2020-12). schemas/envelope.v1.json
//     is the envelope with any body.
//   - samples/<type>.v1.json is such a detail, valid by its schema and by the rules
//     of package canonical. The samples describe one purchase from end to end.
//   - triggers/<name>.json is a whole invocation: an SQS batch with a raw message, a
//     partner event, an HTTP API request.
//
// Schemas and samples are written by scripts/schemas and never by hand; a test fails
// when they lag behind the model. The triggers are written by hand after the shapes
// that AWS documents. The number in a file's name is the version of the schema: a
// reader of version 1 passes over fields that it does not know, which is why no
// schema forbids them. A change that such a reader would misread gets a new file.
//
// Properties with x-pii hold personal data. A schema cannot say that the parts of an
// order add up to its total; a sender has to see to that by itself.
package events
