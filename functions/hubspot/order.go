package hubspot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// order sets the order, its line items and its contact. Every request may be repeated, so that a
// cut anywhere is completed by the next attempt.
func (w *work) order(ctx context.Context, o *canonical.Order) (connector.Receipt, error) {
	key := w.key.String()
	made, err := w.writeOne(ctx, orders, upsertAction, propOrder, input{key, w.settings.orderProperties(w.key, o)}, w.doing)
	if err != nil {
		return connector.Receipt{}, inOurTerms(err, orderFields)
	}
	lines, err := w.lines(ctx, o)
	if err != nil {
		return connector.Receipt{}, err
	}
	if err := w.attach(ctx, made, lines); err != nil {
		return connector.Receipt{}, err
	}
	receipt := connector.Receipt{Ref: made.id}
	contact, err := w.buyer(ctx, made, hasBought(o))
	if err != nil {
		return connector.Receipt{}, err
	}
	with := "contact " + contact
	if contact == "" {
		with = "no contact"
	}
	receipt.Detail = fmt.Sprintf("order %s %s: %s, line items: %d, %s", made.id, madeOrSet(made), stateOf(o), len(lines), with)
	return receipt, nil
}

// lines upserts the line items and returns their ids. The error names the line at fault; the
// others are written.
func (w *work) lines(ctx context.Context, o *canonical.Order) (ids []string, err error) {
	inputs, index := lineInputs(w.key, o)
	made, at, err := w.write(ctx, lineItems, upsertAction, propLine, inputs, w.doing)
	if err != nil {
		f := *fault.As(inOurTerms(err, lineFields))
		if at >= 0 && f.Class != fault.Config {
			line := fmt.Sprintf("lines[%d]", index[at])
			f.Field = strings.TrimSuffix(line+"."+f.Field, ".")
		}
		return nil, &f
	}
	for _, r := range made {
		ids = append(ids, r.id)
	}
	return ids, nil
}

// attach links the line items to their order. Line items that are not of the order any more are
// archived, if they are ours: one that a person added stays.
func (w *work) attach(ctx context.Context, order record, lines []string) error {
	missing := lines
	if !order.isNew {
		linked, err := w.associated(ctx, orders, order.id, lineItems, w.doing)
		if err != nil {
			return err
		}
		missing = without(lines, linked)
		if err := w.removeLines(ctx, without(linked, lines)); err != nil {
			return err
		}
	}
	return w.associate(ctx, orders, order.id, lineItems, missing, w.doing)
}

func (w *work) removeLines(ctx context.Context, ids []string) error {
	var ours []string
	for batch := range slices.Chunk(ids, mostInputs) {
		found, err := w.read(ctx, lineItems, "", batch, []string{propLine}, w.doing)
		if err != nil {
			return err
		}
		for _, r := range found {
			if strings.HasPrefix(r.properties[propLine], lineKeys(w.key)) {
				ours = append(ours, r.id)
			}
		}
	}
	return w.archive(ctx, lineItems, ours, w.doing)
}

// without returns the ids that are not among the others.
func without(ids, others []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(others, id) })
}

// buyer links the order to its contact, and returns the contact's id; "" if it has none. A contact
// that was merged or deleted at HubSpot is looked up by the customer's key: an order stays without
// one if a person was erased.
func (w *work) buyer(ctx context.Context, order record, bought bool) (string, error) {
	key, contact, found := w.parent(entityCustomer)
	if !found {
		return "", nil
	}
	if contact != "" {
		err := w.link(ctx, order, contact, bought)
		if err == nil || !isMissing(err) {
			return contact, err
		}
	}
	known, there, err := w.readOne(ctx, contacts, propCustomer, key.String(), []string{propCustomer}, w.doing)
	if err != nil || !there {
		return "", err
	}
	return known.id, w.link(ctx, order, known.id, bought)
}

func (w *work) link(ctx context.Context, order record, contact string, bought bool) error {
	if err := w.associate(ctx, orders, order.id, contacts, []string{contact}, w.doing); err != nil {
		return err
	}
	if stage := w.settings.LifecycleStage; bought && stage != stageNone {
		_, err := w.writeOne(ctx, contacts, updateAction, "", input{contact, []property{{"lifecyclestage", stage}}}, w.doing)
		return err
	}
	return nil
}

// stageNone is the value of HUBSPOT_LIFECYCLE_STAGE that leaves the stage alone.
const stageNone = "none"

func isMissing(err error) bool {
	f := fault.As(err)
	return f != nil && f.Kind == fault.Rejected && f.Class == fault.MissingRef
}
