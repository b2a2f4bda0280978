# shellcheck shell=bash
# What the scripts of a server share: who it is, asking AWS, and saying in words what went wrong.
# They source it; what they go by is in boot.env, which user data wrote.
# shellcheck disable=SC2034 # what is not used here is used by them

readonly CONFIG=${CLOUDSCALE_CONFIG:-/etc/cloudscale} RUN=${CLOUDSCALE_RUN:-/run/cloudscale}
readonly HOME_FOLDER=${CLOUDSCALE_HOME:-/opt/cloudscale} LOGS=${CLOUDSCALE_LOGS:-/var/log/cloudscale}
readonly PAUSE=${CLOUDSCALE_PAUSE_SECONDS:-3} SAID=$RUN/said.$$ # of each run its own
readonly SKEWED='RequestTimeTooSkewed|Signature expired|Signature not yet current|RequestExpired'
readonly FULL='No space left on device'
# Waiting mends none of these.
readonly HOPELESS="$SKEWED|$FULL|[Nn]ot found|NotFound|does not exist|not appear to be a git|AccessDenied|\((403|404)\)|not our ref|could not read Username|Unable to locate credentials"
stage=start why='' remedy='' line=''

# shellcheck disable=SC1091
. "$CONFIG/boot.env"
export "${!AWS_@}" AWS_DEFAULT_REGION=$AWS_REGION AWS_PAGER='' AWS_MAX_ATTEMPTS=3
readonly METADATA=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}/latest

say() { echo "$(date -u +%FT%TZ) $stage: $*"; }

fail() { # WHY, WHAT TO DO
  why=$1 remedy=$2
  exit 1
}

logged() { "$@" 2>&1 | tee "$SAID"; } # what it says goes to the log, and to who asks why it failed

again() { # a network that is not there yet, or a service that is busy
  local attempt
  for attempt in 1 2 3 4 5; do
    logged "$@" && return 0
    ! grep -qE "$HOPELESS" "$SAID" || return 1
    say "attempt $attempt of 5 failed: $*"
    sleep $((attempt * PAUSE))
  done
  return 1
}

fetch_file() { curl -sSf --connect-timeout 5 --retry 3 --retry-connrefused --retry-delay "$PAUSE" "$@"; }

metadata() { # PATH: what this machine is told of itself
  local token
  token=$(fetch_file --noproxy '*' -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$METADATA/api/token") &&
    fetch_file --noproxy '*' -H "X-aws-ec2-metadata-token: $token" "$METADATA/meta-data/$1"
}

cloud() { aws --cli-connect-timeout 5 --cli-read-timeout 60 "$@"; }

seconds_off() { # this clock's distance from AWS's, which dates its answers; -k: it may be years off
  local date
  date=$(curl -skI -m 5 "${AWS_ENDPOINT_URL:-https://sts.$AWS_REGION.amazonaws.com}" | tr -d '\r' | sed -n 's/^[Dd]ate: //p')
  if [[ -n $date ]]; then echo "$(($(date +%s) - $(date -d "$date" +%s))) s"; else echo "some minutes"; fi
}

explain() { # WHAT, WHAT TO DO: fails, with the reason that the last command gave
  local last
  last=$(grep -v '^[[:space:]]*$' "$SAID" | tail -n 1 || true)
  if grep -qF "$FULL" "$SAID"; then
    fail "$1, since the disk is full" "give servers a larger disk: root_volume_gb in Terraform"
  elif grep -qE "$SKEWED" "$SAID"; then
    fail "$1, since AWS refuses what this machine signs: its clock is $(seconds_off) off" \
      "see why chronyd does not set the clock: chronyc tracking; chronyc makestep sets it"
  elif grep -qE 'AccessDenied|\(403\)' "$SAID"; then
    fail "$1, since the role of this machine may not: $last" "put its policy back: terraform apply"
  fi
  fail "$1: $last" "${2:-see what it said in $LOGS/bootstrap.log}"
}

tell() { # SUBJECT, MESSAGE: to people, and the same to them only once, however often it is tried again
  local notice="$1: ${2//$'\n'/ }"
  [[ -n ${TOPIC_ARN:-} ]] && ! grep -sqxF "$notice" "$RUN/told" || return 0
  if cloud sns publish --topic-arn "$TOPIC_ARN" --subject "$1" --message "$2" >/dev/null 2>"$SAID"; then
    echo "$notice" >>"$RUN/told"
  else
    say "nobody could be told: $(tail -n 1 "$SAID")"
  fi
}

finish_lifecycle() { # HOOK, CONTINUE or ABANDON; who was started by hand has none to finish
  cloud autoscaling complete-lifecycle-action --lifecycle-hook-name "$1" \
    --auto-scaling-group-name "$AUTO_SCALING_GROUP" --lifecycle-action-result "$2" \
    --instance-id "$INSTANCE_ID" 2>"$SAID" || say "nothing waited for $1: $(tail -n 1 "$SAID")"
}
