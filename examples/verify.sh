#!/bin/sh
# Verifies every example message offline, from its zone file, and compares the exit code with what it must be.
# The receiver is mx.receiver.example: only what it wrote into the trace fields is believed.
cd "$(dirname "$0")" || exit 1
wrong=0
while read -r expected name; do
  line=$(mailsec verify --zone example.zone --received-from mx.receiver.example --format plain "messages/$name" | sed -n 1p)
  mailsec verify --zone example.zone --received-from mx.receiver.example --format plain --quiet "messages/$name" >/dev/null
  code=$?
  if [ "$code" -eq "$expected" ]; then verdict=ok; else verdict="WRONG, not $expected"; wrong=1; fi
  printf '%-20s exit %s (%s)\n    %s\n' "$name" "$code" "$verdict" "$(printf '%s' "$line" | cut -f5)"
done <expected.tsv
exit $wrong
