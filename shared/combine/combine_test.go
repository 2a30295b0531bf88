package combine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"causeway.example/shared/combine"
	"causeway.example/shared/connector"
	"causeway.example/shared/fault"
)

var errOdd = errors.New("odd")

// doubler answers each number with its double, and notes the batches.
type doubler struct {
	mu      sync.Mutex
	batches []string
}

func (d *doubler) combiner(most int) *combine.Combiner[string, int, int] {
	return &combine.Combiner[string, int, int]{Most: most, Do: func(_ context.Context, key string, asked []int) []combine.Result[int] {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.batches = append(d.batches, key+" "+strconv.Itoa(len(asked)))
		results := make([]combine.Result[int], len(asked))
		for i, n := range asked {
			if results[i].Answer = 2 * n; n < 0 {
				results[i] = combine.Result[int]{Err: errOdd}
			}
		}
		return results
	}}
}

// gather handles n messages of one party at once.
func gather(ctx context.Context, n int, handle func(ctx context.Context, i int)) {
	party := combine.NewParty(n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			ctx, leave := party.Join(ctx)
			defer leave()
			handle(ctx, i)
		})
	}
	all.Wait()
}

func TestBatchGoesOutWhenItIsFullOrNobodyElseCanAsk(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n, most int
		key     func(i int) string // "" for a message that never asks
		want    []string
	}{
		"all at once":           {4, 10, func(int) string { return "a" }, []string{"a 4"}},
		"full":                  {10, 4, func(int) string { return "a" }, []string{"a 2", "a 4", "a 4"}},
		"two keys":              {6, 10, func(i int) string { return string("ab"[i%2]) }, []string{"a 3", "b 3"}},
		"some end without":      {6, 10, func(i int) string { return []string{"a", "", ""}[i%3] }, []string{"a 2"}},
		"one by itself":         {1, 10, func(int) string { return "a" }, []string{"a 1"}},
		"a batch of one each":   {3, 1, func(int) string { return "a" }, []string{"a 1", "a 1", "a 1"}},
		"none asks":             {3, 10, func(int) string { return "" }, nil},
		"exactly as many":       {8, 4, func(int) string { return "a" }, []string{"a 4", "a 4"}},
		"full beside one other": {5, 4, func(i int) string { return string("ba"[min(i, 1)]) }, []string{"a 4", "b 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &doubler{}
				combiner := d.combiner(c.most)
				gather(t.Context(), c.n, func(ctx context.Context, i int) {
					if c.key(i) == "" {
						time.Sleep(time.Duration(i) * time.Second)
						return
					}
					if got, err := combiner.Ask(ctx, c.key(i), i); err != nil || got != 2*i {
						t.Errorf("question %d got %d, %v", i, got, err)
					}
				})
				slices.Sort(d.batches)
				if !slices.Equal(d.batches, c.want) {
					t.Errorf("got batches %q, want %q", d.batches, c.want)
				}
			})
		})
	}
}

func TestEachQuestionGetsItsOwnResult(t *testing.T) {
	t.Parallel()
	d := &doubler{}
	combiner := d.combiner(10)
	gather(t.Context(), 3, func(ctx context.Context, i int) {
		got, err := combiner.Ask(ctx, "a", i-1)
		if failed := err != nil; failed != (i == 0) || !failed && got != 2*(i-1) {
			t.Errorf("question %d got %d, %v", i, got, err)
		}
	})
}

func TestMessageWithoutAPartyIsABatchOfOne(t *testing.T) {
	t.Parallel()
	d := &doubler{}
	combiner := d.combiner(10)
	for range 2 {
		if got, err := combiner.Ask(t.Context(), "a", 4); got != 8 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
	}
	if want := []string{"a 1", "a 1"}; !slices.Equal(d.batches, want) {
		t.Errorf("got batches %q, want %q", d.batches, want)
	}
}

func TestMessageThatAsksTwiceIsAnswered(t *testing.T) {
	t.Parallel()
	d := &doubler{}
	combiner := d.combiner(10)
	gather(t.Context(), 2, func(ctx context.Context, i int) {
		for range 2 {
			if got, err := combiner.Ask(ctx, "a", i); got != 2*i || err != nil {
				t.Errorf("got %d, %v", got, err)
			}
		}
	})
}

