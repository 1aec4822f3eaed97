# Dovecot, Postfix and the faulty server. Sourced by up.sh, which has alive and wait_port.
run=$LAB_RUN
users="postfix dovecot mail"
for user in $users; do
  id "$user" >/dev/null 2>&1 || { echo "no user $user: install what README.md names"; exit 1; }
done

# --- Dovecot: LMTP, IMAP and POP3, and SASL for Postfix
mkdir -p "$run"/dovecot/{base,state,oauth2/default/HS256} "$run/mail"
chown mail:mail "$run/mail"
chmod 755 "$run/dovecot"
token_key=$run/dovecot/oauth2/default/HS256/default
[ -f "$token_key" ] || head -c 32 /dev/urandom | base64 -w0 >"$token_key"
chmod -R a+rX "$run/dovecot/oauth2"
cat >"$run/dovecot/users" <<X
alice@example.test:{PLAIN}secret-alice::::::
bob@example.test:{PLAIN}secret-bob::::::
X
cat >"$run/dovecot/oauth2.conf" <<X
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$run/dovecot/oauth2/
username_attribute = sub
X
cat >"$run/dovecot/dovecot.conf" <<X
base_dir = $run/dovecot/base
state_dir = $run/dovecot/state
instance_name = mailsec-lab
log_path = $run/log/dovecot.log
listen = $A_MX1
protocols = imap pop3 lmtp
first_valid_uid = 1
mail_location = maildir:$run/mail/%u
ssl = yes
ssl_cert = <$run/pki/mx1.pem
ssl_key = <$run/pki/mx1.pem
ssl_ca = <$run/pki/ca.crt
ssl_require_crl = no
ssl_verify_client_cert = yes
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = yes
login_trusted_networks =
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = scheme=PLAIN $run/dovecot/users
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = $run/dovecot/oauth2.conf
}
userdb {
  driver = passwd-file
  args = $run/dovecot/users
  override_fields = uid=mail gid=mail home=$run/mail/%u
}
service imap-login {
  inet_listener imap {
    port = $P_IMAP
  }
  inet_listener imaps {
    port = $P_IMAPS
    ssl = yes
  }
}
service pop3-login {
  inet_listener pop3 {
    port = $P_POP
  }
  inet_listener pop3s {
    port = $P_POPS
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    port = $P_LMTP
  }
  unix_listener lmtp {
    mode = 0666
  }
}
service auth {
  unix_listener auth-postfix {
    mode = 0666
  }
}
protocol lmtp {
  postmaster_address = postmaster@example.test
}
X
[ -s "$run/pid/dovecot" ] || cp "$run/dovecot/base/master.pid" "$run/pid/dovecot" 2>/dev/null || true # of a broken start
if ! alive dovecot; then
  dovecot -c "$run/dovecot/dovecot.conf"
  for _ in $(seq 100); do [ -s "$run/dovecot/base/master.pid" ] && break || sleep .05; done
  cp "$run/dovecot/base/master.pid" "$run/pid/dovecot"
fi

