package woocommercetest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Webhook is a webhook of the store.
type Webhook struct {
	ID       int64
	Name     string
	Status   string // active, paused or disabled
	Topic    string
	URL      string
	Secret   string
	Modified time.Time
	Failures int // in a row
}

// patience is how many deliveries in a row may fail: WooCommerce disables the webhook
// when there are more (measured: after the sixth).
const patience = 5

// SetWebhooks makes these the store's webhooks.
func (f *Fake) SetWebhooks(webhooks ...Webhook) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.webhooks = nil
	for i := range webhooks {
		f.webhooks = append(f.webhooks, &webhooks[i])
	}
}

// Webhooks returns the store's webhooks as they are.
func (f *Fake) Webhooks() []Webhook {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Webhook, len(f.webhooks))
	for i, w := range f.webhooks {
		all[i] = *w
	}
	return all
}

// Emit delivers the body to every active webhook of the topic, once each, as the store
// does: it never repeats a delivery, and disables a webhook that failed too often.
// It returns how many were answered with 2xx.
func (f *Fake) Emit(ctx context.Context, client *http.Client, topic string, body []byte) int {
	delivered := 0
	for _, w := range f.Webhooks() {
		if w.Topic != topic || w.Status != "active" {
			continue
		}
		ok := post(ctx, client, w, body)
		f.note(w.ID, ok)
		if ok {
			delivered++
		}
	}
	return delivered
}

func post(ctx context.Context, client *http.Client, w Webhook, body []byte) bool {
	request := Sign(w.URL, w.Topic, body).WithContext(ctx)
	request.Header = header(w.Topic, w.Secret, body)
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close() // the store reads no more than the status
	return response.StatusCode/100 == 2
}

func (f *Fake) note(id int64, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.webhook(id)
	if w == nil {
		return
	}
	if ok {
		w.Failures = 0
		return
	}
	if w.Failures++; w.Failures > patience {
		w.Status, w.Modified = "disabled", f.Now().UTC()
	}
}

func (f *Fake) webhook(id int64) *Webhook {
	i := slices.IndexFunc(f.webhooks, func(w *Webhook) bool { return w.ID == id })
	if i < 0 {
		return nil
	}
	return f.webhooks[i]
}

func (w *Webhook) show() member {
	resource, event, _ := strings.Cut(w.Topic, ".")
	hooks := []string{}
	if resource == "action" {
		hooks = append(hooks, event)
	}
	return member{
		"id": w.ID, "name": w.Name, "status": w.Status, "topic": w.Topic, "resource": resource, "event": event,
		"hooks": hooks, "delivery_url": w.URL,
		"date_modified": site(w.Modified), "date_modified_gmt": utc(w.Modified),
	}
}

func (f *Fake) listWebhooks(w http.ResponseWriter, query url.Values) {
	shown := make([]member, len(f.webhooks))
	for i, hook := range f.webhooks {
		shown[i] = hook.show()
	}
	if query.Get("order") != "asc" {
		slices.Reverse(shown)
	}
	count(w, len(shown), query)
	answer(w, http.StatusOK, pageOf(shown, query))
}

// definition is the body of a request that makes or changes a webhook. The contract
// has found it well formed.
type definition struct {
	Name, Status, Topic, Secret, URL string
}

func readDefinition(r *http.Request) (d definition, err error) {
	var body struct {
		Name   string `json:"name"`
		Status string `json:"status"`
		Topic  string `json:"topic"`
		Secret string `json:"secret"`
		URL    string `json:"delivery_url"`
	}
	err = json.NewDecoder(r.Body).Decode(&body)
	return definition(body), err
}

func (f *Fake) createWebhook(w http.ResponseWriter, r *http.Request) {
	d, err := readDefinition(r)
	if err != nil || !knownTopic(d.Topic) {
		refuse(w, http.StatusBadRequest, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic is required and must be valid.")
		return
	}
	made := &Webhook{ID: 1, Name: d.Name, Status: "active", Topic: d.Topic, URL: d.URL, Secret: d.Secret, Modified: f.Now().UTC()}
	for _, other := range f.webhooks {
		made.ID = max(made.ID, other.ID+1)
	}
	if d.Status != "" {
		made.Status = d.Status
	}
	f.webhooks = append(f.webhooks, made)
	answer(w, http.StatusCreated, made.show())
}

// knownTopic is wc_is_webhook_valid_topic of WooCommerce 10.9 (includes/wc-webhook-functions.php),
// to which the REST API gives the topic in lower case.
func knownTopic(topic string) bool {
	topic = strings.ToLower(topic)
	if slices.Contains([]string{
		"action.woocommerce_login_credentials", "action.woocommerce_product_csv_importer_check_import_file_path", "action.woocommerce_webhook_should_deliver",
	}, topic) {
		return false
	}
	if strings.HasPrefix(topic, "action.woocommerce_") || strings.HasPrefix(topic, "action.wc_") {
		return true
	}
	parts := strings.Split(topic, ".")
	return len(parts) > 1 && slices.Contains([]string{"coupon", "customer", "order", "product"}, parts[0]) &&
		slices.Contains([]string{"created", "updated", "deleted", "restored"}, parts[1])
}

func (f *Fake) updateWebhook(w http.ResponseWriter, r *http.Request, id string) {
	n, err := strconv.ParseInt(id, 10, 64)
	hook := f.webhook(n)
	if err != nil || hook == nil {
		refuse(w, http.StatusNotFound, "woocommerce_rest_shop_webhook_invalid_id", "ID is invalid.")
		return
	}
	d, err := readDefinition(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.")
		return
	}
	if d.Topic != "" && !knownTopic(d.Topic) {
		refuse(w, http.StatusBadRequest, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic must be valid.")
		return
	}
	for _, change := range []struct {
		into *string
		to   string
	}{{&hook.Name, d.Name}, {&hook.Status, d.Status}, {&hook.Topic, d.Topic}, {&hook.Secret, d.Secret}} {
		if change.to != "" {
			*change.into = change.to
		}
	}
	hook.Modified = f.Now().UTC()
	answer(w, http.StatusOK, hook.show())
}
