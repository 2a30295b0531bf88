// Package settings reads the settings of an installation on one machine: a file of
// KEY=VALUE lines, and the environment, which wins.
//
// A setting cannot be misread without notice. A line that cannot be read, a key that is set
// twice, a "$" that would be replaced by something else, and a key that no system has are
// errors. Each names the file, the line and the rule, and none quotes a line: a line
// that was meant for another setting can hold a secret.
//
// Values are parsed by package godotenv, statement by statement: its own reader of whole
// files has no line numbers, and quotes the rest of the file in its errors.
package settings
