package shipbob_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/shipbob"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/shared/canonical"
	"causeway.example/shared/connector"
	"causeway.example/shared/connector/connectortest"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
)

func TestTargetConforms(t *testing.T) {
	t.Parallel()
	changed := sale(func(o *canonical.Order) { o.Shipping.Line1 = canonical.NewText("13 Main St") })
	cancelled := sale(func(o *canonical.Order) { o.Status = canonical.OrderCancelled })
	connectortest.TestTarget(t, connectortest.TargetHarness{
		Samples: []*message.Message{
			messageOf(t, canonical.OrderPlaced, sale(nil)), messageOf(t, canonical.OrderChanged, changed), messageOf(t, canonical.OrderCancelledEvent, cancelled),
			productMessage(t, "erp", tee("TEE", nil)), productMessage(t, "erp", tee("TEE", func(p *canonical.Product) { p.Title = "Renamed" })),
			productMessage(t, "erp", tee("TEE", func(p *canonical.Product) { p.Active = false })),
		},
		Personal: []string{"ada@example.com", "Byron", "12 Main St", "212 555"},
		Start: func(t *testing.T, transport http.RoundTripper) connectortest.TargetAccount {
			fake := shipbobtest.New(clock)
			fake.Limit(1000)
			return connectortest.TargetAccount{System: openSystem(t, fake, transport, productSettings, clock), State: func(key message.Key) string {
				if key.Type == "product" {
					return productState(fake, key.ID)
				}
				text := ""
				for _, o := range fake.Orders() {
					if strings.HasPrefix(o.Reference, key.String()) {
						text += fmt.Sprintf("%d %s %s %s %d\n", o.ID, o.Reference, o.Status(), o.Recipient.Address.Line1, len(o.Products))
					}
				}
				return text
			}}
		},
	})
}

func TestANewOrderTakesOneRequest(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	made := a.fake.Orders()[0]
	if got := a.fake.Calls(); !maps.Equal(got, map[string]int{"POST /order": 1}) {
		t.Errorf("requests: %v", got)
	}
	if made.Reference != reference || made.Number != "#1001" || made.Channel != 100001 || made.Method != "Standard Shipping" || made.Purchased != "2026-11-22T10:00:00Z" {
		t.Errorf("made %+v", made)
	}
	if to := made.Recipient; to.Name != "Ada Byron" || to.Email != "ada@example.com" || to.Address != (shipbobtest.Address{
		Line1: "12 Main St", Line2: "Apt 4", City: "New York", Country: "US", State: "NY", Zip: "10001",
	}) {
		t.Errorf("recipient %+v", to)
	}
	if len(made.Products) != 2 || made.Products[0].SKU != "TEE-BLK-M" || made.Products[0].Quantity != 2 || made.Products[1].Reference != "HOOD-M" {
		t.Errorf("products %+v: the gift card ships nothing", made.Products)
	}
}

func TestAChangeThatDoesNotConcernTheWarehouseWritesNothing(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	must(t, a.fake.Pick(reference))
	receipt := a.confirm(sale(func(o *canonical.Order) {
		o.Tags, o.Note, o.Financial, o.Buyer.Email = []string{"vip"}, canonical.NewText("gift"), canonical.PartiallyRefunded, canonical.NewText("ada@example.org")
	}))
	if !receipt.Linked {
		t.Errorf("receipt %+v", receipt)
	}
	if got := a.fake.Calls(); !maps.Equal(got, map[string]int{"POST /order": 1, "GET /order": 1}) {
		t.Errorf("requests: %v", got)
	}
}

// The reference id is the key against a second order: a lost answer, a crash, an empty memory.
func TestAnOrderThatIsThereAlreadyIsLinked(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	first := a.confirm(sale(nil))
	a.ref = ""
	if again := a.confirm(sale(nil)); again.Ref != first.Ref || !again.Linked {
		t.Errorf("first %+v, again %+v", first, again)
	}
	a.wantBooks(map[string]string{reference: shipbobtest.Processing})
}

func TestOrdersOfOneNumberInTwoStoresAreTwo(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.confirm(sale(nil))
	m := messageOf(t, canonical.OrderPlaced, sale(nil))
	m.Source, m.Tenant = "causeway.woocommerce", "shop.example"
	if _, err := a.system.Target.Deliver(t.Context(), connector.Delivery{Message: m, Body: sale(nil), Attempt: 1}); err != nil {
		t.Fatal(err)
	}
	a.wantBooks(map[string]string{reference: shipbobtest.Processing, "woocommerce/shop.example/order/5001": shipbobtest.Processing})
	m.Tenant = "other.example"
	_, err := a.system.Target.Deliver(t.Context(), connector.Delivery{Message: m, Body: sale(nil), Attempt: 1})
	if f := fault.As(err); f == nil || f.Class != fault.Config || f.Field != "SHIPBOB_CHANNELS" {
		t.Errorf("a store without a channel: %v", err)
	}
}

