package woocommerce_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway.example/functions/woocommerce/woocommercetest"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

// missing returns which of the orders 1000 to 1000+n-1 are not among the ids.
func missing(ids []string, n int) (all []string) {
	for i := range n {
		if id := fmt.Sprint(1000 + i); !slices.Contains(ids, id) {
			all = append(all, id)
		}
	}
	return all
}

// TestNothingIsMissedWhileOrdersOfOneSecondChange is a bulk edit of which orders change
// again while they are listed: after whichever page, wherever they stood.
func TestNothingIsMissedWhileOrdersOfOneSecondChange(t *testing.T) {
	t.Parallel()
	for page := 1; page <= 4; page++ {
		for name, ids := range map[string][]int{
			"the first by id":    {1000, 1001},
			"the last by id":     {1249, 1248},
			"the cursor's own":   {1099, 1100, 1098, 1198, 1197},
			"a page's worth":     span(1000, 100),
			"nearly all of them": span(1000, 240),
		} {
			s := openShop(t, nil)
			for i := range 250 {
				s.put(int64(1000+i), 10)
			}
			got, pages := s.all(noon, func(n int) {
				if n != page {
					return
				}
				for _, id := range ids {
					s.put(int64(id), 500)
				}
			})
			if lost := missing(got, 250); len(lost) > 0 {
				t.Errorf("%s change after page %d: in %d pages are not listed %v", name, page, pages, lost)
			}
		}
	}
}

func span(from, n int) (ids []int) {
	for i := range n {
		ids = append(ids, from+i)
	}
	return ids
}

// TestOrdersThatLeaveAfterEachPage has one of the second change after each of its pages,
// while the next second fills pages too.
func TestOrdersThatLeaveAfterEachPage(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	for i := range 700 {
		s.put(int64(1000+i), 10+i/350)
	}
	got, pages := s.all(noon, func(page int) {
		if page < 12 {
			s.put(int64(1000+10*page), 500)
			s.put(int64(1700-page), 500)
		}
	})
	if lost := missing(got, 700); len(lost) > 0 {
		t.Errorf("in %d pages are not listed %v", pages, lost)
	}
}

// TestAnOrderThatCannotBeReadHoldsUpNoOther: a plugin wrote an order without a date.
func TestAnOrderThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	good := string(woocommercetest.NewOrder(7, 1).Body())
	for name, class := range map[string]fault.Class{
		`null`: fault.Schema, `"yesterday"`: fault.Value, `7`: fault.Schema,
	} {
		s := openShop(t, nil)
		bad := `{"id":8,"number":"A8","date_modified":null,"date_modified_gmt":` + name + `}`
		s.fake.Answer(woocommercetest.Answer{Status: http.StatusOK, Body: "[" + bad + "," + good + "," + bad + "]"})
		page, err := s.Poller.Changes(t.Context(), connector.Ask{Feed: s.Poller.Feeds()[0], Since: noon})
		if err != nil || len(page.Changes) != 3 {
			t.Fatalf("%s: %+v, %v", name, page, err)
		}
		first, second, third := page.Changes[0], page.Changes[1], page.Changes[2]
		checkFault(t, first.Err, fault.Invalid, class, "date_modified_gmt")
		if first.ID != "8" || !first.At.Equal(noon) || first.Body != nil || second.Err != nil || second.ID != "7" || !third.At.Equal(second.At) {
			t.Errorf("%s: %+v", name, page.Changes)
		}
	}
}

func TestAnOrderThatCouldNotBeReadIsFetchedByItsID(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	s.put(6, 0)
	order := s.put(7, 1)
	feed := s.Poller.Feeds()[0]
	change := connector.Change{ID: "7", At: noon}
	raw, err := s.Poller.Fetch(t.Context(), feed, change)
	if err != nil || string(raw.Body) != string(order.Body()) || raw.Topic != "order.updated" {
		t.Errorf("%+v, %v", raw, err)
	}
	gone, err := s.Poller.Fetch(t.Context(), feed, connector.Change{ID: "9", At: noon})
	if gone != nil || err != nil {
		t.Errorf("one that is gone: %+v, %v", gone, err)
	}
	s.fake.Answer(
		woocommercetest.Answer{Status: http.StatusOK, Body: `[{"id":7,"number":"7","date_modified_gmt":null}]`},
		woocommercetest.Answer{Status: http.StatusServiceUnavailable, Body: `{}`},
	)
	_, err = s.Poller.Fetch(t.Context(), feed, change)
	checkFault(t, err, fault.Invalid, fault.Schema, "date_modified_gmt")
	_, err = s.Poller.Fetch(t.Context(), feed, change)
	checkFault(t, err, fault.Unavailable, fault.Intermittent, "")
	if asked := s.fake.Asked()[0]; asked.Get("include") != "7" || asked.Get("per_page") != "1" {
		t.Errorf("asked %v", asked)
	}
}

// TestASecondIsAskedForByItsBounds: both of the API's bounds leave their own second out.
func TestASecondIsAskedForByItsBounds(t *testing.T) {
	t.Parallel()
	s := openShop(t, nil)
	for i := range 120 {
		s.put(int64(1000+i), 10)
	}
	s.put(5000, 9)
	s.put(5001, 11)
	ids, _ := s.all(noon.Add(10*time.Second), nil)
	var inside []string
	for _, asked := range s.fake.Asked() {
		if asked.Get("orderby") == "id" {
			inside = append(inside, asked.Get("modified_after")+" "+asked.Get("modified_before")+" "+asked.Get("offset"))
		}
	}
	want := []string{"2026-11-22T12:00:09 2026-11-22T12:00:11 0", "2026-11-22T12:00:09 2026-11-22T12:00:11 99"}
	if !slices.Equal(inside, want) {
		t.Errorf("asked %q, want %q", inside, want)
	}
	if slices.Contains(ids, "5000") || !slices.Contains(ids, "5001") || len(missing(ids, 120)) > 0 {
		t.Errorf("got %s", strings.Join(ids, " "))
	}
}
