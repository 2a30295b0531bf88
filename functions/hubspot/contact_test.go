package hubspot_test

import (
	"strings"
	"testing"

	"causeway.example/functions/hubspot"
	"causeway.example/shared/canonical"
	"causeway.example/shared/fault"
)

const customerKey = "shopify/" + shop + "/customer/"

func TestAContactWithTheAddressIsAdopted(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		a := newAccount(t, nil)
		if whole {
			a.fake.Whole()
		}
		id := a.fake.Put("contacts", map[string]string{"email": "ada@example.com", "lifecyclestage": "lead", "company": "Analytical Engines"})
		receipt := a.confirm(buyer(nil))
		contact := a.only("contacts")
		if receipt.Ref != id || !strings.Contains(receipt.Detail, "adopted") {
			t.Errorf("receipt %+v", receipt)
		}
		a.want(contact, map[string]string{"causeway_customer": customerKey + "7", "firstname": "Ada", "company": "Analytical Engines", "lifecyclestage": "lead"})
	}
}

// A guest and an account, or two stores, are one person by the e-mail address. The account owns
// the contact, whichever comes first.
func TestOneAddressIsOneContact(t *testing.T) {
	t.Parallel()
	guest := buyer(func(c *canonical.Customer) {
		c.ID, c.Guest, c.Phone = "guest-1", true, canonical.NewText("+1 212 555 0199")
	})
	other := buyer(func(c *canonical.Customer) { c.ID = "8" })
	for name, c := range map[string]struct {
		bodies []any
		owner  string
	}{
		"account, guest":         {[]any{buyer(nil), guest}, "7"},
		"guest, account":         {[]any{guest, buyer(nil)}, "7"},
		"guest, account, guest":  {[]any{guest, buyer(nil), guest}, "7"},
		"two accounts":           {[]any{buyer(nil), other, buyer(nil), other}, "7"},
		"guest and two accounts": {[]any{guest, other, buyer(nil)}, "8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, nil)
			a.confirm(c.bodies...)
			contact := a.only("contacts")
			a.want(contact, map[string]string{"causeway_customer": customerKey + c.owner})
			for key, ref := range a.refs {
				if ref != contact.ID {
					t.Errorf("%s is contact %s, want %s", key, ref, contact.ID)
				}
			}
			d := a.delivery(c.bodies[0])
			d.Ref = ""
			if ref, err := searchFor(a, d); err != nil || ref != contact.ID {
				t.Errorf("a search finds %q, %v", ref, err)
			}
		})
	}
}

func TestAChangedAddressStaysOneContact(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(buyer(nil), buyer(func(c *canonical.Customer) { c.Email = canonical.NewText("ada@example.org") }))
	a.want(a.only("contacts"), map[string]string{"email": "ada@example.org", "causeway_customer": customerKey + "7"})
}

// The address of the one who does not own the shared contact changes: they are two people.
func TestPeopleWhoShareAContactPart(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	other := buyer(func(c *canonical.Customer) { c.ID = "8" })
	moved := buyer(func(c *canonical.Customer) { c.ID, c.Email = "8", canonical.NewText("grace@example.com") })
	a.confirm(buyer(nil), other, moved, buyer(nil))
	all := a.fake.Records("contacts")
	if len(all) != 2 {
		t.Fatalf("contacts %+v", all)
	}
	a.want(all[0], map[string]string{"email": "ada@example.com", "causeway_customer": customerKey + "7"})
	a.want(all[1], map[string]string{"email": "grace@example.com", "causeway_customer": customerKey + "8"})
}

func TestTwoContactsOfOnePersonAreMergedByAPerson(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(buyer(nil))
	second := a.fake.Put("contacts", map[string]string{"email": "ada@example.org"})
	moved := buyer(func(c *canonical.Customer) { c.Email = canonical.NewText("ada@example.org") })
	f := a.refuse(moved)
	if f.Kind != fault.Rejected || f.Class != fault.Conflict || f.Code != hubspot.CodeTwoContacts || !strings.Contains(f.Detail, "contact "+second) {
		t.Errorf("fault %+v", f)
	}
	if strings.Contains(f.Error(), "ada") {
		t.Errorf("the error shows the address: %v", f)
	}
	a.fake.Delete("contacts", second) // merged
	a.confirm(moved)
	a.want(a.only("contacts"), map[string]string{"email": "ada@example.org"})
}

func TestACustomerWithoutAnAddressHasAContact(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	none := buyer(func(c *canonical.Customer) {
		c.Email, c.Phone, c.LastName = canonical.Text{}, canonical.NullText(), canonical.Text{}
	})
	a.confirm(none, none)
	a.want(a.only("contacts"), map[string]string{"email": "", "firstname": "Ada", "phone": "", "causeway_customer": customerKey + "7"})
	a.confirm(buyer(nil), none)
	a.want(a.only("contacts"), map[string]string{"email": "ada@example.com", "lastname": "Byron", "phone": ""})
}

// A contact that was deleted or merged at HubSpot does not hold its orders up.
func TestAnOrderOfADeletedContact(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(buyer(nil))
	a.fake.Delete("contacts", a.only("contacts").ID)
	if receipt := a.confirm(sale(nil)); !strings.HasSuffix(receipt.Detail, "no contact") {
		t.Errorf("receipt %+v", receipt)
	}
	merged := a.fake.Put("contacts", map[string]string{"causeway_customer": customerKey + "7"})
	a.confirm(sale(nil))
	if linked := a.only("orders").Linked["contacts"]; len(linked) != 1 || linked[0] != merged {
		t.Errorf("linked %v", linked)
	}
}
