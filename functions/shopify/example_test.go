package shopify_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"causeway.example/functions/shopify"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

func ExampleOpen() {
	system, err := shopify.Open(map[string]string{
		"SHOPIFY_SHOPS":           shopifytest.Shop,
		"SHOPIFY_WEBHOOK_SECRETS": shopifytest.Secret,
	}, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
	if err != nil {
		fmt.Println(err)
		return
	}
	delivery := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Sample()}
	raw, err := system.Source.Receive(context.Background(), delivery.Request(time.Now()))
	if err != nil {
		fmt.Println(err)
		return
	}
	translation, err := system.Source.Translate(context.Background(), raw)
	for _, event := range translation.Events {
		fmt.Println(event.Type, event.Entity.Type, event.Entity.ID)
	}
	fmt.Println(err)
	// Output:
	// customer.upserted customer 115310627314723954
	// order.placed order 820982911946154508
	// payment.captured payment 820982911946154508-paid
	// <nil>
}

func BenchmarkReceive(b *testing.B) {
	s := open(b, nil)
	request := shopifytest.Delivery{Topic: "orders/create", Body: shopifytest.Order(30)}.Request(now)
	b.SetBytes(int64(len(request.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Source.Receive(b.Context(), request); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTranslate(b *testing.B) {
	for _, lines := range []int{2, 30, 200} {
		b.Run(strconv.Itoa(lines)+" lines", func(b *testing.B) {
			s := open(b, nil)
			raw := &message.Raw{ID: "raw", Tenant: shopifytest.Shop, Topic: "orders/create", Body: shopifytest.Order(lines)}
			b.SetBytes(int64(len(raw.Body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Source.Translate(b.Context(), raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
