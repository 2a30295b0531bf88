// Package record has what the records of NetSuite have in common when canonical entities become
// them: settings that translate values, external ids, the fields of a body, text that fits, lines,
// and rejections in terms of the canonical entity.
//
//	settings.go   the settings, and the choices of rules
//	mapping.go    values that settings translate: subsidiary, currency, payment option, segments
//	id.go         external ids, memos, records that an entity refers to
//	stores.go     stores whose orders a poll is about
//	account.go    an account with the settings of one delivery
//	period.go     the date of a new transaction, also if its accounting period is closed
//	field.go      fields of a body: written, compared, dated
//	fit.go        text that is too long for its field
//	address.go    an address
//	goods.go      types of items, and quantities, as SuiteQL has them
//	line.go       lines of a sales order or of a document that takes one back
//	terms.go      rejections
//
// A field is sent if it differs from what NetSuite has (see Changed). All amounts are decimal text.
// An error of this package is a fault.Rejected or fault.NotReady whose Field is the path in the
// canonical entity, such as "lines[2].sku", or a setting: the pipeline waits for one that is missing.
package record
