#!/bin/sh
# Deploys what `make package` made: `sh infra/deploy.sh build/package`, or `make deploy`.
#
#   HUB_STACK        name of the CloudFormation stack (hub)
#   HUB_ARTIFACTS    an S3 bucket of yours in the same region, for the code; required
#   HUB_ADMIN_KEY    what admin calls carry, 24 characters or more; without it the first deployment makes one
#   HUB_PUBLIC_URL   where customers reach the hub; without it the API's own address is used
#   HUB_DOMAIN       a short domain of yours, and HUB_CERTIFICATE the ARN of its certificate in ACM of the same region; when
#                    its CNAME record points to what is said at the end, deploy again with HUB_PUBLIC_URL=https://…
#   HUB_DOMAIN_API   http or rest: which API the domain leads to (a new stack: http, a third of the price; a domain that
#                    leads to the other already has to be taken away by HUB_DOMAIN=none first)
#   HUB_MAIL_FROM    an address that SES has verified; without it no mails are sent
#   HUB_INBOUND_MAIL_DOMAIN  a domain whose mail SES receives, for invitations by mail; without it none are received
#   HUB_FEEDS_IMAGE  the URI of the feeds image in ECR (docker build -f feeds/Dockerfile .); without it no timetables
#   HUB_ALARM_MAIL   who is told of alarms
#   HUB_TEXT_SPEND_ALARM_USD  dollars of texts in a month that raise an alarm (0.8)
#   HUB_TEXT_IDENTITY  the ARN of a number, sender id or pool of AWS End User Messaging; without it texts go by SNS
#   HUB_TEXTS_PER_S  texts a second that the account, or that number, may send (20)
#   HUB_LIVE_RESERVED  1: live feeds are polled by one function at a time, which new accounts must not reserve
#   HUB_DELETE       yes: delete and replace what the change names without asking
#
# What is not set stays as the deployment before had it; `none` takes it back.
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
aws sts get-caller-identity >/dev/null 2>&1 || fail "AWS does not know you; set up credentials (aws configure, or AWS_PROFILE)."
[ -n "${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}" ] || fail "no region; set AWS_REGION."

about_stack() {
    aws cloudformation describe-stacks --stack-name "$stack" --output text --query "$1" 2>/dev/null || true
}

case $(about_stack "Stacks[0].StackStatus") in
"" | None | REVIEW_IN_PROGRESS) is_new=yes ;;
*) is_new= ;;
esac
if [ -n "${HUB_ADMIN_KEY:-}" ]; then
    [ "${#HUB_ADMIN_KEY}" -ge 24 ] || fail "set HUB_ADMIN_KEY to a secret of 24 characters or more."
fi
if [ -n "$is_new" ] && [ -z "${HUB_FEEDS_IMAGE:-}" ]; then
    echo "HUB_FEEDS_IMAGE is not set: no function compiles timetables until you deploy again with it." >&2
fi

# `deploy` keeps the value of every parameter that it is not given
settings=
newline='
'
set_to() {
    case $2 in
    "") ;;
    none) settings="$settings$newline$1=" ;;
    *) settings="$settings$newline$1=$2" ;;
    esac
}
set_to DomainName "${HUB_DOMAIN:-}"
set_to CertificateArn "${HUB_CERTIFICATE:-}"
set_to MailFrom "${HUB_MAIL_FROM:-}"
set_to InboundMailDomain "${HUB_INBOUND_MAIL_DOMAIN:-}"
set_to DomainApi "${HUB_DOMAIN_API:-${is_new:+http}}"
set_to FeedsImageUri "${HUB_FEEDS_IMAGE:-}"
set_to AlarmMail "${HUB_ALARM_MAIL:-}"
set_to TextSpendAlarmUsd "${HUB_TEXT_SPEND_ALARM_USD:-}"
set_to TextIdentity "${HUB_TEXT_IDENTITY:-}"
set_to TextsPerSecond "${HUB_TEXTS_PER_S:-}"
set_to LiveReserved "${HUB_LIVE_RESERVED:-}"

deploy() {
    (
        IFS=$newline
        set -f
        # shellcheck disable=SC2086 # one setting a line
        set -- "$@" ${settings:+--parameter-overrides} $settings
        aws cloudformation deploy --stack-name "$stack" --template-file "$template" \
            --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --no-fail-on-empty-changeset \
            --s3-bucket "$HUB_ARTIFACTS" --s3-prefix "$stack" "$@"
    )
}