func TestPanicFailsEachQuestionOfItsBatch(t *testing.T) {
	t.Parallel()
	combiner := &combine.Combiner[string, int, int]{Most: 10, Do: func(context.Context, string, []int) []combine.Result[int] { panic("broken") }}
	gather(t.Context(), 3, func(ctx context.Context, i int) {
		if _, err := combiner.Ask(ctx, "a", i); fault.As(err).Class != fault.Bug {
			t.Errorf("question %d got %v", i, err)
		}
	})
}

func TestBatchEndsWithItsEarliestMember(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		combiner := &combine.Combiner[string, int, time.Time]{Most: 10, Do: func(ctx context.Context, _ string, asked []int) []combine.Result[time.Time] {
			<-ctx.Done()
			results := make([]combine.Result[time.Time], len(asked))
			for i := range results {
				results[i].Answer = time.Now()
			}
			return results
		}}
		began := time.Now()
		gather(t.Context(), 3, func(ctx context.Context, i int) {
			ctx, cancel := context.WithTimeout(ctx, time.Duration(10-i)*time.Second)
			defer cancel()
			if at, err := combiner.Ask(ctx, "a", i); err != nil || at.Sub(began) != 7*time.Second {
				t.Errorf("question %d was answered after %v (%v), want after 7s", i, at.Sub(began), err)
			}
		})
	})
}

func TestQuestionWhoseTimeIsOverLeavesItsBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &doubler{}
		combiner := d.combiner(10)
		gather(t.Context(), 4, func(ctx context.Context, i int) {
			switch i {
			case 0: // keeps the batch waiting
				time.Sleep(5 * time.Second)
				return
			case 1:
				short, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				if _, err := combiner.Ask(short, "a", i); fault.As(err).Class != fault.Ambiguous || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				return
			}
			if got, err := combiner.Ask(ctx, "a", i); err != nil || got != 2*i {
				t.Errorf("question %d got %d, %v", i, got, err)
			}
		})
		if want := []string{"a 2"}; !slices.Equal(d.batches, want) {
			t.Errorf("got batches %q, want %q", d.batches, want)
		}
	})
}

func TestPartyGoesOnWhenTheLastQuestionIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &doubler{}
		combiner := d.combiner(10)
		gather(t.Context(), 3, func(ctx context.Context, i int) {
			if i == 0 {
				time.Sleep(5 * time.Second)
				if got, err := combiner.Ask(ctx, "b", i); err != nil || got != 0 {
					t.Errorf("got %d, %v", got, err)
				}
				return
			}
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			if _, err := combiner.Ask(short, "a", i); err == nil {
				t.Error("a question was answered after its time")
			}
		})
		if want := []string{"b 1"}; !slices.Equal(d.batches, want) {
			t.Errorf("got batches %q, want %q", d.batches, want)
		}
	})
}

func TestExchangeOfABatchHasNoBodies(t *testing.T) {
	t.Parallel()
	combiner := &combine.Combiner[string, int, int]{Most: 10, Do: func(ctx context.Context, _ string, asked []int) []combine.Result[int] {
		*connector.ExchangeOf(ctx) = connector.Exchange{Method: "POST", Path: "/x", Request: "all of them", Answer: "all"}
		return make([]combine.Result[int], len(asked))
	}}
	for n, want := range map[int]string{1: "all of them", 2: ""} {
		gather(t.Context(), n, func(ctx context.Context, i int) {
			var exchange connector.Exchange
			if _, err := combiner.Ask(connector.WithExchange(ctx, &exchange), "a", i); err != nil {
				t.Error(err)
			}
			if exchange.Path != "/x" || exchange.Request != want {
				t.Errorf("of %d the exchange is %+v", n, exchange)
			}
		})
	}
}

func ExampleCombiner() {
	combiner := &combine.Combiner[string, int, int]{Most: 250, Do: func(_ context.Context, shop string, levels []int) []combine.Result[int] {
		fmt.Println(shop, "gets", len(levels), "levels")
		return make([]combine.Result[int], len(levels))
	}}
	party := combine.NewParty(3)
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			ctx, leave := party.Join(context.Background())
			defer leave()
			_, _ = combiner.Ask(ctx, "brand.myshopify.com", i)
		})
	}
	all.Wait()
	// Output: brand.myshopify.com gets 3 levels
}
