// Package minierp is a second, minimal ERP: a connector with its own fake books, which the
// journeys put in NetSuite's place by route lines alone.
//
// Its API has no keys of ours and no idempotency: each create makes a new document, which a search
// finds two seconds later at the earliest. So a write that is repeated is a second document in the
// books. Every sixth write fails, by turns before and after it took effect.
package minierp
