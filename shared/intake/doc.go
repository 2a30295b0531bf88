// Package intake accepts deliveries of a source system: webhooks, partner events, files,
// and changes that a poll found. An accepted delivery is a raw message in the system's inbox
// queue.
//
//   - receive.go: Receiver, the HTTP door and the way into the inbox.
//   - pickup.go: Pickup, which accepts files.
//
// A sender gets 2xx only when its bytes are durable. The signature is checked before
// anything else that looks at the request's body or headers, and nothing is inflated
// before. Every answer is given within answerWithin, also if a port hangs. The door needs
// neither the State nor the ledger: duplicates are recognized by Translate, and a ledger
// entry that cannot be written is logged.
package intake
