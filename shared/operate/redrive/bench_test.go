package redrive_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"causeway.example/shared/fault"
	"causeway.example/shared/message"
	"causeway.example/shared/operate"
	"causeway.example/shared/operate/redrive"
	"causeway.example/shared/port"
)

const (
	manyLetters = 10_000
	manyEntries = 1_000_000
)

// BenchmarkManyLetters measures why and a plan over 10,000 dead letters: at most a second and
// three seconds. The metric is the part of that time that is used.
func BenchmarkManyLetters(b *testing.B) {
	e := newEnv(b)
	e.bury(manyLetters, fault.MissingRef)
	o := e.operator("ana", nil)
	b.Run("Why", func(b *testing.B) {
		for b.Loop() {
			groups, err := o.Groups(b.Context(), operate.Selector{}, false)
			if err != nil || len(groups) != 1 || groups[0].Count != manyLetters {
				b.Fatal(len(groups), err)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/1, "of-1s")
	})
	b.Run("Plan", func(b *testing.B) {
		for b.Loop() {
			p, err := o.Plan(b.Context(), redrive.Redrive, operate.Selector{}, redrive.Options{})
			if err != nil || len(p.Items) != manyLetters {
				b.Fatal(len(p.Items), err)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/3, "of-3s")
	})
}

// BenchmarkTraceByNumber measures the search for an order by its number and its trace in a
// ledger of a million entries: at most a second. The heap is what both leave in use.
func BenchmarkTraceByNumber(b *testing.B) {
	e := newEnv(b)
	entries := manyEntries
	if testing.Short() {
		entries /= 20
	}
	e.fill(entries)
	o := e.operator("ana", nil)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for b.Loop() {
		n = (n + 7919) % (entries / 4)
		found, err := o.Find(b.Context(), fmt.Sprint("#", n))
		if err != nil || len(found) != 1 {
			b.Fatal(found, err)
		}
		if t, err := o.Trace(b.Context(), found[0].Entity); err != nil || len(t.Steps) == 0 {
			b.Fatal(t, err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "of-1s")
	b.ReportMetric(float64(max(after.HeapInuse, before.HeapInuse)-before.HeapInuse)/(1<<20), "MB-more")
}

// fill writes so many entries, four for each order.
func (e *env) fill(entries int) {
	e.Helper()
	stages := []port.Stage{port.Published, port.Queued, port.Sent, port.Confirmed}
	var batch []port.Entry
	for i := range entries {
		id := fmt.Sprint(i / len(stages))
		stage := stages[i%len(stages)]
		entry := port.Entry{
			At: noon.Add(time.Duration(i) * time.Millisecond), Trace: "trace-" + id, Event: "event-" + id, Type: "order.placed", Stage: stage, Outcome: string(stage),
			Entity: message.Key{System: "shopify", Tenant: "brand.example", Type: "order", ID: "o" + id},
		}
		if stage == port.Published {
			entry.Keys = []string{port.SearchKey(port.KeyNumber, id), port.SearchKey(port.KeySKU, fmt.Sprint("SKU-", i%500))}
		} else {
			entry.Route = orders
		}
		if batch = append(batch, entry); len(batch) == 1000 || i == entries-1 {
			must(e, e.store.Append(context.Background(), batch...))
			batch = batch[:0]
		}
	}
}
