#!/bin/sh
# What a responder takes out of a suspicious message: indicators for a blocklist, and the parts as files with their hashes.
cd "$(dirname "$0")/.." || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mailsec inspect --iocs --defang messages/phish.eml |
  sed -n 's/^{"type":"\(url\|ip\|sha256\)","value":"\([^"]*\)".*/\1 \2/p' | sort
mailsec inspect --extract all -o "$folder" messages/phish.eml | awk -F'\t' '{ print $6, $5 }'
