#!/bin/bash
# Makes a bare Amazon Linux 2023 machine, x86-64 or Arm, a server of the shop, in named stages that
# may be run again, each by itself too: bootstrap.sh [STAGE...]. What fails is told by its stage, why,
# and what to do, in bootstrap.log (CloudWatch has it) and to the topic of notices; then the launch
# is given up, and the group launches another machine.
#
# boot.env, secrets.tsv (from user data) --stages--> settings.env (from SSM), secrets.env (in memory),
# cloudscale.service, in service

set -Eeuo pipefail
umask 022
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$(readlink -f "$0")")/machine.sh"

readonly OWNER=${CLOUDSCALE_USER:-cloudscale} APPLICATION=$HOME_FOLDER/application
readonly SECRETS=$RUN/secrets.env
readonly PATIENCE=${CLOUDSCALE_PATIENCE_SECONDS:-300} # for a database that is not up yet
readonly HEALTH=${CLOUDSCALE_HEALTH_SECONDS:-120}      # for a shop that has just been started
readonly AUTHORITIES=${CLOUDSCALE_AUTHORITIES:-https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem}

has_units() { [[ -d /run/systemd/system && -f /etc/systemd/system/cloudscale.service ]]; }
is_root() { [[ $EUID == 0 ]]; }

as_owner() { # the shop's own user, or whoever runs this where that is not root
  local change=()
  ! is_root || change=(runuser -u "$OWNER" --)
  "${change[@]}" env HOME="$HOME_FOLDER" "$@"
}

step() { # a part of a stage
  local begun=$SECONDS
  "$@" || return
  say "$1 took $((SECONDS - begun)) s"
}

end() {
  local code=$?
  trap - ERR EXIT
  set +e
  [[ $code == 0 ]] || give_up "$code"
  rm -f "$SAID" "$SECRETS.$$"
  exit $((code != 0))
}

give_up() { # CODE of what ended
  local message
  message="Stage $stage failed: ${why:-a command at line $line ended with $1: $(tail -n 1 "$SAID")}."
  message+=" What to do: ${remedy:-read $LOGS/bootstrap.log on the server, or its log group}."
  say "FAILED. $message"
  tell "A server did not get ready: $stage" "$message Server: ${INSTANCE_ID:-unknown}. Version: $REPOSITORY_REF."
  ! has_units || sleep 10 # the agent sends the log on
  [[ -z ${INSTANCE_ID:-} ]] || finish_lifecycle "$LAUNCH_HOOK" ABANDON
}

alone() { # two runs at once would take each other's files away
  exec 8>"$RUN/bootstrap.lock"
  flock --wait "$PATIENCE" 8 ||
    fail "another run of this has been at work for $PATIENCE s" "see what it does, in $LOGS/bootstrap.log, and run this again once it is done"
}

machine() { # who this is, which user data cannot know, and whether it has its role
  INSTANCE_ID=$(metadata instance-id 2>"$SAID") ||
    explain "this machine's metadata do not answer at $METADATA" "see that the launch template leaves the metadata service on"
  AVAILABILITY_ZONE=$(metadata placement/availability-zone)
  printf "INSTANCE_ID='%s'\nAVAILABILITY_ZONE='%s'\n" "$INSTANCE_ID" "$AVAILABILITY_ZONE" >"$CONFIG/machine.env"
  metadata iam/security-credentials/ >/dev/null 2>"$SAID" ||
    fail "this machine has no role, so AWS answers nothing that it asks" "see that the launch template names the instance profile: terraform apply"
}

# os-packages
packages() {
  again dnf install -y -q amazon-cloudwatch-agent awscli-2 git-core make python3.11 python3.11-pip ||
    explain "the system's packages cannot be installed" "see whether the servers' subnets reach the S3 gateway endpoint"
}

log_agent() { # before all else, so that whatever fails later can be read
  logged /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s \
    -c "file:$CONFIG/cloudwatch-agent.json" >/dev/null || explain "the CloudWatch agent does not start" "see $CONFIG/cloudwatch-agent.json"
}

owner() { id "$OWNER" &>/dev/null || useradd --system --home-dir "$HOME_FOLDER" --shell /sbin/nologin "$OWNER"; }

