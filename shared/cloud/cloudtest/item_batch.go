package cloudtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

const (
	maxBatchWrites  = 25
	maxTransaction  = 100
	tokenTime       = 10 * time.Minute
	maxTransactSize = 4 << 20
)

type writeRequest struct {
	PutRequest    *struct{ Item item } `json:",omitempty"`
	DeleteRequest *struct{ Key item }  `json:",omitempty"`
}

type batchWriteInput struct {
	RequestItems map[string][]writeRequest
}

// batchWrite checks all writes before it does any. Writes that a test wants to fail
// come back as unprocessed.
func (s *Server) batchWrite(c call, in *batchWriteInput) (any, error) {
	count := 0
	for name, writes := range in.RequestItems {
		t, err := s.findTable(name)
		if err != nil {
			return nil, err
		}
		if err := t.checkWrites(writes); err != nil {
			return nil, err
		}
		count += len(writes)
	}
	if count == 0 || count > maxBatchWrites {
		return nil, invalid("1 validation error detected: a batch has from 1 to %d writes, not %d", maxBatchWrites, count)
	}
	left, at := map[string][]writeRequest{}, 0
	for _, name := range sortedKeys(in.RequestItems) {
		for _, write := range in.RequestItems[name] {
			if slices.Contains(c.failing, at) {
				left[name] = append(left[name], write)
			} else {
				s.tables[lastOf(name, "/")].apply(write)
			}
			at++
		}
	}
	return map[string]any{"UnprocessedItems": left}, nil
}

func (t *table) checkWrites(writes []writeRequest) error {
	seen := map[key]bool{}
	for _, write := range writes {
		var err error
		switch {
		case write.PutRequest != nil && write.DeleteRequest == nil:
			err = t.checkItem(write.PutRequest.Item)
		case write.DeleteRequest != nil && write.PutRequest == nil:
			err = t.checkKey(write.DeleteRequest.Key)
		default:
			err = invalid("Supplied write request has more or less than one operation")
		}
		if err != nil {
			return err
		}
		at := t.keyOf(write.keyed())
		if seen[at] {
			return invalid("Provided list of item keys contains duplicates")
		}
		seen[at] = true
	}
	return nil
}

func (w *writeRequest) keyed() item {
	if w.PutRequest != nil {
		return w.PutRequest.Item
	}
	return w.DeleteRequest.Key
}

func (t *table) apply(w writeRequest) {
	if w.PutRequest != nil {
		t.items[string(t.keyOf(w.PutRequest.Item))] = w.PutRequest.Item
		return
	}
	delete(t.items, string(t.keyOf(w.DeleteRequest.Key)))
}

// transactWrite is one write of a transaction, whose one member is set.
type transactItem struct {
	Put            *transactMember
	Delete         *transactMember
	ConditionCheck *transactMember
}

type transactMember struct {
	TableName string
	Item      item
	Key       item
	condition
}

type transactWriteInput struct {
	TransactItems      []transactItem
	ClientRequestToken string
}

// transaction is what a request token stands for: the same token with the same
// writes succeeds again without an effect.
type transaction struct {
	at     time.Time
	writes []byte
}

// step is a write of a transaction that was checked.
type transactStep struct {
	table  *table
	at     key
	member *transactMember
	cond   *node
	apply  func()
}

func (s *Server) transactWrite(c call, in *transactWriteInput) (any, error) {
	if len(in.TransactItems) == 0 || len(in.TransactItems) > maxTransaction {
		return nil, invalid("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length from 1 to 100")
	}
	steps := make([]transactStep, len(in.TransactItems))
	size := 0
	for i := range in.TransactItems {
		var err error
		if steps[i], err = s.prepare(&in.TransactItems[i]); err != nil {
			return nil, err
		}
		size += steps[i].member.Item.size()
		if slices.ContainsFunc(steps[:i], func(other transactStep) bool { return other.table == steps[i].table && other.at == steps[i].at }) {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
	}
	if size > maxTransactSize {
		return nil, invalid("Transaction size has exceeded the maximum allowed size")
	}
	return nil, s.commit(c, in, steps)
}

func (s *Server) prepare(in *transactItem) (transactStep, error) {
	var step transactStep
	members := 0
	for _, m := range []*transactMember{in.Put, in.Delete, in.ConditionCheck} {
		if m != nil {
			step.member = m
			members++
		}
	}
	if members != 1 {
		return step, invalid("TransactItems can only contain one of Check, Put or Delete here")
	}
	var err error
	if step.table, err = s.findTable(step.member.TableName); err != nil {
		return step, err
	}
	if step.cond, err = step.member.read(); err != nil {
		return step, err
	}
	return step.complete(in)
}

func (step transactStep) complete(in *transactItem) (transactStep, error) {
	t, m := step.table, step.member
	if in.Put != nil {
		step.at = t.keyOf(m.Item)
		step.apply = func() { t.items[string(step.at)] = m.Item }
		return step, t.checkItem(m.Item)
	}
	step.at, step.apply = t.keyOf(m.Key), func() {}
	if in.Delete != nil {
		step.apply = func() { delete(t.items, string(step.at)) }
	} else if step.cond == nil {
		return step, invalid("The expression can not be empty: ConditionExpression")
	}
	return step, t.checkKey(m.Key)
}

// commit applies all steps or none.
func (s *Server) commit(c call, in *transactWriteInput, steps []transactStep) error {
	writes, err := json.Marshal(in.TransactItems)
	if err != nil {
		panic("cloudtest: transaction: " + err.Error())
	}
	tokens := steps[0].table.tokens
	if before, known := tokens[in.ClientRequestToken]; known && c.now.Sub(before.at) < tokenTime {
		if !bytes.Equal(before.writes, writes) {
			return refuse(http.StatusBadRequest, "IdempotentParameterMismatchException", "The request uses the same client token as a previous, but non-identical request.")
		}
		return nil
	}
	if reasons, failed := reasons(steps); failed {
		r := refuse(http.StatusBadRequest, "TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons %s", quoted(codes(reasons)))
		r.more = map[string]any{"CancellationReasons": reasons}
		return r
	}
	for _, step := range steps {
		step.apply()
	}
	if in.ClientRequestToken != "" {
		tokens[in.ClientRequestToken] = transaction{at: c.now, writes: writes}
	}
	return nil
}

type reason struct {
	Code    string
	Message string `json:",omitempty"`
	Item    item   `json:",omitempty"`
}

func reasons(steps []transactStep) (all []reason, failed bool) {
	for _, step := range steps {
		old := step.table.items[string(step.at)]
		if step.cond.holds(old) {
			all = append(all, reason{Code: "None"})
			continue
		}
		failed = true
		r := reason{Code: "ConditionalCheckFailed", Message: "The conditional request failed"}
		if step.member.ReturnValuesOnConditionCheckFailure == "ALL_OLD" {
			r.Item = old
		}
		all = append(all, r)
	}
	return all, failed
}

func codes(all []reason) []string {
	var names []string
	for _, r := range all {
		names = append(names, r.Code)
	}
	return names
}
