#!/bin/bash
# chap: one way and mutual, for discovery and for sessions; a wrong secret or none opens nothing
. /harness/guest/lib.sh
start_initiator

# The secrets are those of daemon.py.
auth=node.session.auth
one_way=($auth.authmethod=CHAP $auth.username=guest $auth.password=the-guests-secret)
mutual=("${one_way[@]}" $auth.username_in=tidemark $auth.password_in=tidemarks-own-secret)

find_targets() { # SETTING=VALUE...
  local setting
  iscsiadm -m discoverydb -t st -p "$portal0" -o delete 2>/dev/null
  iscsiadm -m discoverydb -t st -p "$portal0" -o new >/dev/null
  for setting in "$@"; do
    iscsiadm -m discoverydb -t st -p "$portal0" -o update -n "discovery.sendtargets.auth.${setting%%=*}" -v "${setting#*=}" || return
  done
  iscsiadm -m discoverydb -t st -p "$portal0" -o nonpersistent -D
}
forget() { iscsiadm -m node -T "$target" -o delete; }

refused "discovery without CHAP" find_targets
refused "discovery with a wrong secret" find_targets authmethod=CHAP username=finder password=not-the-secret-
says "discovery with the secret, portal as the guest knows it" "^${portal0//./\\.},1 $target" \
  find_targets authmethod=CHAP username=finder password=the-finders-secret
says "mutual discovery" "$target" find_targets authmethod=CHAP username=finder password=the-finders-secret \
  username_in=tidemark password_in=tidemarks-own-secret

refused "login without CHAP" login "$portal0"
check "forgotten" forget
refused "login with a wrong secret" login "$portal0" $auth.authmethod=CHAP $auth.username=guest $auth.password=not-the-secret-
check "forgotten" forget
refused "login as another user" login "$portal0" $auth.authmethod=CHAP $auth.username=other $auth.password=the-guests-secret
check "forgotten" forget
refused "the target fails to prove itself" login "$portal0" "${mutual[@]}" $auth.password_in=some-other-secret
check "forgotten" forget

check "one way" login "$portal0" "${one_way[@]}"
check "data" verified_io "$(disk 0)" --size=1m
check "logout" logout "$portal0"
for algorithm in MD5 SHA1 SHA256 SHA3-256; do
  check "mutual, $algorithm" login "$portal0" "${mutual[@]}" $auth.chap_algs=$algorithm
  check "logout" logout "$portal0"
done

check "another name, let in without a secret" login_as second iqn.2026-11.dev.tidemark.test:second
refused "and no second LUN" disk 1
finish
