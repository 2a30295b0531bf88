package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/scripts/day"
	"causeway.example/shared/local"
	"causeway.example/shared/port"
)

// TestRealStoreCanBeTriedAgainstTheFakeERP configures a Shopify store of another name whose
// articles no fake knows. The sample day is played for the other, fake, store only.
func TestRealStoreCanBeTriedAgainstTheFakeERP(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	folder := t.TempDir()
	file := filepath.Join(folder, "real.env")
	writeFile(t, file, "SHOPIFY_SHOPS=own-brand.myshopify.com\nSHOPIFY_WEBHOOK_SECRETS="+shopifytest.Secret+"\n")
	p, err := open(ctx, options{data: filepath.Join(folder, "data"), settings: file, policy: hasty()})
	defer func() { must(t, p.close()) }()
	must(t, err)
	for _, d := range p.parts()[0].steps() {
		if d.System == "shopify" {
			t.Fatalf("the day has %s of a real store", d.ID)
		}
	}
	p.start(ctx)
	purchase := shopifytest.Purchase{ID: 77, Customer: 7, Items: []shopifytest.Item{{ID: 1, SKU: "OUR-OWN-ARTICLE", Title: "Ours", Quantity: 1, Price: 1995}}}
	purchase.Change = func(o map[string]any) { o["order_status_url"] = "https://own-brand.myshopify.com/1/orders/2" }
	d := shopifytest.Delivery{Topic: "orders/create", Shop: "own-brand.myshopify.com", Body: purchase.Body()}
	must(t, p.senders.send(ctx, day.Delivery{ID: "77", System: "shopify", Header: d.Header(), Body: d.Body}))
	await(ctx, t, "the order in the ERP", func() bool { return len(p.erp.Orders()) == 1 })
	dead, err := p.store.Find(ctx, port.Query{Stage: port.Dead})
	if must(t, err); len(dead) > 0 {
		t.Errorf("dead: %v", dead[0].Outcome)
	}
}

func TestDeadMessageIsALineOfTheLog(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	folder := t.TempDir()
	p, err := open(ctx, options{data: folder, policy: hasty()})
	must(t, err)
	p.start(ctx)
	purchase := shopifytest.Purchase{ID: 42, Customer: 7, Items: []shopifytest.Item{{ID: 1, SKU: day.UnknownSKU, Title: "?", Quantity: 1, Price: 1995}}}
	d := shopifytest.Delivery{Topic: "orders/create", Body: purchase.Body()}
	must(t, p.senders.send(ctx, day.Delivery{ID: "42", System: "shopify", Header: d.Header(), Body: d.Body}))
	await(ctx, t, "a dead order", func() bool {
		dead, err := p.store.Find(ctx, port.Query{Stage: port.Dead})
		must(t, err)
		return len(dead) > 0
	})
	must(t, p.close())
	data, err := os.ReadFile(filepath.Join(folder, "causeway.log"))
	must(t, err)
	var lines []map[string]any
	for text := range strings.Lines(string(data)) {
		var line map[string]any
		must(t, json.Unmarshal([]byte(text), &line))
		lines = append(lines, line)
	}
	var warned []map[string]any
	for _, line := range lines {
		if line["level"] == slog.LevelWarn.String() {
			warned = append(warned, line)
		}
	}
	if len(warned) != 1 || warned[0]["field"] != "lines[0].sku" || warned[0]["next"] != "bin/causeway why --entity order/42" || warned[0]["route"] != "shopify-orders-to-netsuite" {
		t.Errorf("warned %v", warned)
	}
	if lines[0]["msg"] != "the engine has started" || lines[len(lines)-1]["msg"] != "the engine has stopped" {
		t.Errorf("the log is %s", data)
	}
}

func TestRowsOfTheTableAddUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := open(ctx, options{data: t.TempDir(), policy: hasty()})
	defer func() { must(t, p.close()) }()
	must(t, err)
	p.start(ctx)
	for _, d := range p.parts()[0].steps()[:40] {
		must(t, p.senders.send(ctx, d))
	}
	must(t, p.settled(ctx))
	var odd local.RouteTally
	defer func() {
		if t.Failed() {
			t.Logf("the row %+v", odd)
		}
	}()
	await(ctx, t, "rows that add up", func() bool {
		tallies, err := p.store.Tally(ctx)
		must(t, err)
		in := int64(0)
		for _, r := range tallies {
			if in += r.In; r.Route != "" && r.In != r.Confirmed+r.Superseded+r.Skipped+r.Waiting+r.Letters {
				odd = r
				return false
			}
		}
		return in > 20
	})
}

