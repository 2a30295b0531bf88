#!/usr/bin/env bash
# Runs every fuzz target of the repository for the given time each, as many at once as
# there are cores, and prints one line per target.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-1m}

one() { # one TARGET FILE
  local room log
  room=./$(dirname "$2")
  log=$(mktemp)
  # A run that is cut off exactly at its limit reports that as a failure without an input.
  if go test -run '^$' -fuzz "^$1\$" -fuzztime "$time" -fuzzminimizetime 1x -parallel 1 "$room" >"$log" 2>&1 ||
    { grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input' "$log"; }; then
    echo "ok   $room $1 $(grep -oE 'execs: [0-9]+' "$log" | tail -n 1)"
  else
    echo "FAIL $room $1"
    cat "$log"
    return 1
  fi
  rm -f "$log"
}
export -f one
export time

grep -roE '^func Fuzz[A-Za-z0-9_]+' --include='*_test.go' . |
  sed -E 's|^\./([^:]+):func (.+)$|\2 \1|' | sort |
  xargs -P "$(nproc)" -L 1 bash -c 'one "$@"' _
