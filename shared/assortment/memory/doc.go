// Package memory remembers what a store that is master published of each of its products: which names a product
// ever had, such as SKUs, and for each name and kind of entity the digest of the content and since when that
// content is as it is. book.go reads and keeps it, mark.go is its stored form.
//
// A connector opens the Book of a product, dates each content that the store has now (Date, Set), asks which
// names the product had and has no longer (Lost), and keeps the Book with the events. An unchanged content
// keeps its date, so that its body is the same and no target is asked again. The connector decides what becomes
// of a name that is lost, and which contents are published again.
//
// # One item
//
// The entries of a product are one part of connector.CrossRef.Gather, so that a product with 2,000 variants is one
// write, and a state that changes nothing is none. An item of DynamoDB holds 400 KB, which is enough for 2,500
// names with three kinds of entities each.
//
// # Two translations at once
//
// The part has a revision, and its version is that revision: Gather keeps the first value of a revision. A Book
// that comes second reads what the first one kept, adds its own entries and keeps both under the next revision.
// So deliveries of two variations of one product do not lose each other's entries. Of one entry the one whose
// newest mark is newer stays, and of two that are equally new, the one that was kept last.
package memory
