// Command faults plays the table of faults against the real pipeline under a virtual
// clock, and ends with one line of JSON: the counts of what must not happen. Exit
// code 1 unless all of them are zero.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"causeway.example/test/sim"
	"causeway.example/test/sim/vendors"
)

// options are what the command line says.
type options struct {
	fault string // "F3", "F3+F13" or "F3@netsuite": play only this, and tell of it
	seed  int    // with fault: only this seed; -1: all
	tier  int
	seeds int
	mixes int
	// vendorSeeds and vendorMixes are the same of each vendor.
	vendorSeeds, vendorMixes int
	against                  string // play only the cases against this vendor, with seeds and mixes

	limit time.Duration
	first bool // end with the first violation
	list  bool // each failed run as a line
	among int  // processes that share the cases; below 2: this one plays them all
	share int  // of a process among them: which cases it plays, from 0; -1: it is the one that counts
}

func main() {
	var o options
	flag.StringVar(&o.fault, "fault", "", "play only this fault, or faults joined by +, with @ and a vendor against its connector")
	flag.IntVar(&o.seed, "seed", -1, "play only this seed, and tell the timeline of what went wrong")
	flag.IntVar(&o.tier, "tier", 1, "1: what runs on every commit; 2: everything")
	flag.IntVar(&o.seeds, "seeds", 200, "seeds per fault")
	flag.IntVar(&o.mixes, "mixes", 500, "random mixes of two to four faults")
	flag.IntVar(&o.vendorSeeds, "vendor-seeds", 8, "seeds per fault against each connector and the fake of its vendor")
	flag.IntVar(&o.vendorMixes, "vendor-mixes", 40, "random mixes against each of them")
	flag.StringVar(&o.against, "against", "", "play only the cases against the connector of this vendor")
	flag.DurationVar(&o.limit, "limit", time.Hour, "stop when so much time has passed")
	flag.BoolVar(&o.first, "first", false, "stop at the first violation")
	flag.BoolVar(&o.list, "list", false, "tell of each run that failed, a line for each violation")
	flag.IntVar(&o.among, "among", runtime.NumCPU(), "processes that share the runs")
	flag.IntVar(&o.share, "share", -1, "which of them this is, from 0; it prints its results instead of counting them")
	flag.Parse()
	if o.share >= 0 {
		if err := o.partake(os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "playing a share of the runs:", err)
			os.Exit(1)
		}
		return
	}
	if !play(o, os.Stdout) {
		os.Exit(1)
	}
}

func play(o options, out io.Writer) bool {
	if o.fault != "" && o.seed >= 0 {
		return one(o, out)
	}
	r := newReport(o, out)
	cases := o.cases()
	ctx, stop := context.WithTimeout(context.Background(), o.limit)
	defer stop()
	err := o.runs(ctx, cases, func(result sim.Result) {
		if r.take(result); o.first && len(r.bad) > 0 {
			stop()
		}
	})
	if err != nil {
		fmt.Fprintln(out, "playing the runs:", err)
	}
	return r.end(len(cases)) && err == nil
}

// cases are all of them, or those of the chosen fault.
func (o options) cases() []sim.Case {
	if v, only := vendors.Named(o.against); only {
		return sim.VendorCases(v, o.seeds, o.mixes)
	}
	if o.fault == "" {
		return slices.Concat(
			sim.Regressions(), sim.Cases(o.tier, o.seeds, o.mixes), sim.EveryCalls(), vendors.Cases(o.vendorSeeds, o.vendorMixes),
		)
	}
	var all []sim.Case
	for seed := range o.seeds {
		all = append(all, sim.CaseNamed(o.fault, uint64(seed)))
	}
	return all
}

// one plays a single case and tells all about it.
func one(o options, out io.Writer) bool {
	r := vendors.Run(sim.CaseNamed(o.fault, uint64(o.seed)), true)
	tell(out, r)
	totals := sim.Totals{Faults: len(r.Faults), Seeds: 1}
	totals.Add(r)
	fmt.Fprintln(out, totals.Line())
	return totals.Clean()
}

func tell(out io.Writer, r sim.Result) {
	fmt.Fprintf(out, "%s (%s), %d calls spoilt\n", r.Case, r.Target(), r.Hits)
	for _, v := range r.Violations {
		fmt.Fprintln(out, "  "+v.String())
	}
	fmt.Fprint(out, r.Timeline)
}

// report collects results; take is called by one at a time.
type report struct {
	options
	out    io.Writer
	totals sim.Totals
	bad    map[string]int        // runs with violations, by fault
	runs   map[string]int        // by fault
	hits   map[string]int        // by fault
	first  map[string]sim.Result // lowest seed that failed, by fault
}

func newReport(o options, out io.Writer) *report {
	return &report{
		options: o, out: out, totals: sim.Totals{Seeds: o.seeds}, bad: map[string]int{}, first: map[string]sim.Result{},
		runs: map[string]int{}, hits: map[string]int{},
	}
}

// mixed names the runs of several faults.
const mixed = "mix"

// stretch is after how many runs a long run says how far it has come.
const stretch = 50_000

func (r *report) take(result sim.Result) {
	r.totals.Add(result)
	if r.totals.Runs%stretch == 0 {
		fmt.Fprintf(r.out, "%d runs, of %d kinds of fault something went wrong\n", r.totals.Runs, len(r.bad))
	}
	name := result.Name()
	if len(result.Faults) > 1 && r.fault == "" {
		name = mixed + strings.TrimPrefix(name, strings.Join(result.Faults, "+"))
	}
	r.runs[name]++
	r.hits[name] += result.Hits
	if len(result.Violations) == 0 {
		return
	}
	r.bad[name]++
	for _, v := range result.Violations {
		if r.list {
			fmt.Fprintf(r.out, "%s (%s) %s\n", result.Case, result.Target(), v)
		}
	}
	if first, known := r.first[name]; !known || result.Seed < first.Seed {
		r.first[name] = result
	}
}

// end prints what went wrong, with the command that plays it again, and the totals.
func (r *report) end(planned int) bool {
	for _, name := range slices.SortedFunc(maps.Keys(r.runs), byNumber) {
		if r.runs[name] > 0 && r.hits[name] == 0 {
			fmt.Fprintf(r.out, "%s: spoilt no call in %d runs\n", name, r.runs[name])
		}
	}
	for i, name := range slices.SortedFunc(maps.Keys(r.bad), byNumber) {
		first := r.first[name]
		fmt.Fprintf(r.out, "\n%s: %d of %d runs failed; the first: make faults FAULT=%s SEED=%d\n", name, r.bad[name], r.runs[name], first.Name(), first.Seed)
		if i < 3 {
			first = vendors.Run(first.Case, true)
		}
		tell(r.out, first)
	}
	faults := map[string]bool{}
	for name := range r.runs {
		if fault, _, _ := strings.Cut(name, "@"); fault != mixed {
			faults[fault] = true
		}
	}
	r.totals.Faults = len(faults)
	if r.totals.Runs < planned && !r.options.first {
		fmt.Fprintf(r.out, "only %d of %d runs were played\n", r.totals.Runs, planned)
	}
	fmt.Fprintln(r.out, r.totals.Line())
	return r.totals.Clean() && (r.totals.Runs == planned || r.options.first)
}

// byNumber orders F2 before F10.
func byNumber(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
