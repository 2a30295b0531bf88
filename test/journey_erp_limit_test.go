package test_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway.example/functions/netsuite/netsuitetest"
	"causeway.example/functions/shopify/shopifytest"
	"causeway.example/shared/port"
)

// erpWatch notes when requests reach the ERP.
type erpWatch struct {
	mu    sync.Mutex
	times []time.Time
}

// erpWatchPath has the writes of the path, or all requests if it is "", answered by what
// act returns for each, counted from 0; nil for the ERP's own answer.
func erpWatchPath(w *world, path string, act func(n int) netsuitetest.Act) *erpWatch {
	watch, method := &erpWatch{}, http.MethodPut
	if path == "" {
		method = ""
	}
	w.erp.Plan(netsuitetest.Fault{Method: method, PathContains: path, Times: 1 << 30, Do: func(rw http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		if planned := act(watch.note()); planned != nil {
			planned(rw, r, serve)
			return
		}
		serve(rw, r)
	}})
	return watch
}

func (e *erpWatch) note() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.times = append(e.times, time.Now())
	return len(e.times) - 1
}

func (e *erpWatch) at() []time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.times)
}

func TestF27F28NothingComesEarlierThanTheERPAskedFor(t *testing.T) {
	t.Parallel()
	inSeconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	asDate := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	cases := []struct {
		path, name string
		wait       time.Duration
		header     func(time.Duration) string
	}{
		{"order__9901", "seconds", 30 * time.Second, inSeconds},
		{"order__9902", "a date", 90 * time.Second, asDate},
		{"order__9903", "ten minutes in seconds", 10 * time.Minute, inSeconds},
		{"payment__9904", "seconds for a deposit", 45 * time.Second, inSeconds},
		{"customer__1009905", "a date for a customer", 2 * time.Minute, asDate},
	}
	journey(t, setup{}, func(w *world) {
		watches := make([]*erpWatch, len(cases))
		for i, c := range cases {
			watches[i] = erpWatchPath(w, c.path, func(n int) netsuitetest.Act {
				if n < 2 {
					return netsuitetest.Throttle(c.header(c.wait))
				}
				return nil
			})
			erpPlace(w, erpUsual(9901+int64(i)))
			w.pass(2*c.wait + 5*time.Minute) // what one is told holds for all
		}
		w.pass(10 * time.Minute)
		for i, c := range cases {
			erpOnce(w, 9901+int64(i), c.name)
			erpSpaced(w, c.name, watches[i].at(), c.wait)
		}
		erpQuiet(w)
	})
}

// erpSpaced wants three requests, two of which were told to wait. A date has no
// fraction of a second, and up to a second is added so that not all come at once.
func erpSpaced(w *world, name string, times []time.Time, wait time.Duration) {
	w.Helper()
	if len(times) != 3 {
		w.Errorf("%s: %d requests, want 3", name, len(times))
		return
	}
	for i, at := range times[1:] {
		told := times[i].Add(wait).Truncate(time.Second)
		if at.Before(told) || at.After(told.Add(3*time.Second)) {
			w.Errorf("%s: request %d came %s after the one before, told %s", name, i+2, at.Sub(times[i]), wait)
		}
	}
}

func TestF29WithoutAWaitTheRequestsSpreadOut(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		watch := erpWatchPath(w, "customer__1009911", func(n int) netsuitetest.Act {
			if n < 12 {
				return netsuitetest.Throttle("")
			}
			return nil
		})
		erpPlace(w, erpUsual(9911))
		w.pass(time.Hour)
		erpOnce(w, 9911, "throttled twelve times")
		times := watch.at()
		for i := range times[1:] {
			wait, longest := times[i+1].Sub(times[i]), min(time.Second<<i, 10*time.Minute)
			if wait < longest/2 || wait > longest {
				t.Errorf("wait %d is %s, want %s to %s", i+1, wait, longest/2, longest)
			}
		}
		erpQuiet(w)
	})
}

func TestF44ARefusedLoginIsTriedAgainSlowly(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		watch := erpWatchPath(w, "order__9921", func(n int) netsuitetest.Act {
			if n == 0 {
				return netsuitetest.LoggedOut()
			}
			return nil
		})
		erpPlace(w, erpUsual(9921))
		w.pass(10 * time.Minute)
		erpOnce(w, 9921, "logged out once")
		if times := watch.at(); len(times) != 2 || times[1].Sub(times[0]) < time.Minute {
			t.Errorf("requests at %v, want two, a minute apart at least", times)
		}
		erpQuiet(w)
	})
}

