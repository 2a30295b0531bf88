// Package watch is the alarms of an installation, their topic and its dashboard: construct Watch
// of package causeway. watch.go has each alarm with what it tells an operator, alarm.go the ways
// to measure, dashboard.go the picture of the flows.
package watch