# the HTTP API's: shorter, and a request there costs a third of one at the REST API (which answers as well)
address() {
    about_stack "Stacks[0].Outputs[?OutputKey=='HttpUrl'].OutputValue" | sed 's,/$,,'
}

# An API's deployment is made anew at every change of the API, which nobody notices.
lost_by() {
    aws cloudformation describe-change-set --change-set-name "$1" --output text \
        --query "Changes[?(ResourceChange.Action=='Remove' || ResourceChange.Replacement=='True') && ResourceChange.ResourceType!='AWS::ApiGateway::Deployment'].[ResourceChange.Action, ResourceChange.ResourceType, ResourceChange.LogicalResourceId]"
}

# Shows what a change would delete or replace, and makes it when that is wanted.
deploy_with_care() {
    said=$(deploy --no-execute-changeset)
    change=$(echo "$said" | grep -o 'arn:[^ ]*:changeSet/[^ ]*' | head -n 1 || true)
    [ -n "$change" ] || return 0 # nothing to change
    lost=$(lost_by "$change")
    if [ -n "$lost" ] && [ "${HUB_DELETE:-}" != yes ]; then
        printf 'This deletes (Remove) or replaces (Modify):\n%s\nGo on? Only "yes" does: ' "$lost" >&2
        read -r answer || answer=
        if [ "$answer" != yes ]; then
            aws cloudformation delete-change-set --change-set-name "$change"
            fail "nothing was changed."
        fi
    fi
    aws cloudformation execute-change-set --change-set-name "$change"
    aws cloudformation wait stack-update-complete --stack-name "$stack"
}

# Waits until every index of the stack's tables holds what was stored before it.
indexes_ready() {
    for table in $(aws cloudformation describe-stack-resources --stack-name "$stack" --output text \
        --query "StackResources[?ResourceType=='AWS::DynamoDB::Table'].PhysicalResourceId"); do
        while aws dynamodb describe-table --table-name "$table" --output text \
            --query "Table.GlobalSecondaryIndexes[?IndexStatus!='ACTIVE'].IndexName" | grep -q .; do
            sleep 10
        done
    done
}

# named by its content: the same code is the same object, and leaves the functions as they are
code="$stack/$(sha256sum "$folder/deployment.zip" | cut -c1-32).zip"
aws s3 cp --only-show-errors "$folder/deployment.zip" "s3://$HUB_ARTIFACTS/$code"
sed "s,\"./deployment.zip\",\"s3://$HUB_ARTIFACTS/$code\"," "$folder/sam.json" >"$folder/deployed.json"
template="$folder/deployed.json"
set_to PublicUrl "${HUB_PUBLIC_URL:-}"
if [ -z "$is_new" ]; then
    # one index of a table changes at a time, and code comes when its indexes are there (infra/index_steps.py)
    mkdir -p "$folder/steps"
    aws cloudformation get-template --stack-name "$stack" --template-stage Original --output json \
        --query TemplateBody >"$folder/before.json"
    count=$(PYTHONPATH="$(dirname "$0")/.." python3 -m infra.index_steps "$folder/before.json" "$template" "$folder/steps")
    number=1
    while [ "$number" -le "$count" ]; do
        template="$folder/steps/$number.json"
        deploy_with_care
        [ "$count" -eq 1 ] || indexes_ready
        number=$((number + 1))
    done
else
    deploy
    # the functions must know the API's address for the links in texts, and the API knows it only when it is there
    if [ -z "${HUB_PUBLIC_URL:-}" ]; then
        set_to PublicUrl "$(address)"
        deploy
    fi
fi
secret=$(about_stack "Stacks[0].Outputs[?OutputKey=='AdminKeySecret'].OutputValue")
if [ -n "${HUB_ADMIN_KEY:-}" ]; then # through a pipe: a command line is read by everybody on this machine
    printf %s "$HUB_ADMIN_KEY" | aws secretsmanager put-secret-value --secret-id "$secret" \
        --secret-string file:///dev/stdin >/dev/null
fi
echo "The admin key: aws secretsmanager get-secret-value --secret-id $secret --query SecretString --output text"
target=$(about_stack "Stacks[0].Outputs[?OutputKey=='DomainTarget'].OutputValue")
[ -z "$target" ] || echo "The CNAME record of the hub's domain: $target"
echo "The hub answers on $(about_stack "Stacks[0].Parameters[?ParameterKey=='PublicUrl'].ParameterValue")"
