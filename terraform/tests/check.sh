#!/usr/bin/env bash
# Everything that can be asked of the module without an AWS account. Skips only where Terraform or its
# provider is missing: every other failure of `terraform init` fails. Where POSTERN_SKIPS names a file, as
# in CI, skips are listed there, and a missing Terraform fails.
set -euo pipefail
cd "$(dirname "$0")/.."

target="$(pwd)/../target"
mkdir -p "$target"
export TF_DATA_DIR="${TF_DATA_DIR:-$target/terraform}" TF_IN_AUTOMATION=1

# A private environment for a requirements file, made anew when the file changes.
environment() {
  local folder="$target/$1" requirements="$2"
  if ! cmp -s "$requirements" "$folder/requirements.txt"; then
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --require-hashes --requirement "$requirements"
    cp "$requirements" "$folder/requirements.txt"
  fi
}

skipped() {
  echo "SKIPPED: $1: $2"
  if [[ -n "${POSTERN_SKIPS:-}" ]]; then echo "$1: $2" >> "$POSTERN_SKIPS"; fi
}

init() { terraform "$@" init -no-color -backend=false -input=false > "$target/terraform-init.log" 2>&1; }

# Whether the provider is all that the failed init lacks.
finds_no_provider() {
  grep -q "Failed to query available provider packages" "$target/terraform-init.log" &&
    ! grep -q "problems with the CLI configuration" "$target/terraform-init.log"
}

environment terraform-tests tests/requirements.txt

if ! command -v terraform > /dev/null; then
  skipped "everything that terraform itself does" "it is not installed here"
  if [[ -n "${POSTERN_SKIPS:-}" ]]; then exit 1; fi
elif ! TF_DATA_DIR="$target/terraform-provider" init -chdir=tests/provider; then
  if ! finds_no_provider; then
    cat "$target/terraform-init.log"
    exit 1
  fi
  terraform fmt -check -recursive .
  skipped "terraform validate, terraform test and planted mistakes" "terraform init finds no provider"
else
  terraform fmt -check -recursive .
  if ! init; then
    cat "$target/terraform-init.log"
    exit 1
  fi
  terraform validate -no-color
  terraform test -no-color
  provider=found
fi

"$target/terraform-tests/bin/pytest" -rs -p no:cacheprovider tests/policies

# Some of the planted mistakes, other ones each day. All of them: leave out --sample.
if [[ -n "${provider:-}" ]]; then "$target/terraform-tests/bin/python" tests/mutate --sample 16; fi

environment terraform-checkov tests/requirements-checkov.txt
"$target/terraform-checkov/bin/checkov" --directory . --framework terraform --compact --quiet --skip-download
