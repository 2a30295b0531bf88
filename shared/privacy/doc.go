// Package privacy carries out the requests of data protection laws: it keeps an eye on
// those that sources pass on (connector.PrivacyRequest), finds a person in what is stored,
// and erases the person's data.
//
// Erase deletes dead letters, archived deliveries, letters of exports and bodies in the vault;
// replaces the free texts of ledger entries and removes their personal search keys; and
// overwrites the person's addresses in the words of operators and in logs. It keeps ids, times
// and totals: they are needed for the books and for the proof, and name nobody without the
// store. The rest of the State, plans among it, has ids, versions and hashes only. Live messages
// are left, since what was accepted is delivered; a Report counts them, and Erase is run again
// once they have ended.
//
// This package decides what is the person's and what replaces it, for every engine alike. Stores
// only find and write: package local/erase on one machine, package cloud/erase on AWS. A body in the
// vault does not name its person, so that its hash is stored before the message that names it is
// deleted (State key operate|erasing); a run that was killed is finished by the next.
//
// The ledger has an address as a hash under a secret of the installation (port.Ledger,
// AddressSecrets), so that a copy of the ledger does not tell which addresses of a list are in
// it. Entries are searched for by the hash under each secret that is known, and by the one
// without a secret, which entries of version 0.1.0 have. Those search keys are erased too. The
// id of a guest (canonical.GuestID) is a hash without a secret, because the target has the guest
// under it: a copy of the ledger does tell whether an address has ordered as a guest.
//
// Data at targets is not ours to erase. A Report lists what a person has to do there, and what the
// engine keeps by itself, and until when.
//
// The proof is a ledger entry of stage privacy: who asked for it, when, and how much was erased. It
// has the customer's id and none of the data.
//
//	subject.go  who the person is, and which messages and bodies are about the person
//	text.go     what replaces texts, and which search keys are personal
//	letter.go   dead letters
//	pending.go  bodies that are to be erased
//	erase.go    one run
//	request.go  requests of stores
package privacy