func TestF44AnExpiredTokenIsFetchedOnceForAll(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{
		"NETSUITE_AUTH": "oauth2", "NETSUITE_CLIENT_ID": netsuitetest.ClientID, "NETSUITE_CERTIFICATE_ID": "certificate-1",
		"NETSUITE_PRIVATE_KEY": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	}
	journey(t, setup{settings: settings}, func(w *world) {
		w.erp.Trust("certificate-1", &key.PublicKey)
		erpBuy(w, erpUsual(9931))
		w.erp.Revoke()
		for id := int64(9932); id < 9940; id++ {
			erpPlace(w, erpUsual(id))
		}
		w.pass(30 * time.Second)
		for id := int64(9931); id < 9940; id++ {
			erpOnce(w, id, "around the revocation")
		}
		tokens := slices.DeleteFunc(w.erp.Calls(), func(call string) bool { return !strings.Contains(call, "/oauth2/") })
		if len(tokens) != 2 {
			t.Errorf("%d tokens were asked for, want 2", len(tokens))
		}
		erpQuiet(w)
	})
}

func TestH1AnOutageOfTwoHoursLosesNothing(t *testing.T) {
	t.Parallel()
	journey(t, setup{}, func(w *world) {
		customer := erpBuy(w, erpSteady(9949)).Entity
		end := time.Now().Add(2 * time.Hour)
		erpWatchPath(w, "", func(int) netsuitetest.Act {
			if time.Now().Before(end) {
				return netsuitetest.Down()
			}
			return erpSlowly
		})
		for id := int64(9950); id < 10000; id++ {
			if id%10 == 1 { // ten more each time that half of the rest has passed
				w.pass(time.Until(end) / 2)
			}
			erpPlace(w, erpSteady(id))
		}
		w.net.unplug(erpAddress) // the last minutes without even an answer
		w.pass(time.Until(end))
		if n := len(w.erp.Orders()); n != 1 {
			t.Errorf("%d sales orders during the outage, want the one before it", n)
		}
		w.net.plug(erpAddress)
		w.pass(30 * time.Minute)
		for id := int64(9949); id < 10000; id++ {
			if order := erpOrder(w, id); order.Total != "194.99" || order.Entity != customer {
				t.Errorf("order %d: total %s of customer %s", id, order.Total, order.Entity)
			}
		}
		if n := len(w.erp.Deposits()); n != 10 {
			t.Errorf("%d deposits, want 10", n)
		}
		if highest := w.erp.HighestConcurrency(); highest != netsuitetest.DefaultConcurrency {
			t.Errorf("%d requests at once, want the %d that are allowed", highest, netsuitetest.DefaultConcurrency)
		}
		erpQuiet(w)
	})
}

// erpSteady is an order of the one steady customer, of which each fifth is paid.
func erpSteady(id int64) shopifytest.Purchase {
	p := erpUsual(id)
	p.Customer, p.Email = 7900, "steady@example.com"
	if id%5 != 0 {
		p.Financial = "pending"
	}
	return p
}

// erpSlowly takes two seconds, so that requests meet at the ERP.
func erpSlowly(rw http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	<-time.After(2 * time.Second)
	serve(rw, r)
}

func TestH4OrdersThatAlwaysFailHoldNobodyUp(t *testing.T) {
	t.Parallel()
	poison := []struct {
		act   netsuitetest.Act
		waits string
	}{
		{netsuitetest.Answer(http.StatusBadRequest, "USER_ERROR", "otherRefNum"), ""},
		{netsuitetest.Answer(http.StatusInternalServerError, "UNEXPECTED_ERROR", ""), "intermittent UNEXPECTED_ERROR"},
		{netsuitetest.ResetBefore(), "ambiguous"},
		{netsuitetest.HangAfter(), ""}, // the order is there, as the second attempt reads
		{netsuitetest.HTML(), "ambiguous"},
	}
	var mu sync.Mutex
	dice := mathrand.New(mathrand.NewPCG(1, 2))
	random := func() float64 { // without it one message of all that wait at an open circuit is always the probe
		mu.Lock()
		defer mu.Unlock()
		return dice.Float64()
	}
	journey(t, setup{random: random}, func(w *world) {
		for i, p := range poison {
			erpWatchPath(w, "order__"+erpID(8001+int64(i)), func(int) netsuitetest.Act { return p.act })
			erpPlace(w, erpUsual(8001+int64(i)))
		}
		for id := int64(8101); id <= 8110; id++ {
			erpPlace(w, erpUsual(id))
		}
		w.pass(2 * time.Minute)
		for id := int64(8101); id <= 8110; id++ {
			erpOnce(w, id, "a good order beside")
		}
		w.pass(time.Hour)
		for i, p := range poison {
			if got := erpWaits(w, "order", erpID(8001+int64(i))); got != p.waits {
				w.Errorf("order %d waits because of %q, want %q\n%s", 8001+i, got, p.waits, w.story())
			}
		}
		erpOnce(w, 8004, "an answer that always hangs")
		if got, told := erpDead(w, erpOrders); !slices.Equal(got, []string{"value USER_ERROR name"}) {
			t.Errorf("dead letters %q: %q", got, told)
		}
		if dead := w.entries(port.Dead); len(dead) != 1 {
			t.Errorf("%d dead letters in all, want the one that no retry can help", len(dead))
		}
	})
}
