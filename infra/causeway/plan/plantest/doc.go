// Package plantest has a system and a stage that no code of the constructs knows, for the tests
// of package plan and of the constructs.
package plantest
