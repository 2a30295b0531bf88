package translation_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/shopify/translation"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
)

func ExampleTranslator() {
	api, err := admin.New([]string{shopifytest.Shop}, "https://{shop}", "", connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
	if err != nil {
		fmt.Println(err)
		return
	}
	translator := &translation.Translator{API: api, Currency: payload.ShopBasis, Tolerance: 5}
	translated, err := translator.Translate(context.Background(), &message.Raw{
		ID: "1", System: payload.Name, Tenant: shopifytest.Shop, Topic: payload.TopicOrderUpdated, Body: shopifytest.Sample(),
	})
	for _, event := range translated.Events {
		fmt.Println(event.Type, event.Entity.ID)
	}
	fmt.Println(err)
	// Output:
	// customer.upserted 115310627314723954
	// order.changed 820982911946154508
	// payment.captured 820982911946154508-paid
	// <nil>
}
