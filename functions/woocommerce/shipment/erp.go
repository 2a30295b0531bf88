package shipment

import (
	"context"

	"causeway.example/functions/woocommerce/rest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/difference"
	"causeway.example/shared/fault"
)

// The keys of meta data with what an ERP has of an order.
const (
	erpNumber     = "_causeway_erp_number"
	erpStatus     = "_causeway_erp_status"
	erpDifference = "_causeway_erp_difference"
)

var erpMeta = []string{erpNumber, erpStatus, erpDifference}

// differenceNote is how the notes of what an ERP has otherwise than the store begin.
const differenceNote = "ERP difference: "

// noDifference is the value of an order that differed before.
const noDifference = "none"

// showing is one delivery of what an ERP has of an order.
type showing struct {
	*Target
	orderAt
	body   *canonical.ERPOrder
	system string // the ERP
}

// deliverERP shows the number and the state of the ERP's sales order in the order's meta data, and in what
// it differs from the order there and in an internal note.
func (t *Target) deliverERP(ctx context.Context, d connector.Delivery, body *canonical.ERPOrder) (connector.Receipt, error) {
	s, lacks, err := t.showing(ctx, d, body)
	if err != nil {
		return connector.Receipt{}, err
	}
	receipt := connector.Receipt{
		Ref: erpRef(body), Linked: len(lacks) == 0, Detail: "order " + body.Order + " shows " + body.Number + " of " + s.system + ", " + body.Status,
	}
	if words, differs := lacks[erpDifference]; differs {
		if err := s.note(ctx, words); err != nil {
			return connector.Receipt{}, fault.Doing(s.doing, err)
		}
		receipt.Detail += ", difference: " + words
	}
	if len(lacks) == 0 {
		return receipt, nil
	}
	meta := []map[string]string{}
	for _, key := range erpMeta {
		if value, missing := lacks[key]; missing {
			meta = append(meta, map[string]string{"key": key, "value": value})
		}
	}
	if _, err := s.write(ctx, mustJSON(map[string]any{"meta_data": meta})); err != nil {
		return connector.Receipt{}, fault.Doing(s.doing, err)
	}
	return receipt, nil
}

// searchERP returns the ref of the sales order if the order shows all of it.
func (t *Target) searchERP(ctx context.Context, d connector.Delivery, body *canonical.ERPOrder) (string, error) {
	_, lacks, err := t.showing(ctx, d, body)
	if err != nil || len(lacks) > 0 {
		return "", err
	}
	return erpRef(body), nil
}

func erpRef(body *canonical.ERPOrder) string { return body.Order + "-erp-order" }

// showing reads the order and returns what its meta data lacks. An order in the trash lacks nothing.
func (t *Target) showing(ctx context.Context, d connector.Delivery, body *canonical.ERPOrder) (*showing, map[string]string, error) {
	at, err := t.orderAt(d, body.Order, "showing "+d.Message.System()+"'s order of order "+body.Order+" at "+rest.Name)
	if err != nil {
		return nil, nil, err
	}
	s := &showing{Target: t, orderAt: at, body: body, system: d.Message.System()}
	lacks, err := s.lacks(ctx)
	return s, lacks, fault.Doing(s.doing, err)
}

func (s *showing) lacks(ctx context.Context) (map[string]string, error) {
	body, err := s.fetch(ctx)
	if err != nil {
		return nil, err
	}
	o, err := readShippedOrder(body)
	if err != nil || o.isGone() {
		return nil, err
	}
	words, err := s.difference(ctx, body)
	if err != nil {
		return nil, err
	}
	if words == "" && o.erp[erpDifference] != "" {
		words = noDifference
	}
	lacks := map[string]string{}
	for key, value := range map[string]string{erpNumber: s.body.Number, erpStatus: s.body.Status, erpDifference: words} {
		if value != "" && o.erp[key] != value {
			lacks[key] = value
		}
	}
	return lacks, nil
}

// mostDifference is the length at which the words of a difference are cut.
const mostDifference = 500

// difference says in what the sales order differs from the order as it is now, "" if in nothing or if
// that cannot be judged.
func (s *showing) difference(ctx context.Context, order []byte) (string, error) {
	if s.body.Ended || !s.body.Comparable {
		return "", nil
	}
	lines, err := s.Owed(ctx, s.store, order)
	if err != nil || lines == nil {
		return "", err
	}
	return connector.Shorten(difference.Words(s.body, s.system, lines), mostDifference), nil
}

// note adds the internal note of a difference, or of its end, unless it is the newest. It comes before the
// meta data, so that a delivery that was cut off writes it once.
func (s *showing) note(ctx context.Context, words string) error {
	text := differenceNote + words
	if words == noDifference {
		text += " any more (" + s.body.Number + ")"
	}
	newest, err := s.newestNote(ctx, differenceNote)
	if err != nil || newest == text {
		return err
	}
	return s.addNote(ctx, text, false)
}
