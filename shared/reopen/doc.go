// Package reopen keeps a system open while its secret is rotated and entries of its maps are
// imported (package valuemap).
//
// The secret is read when credentials are rejected, at most once a Pause, because strangers can
// cause it. A signature that is wrong by a secret no older than that is rejected. While the secret
// cannot be read, a delivery at the door is unavailable and the sender retries. A rotation loses no
// delivery if both secrets are entered Pause before the sender signs with the new one.
//
// The imported entries are read when a call fails for an entry that is missing or wrong, at most
// once in valuemap.Pause. A call that fails all the same notes the revision of the entries that it was
// made with, so that its message waits for the next import. The entries are also read by the first call after Stale, because not every map
// has to have an entry: without one, a carrier is written under another name. No other call reads
// anything.
//
// If either has changed, the system is opened again and the call is repeated once. A call that was
// refused for its credentials, or for an entry of our own map, had no effect.
package reopen