# --- Postfix: one instance, a server for each address
postfix=$run/postfix
mkdir -p "$postfix"/{etc,spool,data}
chown postfix "$postfix/data"
domains=$("$LAB_PYTHON" -c 'import json, sys; print(*json.load(open(sys.argv[1]))["domains"])' "$run/lab.json")
client=$(openssl x509 -in "$run/pki/client.crt" -noout -fingerprint -sha256 | cut -d= -f2)
# the same two people everywhere, so that mail can be sent to each domain
echo '/^(alice|bob|postmaster)@([a-z0-9-]+\.)*[a-z0-9-]+\.test$/ ${1}@example.test' >"$postfix/etc/aliases.regexp"
cat >"$postfix/etc/main.cf" <<X
compatibility_level = 3.6
queue_directory = $postfix/spool
data_directory = $postfix/data
maillog_file = $run/log/postfix.log
maillog_file_prefixes = $run/log
myhostname = mx1.example.test
mydestination =
local_transport = error:no local
local_recipient_maps =
inet_interfaces = all
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
relay_domains =
alias_maps =
default_transport = error:lab mail does not leave the lab
relay_transport = error:lab mail does not leave the lab
virtual_mailbox_domains = $domains
virtual_mailbox_maps = inline:{ alice@example.test=1, bob@example.test=1, postmaster@example.test=1 }
virtual_alias_maps = inline:{ postmaster@example.test=alice@example.test }, regexp:$postfix/etc/aliases.regexp
virtual_transport = lmtp:inet:$A_MX1:$P_LMTP
lmtp_tls_security_level = may
lmtp_tls_CAfile = $run/pki/ca.crt
smtpd_tls_security_level = may
smtpd_tls_chain_files = $run/pki/mx1.pem, $run/pki/mx1rsa.pem
smtpd_tls_CAfile = $run/pki/ca.crt
smtpd_tls_ask_ccert = yes
smtpd_tls_fingerprint_digest = sha256
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = $run/dovecot/base/auth-postfix
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_relay_restrictions = permit_sasl_authenticated, permit_tls_clientcerts, reject_unauth_destination
relay_clientcerts = inline:{ { $client = client } }
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_forbid_bare_newline = yes
smtpd_forbid_bare_newline_exclusions =
smtpd_forbid_unauth_pipelining = yes
smtputf8_enable = yes
message_size_limit = 10000000
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_peername_lookup = no
disable_dns_lookups = yes
X
mx() { # address and port, name, further settings
  local at=$1 name=$2
  shift 2
  printf '%s inet n - n - - smtpd -o myhostname=%s' "$at" "$name"
  printf ' -o %s' "$@"
  printf '\n'
}
chain() { echo "smtpd_tls_chain_files=$run/pki/$1.pem"; }
both=permit_sasl_authenticated,permit_tls_clientcerts,reject
{
  mx "$A_MX1:$P_SMTP" mx1.example.test smtpd_tls_security_level=may
  mx "$A_MX2:$P_SMTP" mx2.example.test "$(chain mx2)"
  mx "$A_PLAIN:$P_SMTP" mx.plain.test smtpd_tls_security_level=none
  mx "$A_EXPIRED:$P_SMTP" mx.expiredcert.test "$(chain expired)"
  mx "$A_WRONG:$P_SMTP" mx.wrongname.test "$(chain wrongname)"
  mx "$A_SELF:$P_SMTP" mx.selfsigned.test "$(chain selfsigned)"
  mx "$A_OLD:$P_SMTP" mx.oldtls.test "$(chain oldtls)" 'smtpd_tls_protocols=!TLSv1.2,!TLSv1.3' smtpd_tls_ciphers=low \
    '{ tls_low_cipherlist=ALL:@SECLEVEL=0 }'
  mx "$A_TEMP:$P_SMTP" temp.failover.test smtpd_client_restrictions=defer smtpd_delay_reject=no
  mx "$A_SMUG:$P_SMTP" mx.smuggle.test smtpd_forbid_bare_newline=no smtpd_forbid_unauth_pipelining=no
  mx "$A_MX1:$P_PROXY" mx1.example.test smtpd_upstream_proxy_protocol=haproxy
  mx "$A_MX1:$P_SUBM" mx1.example.test smtpd_tls_security_level=encrypt smtpd_sasl_auth_enable=yes \
    "smtpd_recipient_restrictions=$both"
  mx "$A_MX1:$P_SMTPS" mx1.example.test smtpd_tls_wrappermode=yes smtpd_sasl_auth_enable=yes \
    "smtpd_recipient_restrictions=$both"
  cat <<X
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
X
} >"$postfix/etc/master.cf"
master() { [ ! -f "$postfix/spool/pid/master.pid" ] || tr -d ' \n' <"$postfix/spool/pid/master.pid"; }
if ! { pid=$(master) && [ -n "$pid" ] && grep -q master "/proc/$pid/comm" 2>/dev/null; }; then
  postfix -c "$postfix/etc" start >>"$run/log/postfix-start.log" 2>&1 || {
    cat "$run/log/postfix-start.log"
    exit 1
  }
fi
for _ in $(seq 100); do pid=$(master) && [ -n "$pid" ] && break || sleep .05; done
echo "$pid" >"$run/pid/postfix"

# --- the faulty one
if ! alive faulty; then
  setsid "$LAB_PYTHON" "$here/faulty.py" </dev/null >>"$run/log/faulty.log" 2>&1 &
  echo $! >"$run/pid/faulty"
fi
for at in "$A_MX1:$P_IMAPS" "$A_MX1:$P_LMTP" "$A_MX1:$P_SUBM" "$A_MX1:$P_SMTPS" "$A_INJ:$P_SMTP"; do
  wait_port "${at%:*}" "${at#*:}" mail
done
for at in "$A_MX1" "$A_MX2" "$A_PLAIN" "$A_EXPIRED" "$A_WRONG" "$A_SELF" "$A_OLD" "$A_TEMP" "$A_SMUG"; do
  wait_port "$at" "$P_SMTP" postfix
done
