package hubspot

import (
	"context"
	"strings"

	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

// CodeTwoContacts is the code of a customer who has a contact, while another contact has the
// customer's e-mail address. A person has to merge them.
const CodeTwoContacts = "two_contacts"

// customer upserts the contact by the customer's key. If another contact has the e-mail address,
// that one is taken.
func (w *work) customer(ctx context.Context, c *canonical.Customer) (connector.Receipt, error) {
	own := property{propCustomer, w.key.String()}
	fields := contactProperties(c)
	made, err := w.writeOne(ctx, contacts, upsertAction, propCustomer, input{own.value, append(fields, own)}, w.doing)
	if isConflict(err) {
		return w.adopt(ctx, c, fields, own, err)
	}
	if err != nil {
		return connector.Receipt{}, inOurTerms(err, contactFields)
	}
	return connector.Receipt{Ref: made.id, Detail: "contact " + made.id + " " + madeOrSet(made)}, nil
}

// adopt writes to the contact that has the e-mail address. It becomes the customer's own if it is
// no customer's yet, or that of a guest while this customer is known. Otherwise both share it: two
// stores have one person, or a guest has an account too.
func (w *work) adopt(ctx context.Context, c *canonical.Customer, fields []property, own property, conflict error) (connector.Receipt, error) {
	email := emailOf(c)
	if email == "" {
		return connector.Receipt{}, inOurTerms(conflict, contactFields)
	}
	found, there, err := w.readOne(ctx, contacts, propEmail, email, []string{propCustomer}, w.doing)
	if err != nil {
		return connector.Receipt{}, err
	}
	if !there { // it was merged, deleted or changed meanwhile
		f := *fault.As(conflict)
		f.Kind, f.Class, f.Scope = fault.Unavailable, fault.Conflict, fault.EntityScope
		return connector.Receipt{}, &f
	}
	owner := found.properties[propCustomer]
	detail := "contact " + found.id + " set, which is shared by its e-mail address with " + owner
	if owner == "" || isGuest(owner) && !c.Guest {
		fields = append(fields, own)
		detail = "contact " + found.id + " adopted by its e-mail address"
	}
	_, err = w.writeOne(ctx, contacts, updateAction, "", input{found.id, fields}, w.doing)
	if isConflict(err) {
		f := *fault.As(err)
		f.Code, f.Field = CodeTwoContacts, "email"
		f.Detail = "the customer has a contact at HubSpot, and contact " + found.id + " has the e-mail address: merge them there, then redrive"
		return connector.Receipt{}, &f
	}
	if err != nil {
		return connector.Receipt{}, inOurTerms(err, contactFields)
	}
	return connector.Receipt{Ref: found.id, Detail: detail}, nil
}

// isGuest reports whether the key is one of a guest (canonical.GuestID).
func isGuest(key string) bool {
	k, err := message.ParseKey(key)
	return err == nil && strings.HasPrefix(k.ID, "guest-")
}

func isConflict(err error) bool {
	f := fault.As(err)
	return f != nil && f.Kind == fault.Rejected && f.Class == fault.Conflict
}

func madeOrSet(r record) string {
	if r.isNew {
		return "made"
	}
	return "set"
}

// inOurTerms names the canonical field that a rejected property comes from, by its name.
func inOurTerms(err error, fields map[string]string) error {
	f := *fault.As(err)
	if ours := fields[f.Field]; ours != "" && f.Kind == fault.Rejected && f.Class != fault.Config {
		f.Detail += " (property " + f.Field + ")"
		f.Field = ours
	}
	return &f
}
