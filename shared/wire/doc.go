// Package wire reads what systems write in JSON into the words of the canonical
// model, and notes what it had to normalise on the way: control characters in names,
// country codes that are customary but not ISO, a byte order mark.
//
// It promises that nothing is changed without a note, that a note and an error name
// the field by its path and never its value, and that ids and stock keeping units are
// taken byte for byte or refused. What a system's fields mean is the system's own
// business; so is every limit that is not the strict reader's default.
//
// The first plan of the house had no such room: the second connector showed that each
// would write it again.
package wire