stage_os_packages() {
  step packages
  step log_agent
  step owner
}

# fetch
own_folder() { # PATH
  mkdir -p "$1"
  ! is_root || chown "$OWNER": "$1"
}

version_is() { printf "APPLICATION_VERSION='%s'\n" "${1:0:12}" >"$CONFIG/version.env"; }

of_release() { # FIELD, FOLDER
  [[ ! -f $2/RELEASE.json ]] || sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$2/RELEASE.json"
}

from_source() { # WHY
  say "NO RELEASE IS USED: $1. It is built from source instead, which takes a minute longer."
  return 1
}

download() { # PLACE: the release and its checksum
  local file
  for file in "$1" "$1.sha256"; do
    again cloud s3 cp --only-show-errors "$file" "$HOME_FOLDER/downloads/" && continue
    ! grep -qE "$FULL|$SKEWED" "$SAID" || explain "$file cannot be had"
    from_source "$file is not there or cannot be read ($(tail -n 1 "$SAID"))" || return
  done
}

unpack() { # TARBALL: beside what is there, whose place it takes once it is whole
  local new=$APPLICATION.new
  rm -rf "$new"
  as_owner mkdir "$new"
  logged as_owner tar -xzf "$1" -C "$new" --strip-components=1 --no-same-owner || explain "$1 cannot be unpacked"
  if [[ $(of_release machine "$new") != $(uname -m) ]] ||
    [[ $REPOSITORY_REF != $(of_release commit "$new") && $REPOSITORY_REF != $(of_release version "$new") ]]; then
    from_source "what is in $1 is not $REPOSITORY_REF for $(uname -m)" || return
  fi
  rm -rf "$APPLICATION"
  mv "$new" "$APPLICATION"
}

release() { # what CI built of this version, where there is one
  local version=$REPOSITORY_REF name place
  [[ -n ${RELEASE_BUCKET:-} ]] || from_source "no bucket of releases is named" || return
  [[ ! $version =~ ^[0-9a-f]{40}$ ]] || version=${version:0:12}
  if [[ $(of_release version "$APPLICATION") != "$version" ]]; then
    name=cloudscale-$version-$(uname -m).tar.gz
    place=s3://$RELEASE_BUCKET/releases/$version/$name
    mkdir -p "$HOME_FOLDER/downloads"
    download "$place" || return
    if ! (cd "$HOME_FOLDER/downloads" && sha256sum --check --status "$name.sha256"); then
      tell "A release has a wrong checksum" "$place is not what its checksum says, and servers build $version from source. See who wrote it, and publish it again."
      from_source "THE CHECKSUM of $place IS WRONG" || return
    fi
    unpack "$HOME_FOLDER/downloads/$name" || return
    rm -r "$HOME_FOLDER/downloads"
  fi
  version_is "$(of_release commit "$APPLICATION")"
}

git_in() { as_owner env GIT_TERMINAL_PROMPT=0 git -C "$@"; }
repository() { git_in "$APPLICATION" "$@"; }
named() { awk -v name="$1" '$2 == name { print $1 }' "$SAID"; }

