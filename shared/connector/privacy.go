package connector

import (
	"fmt"
	"time"

	"causeway.example/shared/message"
)

// PrivacyRequest is what a source passes on of a data protection law's request: the person
// named by ids only.
type PrivacyRequest struct {
	Kind     PrivacyKind
	Customer message.Key   // whose data it is; zero for a whole store, or if the source named no id
	Orders   []message.Key // of the customer, as far as the source named them
	Due      time.Time     // when it must have been carried out
}

// PrivacyKind is what is requested.
type PrivacyKind string

// The kinds of requests.
const (
	EraseCustomer  PrivacyKind = "erase"      // the person's data has to be erased
	ReportCustomer PrivacyKind = "report"     // the person asks what is stored
	EraseShop      PrivacyKind = "erase_shop" // the store has left: all of its data has to be erased
)

// Words says what is requested, of whom and until when.
func (r PrivacyRequest) Words(tenant string) string {
	due := r.Due.UTC().Format(time.DateOnly)
	who := "a person whom the request does not name by an id"
	if r.Customer.ID != "" {
		who = "customer " + r.Customer.ID
	}
	switch r.Kind {
	case ReportCustomer:
		return fmt.Sprintf("privacy request: report by %s what is stored of %s", due, who)
	case EraseShop:
		return fmt.Sprintf("privacy request: erase by %s everything of store %s", due, tenant)
	}
	return fmt.Sprintf("privacy request: erase by %s the personal data of %s", due, who)
}
