// Package module proves that the module can be used from outside under its path, as a team's
// own app does, without a network: a server in the test is the module proxy.
package module