commit_of_ref() { # of a tag, a branch, or a whole commit, by what the repository has just listed
  local ref=$REPOSITORY_REF kind
  for kind in "refs/tags/$ref^{}" "refs/tags/$ref" "refs/heads/$ref"; do
    commit=$(named "$kind")
    [[ -z $commit ]] || break
  done
  if [[ -n $commit ]]; then
    [[ $kind != refs/heads/* ]] || say "$ref IS A BRANCH: servers that are launched later may run something else than this one"
  elif [[ $ref =~ ^[0-9a-f]{40}$ ]]; then
    commit=$ref
  else
    fail "$REPOSITORY has no tag, branch or whole commit $ref" "push it, or set application_ref to one that is there"
  fi
}

source_code() { # of exactly the commit that the ref names
  local commit
  again git_in "$HOME_FOLDER" ls-remote "$REPOSITORY" ||
    explain "$REPOSITORY cannot be read" "see that application_repository is there and public, and that servers reach it"
  commit_of_ref
  [[ -d $APPLICATION/.git ]] || rm -rf "$APPLICATION" # a release, which this takes the place of
  as_owner git init --quiet "$APPLICATION"
  again repository fetch --quiet --depth 1 --no-tags "$REPOSITORY" "$commit" ||
    explain "$REPOSITORY does not give commit $commit" "push it, or set application_ref to one that is there"
  logged repository checkout --quiet --force --detach "$commit" || explain "commit $commit cannot be checked out"
  [[ $(repository rev-parse HEAD) == "$commit" ]] || fail "what was checked out is not $commit" "see who changes $APPLICATION"
  version_is "$commit"
}

stage_fetch() {
  own_folder "$HOME_FOLDER"
  own_folder "$HOME_FOLDER/data"
  step release || step source_code
}

# install
wheels() { # offline, each by its checksum in the lock
  local tools=$APPLICATION/.tools wheels=$APPLICATION/wheels venv=$APPLICATION/.venv
  local uv=$tools/bin/uv
  { # uv is one file of its wheel; an environment with pip, to install it, takes five seconds
    logged as_owner mkdir -p "$tools/bin" &&
      logged as_owner python3.11 -m zipfile -e "$wheels"/uv-*.whl "$tools/wheel" &&
      logged as_owner install -m 0755 "$tools"/wheel/uv-*.data/scripts/uv "$uv" &&
      logged as_owner "$uv" venv -q --allow-existing --python python3.11 "$venv" &&
      logged as_owner "$uv" pip install -q --python "$venv" --offline --no-index --find-links "$wheels" \
        --require-hashes -r "$APPLICATION/requirements.txt" &&
      as_owner touch "$venv/.synced"
  } || explain "the wheels of the release cannot be installed" "publish the release again, or set release_bucket to null to build from source"
}

index() { curl -s -o /dev/null -m 10 -w '%{http_code}' "${PIP_INDEX_URL:-https://pypi.org/simple}/uv/" || true; }

build() { # nothing, where a front end came with the release
  again as_owner make --silent -C "$APPLICATION" built ||
    explain "it cannot be built; the package index, asked now, answers $(index)" \
      "see whether servers reach the package indexes (pypi.org, registry.npmjs.org), and try again"
}

bytecode() { # the unit may not write here, and would compile every library at each start
  logged as_owner "$APPLICATION/.venv/bin/python" -m compileall -q -j 0 "$APPLICATION/.venv/lib" "$APPLICATION/cloudscale" ||
    say "not all of it compiles, which costs time at each start"
}

stage_install() {
  [[ ! -f $APPLICATION/RELEASE.json ]] || step wheels
  step build
  step bytecode
}

# configure
settings() { # those that this launch template names by their hash, whatever was written there since: a fleet
  # that is rolled back is set as it was before, too
  local version new=$CONFIG/settings.env.new
  again cloud ssm get-parameter --name "$SETTINGS_PARAMETER" --query Parameter.Version --output text ||
    explain "the settings $SETTINGS_PARAMETER cannot be read" "put them back: terraform apply"
  for ((version = $(tail -n 1 "$SAID"); version > 0; version -= 1)); do
    cloud ssm get-parameter --name "$SETTINGS_PARAMETER:$version" --query Parameter.Value --output text >"$new" 2>"$SAID" ||
      { grep -q NotFound "$SAID" && break; } || explain "version $version of $SETTINGS_PARAMETER cannot be read"
    if sha256sum --check --status <<<"$SETTINGS_SHA256  $new"; then
      mv "$new" "$CONFIG/settings.env"
      return
    fi
    say "version $version of $SETTINGS_PARAMETER IS NOT WHAT THIS SERVER WAS MADE WITH; the one before is looked at"
  done
  rm -f "$new"
  fail "no version of $SETTINGS_PARAMETER is what this server was made with" "put it back: terraform apply"
}

setting() ( # NAME: of settings.env
  # shellcheck disable=SC1091
  . "$CONFIG/settings.env" && echo "${!1:-}"
)

authorities() { # who signed the certificate of RDS, where the database's address asks for that
  ! grep -qF rds-authorities.pem "$CONFIG/secrets.tsv" ||
    logged fetch_file -o "$CONFIG/rds-authorities.pem" "$AUTHORITIES" || explain "the authorities of RDS cannot be had" "see whether servers reach $AUTHORITIES"
}

policy() { # the shop does without: it goes by what its code declares, and somebody should know
  local parameter
  parameter=$(setting SCALING_POLICY_PARAMETER)
  [[ -n $parameter ]] || return 0
  again cloud ssm get-parameter --name "$parameter" --query Parameter.Version --output text && return 0
  ! grep -qE "$SKEWED" "$SAID" || explain "$parameter cannot be read"
  say "THE SCALING POLICY $parameter IS MISSING: thresholds are those that the code declares until terraform apply puts it back"
  tell "The scaling policy is missing" "$parameter cannot be read ($(tail -n 1 "$SAID")). Put it back: terraform apply."
}

secrets() { # into memory, never onto the disk; systemd reads them as root
  local name arn template value new=$SECRETS.$$
  (umask 077 && : >"$new")
  while IFS=$'\t' read -r name arn template; do
    value=$(cloud secretsmanager get-secret-value --secret-id "$arn" --query SecretString --output text 2>"$SAID") ||
      explain "the secret of $name cannot be read ($arn)" "put it back: terraform apply; a deleted one: aws secretsmanager restore-secret"
    if [[ -z $value || $value == *[\'\\$'\n']* ]]; then
      fail "the secret of $name is empty, or holds an apostrophe, a backslash or a line break" "write another value to $arn"
    fi
    printf "%s='%s'\n" "$name" "${template//\{\}/"$value"}" >>"$new"
  done <"$CONFIG/secrets.tsv"
  mv "$new" "$SECRETS"
}

with_settings() ( # in a shell of its own, so that no secret stays in this one
  set -a
  # shellcheck disable=SC1090,SC1091
  . "$CONFIG/settings.env" && . "$CONFIG/machine.env" && . "$CONFIG/version.env" && . "$SECRETS"
  cd "$APPLICATION"
  as_owner "$@"
)

schema() { # once a release: the command takes a lock in the database, and waits while there is none
  logged with_settings .venv/bin/python -m cloudscale migrate --wait "$PATIENCE" ||
    explain "the schema cannot be brought up to date" "nothing half-done was kept; see the database's own log, mend the migration, and deploy again"
}

stage_configure() {
  step settings
  step authorities
  step policy
  step secrets
  step schema
}

# service
units() {
  systemctl daemon-reload
  systemctl enable --quiet --now cloudscale-secrets cloudscale-drain
  systemctl enable --quiet cloudscale
  systemctl restart cloudscale # a second run brings what is newer into force
}

health() { # of this very machine, as the load balancer asks
  local second port
  port=$(setting PORT)
  for ((second = 0; second < HEALTH; second += 1)); do
    ! curl -sf -o /dev/null --noproxy '*' --max-time 2 "http://127.0.0.1:$port/health" || return 0
    sleep 1
  done
  tail -n 40 "$LOGS/application.log" | tee "$SAID" || true
  explain "/health has not answered for $HEALTH s" "read why in the log group of the application"
}

stage_service() {
  if has_units; then step units; else say "no unit of systemd is here: whoever runs this starts what cloudscale.service says"; fi
  step health
  finish_lifecycle "$LAUNCH_HOOK" CONTINUE
}

run() {
  local begun
  for stage in "$@"; do
    begun=$SECONDS
    declare -F "stage_${stage//-/_}" >/dev/null || fail "there is no stage $stage" "name some of: os-packages fetch install configure service"
    say "begins"
    "stage_${stage//-/_}"
    say "done in $((SECONDS - begun)) s"
  done
}

mkdir -p "$LOGS" "$RUN"
exec > >(tee -a "$LOGS/bootstrap.log") 2>&1
trap 'line=$LINENO' ERR
trap end EXIT
: >"$SAID"
machine
case ${1:-} in
  '') alone; run os-packages fetch install configure service ;;
  secrets) secrets ;; # after a restart of the machine, which leaves nothing in memory
  *) alone; run "$@" ;;
esac
say "all done in $SECONDS s"
