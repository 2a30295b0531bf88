// Package enginetest is a test suite that every engine.Engine has to pass (suite.go), and lets
// a test see and stop the calls of an operator's tool (intercept.go).
package enginetest
