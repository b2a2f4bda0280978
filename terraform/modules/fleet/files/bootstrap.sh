#!/bin/bash
# Makes a bare Amazon Linux 2023 machine a server of the shop, in named stages. Whatever fails is
# told by its stage, in /var/log/cloudscale/bootstrap.log and in CloudWatch, and the launch is given
# up, so that the group launches another machine. It may be run again.
#
# settings.env, secrets.tsv (from user data) --stages--> cloudscale.service, in service

set -Eeuo pipefail
umask 022

readonly CONFIG=/etc/cloudscale HOME_FOLDER=/opt/cloudscale LOGS=/var/log/cloudscale
readonly APPLICATION=$HOME_FOLDER/application SECRETS=/run/cloudscale/secrets.env
readonly METADATA=http://169.254.169.254/latest
readonly RDS_AUTHORITIES=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
stage=start

say() { echo "$(date -u +%FT%TZ) $stage: $*"; }

metadata() {
  local token
  token=$(curl -sSf --retry 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$METADATA/api/token")
  curl -sSf --retry 5 -H "X-aws-ec2-metadata-token: $token" "$METADATA/meta-data/$1"
}

again() { # a network that is not there yet, or a service that is busy
  local attempt
  for attempt in 1 2 3 4 5; do
    "$@" && return 0
    say "attempt $attempt of 5 failed: $1"
    sleep $((attempt * 3))
  done
  return 1
}

finish_launch() { # CONTINUE or ABANDON; a machine that was started by hand has no launch to finish
  aws autoscaling complete-lifecycle-action --lifecycle-hook-name "$LAUNCH_HOOK" \
    --auto-scaling-group-name "$AUTO_SCALING_GROUP" --lifecycle-action-result "$1" \
    --instance-id "$INSTANCE_ID" || say "there was no launch to finish"
}

give_up() {
  local line=$1
  trap - ERR
  say "FAILED at line $line"
  sleep 10 # the agent sends the log on
  [[ -z ${INSTANCE_ID:-} ]] || finish_launch ABANDON
  exit 1
}

machine() { # who this is, which user data cannot know
  INSTANCE_ID=$(metadata instance-id)
  AVAILABILITY_ZONE=$(metadata placement/availability-zone)
  printf "INSTANCE_ID='%s'\nAVAILABILITY_ZONE='%s'\n" "$INSTANCE_ID" "$AVAILABILITY_ZONE" >$CONFIG/machine.env
}

log_agent() { # first, so that whatever fails later can be read
  again dnf install -y -q amazon-cloudwatch-agent
  /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s \
    -c file:$CONFIG/cloudwatch-agent.json >/dev/null
}

packages() { again dnf install -y -q git make python3.11 python3.11-pip awscli-2; }

user() {
  id cloudscale &>/dev/null || useradd --system --home-dir $HOME_FOLDER --shell /sbin/nologin cloudscale
  install -d -o cloudscale -g cloudscale $HOME_FOLDER $HOME_FOLDER/data
}

as_user() { runuser -u cloudscale -- env HOME=$HOME_FOLDER "$@"; }

application() {
  if [[ ! -d $APPLICATION/.git ]]; then
    again as_user git clone --quiet --no-checkout "$REPOSITORY" $APPLICATION
  fi
  again as_user git -C $APPLICATION fetch --quiet --tags origin
  as_user git -C $APPLICATION checkout --quiet --detach "origin/$REPOSITORY_REF" 2>/dev/null ||
    as_user git -C $APPLICATION checkout --quiet --detach "$REPOSITORY_REF"
  printf "APPLICATION_VERSION='%s'\n" "$(as_user git -C $APPLICATION rev-parse --short=12 HEAD)" >>$CONFIG/machine.env
}

build() { as_user make -s -C $APPLICATION built; }

secrets() { # into memory, never onto the disk; systemd reads them as root
  local name arn template value
  curl -sSf --retry 5 -o $CONFIG/rds-authorities.pem $RDS_AUTHORITIES
  install -d -m 0700 "$(dirname $SECRETS)"
  : >$SECRETS.new
  chmod 0600 $SECRETS.new
  while IFS=$'\t' read -r name arn template; do
    value=$(again aws secretsmanager get-secret-value --secret-id "$arn" --query SecretString --output text)
    if [[ -z $value || $value == *[\'\\$'\n']* ]]; then
      say "the secret of $name is empty, or holds an apostrophe, a backslash or a line break"
      return 1
    fi
    printf "%s='%s'\n" "$name" "${template//\{\}/"$value"}" >>$SECRETS.new
  done <$CONFIG/secrets.tsv
  mv $SECRETS.new $SECRETS
}

schema() { # one machine at a time: the command takes a lock in the database
  (
    set -a
    # shellcheck disable=SC1091,SC1090
    . $CONFIG/settings.env && . $CONFIG/machine.env && . $SECRETS
    cd $APPLICATION
    runuser -u cloudscale -- .venv/bin/python -m cloudscale migrate
  )
}

units() {
  cat >/etc/logrotate.d/cloudscale <<END
$LOGS/*.log {
  daily
  rotate 3
  maxsize 50M
  copytruncate
  missingok
}
END
  cat >/usr/local/sbin/cloudscale-drain <<END
#!/bin/bash
# Waits until the group wants this machine gone, stops the shop, which finishes what it is at while
# the load balancer sends it nobody more, and says that it is done.
. $CONFIG/settings.env && . $CONFIG/machine.env
metadata() {
  token=\$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $METADATA/api/token)
  curl -sf -H "X-aws-ec2-metadata-token: \$token" $METADATA/meta-data/\$1
}
until [[ \$(metadata autoscaling/target-lifecycle-state) == Terminated ]]; do sleep 5; done
systemctl stop cloudscale
aws autoscaling complete-lifecycle-action --lifecycle-hook-name "\$TERMINATION_HOOK" \\
  --auto-scaling-group-name "\$AUTO_SCALING_GROUP" --lifecycle-action-result CONTINUE \\
  --instance-id "\$INSTANCE_ID"
END
  chmod 0755 /usr/local/sbin/cloudscale-drain
  cat >/etc/systemd/system/cloudscale.service <<END
[Unit]
Description=CloudScale Commerce
After=network-online.target
Wants=network-online.target

[Service]
User=cloudscale
WorkingDirectory=$APPLICATION
EnvironmentFile=$CONFIG/settings.env
EnvironmentFile=$CONFIG/machine.env
EnvironmentFile=$SECRETS
ExecStart=$APPLICATION/.venv/bin/python -m cloudscale serve
KillMode=mixed
TimeoutStopSec=180
Restart=always
RestartSec=2
StandardOutput=append:$LOGS/application.log
StandardError=inherit
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=full
ProtectHome=yes

[Install]
WantedBy=multi-user.target
END
  cat >/etc/systemd/system/cloudscale-drain.service <<END
[Unit]
Description=Leaves the load balancer before this machine goes
After=network-online.target

[Service]
ExecStart=/usr/local/sbin/cloudscale-drain
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
END
  # Secrets are in memory alone, so that a machine that starts again has to fetch them first.
  cat >/etc/systemd/system/cloudscale-secrets.service <<END
[Unit]
Description=Fetches the shop's secrets
Before=cloudscale.service
After=network-online.target
Wants=network-online.target
ConditionPathExists=!$SECRETS

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/cloudscale-bootstrap secrets

[Install]
RequiredBy=cloudscale.service
END
  systemctl daemon-reload
}

service() { systemctl enable --now cloudscale-secrets cloudscale cloudscale-drain; }

health() { # of this very machine, as the load balancer will ask
  local second
  for ((second = 0; second < 120; second += 2)); do
    curl -sf -o /dev/null --max-time 2 "http://127.0.0.1:$PORT/health" && return 0
    sleep 2
  done
  tail -n 40 $LOGS/application.log
  return 1
}

in_service() { finish_launch CONTINUE; }

run() {
  local begun
  for stage in "$@"; do
    begun=$SECONDS
    say "begins"
    "$stage"
    say "done in $((SECONDS - begun)) s"
  done
}

install -d -m 0755 $LOGS
exec > >(tee -a $LOGS/bootstrap.log) 2>&1
trap 'give_up $LINENO' ERR
# shellcheck disable=SC1091
. $CONFIG/settings.env
export AWS_DEFAULT_REGION=$AWS_REGION AWS_PAGER=''
if [[ ${1:-} == secrets ]]; then
  trap - ERR
  run secrets
else
  run machine log_agent packages user application build secrets schema units service health in_service
fi
