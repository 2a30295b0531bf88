package main

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"causeway.example/shared/canonical"
	"causeway.example/shared/message"
)

// validateTags returns the names of all rules in a type and the structs within it.
func validateTags(kind reflect.Type) []string {
	for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
		kind = kind.Elem()
	}
	if kind.Kind() != reflect.Struct || kind.PkgPath() != reflect.TypeFor[canonical.Order]().PkgPath() {
		return nil
	}
	var tags []string
	for field := range kind.Fields() {
		for rule := range strings.SplitSeq(field.Tag.Get("validate"), ",") {
			tag, _, _ := strings.Cut(rule, "=")
			tags = append(tags, tag)
		}
		tags = append(tags, validateTags(field.Type)...)
	}
	return tags
}

func mustSample(t *testing.T, eventType string) (*message.Message, any) {
	t.Helper()
	kind, known := canonical.TypeNamed(eventType)
	if !known {
		t.Fatalf("no event type %s", eventType)
	}
	body := bodyOf(kind)
	sample, err := newMessage(kind, body)
	if err != nil {
		t.Fatal(err)
	}
	return sample, body
}

func TestSamplesTellOfOnePurchase(t *testing.T) {
	t.Parallel()
	for _, kind := range canonical.Types() {
		sample, body := mustSample(t, kind.Name)
		if sample.Time.Before(sampleTime) || !sample.Sequence.UpdatedAt().Equal(sample.Time) {
			t.Errorf("%s happened at %s, version %s", kind.Name, sample.Time, sample.Sequence)
		}
		if order := reflect.ValueOf(body).Elem().FieldByName("Order"); order.IsValid() && order.String() != orderID {
			t.Errorf("%s is about the order %s", kind.Name, order)
		}
	}
}

func TestSamplesAreInTheStateOfTheirType(t *testing.T) {
	t.Parallel()
	_, body := mustSample(t, canonical.OrderCancelledEvent)
	if order := body.(*canonical.Order); order.Status != canonical.OrderCancelled || order.CancelledAt == nil {
		t.Errorf("the cancelled order is %s", order.Status)
	}
	_, body = mustSample(t, canonical.OrderPlaced)
	if order := body.(*canonical.Order); order.Status != canonical.OrderOpen || !order.UpdatedAt.Equal(order.PlacedAt) {
		t.Errorf("the placed order is %s since %s", order.Status, order.UpdatedAt)
	}
	for eventType, settled := range map[string]bool{canonical.RefundIssued: false, canonical.RefundSettled: true} {
		if _, body = mustSample(t, eventType); body.(*canonical.Refund).Settled != settled {
			t.Errorf("%s: settled is %v", eventType, !settled)
		}
	}
}

func TestTheSampleOrderIsWorthAttention(t *testing.T) {
	t.Parallel()
	order := sampleOrder()
	var tax int64
	for _, line := range order.Lines {
		tax += line.Tax.Minor
	}
	for _, delivery := range order.Deliveries {
		tax += delivery.Tax.Minor
	}
	if tax != order.Tax.Minor {
		t.Errorf("taxes add up to %d, the order says %d", tax, order.Tax.Minor)
	}
	if !order.Buyer.Phone.IsNull() || order.Note.IsZero() || order.Note.String() != "" || !order.Shipping.Region.IsZero() {
		t.Error("the sample does not show text in all three states")
	}
}

func TestOccasionsNameTheEntity(t *testing.T) {
	t.Parallel()
	for eventType, want := range map[string]occasion{
		canonical.OrderPlaced:     {"shopify", store, "order/" + orderID, 0},
		canonical.OrderChanged:    {"shopify", store, "order/" + orderID, time.Hour},
		canonical.ShipmentShipped: {"warehouse", warehouse, "shipment/S-20417", 20 * time.Hour},
	} {
		kind, _ := canonical.TypeNamed(eventType)
		if got := occasionOf(kind); got != want {
			t.Errorf("%s: %+v, want %+v", eventType, got, want)
		}
	}
	if sample, _ := mustSample(t, canonical.OrderPlaced); len(sample.Parents) != 1 || sample.Parents[0].Type != "customer" {
		t.Errorf("the order waits for %v", sample.Parents)
	}
}

func TestFileNamesCarryTheVersion(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"order.placed": "order.placed.v1.json", "shipment.shipped": "shipment.shipped.v1.json",
	} {
		kind, _ := canonical.TypeNamed(name)
		if got := fileName(kind); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	two := canonical.Type{Name: "order.placed", Schema: "order/2"}
	if got := fileName(two); got != "order.placed.v2.json" {
		t.Errorf("the second version lies in %s", got)
	}
}
