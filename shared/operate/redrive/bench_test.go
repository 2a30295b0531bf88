package redrive_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
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
	someEntries = 50_000
)

// benchEntries is the environment's word for how many entries the ledger of BenchmarkTraceByNumber
// has; make bench says a million. Writing them takes a minute.
const benchEntries = "CAUSEWAY_BENCH_ENTRIES"

// spent is the processor time of this process, which a busy machine does not stretch.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// report reports which part of the bar one round took, by the clock and in processor time.
func report(b *testing.B, bar, processor time.Duration) {
	b.Helper()
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/bar.Seconds(), fmt.Sprintf("of-%.0fs", bar.Seconds()))
	b.ReportMetric(processor.Seconds()/float64(b.N)/bar.Seconds(), fmt.Sprintf("cpu-of-%.0fs", bar.Seconds()))
}

// resident returns the memory of this process in MB; 0 where there is no /proc.
func resident() float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0
	}
	return kilobytes / 1024
}

// BenchmarkManyLetters measures why and a plan over 10,000 dead letters: at most a second and
// three seconds. The metric is the part of that time that is used.
func BenchmarkManyLetters(b *testing.B) {
	e := newEnv(b)
	e.bury(manyLetters, fault.MissingRef)
	o := e.operator("ana", nil)
	b.Run("Why", func(b *testing.B) {
		began := spent(b)
		for b.Loop() {
			groups, err := o.Groups(b.Context(), operate.Selector{}, false)
			if err != nil || len(groups) != 1 || groups[0].Count != manyLetters {
				b.Fatal(len(groups), err)
			}
		}
		report(b, time.Second, spent(b)-began)
	})
	b.Run("Plan", func(b *testing.B) {
		began := spent(b)
		for b.Loop() {
			p, err := o.Plan(b.Context(), redrive.Redrive, operate.Selector{}, redrive.Options{})
			if err != nil || len(p.Items) != manyLetters {
				b.Fatal(len(p.Items), err)
			}
		}
		report(b, 3*time.Second, spent(b)-began)
	})
}

// BenchmarkTraceByNumber measures the search for an order by its number and its trace in a
// ledger of many entries: at most a second. Memory must not grow with the ledger: the heap is
// what both leave in use, resident what the process has in the end, with SQLite's caches.
func BenchmarkTraceByNumber(b *testing.B) {
	e := newEnv(b)
	entries := someEntries
	if text := os.Getenv(benchEntries); text != "" {
		var err error
		entries, err = strconv.Atoi(text)
		must(b, err)
	}
	e.fill(entries)
	o := e.operator("ana", nil)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n, began := 0, spent(b)
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
	report(b, time.Second, spent(b)-began)
	b.ReportMetric(float64(entries), "entries")
	b.ReportMetric(resident(), "MB-resident")
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
