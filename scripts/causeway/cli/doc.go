// Package cli opens what a command works on: the data folder of a local engine or an
// installation on AWS, and the connectors with the settings of the installation.
//
//	app.go      the root command, its flags, the opened environment
//	cloud.go    environments on AWS
//	connect.go  connectors, as the engine opens them
//	select.go   flags that several commands share: which letters, and the reason of an act
package cli