func TestChangesAreIssuedAnew(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*canonical.Order){
		"address":         func(o *canonical.Order) { o.Shipping.Line1 = canonical.NewText("13 Main St") },
		"quantity":        func(o *canonical.Order) { o.Lines[0].Quantity = pieces(1) },
		"line taken off":  func(o *canonical.Order) { o.Lines[1].Quantity = pieces(0) },
		"line added":      func(o *canonical.Order) { o.Lines[2].Ships = true },
		"shipping method": func(o *canonical.Order) { o.Deliveries[0].Title = "Express" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, nil)
			a.confirm(sale(nil))
			a.confirm(sale(change))
			a.confirm(sale(change))
			a.wantBooks(map[string]string{reference: shipbobtest.Cancelled, reference + "~2": shipbobtest.Processing})
			a.confirm(sale(nil))
			a.wantBooks(map[string]string{reference: shipbobtest.Cancelled, reference + "~2": shipbobtest.Cancelled, reference + "~3": shipbobtest.Processing})
		})
	}
}

func TestAChangeAfterPickingIsAConflict(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	first := a.confirm(sale(nil))
	must(t, a.fake.Pick(reference))
	f := a.refuse(sale(func(o *canonical.Order) { o.Shipping.Line1 = canonical.NewText("13 Main St") }), shipbob.CodeChangeRefused)
	if f.Kind != fault.Rejected || f.Class != fault.Conflict || !strings.Contains(f.Detail, "order "+first.Ref) || !strings.Contains(f.Detail, "shipment 78901001") {
		t.Errorf("fault %+v", f)
	}
	a.wantBooks(map[string]string{reference: shipbobtest.Processing})
	if _, err := a.fake.Ship(reference, nil); err != nil {
		t.Fatal(err)
	}
	_ = a.refuse(sale(func(o *canonical.Order) { o.Lines[0].Quantity = pieces(1) }), shipbob.CodeChangeRefused)
	a.wantBooks(map[string]string{reference: shipbobtest.Fulfilled})
}

func TestCancellation(t *testing.T) {
	t.Parallel()
	cancelled := sale(func(o *canonical.Order) { o.Status = canonical.OrderCancelled })
	t.Run("before the order was sent", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, nil)
		a.confirm(cancelled)
		a.wantBooks(map[string]string{})
	})
	t.Run("before it was picked", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, nil)
		a.confirm(sale(nil))
		a.confirm(cancelled)
		a.confirm(cancelled)
		a.wantBooks(map[string]string{reference: shipbobtest.Cancelled})
	})
	t.Run("after it was picked", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, nil)
		a.confirm(sale(nil))
		must(t, a.fake.Pick(reference))
		_ = a.refuse(cancelled, shipbob.CodeCancelRefused)
		a.wantBooks(map[string]string{reference: shipbobtest.Processing})
	})
	t.Run("after a part has left the rest is cancelled, and a person hears of it", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, nil)
		a.confirm(sale(nil))
		if _, err := a.fake.Ship(reference, map[string]int{"HOOD-M": 1}); err != nil {
			t.Fatal(err)
		}
		_ = a.refuse(cancelled, shipbob.CodeCancelRefused)
		shipments := a.fake.Orders()[0].Shipments
		if len(shipments) != 2 || shipments[0].Status != shipbobtest.Completed || shipments[1].Status != shipbobtest.Cancelled {
			t.Errorf("shipments %+v %+v", shipments[0], shipments[1])
		}
	})
	t.Run("of everything owed", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, nil)
		a.confirm(sale(nil))
		a.confirm(sale(func(o *canonical.Order) { o.Lines[0].Quantity, o.Lines[1].Quantity = pieces(0), pieces(0) }))
		a.wantBooks(map[string]string{reference: shipbobtest.Cancelled})
	})
	t.Run("and reopened in the store", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, nil)
		a.confirm(sale(nil))
		a.confirm(cancelled)
		a.confirm(sale(nil))
		a.wantBooks(map[string]string{reference: shipbobtest.Cancelled, reference + "~2": shipbobtest.Processing})
	})
	t.Run("by hand at ShipBob", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, nil)
		a.confirm(sale(nil))
		must(t, a.fake.CancelByHand(reference))
		f := a.refuse(sale(func(o *canonical.Order) { o.Tags = []string{"vip"} }), shipbob.CodeCancelledThere)
		if !strings.Contains(f.Detail, reference+"~2") {
			t.Errorf("fault %+v", f)
		}
		a.wantBooks(map[string]string{reference: shipbobtest.Cancelled})
		a.confirm(cancelled)
	})
}

