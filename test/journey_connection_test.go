package test_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/pipeline"
	"causeway.example/shared/port"
)

// second starts one engine more on the world's queues, as another process that shares
// nothing but them, and returns how it is stopped.
func (w *world) second(s setup) (stop func()) {
	w.Helper()
	config := w.config
	config.Random, config.Worker, config.Systems = func() float64 { return 0.25 }, "second", w.openSystems(s)
	engine := w.engine(config)
	ctx, cancel := context.WithCancel(w.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		engine.Run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

func TestH2TwoFunctionsShareWhatTheERPTakes(t *testing.T) {
	t.Parallel()
	journey(t, setup{memory: true}, func(w *world) {
		stop := w.second(setup{})
		defer stop()
		erpWatchPath(w, "", func(int) netsuitetest.Act { return erpTakes(2 * time.Second) })
		for id := int64(30_000); id < 30_100; id++ {
			erpPlace(w, erpUsual(id))
		}
		w.pass(20 * time.Minute)
		for id := int64(30_000); id < 30_100; id++ {
			erpOnce(w, id, "beside another function")
		}
		if highest := w.erp.HighestConcurrency(); highest > netsuitetest.DefaultConcurrency {
			t.Errorf("%d requests at once, the %d are for all functions together", highest, netsuitetest.DefaultConcurrency)
		}
		for _, e := range w.entries(port.Deferred) {
			if e.Error != nil && e.Error.Class == fault.RateLimit {
				w.Fatalf("rejected: %s", e.Outcome)
			}
		}
		erpQuiet(w)
	})
}

func TestH2WhatTheERPSharesWithOthersIsLearnt(t *testing.T) {
	t.Parallel()
	journey(t, setup{memory: true}, func(w *world) {
		w.erp.LimitConcurrency(2) // another integration uses the rest of the account's
		watch := erpWatchPath(w, "", func(int) netsuitetest.Act { return erpTakes(time.Second) })
		for id := int64(30_200); id < 30_260; id++ {
			erpPlace(w, erpUsual(id))
		}
		w.pass(30 * time.Minute)
		for id := int64(30_200); id < 30_260; id++ {
			erpOnce(w, id, "with two requests at once")
		}
		refused := slices.DeleteFunc(w.entries(port.Deferred), func(e port.Entry) bool { return e.Error == nil || e.Error.Class != fault.RateLimit })
		if n := len(refused); n == 0 || n > 60 {
			t.Errorf("%d requests of %d were one too many", n, len(watch.at()))
		}
		erpQuiet(w)
	})
}

// backfill hands a purchase in as one that was found later, in bulk.
func (w *world) backfill(shop connector.System, p shopifytest.Purchase) {
	w.Helper()
	d := shopifytest.Delivery{Topic: "orders/create", Body: p.Body()}
	raw, err := shop.Source.Receive(w.Context(), connector.Request{Method: http.MethodPost, Header: d.Header(), Body: d.Body, At: time.Now()})
	if err != nil {
		w.Fatal(err)
	}
	raw.Body, raw.ContentType, raw.Trigger, raw.Lane = d.Body, "application/json", message.Poll, message.Backfill
	receiver := w.receiver(shop)
	if err := receiver.Accept(w.Context(), raw, time.Now()); err != nil {
		w.Fatal(err)
	}
}

func TestH2ABackfillHoldsUpNoLiveOrder(t *testing.T) {
	t.Parallel()
	journey(t, setup{memory: true}, func(w *world) {
		erpWatchPath(w, "", func(int) netsuitetest.Act { return erpTakes(2 * time.Second) })
		erpBuy(w, erpUsual(31_999))
		shop := w.openSystems(setup{})["shopify"]
		for id := int64(31_000); id < 31_200; id++ {
			w.backfill(shop, erpUsual(id))
		}
		for id := int64(32_000); id < 32_020; id++ {
			placed := time.Now()
			erpPlace(w, erpUsual(id))
			for !slices.ContainsFunc(w.erp.Orders(), func(o netsuitetest.Order) bool { return strings.HasSuffix(o.Memo, " order "+erpID(id)) }) {
				w.pass(time.Second)
				if time.Since(placed) > 2*time.Minute {
					t.Fatalf("order %d is not booked after two minutes beside a backfill\n", id)
				}
			}
			if took := time.Since(placed); took > 30*time.Second { // customer and order: three calls of two seconds
				t.Errorf("order %d took %v", id, took)
			}
		}
		w.pass(90 * time.Minute)
		for id := int64(31_000); id < 31_200; id++ {
			erpOnce(w, id, "in the backfill")
		}
		erpQuiet(w)
	})
}

func TestH3DeadCredentialsPauseTheConnectionAndLoseNothing(t *testing.T) {
	t.Parallel()
	key, other := mustKey(t), mustKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{
		"NETSUITE_AUTH": "oauth2", "NETSUITE_CLIENT_ID": netsuitetest.ClientID, "NETSUITE_CERTIFICATE_ID": "certificate-1",
		"NETSUITE_PRIVATE_KEY": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
	journey(t, setup{settings: settings, memory: true}, func(w *world) {
		w.erp.Trust("certificate-1", &key.PublicKey)
		erpBuy(w, erpUsual(33_000))
		w.erp.Trust("certificate-1", &other.PublicKey) // somebody revoked the certificate
		w.erp.Revoke()
		before := len(w.erp.Calls())
		for id := int64(33_001); id < 33_050; id++ {
			erpPlace(w, erpUsual(id))
		}
		w.pass(5 * time.Hour)
		if e := w.entries(port.AuthExpired); len(e) != 1 || !strings.Contains(e[0].Outcome, "renewed") {
			t.Errorf("told %d times that credentials expired", len(e))
		}
		if n := len(w.erp.Calls()) - before; n > 250 {
			t.Errorf("%d requests with dead credentials in five hours: that locks accounts", n)
		}
		erpQuiet(w)
		w.erp.Trust("certificate-1", &key.PublicKey)
		w.pass(2 * time.Hour)
		for id := int64(33_000); id < 33_050; id++ {
			erpOnce(w, id, "around the pause")
		}
		if n := len(w.entries(port.Restored)); n != 1 {
			t.Errorf("told %d times that the connection is restored", n)
		}
		erpQuiet(w)
	})
}

func mustKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestH4WhatFollowsAPoisonOrderWaitsAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	journey(t, setup{memory: true}, func(w *world) {
		watch := erpWatchPath(w, "order__34000", func(int) netsuitetest.Act {
			return netsuitetest.Answer(http.StatusBadRequest, "USER_ERROR", "otherRefNum")
		})
		for id := int64(34_000); id < 34_020; id++ {
			erpPlace(w, erpUsual(id))
		}
		w.pass(time.Minute)
		for id := int64(34_001); id < 34_020; id++ {
			erpOnce(w, id, "beside a poison order")
		}
		w.noOrder("34000")
		w.pass(2 * time.Minute) // a wait below a minute leaves no trace
		if n := len(watch.at()); n != 1 {
			t.Errorf("%d requests with an order that no retry can help", n)
		}
		dead := w.entries(port.Dead)
		if len(dead) != 1 || dead[0].Error.Class != "value" || dead[0].Error.Fingerprint == "" {
			t.Errorf("dead: %+v", dead)
		}
		if !slices.ContainsFunc(w.entries(port.Deferred), func(e port.Entry) bool { return e.Entity.ID == "34000-paid" && e.Error.Code == pipeline.ParentDead }) {
			t.Errorf("the deposit of the poison order does not say what it waits for\n%s", w.story())
		}
	})
}

func TestH10HistoryAgainWithoutMemoryBooksNothingTwice(t *testing.T) {
	t.Parallel()
	journey(t, setup{memory: true}, func(w *world) {
		for id := int64(35_000); id < 35_030; id++ {
			erpPlace(w, erpUsual(id))
		}
		w.pass(10 * time.Minute)
		orders, customers, deposits := len(w.erp.Orders()), len(w.erp.Customers()), len(w.erp.Deposits())
		anew := openWorld(w.T, setup{memory: true, erp: w.erp})
		defer anew.close()
		for id := int64(35_000); id < 35_030; id++ {
			erpPlace(anew, erpUsual(id))
		}
		anew.pass(10 * time.Minute)
		if o, c, d := len(w.erp.Orders()), len(w.erp.Customers()), len(w.erp.Deposits()); o != orders || c != customers || d != deposits || o != 30 {
			t.Errorf("%d orders, %d customers, %d deposits; before %d, %d, %d", o, c, d, orders, customers, deposits)
		}
		if n := len(anew.entries(port.Confirmed)); n != 90 {
			t.Errorf("%d confirmed, want each customer, order and deposit adopted", n)
		}
		erpQuiet(anew)
	})
}

// brokenState is a State that can be out of reach.
type brokenState struct {
	port.State
	down atomic.Bool
}

var errNoState = errors.New("the table is unavailable")

func (s *brokenState) Get(ctx context.Context, key string) (port.Item, error) {
	if s.down.Load() {
		return port.Item{Key: key}, errNoState
	}
	return s.State.Get(ctx, key)
}

func (s *brokenState) Put(ctx context.Context, item port.Item) (int64, error) {
	if s.down.Load() {
		return 0, errNoState
	}
	return s.State.Put(ctx, item)
}

func TestF52WithoutTheStateDeliveryStopsAndIngestGoesOn(t *testing.T) {
	t.Parallel()
	state := &brokenState{}
	s := setup{memory: true, ports: func(p *port.Ports) { state.State, p.State = p.State, state }}
	journey(t, s, func(w *world) {
		watch := erpWatchPath(w, "", func(int) netsuitetest.Act { return erpTakes(time.Second) })
		for id := int64(36_000); id < 36_020; id++ {
			erpPlace(w, erpUsual(id))
		}
		w.pass(5 * time.Second) // in the middle of it
		state.down.Store(true)
		w.pass(2 * time.Second)
		down := len(watch.at())
		for id := int64(36_020); id < 36_040; id++ {
			w.ingestQuickly("shopify", func() int { return w.shopify("orders/create", erpUsual(id).Body()) })
		}
		w.pass(10 * time.Minute)
		if n := len(watch.at()) - down; n != 0 {
			t.Errorf("%d requests to the ERP while nothing could be claimed", n)
		}
		erpQuiet(w)
		state.down.Store(false)
		w.pass(time.Hour)
		for id := int64(36_000); id < 36_040; id++ {
			erpOnce(w, id, "around the outage of the state")
		}
		erpQuiet(w)
	})
}
