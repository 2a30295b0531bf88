// Package wire reads the JSON of systems into the types of the canonical model, and notes each
// value that it normalizes: control characters in names, country codes that are customary but
// not ISO, a byte order mark.
//
// It promises that nothing is changed without a note, that a note and an error name the field
// by its path and never its value, and that ids and stock keeping units are taken byte for
// byte or rejected. The meaning of a system's fields belongs to the system's own package, and
// so does every limit that is not the strict reader's default.
package wire
