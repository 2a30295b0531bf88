// Package hubspottest is a stand-in for HubSpot's CRM API, version 2026-09, that keeps its records
// in memory.
//
// It enforces what HubSpot enforces: requests and its own answers match a contract
// (testdata/contract.json); a batch has at most 100 inputs, and no id twice; every property exists,
// and one that names a record has unique values; an e-mail address belongs to one contact; numbers,
// times and options are valid; an association needs both records, and a line item has one order;
// an input that fails is answered within a 207 and keeps no other from being written; a lifecycle
// stage moves forward only; the token's scopes; 100 requests in ten seconds, and a daily quota
// that is reset at midnight of the account's time zone.
//
// Records are read by id and by unique value, which is consistent at once. The search endpoint,
// whose index lags, is no part of it: a search is answered with 404.
package hubspottest
