#!/bin/sh
# Deploys what `make package` made: `sh infra/deploy.sh build/package`, or `make deploy`.
#
#   HUB_STACK       name of the CloudFormation stack (hub)
#   HUB_ARTIFACTS   an S3 bucket of yours in the same region, for the code; required
#   HUB_ADMIN_KEY   what admin calls carry, 24 characters or more; required
#   HUB_PUBLIC_URL  where customers reach the hub; without it the API's own address is used
#   HUB_MAIL_FROM   an address that SES has verified; without it no mails are sent
#   HUB_FEEDS_IMAGE the URI of the feeds image in ECR (docker build -f feeds/Dockerfile .); without it no timetables
#   HUB_ALARM_MAIL  who is told of alarms
set -eu

fail() {
    echo "Cannot deploy: $*" >&2
    exit 2
}

folder=${1:-build/package}
stack=${HUB_STACK:-hub}
[ -f "$folder/sam.json" ] && [ -f "$folder/deployment.zip" ] || fail "$folder holds no package; run make package."
if grep -q '"python3.11"' "$folder/sam.json"; then
    fail "this package was made with Python 3.11, whose Lambda is too old a system for numpy; make package with 3.12 or 3.13."
fi
command -v aws >/dev/null 2>&1 || fail "the AWS command line is missing; install awscli (version 2)."
[ -n "${HUB_ARTIFACTS:-}" ] || fail "set HUB_ARTIFACTS to an S3 bucket of yours for the code."
[ "${#HUB_ADMIN_KEY}" -ge 24 ] 2>/dev/null || fail "set HUB_ADMIN_KEY to a secret of 24 characters or more."
aws sts get-caller-identity >/dev/null 2>&1 || fail "AWS does not know you; set up credentials (aws configure, or AWS_PROFILE)."
[ -n "${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}" ] || fail "no region; set AWS_REGION."
if [ -z "${HUB_FEEDS_IMAGE:-}" ]; then
    echo "HUB_FEEDS_IMAGE is not set: no function compiles timetables until you deploy again with it." >&2
fi

deploy() {
    aws cloudformation deploy --stack-name "$stack" --template-file "$folder/deployed.json" \
        --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --no-fail-on-empty-changeset \
        --s3-bucket "$HUB_ARTIFACTS" --s3-prefix "$stack" \
        --parameter-overrides "HubAdminKey=$HUB_ADMIN_KEY" "PublicUrl=$1" "MailFrom=${HUB_MAIL_FROM:-}" \
        "FeedsImageUri=${HUB_FEEDS_IMAGE:-}" "AlarmMail=${HUB_ALARM_MAIL:-}"
}

address() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text \
        --query "Stacks[0].Outputs[?OutputKey=='EndpointURL'].OutputValue" 2>/dev/null | sed 's,/$,,'
}

# named by its content: the same code is the same object, and leaves the functions as they are
code="$stack/$(sha256sum "$folder/deployment.zip" | cut -c1-32).zip"
aws s3 cp --only-show-errors "$folder/deployment.zip" "s3://$HUB_ARTIFACTS/$code"
sed "s,\"./deployment.zip\",\"s3://$HUB_ARTIFACTS/$code\"," "$folder/sam.json" >"$folder/deployed.json"
# the functions must know the API's address for the links in texts, and the API knows it only when it is there
url=${HUB_PUBLIC_URL:-$(address || true)}
deploy "$url"
if [ -z "$url" ]; then
    url=$(address)
    deploy "$url"
fi
echo "The hub answers on $url"