func TestWhatIsTakenOrDamagedIsNamedWithARemedy(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { must(t, taken.Close()) }()
	number := taken.Addr().(*net.TCPAddr).Port
	p, err := open(t.Context(), options{data: t.TempDir(), port: number - 2, policy: hasty()})
	wantFailure(t, err, "port "+strconv.Itoa(number)+", for the fake Shopify (Admin API 2026-10), is used by another program")
	wantFailure(t, err, "PORT=")
	must(t, p.close())

	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "causeway.db"), strings.Repeat("no database ", 1000))
	p, err = open(t.Context(), options{data: folder, policy: hasty()})
	wantFailure(t, err, "causeway.db in the data folder "+folder+", which has our queues and our ledger, is damaged: keep a copy")
	must(t, p.close())

	folder = t.TempDir()
	first, err := open(t.Context(), options{data: folder, policy: hasty()})
	must(t, err)
	second, err := open(t.Context(), options{data: folder, policy: hasty()})
	wantFailure(t, err, "another Causeway uses the data folder "+folder+": stop it")
	must(t, second.close())
	must(t, first.close())
}

func TestSettingsThatAreWrongAreNamedWithTheirLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SHOPIFY_SHOP=a.myshopify.com": "SHOPIFY_SHOP is not a setting: did you mean SHOPIFY_SHOPS? (causeway.env line 1)",
		"# ours\nSHOPIFY_SHOPS=Brand":  "shopify has 2 settings to be put right:\n  SHOPIFY_SHOPS[0] must be in lower case, and is \"Brand\" (causeway.env line 2)\n  SHOPIFY_WEBHOOK_SECRETS is not set",
		"NETSUITE_AUTH=token\nNETSUITE_ACCOUNT=1\nNETSUITE_CONSUMER_KEY=1\nNETSUITE_CONSUMER_SECRET=1\nNETSUITE_TOKEN_ID=1\nNETSUITE_TOKEN_SECRET=1\nNETSUITE_CURRENCIES=EUR=1\n" +
			"NETSUITE_SUBSIDIARIES=shopify/example-brnd.myshopify.com=1": "netsuite has a setting to be put right:\n  NETSUITE_SUBSIDIARIES names the store \"shopify/example-brnd.myshopify.com\", " +
			"which is not configured: did you mean shopify/example-brand.myshopify.com? (causeway.env line 8)",
	} {
		file := filepath.Join(t.TempDir(), "causeway.env")
		writeFile(t, file, text)
		p, err := open(t.Context(), options{data: t.TempDir(), settings: file, policy: hasty()})
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n%v\nwant\n%s", text, err, want)
		}
		must(t, p.close())
	}
}

func TestCheckShowsWhatIsWrongUntilItIsMended(t *testing.T) {
	t.Parallel()
	p, err := open(t.Context(), options{data: t.TempDir(), policy: hasty()})
	defer func() { must(t, p.close()) }()
	must(t, err)
	var out strings.Builder
	if must(t, p.check(t.Context(), &out)); strings.Contains(out.String(), "problem") || len(p.trouble.all()) > 0 {
		t.Errorf("the fakes have problems: %s", out.String())
	}
	p.opened.Settings["netsuite"]["NETSUITE_SUBSIDIARIES"] = "woocommerce/shop.example=2"
	out.Reset()
	must(t, p.check(t.Context(), &out))
	const text = "netsuite (fake): everything of shopify/example-brand.myshopify.com waits: NETSUITE_SUBSIDIARIES has no entry for it"
	if troubles := p.trouble.all(); !strings.Contains(out.String(), text+"\n         → add shopify/example-brand.myshopify.com=… to NETSUITE_SUBSIDIARIES") || len(troubles) != 1 || !strings.Contains(troubles[0], text) {
		t.Errorf("printed %s, shown %v", out.String(), troubles)
	}
	p.opened.Settings["netsuite"]["NETSUITE_SUBSIDIARIES"] += ",shopify/example-brand.myshopify.com=1"
	if must(t, p.check(t.Context(), &out)); len(p.trouble.all()) > 0 {
		t.Errorf("still shown: %v", p.trouble.all())
	}
}

func TestFailedPollIsShownUntilOneSucceeds(t *testing.T) {
	t.Parallel()
	p := &program{log: slog.New(slog.DiscardHandler)}
	p.notePoll(t.Context(), "shopify", &local401{})
	p.notePoll(t.Context(), "shopify", &local401{})
	if got := p.trouble.all(); len(got) != 1 || got[0] != "problem: shopify is not polled: SHOPIFY_ADMIN_TOKEN may only read; ***@*** asked" {
		t.Errorf("shown %v", got)
	}
	p.notePoll(t.Context(), "shopify", nil)
	if got := p.trouble.all(); len(got) != 0 {
		t.Errorf("still shown %v", got)
	}
}

type local401 struct{}

func (*local401) Error() string { return "SHOPIFY_ADMIN_TOKEN may only read\na@b.example asked" }