func TestAnUnknownProductIsNoSuccess(t *testing.T) {
	t.Parallel()
	a := newAccount(t, nil)
	a.fake.Unknown("HOOD-M")
	f := a.refuse(sale(nil), shipbob.CodeImportReview)
	if f.Kind != fault.Rejected || f.Class != fault.MissingRef || f.Field != "lines[1].sku" || !strings.HasPrefix(f.Detail, `"HOOD-M": `) {
		t.Errorf("fault %+v", f)
	}
	_ = a.refuse(sale(nil), shipbob.CodeImportReview)
	a.fake.Match("HOOD-M")
	a.confirm(sale(nil))
	a.wantBooks(map[string]string{reference: shipbobtest.Processing})
}

func TestOrdersAreReleasedAfterTheDelay(t *testing.T) {
	t.Parallel()
	a := newAccount(t, map[string]string{"SHIPBOB_RELEASE_DELAY": "3h"})
	f := a.refuse(sale(nil), shipbob.CodeReleaseDelay)
	// Placed two hours ago and changed now: an hour is left, and a tenth of it for older states.
	if f.Kind != fault.NotReady || f.After != time.Hour+6*time.Minute || len(a.fake.Calls()) != 0 {
		t.Errorf("fault %+v after %v requests", f, a.fake.Calls())
	}
	older := sale(func(o *canonical.Order) { o.UpdatedAt = o.PlacedAt })
	if g := a.refuse(older, shipbob.CodeReleaseDelay); g.After != time.Hour+18*time.Minute {
		t.Errorf("an older state is released after %v", g.After)
	}
	a.now = noon.Add(f.After)
	a.confirm(sale(nil))
	a.wantBooks(map[string]string{reference: shipbobtest.Processing})
}

func TestAHeldOrderIsNotAtTheWarehouse(t *testing.T) {
	t.Parallel()
	a := newAccount(t, map[string]string{"SHIPBOB_HOLD_TAGS": "fraud-check,hold"})
	held := sale(func(o *canonical.Order) { o.Tags = []string{"vip", "hold"} })
	a.confirm(held)
	a.wantBooks(map[string]string{})
	a.confirm(sale(nil))
	a.confirm(held)
	a.wantBooks(map[string]string{reference: shipbobtest.Cancelled})
	a.confirm(sale(nil))
	a.wantBooks(map[string]string{reference: shipbobtest.Cancelled, reference + "~2": shipbobtest.Processing})
}

func TestWhatWasHandedOverIsNotSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*canonical.Order){
		"at a till": func(o *canonical.Order) { o.Fulfilled = true },
		"archived":  func(o *canonical.Order) { o.Status = canonical.OrderClosed },
		"a draft":   func(o *canonical.Order) { o.Status = canonical.OrderDraft },
		"digital":   func(o *canonical.Order) { o.Lines = o.Lines[2:] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, nil)
			if receipt := a.confirm(sale(change)); !receipt.Linked || receipt.Detail == "" {
				t.Errorf("receipt %+v", receipt)
			}
			a.wantBooks(map[string]string{})
		})
	}
}

func TestWhatCannotBeShippedNamesItsField(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*canonical.Order){
		"lines[0].sku":      func(o *canonical.Order) { o.Lines[0].SKU = "" },
		"lines[1].quantity": func(o *canonical.Order) { o.Lines[1].Quantity = canonical.Pieces(canonical.NewDecimal(15, 1)) },
		"shipping":          func(o *canonical.Order) { o.Shipping = nil },
		"shipping.line1":    func(o *canonical.Order) { o.Shipping.Line1 = canonical.Text{} },
		"shipping.country":  func(o *canonical.Order) { o.Shipping.Country = "" },
		"shipping.last_name": func(o *canonical.Order) {
			o.Shipping.FirstName, o.Shipping.LastName = canonical.Text{}, canonical.Text{}
		},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, nil)
			_, err := a.deliver(sale(change))
			if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Field != field || f.Detail == "" {
				t.Errorf("got %v", err)
			}
			a.wantBooks(map[string]string{})
		})
	}
}

// Another attempt can make the order, or pick it, between two requests.
func TestRaces(t *testing.T) {
	t.Parallel()
	t.Run("a 422 for another reason", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, nil)
		a.fake.Answer(shipbobtest.Answer{Status: http.StatusUnprocessableEntity, Body: `{"Recipient.Address.ZipCode":["Ada's zip is wrong"]}`})
		_, err := a.deliver(sale(nil))
		if f := fault.As(err); f == nil || f.Kind != fault.Rejected || f.Field != "Recipient.Address.ZipCode" || strings.Contains(err.Error(), "Ada") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("two active orders", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, nil)
		a.fake.PutShipped(1, reference, noon)
		a.fake.PutShipped(2, reference+"~2", noon)
		_ = a.refuse(sale(nil), shipbob.CodeForeignOrder)
	})
	t.Run("x-retry-after", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, nil)
		a.fake.Limit(1)
		a.confirm(sale(nil))
		a.now = noon.Add(35 * time.Second)
		_, err := a.deliver(sale(nil))
		if f := fault.As(err); f == nil || f.Kind != fault.Throttled || f.After != 25*time.Second {
			t.Errorf("got %+v", f)
		}
	})
}
