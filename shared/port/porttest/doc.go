// Package porttest holds what proves a backend of the pipeline: a conformance
// suite for each port (TestBus, TestQueue, TestState, TestLedger, TestVault), and
// Memory, all ports in plain memory, for tests of the pipeline itself.
//
// The suite turns each sentence of the ports' comments into a test. A backend
// runs it from one test of its own, with a function that opens the backend anew
// and describes it as a Harness. What a backend cannot do (restart, corrupt a
// body, wait) it leaves nil or false there, and the tests of it do not run; all
// else is demanded of everyone.
//
// Two rules of SQS are demanded although the ports only hint at them, because code
// that passes here must not fail in the cloud: a handle whose message another
// receiver got since deletes nothing and reports no error (SQS API reference,
// DeleteMessage), and neither does it change when the message becomes visible,
// with or without an error (ChangeMessageVisibility).
//
// Memory promises the ports' contract and determinism: it starts no goroutine,
// reads no clock but the one it is given, and iterates over no map, so that one
// sequence of calls always has one result. It keeps nothing after the process and
// never waits: Receive returns at once.
package porttest
