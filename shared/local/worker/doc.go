// Package worker runs the pipeline in one process, where on AWS each function is a process of
// its own: a door for the webhooks of each source, and workers for each inbox and each route.
//
// The engine knows the ports only, so that it works on the store of package local as well as
// on ports in memory. Workers belong to a queue, so that a long poll delays no other queue.
// Slots belong to a system, are shared by all its queues, and are held during a call only: a
// target is never called more often at once than its profile allows, and a slow one delays no
// other. A backfill inbox is worked one message at a time, so that live messages pass it.
//
// When the engine stops, an attempt that has begun is finished. A message that waits for a slot
// stays in its queue.
package worker
