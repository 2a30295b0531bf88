// Package moment reads times as senders write them: RFC 3339 with a zone, and local times in a zone that
// is declared. Anything else is an error and never a zero time: package time reads more than RFC 3339
// allows, and less than senders write (a leap second).
//
// It is a package beside canonical, because a canonical body has times and never their texts.
package moment
