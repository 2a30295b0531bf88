package shopifytest

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"causeway.example/shared/canonical"
)

// The defaults of the Fake and of the deliveries.
const (
	Shop    = "example-brand.myshopify.com"
	Secret  = "hush-shopify-test-secret" // the one that the published samples are signed with
	Token   = "token-of-the-fake-admin-api"
	Version = "2026-10"
)

//go:embed testdata/admin.graphql
var sdl string

// Fake is the Admin GraphQL API of any shop. It is safe for concurrent use.
type Fake struct {
	// Now is the shop's clock, by which its bucket of points refills; set it before use.
	// nil means a bucket that is always full.
	Now func() time.Time

	schema *ast.Schema

	mu      sync.Mutex
	version string
	orders  map[string][]Transaction
	answers []Answer
	to      map[string][]Answer // by a part of the query
	lost    string              // a part of the query whose answer is lost
	asked   []string

	held, customers map[string]object    // in the form of webhooks
	metafields      map[string]metafield // by order, namespace and key
	returns         []*Return
	shipping        shipping
	cancels         cancels
	declines        bool // gateways pay nothing back
	stock           stocks
	catalog         catalog
	subscriptions   []Subscription
	deleted         int // subscriptions that ended
	bucket          bucket
}

// Transaction is one transaction of an order, as the API shows it.
type Transaction struct {
	ID          int64
	Kind        string // such as "SALE"
	Status      string // such as "SUCCESS"
	Gateway     string // such as "shopify_payments"
	Reference   string
	Amount      canonical.Money // in the shop's currency
	Presentment canonical.Money // the zero value means Amount
	Parent      int64           // id of the transaction that is captured or paid back; 0 for none
	Rounding    canonical.Money // of cash; the zero value for none
	At          time.Time
}

// Answer is an answer that the Fake gives instead of its own.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// New returns a Fake that knows no order.
func New() *Fake {
	schema := gqlparser.MustLoadSchema(&ast.Source{Name: "admin.graphql", Input: sdl})
	return &Fake{
		schema: schema, version: Version, orders: map[string][]Transaction{}, held: map[string]object{}, customers: map[string]object{},
	}
}

// Settings returns the configuration that points the connector at the Fake, which is
// served under the base URL.
func (f *Fake) Settings(base string) map[string]string {
	return map[string]string{
		"SHOPIFY_SHOPS":           Shop,
		"SHOPIFY_WEBHOOK_SECRETS": Secret,
		"SHOPIFY_ADMIN_TOKEN":     Token,
		"SHOPIFY_API_URL":         base,
	}
}

// Pay gives the order these transactions.
func (f *Fake) Pay(order string, transactions ...Transaction) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.orders[order] = append(f.orders[order], transactions...)
}

// SetVersion makes the Fake answer in another version of the API.
func (f *Fake) SetVersion(version string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.version = version
}

// Answer queues answers that come before the Fake's own, one for each request.
func (f *Fake) Answer(answers ...Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, answers...)
}

// AnswerTo queues answers to queries that have the text.
func (f *Fake) AnswerTo(text string, answers ...Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.to == nil {
		f.to = map[string][]Answer{}
	}
	f.to[text] = append(f.to[text], answers...)
}

// LoseAnswer executes the next query that has the text, and answers with a gateway's error.
func (f *Fake) LoseAnswer(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = text
}

// Asked returns the queries so far, rejected ones included.
func (f *Fake) Asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

// ServeHTTP answers POST /admin/api/2026-10/graphql.json.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.answer(r)
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Shopify-Api-Version", f.version)
	w.WriteHeader(a.Status)
	_, _ = w.Write([]byte(a.Body))
}

func (f *Fake) answer(r *http.Request) Answer {
	var q struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/admin/api/"+Version+"/graphql.json":
		return Answer{Status: http.StatusNotFound, Body: `{"errors":"Not Found"}`}
	case r.Header.Get("X-Shopify-Access-Token") != Token:
		return Answer{Status: http.StatusUnauthorized, Body: `{"errors":"[API] Invalid API key or access token"}`}
	case json.NewDecoder(r.Body).Decode(&q) != nil:
		return Answer{Status: http.StatusBadRequest, Body: `{"errors":"Bad Request"}`}
	}
	f.asked = append(f.asked, q.Query)
	if len(f.answers) > 0 {
		first := f.answers[0]
		f.answers = f.answers[1:]
		return first
	}
	for text, queued := range f.to {
		if len(queued) > 0 && strings.Contains(q.Query, text) {
			f.to[text] = queued[1:]
			return queued[0]
		}
	}
	a := f.execute(q.Query, q.Variables)
	if f.lost != "" && strings.Contains(q.Query, f.lost) {
		f.lost = ""
		return Answer{Status: http.StatusBadGateway, Body: "bad gateway"}
	}
	return a
}

