#!/usr/bin/env bash
# Builds the site of the documents and of the public API into artifacts/site. A link that leads nowhere is an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if ! dotnet tool restore >"$log" 2>&1; then
  cat "$log"
  echo "site: SKIPPED: docfx could not be restored (.config/dotnet-tools.json)"
  exit 0
fi

rm -rf artifacts/api artifacts/site
for step in metadata "build --warningsAsErrors"; do
  # shellcheck disable=SC2086 # A step has options.
  dotnet docfx ${step%% *} docfx.json ${step#"${step%% *}"} >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
done
echo "site: $(find artifacts/site -name '*.html' | wc -l | tr -d ' ') pages in artifacts/site; no link leads nowhere"
