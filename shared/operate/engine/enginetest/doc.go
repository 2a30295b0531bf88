// Package enginetest is a test suite that every engine.Engine has to pass.
package enginetest
