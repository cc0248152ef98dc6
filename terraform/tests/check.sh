#!/usr/bin/env bash
# Everything that can be asked of the module without an AWS account. What needs the provider runs
# where `terraform init` finds it and says so where it does not.
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

if command -v terraform > /dev/null; then
  terraform fmt -check -recursive .
  if terraform init -no-color -backend=false -input=false > "$target/terraform-init.log" 2>&1; then
    terraform validate -no-color
    terraform test -no-color
  else
    echo "SKIPPED: terraform validate and terraform test, because terraform init fails here:"
    tail -n 5 "$target/terraform-init.log"
  fi
else
  echo "SKIPPED: everything that terraform itself does, because it is not installed here"
fi

environment terraform-tests tests/requirements.txt
"$target/terraform-tests/bin/pytest" -rs -p no:cacheprovider tests/policies

environment terraform-checkov tests/requirements-checkov.txt
"$target/terraform-checkov/bin/checkov" --directory . --framework terraform --compact --quiet --skip-download
