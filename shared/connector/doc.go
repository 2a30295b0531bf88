// Package connector says what a system has to offer to be joined by Causeway, and
// what it is handed in return.
//
// A system that tells us something is a Source: it proves that a delivery is
// authentic and translates its bytes into canonical events. A system that we write
// to is a Target. Both translate and classify, nothing else: retry, idempotency,
// ordering, dead-lettering and tracing live in package pipeline, once. What the
// pipeline has to know for that, a system declares in its Profile: per operation,
// what the target offers to make a repeated write harmless.
//
// An Auditor of either kind reports which records it has, so that both sides can be compared.
//
// Configuration reaches a system as a map of settings that its main has read from
// the environment or a file; ParseSettings fills the system's own struct and names
// every key at fault with its rule. Tags of the struct say what a setting is for (Purposes),
// so that a missing one is found before a message fails for it. Clock, network and memory
// are passed in through Deps.
//
// An Exchange is the last request of an attempt and its answer, which the ledger keeps. Its
// bodies are masked by the personal data of the message before they are stored (Failed).
package connector