// execute validates the query as Shopify does and answers the selected fields.
func (f *Fake) execute(query string, variables map[string]any) Answer {
	document, errs := gqlparser.LoadQueryWithRules(f.schema, query, rules.NewDefaultRules())
	if len(errs) > 0 || len(document.Operations) != 1 {
		return failed("undefinedField", errs.Error())
	}
	operation := document.Operations[0]
	variables, err := validator.VariableValues(f.schema, operation, variables)
	if err != nil {
		return failed("INVALID_VARIABLE", err.Error())
	}
	if refused, bad := refuseStock(operation, variables); bad {
		return refused
	}
	if refused, bad := refuseRefund(operation, variables); bad {
		return refused
	}
	if refused, bad := f.refuseProduct(operation, variables); bad {
		return refused
	}
	cost := points(operation.SelectionSet, variables)
	if cost > mostPoints {
		return failed("MAX_COST_EXCEEDED", "Query cost is "+strconv.Itoa(cost)+", which exceeds the single query max cost limit")
	}
	if !f.affords(cost) {
		return f.throttled(cost)
	}
	root := f.root(operation, variables)
	p := projection{variables: variables}
	selected := p.project(root, operation.SelectionSet)
	if p.err != nil {
		return failed("INVALID", p.err.Error())
	}
	spent := min(p.objects-1, cost) // the root is free
	f.bucket.charge(spent)
	return ok(map[string]any{"data": selected, "extensions": map[string]any{"cost": f.bucket.show(cost, spent)}})
}

func failed(code, text string) Answer {
	return ok(map[string]any{"errors": []any{map[string]any{"message": text, "extensions": map[string]any{"code": code}}}})
}

func ok(body any) Answer {
	data, err := json.Marshal(body)
	if err != nil {
		return Answer{Status: http.StatusInternalServerError}
	}
	return Answer{Status: http.StatusOK, Body: string(data)}
}

// root returns the data that the operation can select. A mutation is executed.
func (f *Fake) root(operation *ast.OperationDefinition, variables map[string]any) map[string]any {
	root := map[string]any{"shop": map[string]any{"id": "gid://shopify/Shop/1", "name": "Example Brand", "ianaTimezone": "America/New_York", "currencyCode": f.catalog.money()}}
	for _, field := range fields(operation.SelectionSet) {
		if value, known := f.ownRoot(field, variables); known {
			root[field.Name] = value
			continue
		}
		if value, known := f.orderRoot(field, variables); known {
			root[field.Name] = value
			continue
		}
		search := toText(argument(field, "query", variables))
		switch field.Name {
		case "webhookSubscriptionCreate":
			input, _ := argument(field, "webhookSubscription", variables).(map[string]any)
			root[field.Name] = f.create(toText(argument(field, "topic", variables)), toText(input["uri"]))
		case "fulfillmentCreate":
			input, _ := argument(field, "fulfillment", variables).(map[string]any)
			root[field.Name] = f.fulfill(input)
		case "fulfillmentCancel":
			root[field.Name] = f.cancelFulfillment(toText(argument(field, "id", variables)))
		case "fulfillmentTrackingInfoUpdate":
			input, _ := argument(field, "trackingInfoInput", variables).(map[string]any)
			notify, _ := argument(field, "notifyCustomer", variables).(bool)
			root[field.Name] = f.track(toText(argument(field, "fulfillmentId", variables)), input, notify)
		case "fulfillmentEventCreate":
			input, _ := argument(field, "fulfillmentEvent", variables).(map[string]any)
			root[field.Name] = f.happen(input)
		case "inventorySetQuantities":
			input, _ := argument(field, "input", variables).(map[string]any)
			root[field.Name] = f.idempotent(field, variables, func() object { return f.setStock(input) })
		case "inventoryActivate":
			item, location := toText(argument(field, "inventoryItemId", variables)), toText(argument(field, "locationId", variables))
			root[field.Name] = f.idempotent(field, variables, func() object { return f.activateStock(item, location) })
		case "inventoryItems":
			location, _ := variables["location"].(string)
			root[field.Name] = f.itemsWith(search, strings.TrimPrefix(location, "gid://shopify/Location/"))
			f.sold()
		case "webhookSubscriptions":
			root[field.Name] = f.shownSubscriptions()
		case "ordersCount":
			root[field.Name] = shownCount(f.allOrders(), search)
		case "orders":
			found, known := audited(f.allOrders(), search)
			if !known {
				found = changed(f.allOrders(), search)
			}
			root[field.Name] = found
		case "customers":
			root[field.Name] = changed(f.allCustomers(), search)
		}
	}
	id, _ := variables["id"].(string)
	if held, known := f.customers[strings.TrimPrefix(id, "gid://shopify/Customer/")]; known {
		root["customer"] = customer(graph(held))
	}
	if number, asked := strings.CutPrefix(id, "gid://shopify/Refund/"); asked {
		if refund, known := f.refund(number); known {
			root["refund"] = refund
		}
	}
	f.shipped(id, root)
	number := strings.TrimPrefix(id, "gid://shopify/Order/")
	if held, known := f.held[number]; known {
		root["order"] = f.order(held)
		return root
	}
	transactions, known := f.orders[number]
	if !known {
		return root
	}
	shown := make([]any, len(transactions))
	for i, t := range transactions {
		shown[i] = t.show()
	}
	root["order"] = map[string]any{"id": id, "transactions": shown}
	return root
}

