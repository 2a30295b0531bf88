package main

import "causeway.example/shared/message"

// A million webhooks, which all counts are for.
const million = 1_000_000

// KiB in which AWS bills messages.
const (
	chunk    = 64  // SQS and EventBridge
	apiChunk = 512 // HTTP API
)

// Write and read units, as "Write units of a webhook" in the documentation of
// shared/cloud derives them.
const (
	writesOnce   = 6 // inbox: claim and done; ledger: received, translated; pointers to event and entity
	writesTarget = 3 // claim and done; ledger: sent and confirmed
	readsOnce    = 1
	readsTarget  = 2 // the entity's record and the connection's
)

// Assumptions, in milliseconds, MB and bytes. A target's answer is what a delivery mostly
// waits for; a recorded order of three lines has 10 KB and half of that as an event.
const (
	doorMillis      = 50
	translateMillis = 20
	deliverMillis   = 200
	memory          = 256
	runLog          = 500 // one line of metrics
	accessLog       = 300 // one line for each request at the HTTP API
	envelope        = 1   // KiB around a body, or instead of one that lies in the vault
)

// variant is one way to run: what a column of the table is for.
type variant struct {
	title    string
	url      bool // the door is a function's own URL
	body     int  // KiB of a webhook
	batch    int  // messages that come together
	parallel int  // of them, handled at once
	targets  int
}

// item is one line of the bill: how many units a million webhooks take.
type item struct {
	title string
	units int64
	price price
}

// cost returns micro-dollars.
func (i item) cost() int64 { return i.units * int64(i.price) / million }

// items returns the bill of a million webhooks that become one event each.
func (v variant) items() []item {
	n := int64(v.targets)
	raw, event := v.body*4/3+envelope, v.body/2+envelope // a raw body travels in base64
	var puts, gets int64
	if v.body<<10 > message.InlineLimit {
		raw, puts, gets = envelope, puts+1, gets+1
	}
	if v.body<<10/2 > message.InlineLimit {
		event, puts, gets = envelope, puts+1, gets+n
	}
	return []item{
		{"HTTP API", million * v.apiRequests(), httpAPIRequest},
		{"door: Lambda requests", million, lambdaRequest},
		{"door: Lambda time", gigabyteSeconds(doorMillis, 1), lambdaSecond},
		{"inbox: SQS send", million * chunks(raw), sqsRequest},
		{"inbox: SQS receive and delete", v.taken(raw), sqsRequest},
		{"archive: S3 put", v.batches(), s3Put},
		{"translate: Lambda requests", v.batches(), lambdaRequest},
		{"translate: Lambda time", gigabyteSeconds(translateMillis, v.together()), lambdaSecond},
		{"bus: EventBridge", million * chunks(event), busEvent},
		{"routes: SQS send", n * million * chunks(event), sqsRequest},
		{"routes: SQS receive and delete", n * v.taken(event), sqsRequest},
		{"deliver: Lambda requests", n * v.batches(), lambdaRequest},
		{"deliver: Lambda time", n * gigabyteSeconds(deliverMillis, v.together()), lambdaSecond},
		{"state and ledger: DynamoDB writes", million * (writesOnce + n*writesTarget), writeUnit},
		{"state: DynamoDB reads", million * (readsOnce + n*readsTarget), readUnit},
		{"large bodies: S3 put", million * puts, s3Put},
		{"large bodies: S3 get", million * gets, s3Get},
		{"logs", ((million+(1+n)*v.batches())*runLog + million*v.apiRequests()*accessLog) / 1000, logKilobyte},
	}
}

func (v variant) total() int64 {
	var sum int64
	for _, i := range v.items() {
		sum += i.cost()
	}
	return sum
}

func (v variant) apiRequests() int64 {
	if v.url {
		return 0
	}
	return parts(v.body, apiChunk)
}

// batches returns how many batches a million messages make.
func (v variant) batches() int64 { return million / int64(v.batch) }

// together returns how many messages share one second of a function.
func (v variant) together() int { return min(v.batch, v.parallel) }

// taken counts the requests of Lambda's poller: one receives a batch and is billed by its
// size, one deletes it.
func (v variant) taken(kib int) int64 { return v.batches() * (chunks(kib*v.batch) + 1) }

func chunks(kib int) int64 { return parts(kib, chunk) }

func parts(size, of int) int64 { return int64(max(1, (size+of-1)/of)) }

// gigabyteSeconds returns what a million messages take, each so many milliseconds of a
// function that handles some at once.
func gigabyteSeconds(millis, atOnce int) int64 {
	return million * int64(millis) * memory / 1000 / 1024 / int64(atOnce)
}
