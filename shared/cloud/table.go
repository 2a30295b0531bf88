package cloud

import (
	"crypto/sha256"
	"encoding/hex"
)

// Names of the table's key attributes, both text, and of the attribute by which
// DynamoDB removes items: a number, seconds since 1970. The table has no secondary
// index.
const (
	PartitionKey = "pk"
	SortKey      = "sk"
	TTLAttribute = "ttl"
)

// Attributes of a state item.
const (
	attrValue    = "v" // bytes; absent if empty
	attrRevision = "r" // number
	attrExpires  = "x" // number, milliseconds since 1970; absent if it never expires
	attrToken    = "w" // bytes drawn for the Put that wrote the item
)

// Attributes of a ledger item.
const (
	attrEntries = "e" // bytes: the entries, compressed
	attrLatest  = "t" // number, milliseconds since 1970: the latest entry of the item
)

// Prefixes of partition keys.
const (
	statePrefix  = "S#" // + key
	tracePrefix  = "L#" // + trace: items of entries
	eventPrefix  = "E#" // + event: sort keys are time, tracePrefix and trace
	entityPrefix = "K#" // + entity: sort keys are time, tracePrefix and trace
	searchPrefix = "F#" // + search key, such as "number:1001": sort keys are time, tracePrefix and trace
	dayPrefix    = "D#" // + stage + "#" + day + "#" + shard: items of one entry
)

// onlyItem is the sort key where a partition holds one item.
const onlyItem = "-"

// Limits of DynamoDB (developer guide, "Service, account, and table quotas").
const (
	maxItem       = 400 << 10 // bytes, names of attributes included
	maxSortKey    = 1024      // bytes
	maxWrites     = 25        // items of one BatchWriteItem
	maxWriteBytes = 15 << 20  // of one BatchWriteItem: 16 MB, less what JSON adds to keys
)

// short is the part of a key that follows its prefix: an id, or its hash where it is
// longer than a key may be.
func short(id string) string {
	if len(id) <= maxSortKey-len(statePrefix)-timeLength {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hashPrefix + hex.EncodeToString(sum[:])
}
