#!/bin/bash
# Waits until the group wants this machine gone, stops the shop, which finishes what it is at while
# the load balancer sends it nobody more, and says that it is done.

set -Eeuo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$(readlink -f "$0")")/machine.sh"
# shellcheck disable=SC1091
. "$CONFIG/machine.env"

until [[ $(metadata autoscaling/target-lifecycle-state) == Terminated ]]; do sleep 5; done
systemctl stop cloudscale
finish_lifecycle "$TERMINATION_HOOK" CONTINUE
