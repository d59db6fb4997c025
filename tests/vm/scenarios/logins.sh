#!/bin/bash
# logins: fifty logins and logouts in a row leave nothing behind in the daemon
. /harness/guest/lib.sh
start_initiator

fifty() {
  local n
  for n in $(seq 50); do
    iscsiadm -m node -T "$target" -p "$portal0" --login
    iscsiadm -m node -T "$target" -p "$portal0" --logout
  done
}

check "a record" node "$portal0"
check "fifty times in and out" fifty
says "no session is left" '^0$' session_count
check "and one more carries data" login "$portal0"
check "data" verified_io "$(disk 0)"
check "logout" logout "$portal0"
finish