// orderRoot executes a mutation that marks an order, refunds it, or closes a return of it.
func (f *Fake) orderRoot(field *ast.Field, variables map[string]any) (value object, known bool) {
	id := toText(argument(field, "id", variables))
	switch field.Name {
	case "tagsAdd", "tagsRemove":
		tags, _ := argument(field, "tags", variables).([]any)
		return f.tag(id, tags, field.Name == "tagsAdd"), true
	case "metafieldsSet":
		all, _ := argument(field, "metafields", variables).([]any)
		return f.setMetafields(all), true
	case "refundCreate":
		input, _ := argument(field, "input", variables).(map[string]any)
		return f.idempotent(field, variables, func() object { return f.createRefund(input) }), true
	case "returnClose":
		return f.closeReturn(id), true
	}
	return nil, false
}

func (f *Fake) allOrders() (all []object) {
	for _, body := range f.held {
		all = append(all, f.order(body))
	}
	return all
}

func (f *Fake) allCustomers() (all []object) {
	for _, body := range f.customers {
		all = append(all, customer(graph(body)).(object))
	}
	return all
}

func (t Transaction) show() map[string]any {
	presentment := t.Presentment
	if presentment == (canonical.Money{}) {
		presentment = t.Amount
	}
	shown := map[string]any{
		"id":   "gid://shopify/OrderTransaction/" + strconv.FormatInt(t.ID, 10),
		"kind": t.Kind, "status": t.Status, "gateway": t.Gateway,
		"processedAt": t.At.UTC().Format(time.RFC3339), "createdAt": t.At.UTC().Format(time.RFC3339),
		"amountSet": moneyBag(t.Amount, presentment),
	}
	if t.Reference != "" {
		shown["paymentId"] = t.Reference
	}
	if t.Parent != 0 {
		shown["parentTransaction"] = map[string]any{"id": "gid://shopify/OrderTransaction/" + strconv.FormatInt(t.Parent, 10)}
	}
	if t.Rounding != (canonical.Money{}) {
		shown["amountRoundingSet"] = moneyBag(t.Rounding, t.Rounding)
	}
	return shown
}

func moneyBag(shop, presentment canonical.Money) map[string]any {
	return map[string]any{"shopMoney": money(shop), "presentmentMoney": money(presentment)}
}

func money(m canonical.Money) map[string]any {
	return map[string]any{"amount": m.Decimal().String(), "currencyCode": m.Currency}
}

// projection builds an answer from the data.
type projection struct {
	variables map[string]any
	objects   int // in the answer
	err       error
}

// project returns the selected fields of the value. A missing field is null.
func (p *projection) project(value any, selection ast.SelectionSet) any {
	switch v := value.(type) {
	case []any:
		all := make([]any, len(v))
		for i, element := range v {
			all[i] = p.project(element, selection)
		}
		return all
	case map[string]any:
		picked := map[string]any{}
		p.objects++
		p.pick(v, selection, picked)
		return picked
	}
	return value
}

func (p *projection) pick(from map[string]any, selection ast.SelectionSet, into map[string]any) {
	for _, selected := range selection {
		switch s := selected.(type) {
		case *ast.Field:
			into[s.Alias] = p.field(from[s.Name], s)
		case *ast.FragmentSpread:
			p.pick(from, s.Definition.SelectionSet, into)
		case *ast.InlineFragment:
			if kind := from["__typename"]; kind == nil || kind == s.TypeCondition {
				p.pick(from, s.SelectionSet, into)
			}
		}
	}
}

// field returns a list that has pages as its connection.
func (p *projection) field(value any, field *ast.Field) any {
	if metafields, are := value.(namedMetafields); are {
		return p.project(metafields.of(field, p.variables), field.SelectionSet)
	}
	all, many := value.([]any)
	if first, err := strconv.Atoi(toText(argument(field, "first", p.variables))); many && err == nil && !isConnection(field) {
		value = all[:min(first, len(all))]
	}
	if many && isConnection(field) {
		connection, err := page(all, field, p.variables)
		if err != nil {
			p.err = err
			return nil
		}
		return p.project(connection, field.SelectionSet)
	}
	return p.project(value, field.SelectionSet)
}
