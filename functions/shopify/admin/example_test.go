package admin_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"causeway.example/functions/shopify/admin"
	"causeway.example/functions/shopify/payload"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

func ExampleClient_Order() {
	fake := shopifytest.New()
	fake.Put(shopifytest.Purchase{ID: 42}.Body())
	server := httptest.NewServer(fake)
	defer server.Close()
	client, err := admin.New([]string{shopifytest.Shop}, server.URL, shopifytest.Token, connector.Deps{HTTP: http.DefaultTransport, Now: time.Now})
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := client.Order(context.Background(), shopifytest.Shop, "42", "fetching order 42")
	if err != nil {
		fmt.Println(err)
		return
	}
	order, bad := payload.ReadOrder(payload.NewReader(body))
	fmt.Println(order.Head.ID, order.Head.Financial, len(order.Transactions), bad)
	// Output:
	// 42 paid 1 <nil>
}

// TestWithoutATokenNothingIsSent expects a fault that names the setting.
func TestWithoutATokenNothingIsSent(t *testing.T) {
	t.Parallel()
	client, err := admin.New([]string{shopifytest.Shop}, "https://{shop}", "", connector.Deps{HTTP: unreachable{t}, Now: time.Now})
	if err != nil || client.MayCall() {
		t.Fatalf("may call: %v, %v", client.MayCall(), err)
	}
	_, err = client.Order(t.Context(), shopifytest.Shop, "42", "fetching order 42")
	if e := fault.As(err); e == nil || e.Kind != fault.Rejected || e.Class != fault.Config || e.Field != "SHOPIFY_ADMIN_TOKEN" {
		t.Errorf("got %v", err)
	}
}

// unreachable is a network that must not be used.
type unreachable struct{ t *testing.T }

func (u unreachable) RoundTrip(r *http.Request) (*http.Response, error) {
	u.t.Errorf("%s was called", r.URL)
	return nil, http.ErrServerClosed
}

// mute is a network on which a request arrives and its answer does not.
type mute struct{}

func (mute) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

// TestAnAnswerThatIsLostIsUnknownOnlyOfAMutation tries a mutation with an input and one with other
// variables only: either may have taken effect.
func TestAnAnswerThatIsLostIsUnknownOnlyOfAMutation(t *testing.T) {
	t.Parallel()
	client, err := admin.New([]string{shopifytest.Shop}, "https://{shop}", shopifytest.Token, connector.Deps{HTTP: mute{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]struct {
		call admin.Call
		want fault.Class
	}{
		"query":                      {admin.Call{Query: "query order($id: ID!) { order(id: $id) { id } }"}, fault.Intermittent},
		"mutation with an input":     {admin.Call{Query: "mutation m($input: ID!) { x }", Input: []byte(`"1"`)}, fault.Ambiguous},
		"mutation with another name": {admin.Call{Query: "mutation m($id: ID!) { x }", Variables: []admin.Variable{{Name: "id", Value: "1"}}}, fault.Ambiguous},
	} {
		try.call.Shop = shopifytest.Shop
		_, err := client.Query(t.Context(), try.call)
		if e := fault.As(err); e == nil || e.Class != try.want {
			t.Errorf("%s: %v, want class %s", name, err, try.want)
		}
	}
}
