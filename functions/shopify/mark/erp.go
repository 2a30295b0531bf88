package mark

import (
	"context"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/difference"
	"causeway.example/shared/fault"
	"causeway.example/shared/formats/strictjson"
)

// The keys of the metafields with what an ERP has of an order.
const (
	numberKey     = "erp_number"
	statusKey     = "erp_status"
	differenceKey = "erp_difference"
)

// noDifference is the value of the metafield of an order that differed before.
const noDifference = "none"

const queryERP = `query erpMarks($id: ID!) {
  order(id: $id) {
    tags
    erp_number: metafield(namespace: "causeway", key: "erp_number") { value }
    erp_status: metafield(namespace: "causeway", key: "erp_status") { value }
    erp_difference: metafield(namespace: "causeway", key: "erp_difference") { value }
  }
}`

// showing is one delivery of what an ERP has of an order.
type showing struct {
	*marking
	body   *canonical.ERPOrder
	system string // the ERP
}

// erpMarks are what the order shows of the ERP: metafields by their keys.
type erpMarks struct {
	marks
	fields map[string]string
}

// Acknowledge shows the number and the state of the ERP's sales order, and in what it differs from the
// order. Errors are faults; one about the order names the field "order".
func (t *Target) Acknowledge(ctx context.Context, d connector.Delivery, body *canonical.ERPOrder) (connector.Receipt, error) {
	m, err := t.marking(d, body.Order, "showing "+d.Message.System()+"'s order of order "+body.Order+" at shopify")
	if err != nil {
		return connector.Receipt{}, err
	}
	s := &showing{marking: m, body: body, system: d.Message.System()}
	receipt, err := s.deliver(ctx)
	return receipt, fault.Doing(m.doing, err)
}

// SearchERP returns the order's id if it has the number of an ERP's sales order, which stays once it was set.
func (t *Target) SearchERP(ctx context.Context, d connector.Delivery, body *canonical.ERPOrder) (string, error) {
	m, err := t.marking(d, body.Order, "looking for "+d.Message.System()+"'s order of order "+body.Order+" at shopify")
	if err != nil {
		return "", err
	}
	has, err := m.readERP(ctx)
	if err != nil || has.fields[numberKey] == "" {
		return "", fault.Doing(m.doing, err)
	}
	return m.order.ID, nil
}

func (s *showing) deliver(ctx context.Context) (connector.Receipt, error) {
	has, err := s.readERP(ctx)
	if err != nil {
		return connector.Receipt{}, err
	}
	words, err := s.difference(ctx)
	if err != nil {
		return connector.Receipt{}, err
	}
	shown := "order " + s.order.ID + " shows " + s.body.Number + " of " + s.system + ", " + s.body.Status
	if words != "" {
		shown += ", with a difference"
	}
	todo := s.changes(&has, words)
	if len(todo) == 0 {
		return connector.Receipt{Ref: s.order.ID, Linked: true, Detail: shown}, nil
	}
	var done []string
	for _, one := range todo {
		if err := one.act(ctx); err != nil {
			return connector.Receipt{}, err
		}
		done = append(done, one.what)
	}
	return connector.Receipt{Ref: s.order.ID, Detail: shown + ": " + strings.Join(done, ", ")}, nil
}

// difference says in what the sales order differs from the order as it is now, "" if in nothing or if
// that cannot be judged.
func (s *showing) difference(ctx context.Context) (string, error) {
	if s.body.Ended || !s.body.Comparable {
		return "", nil
	}
	lines, err := s.config.Owed(ctx, s.order, s.doing)
	if err != nil || lines == nil {
		return "", err
	}
	return cut(difference.Words(s.body, s.system, lines)), nil
}

// changes returns what the order lacks: the tag first, so that a delivery that was cut off shows a
// difference without its words and not the other way round.
func (s *showing) changes(has *erpMarks, words string) (all []change) {
	tag := s.config.Changed
	if words != "" && !has.tagged(tag) {
		all = append(all, s.adding(tag))
	}
	var fields []field
	var keys []string
	if words == "" && has.fields[differenceKey] != "" {
		words = noDifference
	}
	for _, f := range []field{{numberKey, cut(s.body.Number)}, {statusKey, cut(s.body.Status)}, {differenceKey, words}} {
		if f.words != "" && has.fields[f.key] != f.words {
			fields, keys = append(fields, f), append(keys, namespace+"."+f.key)
		}
	}
	if len(fields) > 0 {
		all = append(all, change{"metafields " + strings.Join(keys, ", ") + " set", func(ctx context.Context) error { return s.set(ctx, fields...) }})
	}
	if (words == "" || words == noDifference) && has.tagged(tag) {
		all = append(all, s.removing(tag))
	}
	return all
}

// readERP returns what the order shows of the ERP.
func (m *marking) readERP(ctx context.Context) (has erpMarks, err error) {
	has.fields = map[string]string{}
	err = m.readBy(ctx, queryERP, func(r *strictjson.Reader) {
		for key := range r.Object() {
			if key == "tags" {
				has.read(key, r)
			} else if !r.Null() {
				has.fields[key] = readValue(r)
			}
		}
	})
	return has, err
}
