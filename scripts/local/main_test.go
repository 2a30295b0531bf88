package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"testing"
	"time"

	"causeway.example/shared/retry"
)

// dayFolder is the variable that turns the test binary into the command: it plays the
// sample day in the folder, until it is interrupted or killed.
const dayFolder = "CAUSEWAY_TEST_DAY_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(dayFolder); folder != "" {
		os.Exit(playDay(folder))
	}
	os.Exit(m.Run())
}

func playDay(folder string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	o, ok := parseFlags([]string{"-port", "0", "-data", folder, "-settings", "", "-pace", "1ms"})
	if !ok {
		return exitUsage
	}
	o.policy = hasty()
	code, err := stay(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code
}

// hasty is the policy of the house with waits that a test can sit out.
func hasty() retry.Policy {
	policy := retry.DefaultPolicy()
	policy.Backoff.Unauthorized = time.Second
	policy.Margin = 100 * time.Millisecond
	return policy
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want options
	}{
		"none": {nil, options{port: 4600, data: "data", settings: "causeway.env", pace: 100 * time.Millisecond}},
		"all": {
			[]string{"-port", "5000", "-data", "d", "-settings", "s", "-demo", "-pace", "2ms"},
			options{port: 5000, data: "d", settings: "s", demo: true, pace: 2 * time.Millisecond},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := parseFlags(c.args)
			c.want.policy = retry.DefaultPolicy()
			if !ok || got != c.want {
				t.Errorf("options are %+v, %v; want %+v", got, ok, c.want)
			}
		})
	}
}

func TestUsageErrorsAreExitCode2(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-port", "high"}, {"-nonsense"}, {"-pace", "soon"}} {
		if code, err := run(t.Context(), args); code != exitUsage || err != nil {
			t.Errorf("%v: exit code %d, %v", args, code, err)
		}
	}
}

func TestWhatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := folder + "/file"
	writeFile(t, file, "")
	broken := folder + "/broken.env"
	writeFile(t, broken, "NETSUITE_ACCOUNT=1234567\n")
	unknown := folder + "/unknown.env"
	writeFile(t, unknown, "CAUSEWAY_FILTERS=drafts\n")
	endless := folder + "/endless.env"
	writeFile(t, endless, "CAUSEWAY_BUDGETS=transient=9000h\n")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a budget out of bounds":     {[]string{"-data", folder + "/c", "-settings", endless}, "CAUSEWAY_BUDGETS: reading the failure budgets: transient=9000h: must be"},
		"the folder is a file":       {[]string{"-data", file}, file},
		"a system is half set":       {[]string{"-data", folder + "/a", "-settings", broken}, "NETSUITE_CLIENT_ID"},
		"a filter that is not known": {[]string{"-data", folder + "/b", "-settings", unknown}, `no filter "drafts"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, err := run(t.Context(), slices.Concat([]string{"-port", "0"}, c.args))
			wantFailure(t, err, c.want)
			if code != exitError {
				t.Errorf("exit code %d", code)
			}
		})
	}
}
