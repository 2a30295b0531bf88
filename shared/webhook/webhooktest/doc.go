// Package webhooktest signs requests the way the vendors do, for tests and for the
// fakes of the local run.
//
// It is written from the vendors' descriptions without using package webhook, so that
// an error in one shows against the other. Production code does not import it.
package webhooktest
