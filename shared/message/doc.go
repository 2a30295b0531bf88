// Package message holds the two things that travel through Causeway: the Raw
// message, exactly as a system sent it, and the Message, an event in the
// canonical envelope.
//
// The envelope uses the CloudEvents 1.0 attribute names where one exists (id,
// source, type, subject, time) and adds Causeway's own: tenant, schema, sequence,
// correlationid, causationid, origin, hops, externalrefs, traceparent. It serialises to one flat
// JSON object, which is the detail of an EventBridge event and the body of a
// queue message.
//
// The package promises that a Message read back from its bytes is equal to the
// one written, and that ids derived here are the same for the same input, on
// every machine and after every restart. It does not know what stands in a body.
package message
