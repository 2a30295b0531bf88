package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	lambda "github.com/aws/aws-lambda-go/events"

	"causeway.example/events"
	"causeway.example/functions/shipbob/shipbobtest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/message"
	"causeway.example/shared/routes"
)

// batch is how many messages are handed over.
const batch = 10

// orders are, by source, the recorded order and how the source signs its delivery.
var orders = map[string]struct {
	file string
	sign func(body []byte) http.Header
}{
	"shipbob": {"shipbob.order.shipped.json", func(body []byte) http.Header {
		return shipbobtest.Header(message.DeriveID(string(body)), "order.shipped", body, time.Now())
	}},
	"shopify": {"shopify.orders-create.json", func(body []byte) http.Header {
		return shopifytest.Delivery{Topic: "orders/create", Body: body}.Header()
	}},
	"woocommerce": {"woocommerce.order.created.json", func(body []byte) http.Header {
		return woocommercetest.Header("order.created", body)
	}},
}

// polled are, by source, what a poll puts in the inbox of a source without webhooks, as a format of
// its number.
var polled = map[string]struct{ topic, body string }{
	"netsuite": {"inventory/level", `{"sku":"TEE-%d","location":"5","onhand":"40","available":"38","changed":"2026-11-22 21:05:44"}`},
}

// eventsFor returns what triggers the role: ten requests for a door, ten rounds
// for a poll or an audit, a batch of ten messages for the others.
func eventsFor(ctx context.Context, role connector.Role, system connector.System) ([][]byte, error) {
	switch role {
	case connector.Receive:
		return requests(system.Profile.Name)
	case connector.Translate:
		return inbox(ctx, system)
	case connector.Deliver:
		return deliveries(system.Profile)
	case connector.Poll, connector.Audit:
		schedule, err := events.Trigger("schedule")
		return slices.Repeat([][]byte{schedule}, batch), err
	}
	return nil, fmt.Errorf("nothing is known of what triggers %s-%s", system.Profile.Name, role)
}

// number is the order's own id, which comes first in each of them.
var number = regexp.MustCompile(`^\s*\{\s*"id":\s*\d+`)

// order returns the system's recorded order as the i-th of its kind, signed.
func order(system string, i int) ([]byte, http.Header, error) {
	recorded, known := orders[system]
	if !known {
		return nil, nil, fmt.Errorf("nothing is known of the orders of %s", system)
	}
	body, err := os.ReadFile(filepath.Join("scripts", "day", "recorded", recorded.file))
	if err != nil {
		return nil, nil, err
	}
	body = number.ReplaceAll(body, []byte(`{"id":`+strconv.Itoa(5000+i)))
	return body, recorded.sign(body), nil
}

func requests(system string) ([][]byte, error) {
	var all [][]byte
	for i := range batch {
		body, header, err := order(system, i)
		if err != nil {
			return nil, err
		}
		var request lambda.APIGatewayV2HTTPRequest
		request.Version, request.Body, request.Headers = "2.0", string(body), map[string]string{}
		request.RequestContext.HTTP.Method = http.MethodPost
		for name := range header {
			request.Headers[name] = header.Get(name)
		}
		event, err := json.Marshal(request)
		if err != nil {
			return nil, err
		}
		all = append(all, event)
	}
	return all, nil
}

// inbox returns raw messages as the system's own door names them, or as its poll does.
func inbox(ctx context.Context, system connector.System) ([][]byte, error) {
	var bodies [][]byte
	for i := range batch {
		raw, err := raw(ctx, system, i)
		if err != nil {
			return nil, err
		}
		raw.System, raw.CorrelationID = system.Profile.Name, raw.ID
		encoded, err := raw.Encode()
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, encoded)
	}
	return queued(routes.Inbox(system.Profile.Name), bodies)
}

// raw returns the i-th raw message of the system, without its envelope.
func raw(ctx context.Context, system connector.System, i int) (*message.Raw, error) {
	if found, known := polled[system.Profile.Name]; known {
		return &message.Raw{
			ID: strconv.Itoa(i), Tenant: "1234567", Topic: found.topic, Trigger: message.Poll, ContentType: "application/json", Body: fmt.Appendf(nil, found.body, i),
		}, nil
	}
	body, header, err := order(system.Profile.Name, i)
	if err != nil {
		return nil, err
	}
	received, err := system.Source.Receive(ctx, connector.Request{Method: http.MethodPost, Header: header, Body: body, At: time.Now()})
	if err == nil {
		received.Body = body
	}
	return received, err
}

// deliveries returns the sample of the first type that a route leads to the system, or else that it
// has an operation for.
func deliveries(profile connector.Profile) ([][]byte, error) {
	kind, queue := slices.Min(slices.Collect(maps.Keys(profile.Operations))), profile.Name+"-"+string(connector.Deliver)
	if to := routes.To(routes.Table, profile.Name); len(to) > 0 {
		kind, queue = to[0].Types[0], to[0].Queue()
	}
	sample, err := events.Sample(kind)
	if err != nil {
		return nil, err
	}
	m, err := message.Decode(sample)
	if err != nil {
		return nil, err
	}
	var bodies [][]byte
	for i := range batch {
		m.ID, m.Subject, m.Parents = strconv.Itoa(i), m.EntityType()+"/"+strconv.Itoa(5000+i), nil
		encoded, err := m.Encode()
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, encoded)
	}
	return queued(queue, bodies)
}

func queued(queue string, bodies [][]byte) ([][]byte, error) {
	var event lambda.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, lambda.SQSMessage{
			MessageId: strconv.Itoa(i), ReceiptHandle: strconv.Itoa(i), Body: string(body), EventSource: "aws:sqs",
			EventSourceARN: "arn:aws:sqs:eu-central-1:111122223333:" + prefix + "-" + queue,
			Attributes:     map[string]string{"ApproximateReceiveCount": "1", "SentTimestamp": strconv.FormatInt(time.Now().UnixMilli(), 10)},
		})
	}
	data, err := json.Marshal(event)
	return [][]byte{data}, err
}
