#!/bin/sh
# As the official image does: options alone are mongod's, it is not root, and it listens beyond loopback.
set -eu
case ${1-} in -*) set -- mongod "$@" ;; esac
if [ "${1-}" = mongod ]; then
    case " $* " in *" --bind_ip"*) ;; *) set -- "$@" --bind_ip_all ;; esac
    if [ "$(id -u)" = 0 ]; then
        chown -R mongodb:mongodb /data
        set -- setpriv --reuid mongodb --regid mongodb --clear-groups "$@"
    fi
fi
exec "$@"
