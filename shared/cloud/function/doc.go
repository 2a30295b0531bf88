// Package function is a Lambda function: one role of one system (Start). It turns the event
// of its trigger into the input of the pipeline's stage of that role, and the decision of the
// stage into Lambda's answer. The ports below the stage are those of package cloud.
//
//	start.go         from the environment of a process to Lambda's runtime
//	environment.go   variables of the environment and their rules
//	function.go      the opened function, and what surrounds each invocation
//	event.go         events of a partner event bus; http.go: webhooks
//	event_poll.go    schedules; event_file.go: files in the bucket
//	batch.go         batches of a queue
//	language.go      the language of rules, with the build tag rules
//	log.go           lines of the log; metric.go: metrics in them
//	span.go          spans of an invocation; span_export.go: their export by OTLP
//	nightly.go       log and metrics of package nightly, a function of its own kind
//
// # Decisions
//
// An invocation has half a second less than Lambda allows, so that it can answer 503, or
// report the messages that it did not begin, before Lambda ends it.
//
// A function keeps nothing between two events but the opened system, its secret and its imported map
// entries (package reopen).
//
// Metrics are lines in the log (embedded metric format), counted at the ledger.
//
// The text of an error that Lambda itself logs has no words of a message.
//
// A function reads its secret when it starts and when credentials are rejected, without
// the cache of cloud.Secrets, and for the latter once a minute at most: a stranger can cause
// it. A signature that is wrong by a secret read within that minute is answered 401; while the
// secret cannot be read, the door answers 503.
package function
