#!/usr/bin/env bash
# Signs LAB_RUN/zones/*.zone from the leaves up into *.signed with BIND's dnssec-signzone. Keys are kept in LAB_RUN/keys.
set -euo pipefail
. "$(dirname "$0")/env.sh"
keys=$LAB_RUN/keys
mkdir -p "$keys"
cd "$LAB_RUN/zones"
listed() { "$LAB_PYTHON" -c 'import json, sys; print(*json.load(open(sys.argv[1]))[sys.argv[2]])' "$LAB_RUN/lab.json" "$1"; }
read -r -a leaves <<<"$(listed domains)"
unsigned=" $(listed unsigned) "

key_of() { # origin [algorithm]: the name of its key file, made where there is none
  local found
  found=$(find "$keys" -name "K${1%.}.+*.key" | head -1)
  [ -n "$found" ] || found=$keys/$(dnssec-keygen -q -K "$keys" -a "${2:-ECDSAP256SHA256}" ${2:+-b 2048} -f KSK "$1").key
  echo "$found"
}
sign() { # origin, file, file of the zone above that gets its DS ("": none), further arguments of dnssec-signzone
  local origin=$1 file=$2 above=$3 key
  shift 3
  key=$(key_of "$origin")
  cat "$file.zone" "$key" >"$file.in"
  [ ! -f "ds.$file" ] || cat "ds.$file" >>"$file.in"
  dnssec-signzone -q -z -K "$keys" -d . -o "$origin" -f "$file.signed" "$@" "$file.in" "${key%.key}" >"$file.log" 2>&1 || {
    cat "$file.log"
    exit 1
  }
  [ -z "$above" ] || dnssec-dsfromkey -2 "$key" >>"ds.$above"
}

rm -f ./*.signed ds.* ./*.in
for zone in "${leaves[@]}"; do
  case "$unsigned" in *" $zone "*) cp "$zone.zone" "$zone.signed" && continue ;; esac
  case $zone in
    nsec3.test | wild3.test) sign "$zone." "$zone" test -3 - -H 0 ;;
    iterations.test) sign "$zone." "$zone" test -3 - -H 100 ;;
    optout.test) sign "$zone." "$zone" test -3 - -H 0 -A ;;
    sha1.test) key_of "$zone." NSEC3RSASHA1 >/dev/null && sign "$zone." "$zone" test ;;
    expired.test) sign "$zone." "$zone" test -P -s 20240101000000 -e 20240201000000 ;;
    bogus.test) # changed after it was signed
      sign "$zone." "$zone" test
      sed -i -E 's/127\.0\.0\.25/127.0.0.26/; s/v=spf1 mx -all/v=spf1 +all/; s/v=DMARC1; p=reject/v=DMARC1; p=none/' "$zone.signed"
      ;;
    badds.test) # the DS above is of no key
      sign "$zone." "$zone" ""
      dnssec-dsfromkey -2 "$(key_of "$zone.")" | sed -E 's/([0-9A-F]{8})[0-9A-F ]+$/\1'"$(printf '0%.0s' {1..56})"'/' >>ds.test
      ;;
    *) sign "$zone." "$zone" test ;;
  esac
done
sign 127.in-addr.arpa. 127.in-addr.arpa in-addr.arpa
sign in-addr.arpa. in-addr.arpa arpa
sign arpa. arpa root
sign test. test root
sign . root ""
grep -h DNSKEY "$(key_of .)" >"$LAB_RUN/root.key"
dnssec-dsfromkey -2 "$(key_of .)" >"$LAB_RUN/root.ds"
echo "signed: $(find . -name '*.signed' | wc -l) zones"
