#!/bin/sh
# A folder of messages sorted by verdict: how many of each, then which ones do not hold.
cd "$(dirname "$0")/.." || exit 1
mailsec verify --zone example.zone --received-from mx.receiver.example --format plain messages/*.eml |
  awk -F'\t' '$2 == "verdict" { count[$4]++; if ($4 != "pass") bad = bad "  " $1 ": " $5 "\n" }
    END { for (status in count) print count[status], status | "sort -rn"; close("sort -rn"); printf "%s", bad }'
