// Package health is the doctor's checks of the resources of an installation on AWS: queues with
// their redrive policies and retention, event source mappings, alarms, the table, and the age
// of secrets. What can be checked wherever the systems are open is in package doctor. No
// function imports this package.
//
// Each check compares with what package infra/causeway creates, and its remedy names the
// resource and the value, or the stack to deploy again. The calls are few: one for each queue
// and function, and a list of mappings and alarms.
//
//	queue.go      queues, and the mappings that take from them
//	alarm.go      alarms and their actions
//	resource.go   table and secrets
package health
