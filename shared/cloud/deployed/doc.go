// Package deployed reads what the functions of an installation on AWS run with: the settings
// in their environment, and the secret that it names, by the credentials of whoever asks. An
// operator's command opens the same systems with it as the functions do. No function imports
// this package.
//
// A system has a function for each role. The settings are those of the first function that
// calls the system's API: poll, deliver, translate, pickup, audit. The door's function is not
// read, because its secret has only what verifies webhooks.
package deployed
