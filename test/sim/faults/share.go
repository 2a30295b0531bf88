package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"

	"causeway.example/test/sim"
	"causeway.example/test/sim/vendors"
)

// runs plays the cases until the context ends, and hands each result to take, one at a
// time, in no order. They are shared among processes instead of goroutines: within a run
// exactly one goroutine goes on at a time, and on a single processor handing on to the
// next one wakes nobody up, which takes a third off each run.
func (o options) runs(ctx context.Context, cases []sim.Case, take func(sim.Result)) error {
	if o.among < 2 {
		for i := 0; i < len(cases) && ctx.Err() == nil; i++ {
			take(vendors.Run(cases[i], false))
		}
		return nil
	}
	var (
		one    sync.Mutex
		all    sync.WaitGroup
		failed = make([]error, o.among)
	)
	for share := range o.among {
		all.Go(func() {
			failed[share] = o.child(ctx, share, func(r sim.Result) {
				one.Lock()
				defer one.Unlock()
				take(r)
			})
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// child has another process play its share. That it is killed when the context ends is
// no error.
func (o options) child(ctx context.Context, share int, take func(sim.Result)) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, append(os.Args[1:], "-among", strconv.Itoa(o.among), "-share", strconv.Itoa(share))...)
	cmd.Stderr = os.Stderr
	results, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(results)
	for {
		var r sim.Result
		if err = decoder.Decode(&r); err != nil {
			break
		}
		take(r)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err = errors.Join(err, cmd.Wait()); err != nil && ctx.Err() == nil {
		return fmt.Errorf("process %d of %d: %w", share, o.among, err)
	}
	return nil
}

// partake plays this process's share and prints a line of JSON for each result.
func (o options) partake(out io.Writer) error {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(400) // each run leaves a few megabytes and is over at once
	encoder := json.NewEncoder(out)
	for i, c := range o.cases() {
		if i%o.among != o.share {
			continue
		}
		if err := encoder.Encode(vendors.Run(c, false)); err != nil {
			return err
		}
	}
	return nil
}
