// Package privacy carries out the requests of data protection laws: it keeps an eye on
// those that sources pass on (connector.PrivacyRequest), finds a person in what is stored,
// and erases the person's data.
//
// Erase deletes dead letters and bodies in the vault, and replaces the free texts of ledger
// entries. It keeps ids, times and totals: they are needed for the books and for the proof,
// and name nobody without the store. State has ids, versions and hashes only. Live messages are left,
// since what was accepted is delivered; a Report counts them, and Erase is run again once
// they have ended.
//
// Data at targets is not ours to erase. A Report lists what a person has to do there.
//
// The proof is a ledger entry of stage privacy: who asked for it, when, and how much was erased. It
// has the customer's id and none of the data.
package privacy
