#!/bin/sh
# Makes the two mails of old that are cut off in the middle, as slides show them: 3des.eml (enveloped-data) and dsa.eml (signed-data
# with DSA and SHA-1). The keys are thrown away; what is committed was made once, as each run makes other keys.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'Content-Type: text/plain\r\n\r\nThe exam is on Friday. %s\r\n' "$(seq -s ' ' 200)" >"$work/text"
openssl req -x509 -newkey rsa:2048 -nodes -subj '/C=DE/O=Example University/CN=Bob' -set_serial 0x1F2E3D4C -days 1 \
  -keyout "$work/rsa.key" -out "$work/rsa.crt" 2>/dev/null
openssl dsaparam -genkey -out "$work/dsa.key" 1024 2>/dev/null
openssl req -x509 -new -sha1 -key "$work/dsa.key" -subj '/C=DE/O=Example University/CN=Alice' -set_serial 0xD5A0001 -days 1 \
  -out "$work/dsa.crt"
head() { printf 'From: Alice <alice@example.org>\r\nTo: bob@example.org\r\nSubject: %s\r\nDate: Mon, 2 May 2005 10:00:00 +0200\r\n' "$1"; }
entity() { # smime-type, file, octets that are kept
  printf 'MIME-Version: 1.0\r\nContent-Type: application/x-pkcs7-mime; smime-type=%s; name="smime.p7m"\r\n' "$1"
  printf 'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="smime.p7m"\r\n\r\n'
  dd if="$2" bs=1 count="$3" 2>/dev/null | openssl base64 | sed 's/$/\r/'
}
openssl cms -encrypt -des3 -binary -in "$work/text" -outform DER -out "$work/3des" "$work/rsa.crt"
openssl cms -sign -md sha1 -nodetach -binary -in "$work/text" -signer "$work/dsa.crt" -inkey "$work/dsa.key" -outform DER -out "$work/dsa"
{ head Exam; entity enveloped-data "$work/3des" 700; } >3des.eml
{ head Exam; entity signed-data "$work/dsa" 1500; } >dsa.eml
{ head Exam; entity signed-data "$work/dsa" 1930; } >dsa-signer.eml
