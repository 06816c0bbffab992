#!/usr/bin/env bash
# Packs the library, then builds, runs and publishes applications that take the package as a stranger would: outside the repository, from a folder feed.
# All run on net8.0 (rolling forward if there is no .NET 8) and net10.0:
#            C#   what it does                                                                                          also published as
#   Train    14   trains through TrainLibrary, a class library in C# 12, and saves a pipeline of our transformer           a folder that is moved; one file
#                 between ML.NET's own
#   Score    12   loads it and predicts; training is refused; no libtorch anywhere                                       self-contained for .NET 8
#   Serve    14   loads it, predicts by class names, and again WithGuarantee; no libtorch anywhere                       one file
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) rid=linux-x64 ;;
  Darwin-arm64) rid=osx-arm64 ;;
  MINGW*-x86_64 | MSYS*-x86_64) rid=win-x64 ;;
  *) echo "consumer check: no libtorch for $(uname -s) $(uname -m); skipped"; exit 0 ;;
esac

property() { dotnet msbuild "$root/src/Microsoft.ML.Gloro/Microsoft.ML.Gloro.csproj" -getProperty:"$1"; }
# A version of its own: NuGet keeps what it has once unpacked, and would go on using the package of an earlier run.
version="$(property Version)-check.$(date +%s).$$"
libtorch=$(property LibTorchVersion)

work=$(mktemp -d)
packages=$(dotnet nuget locals global-packages --list --force-english-output | sed 's/^global-packages: //')
trap 'rm -rf "$work" "${packages%/}/microsoft.ml.gloro/$version"' EXIT

fail() { echo "consumer check: $*" >&2; exit 1; }
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "failed: $*"; }; }

quietly dotnet pack "$root/src/Microsoft.ML.Gloro" -c Release -p:Version="$version" -p:PackageOutputPath="$work/feed" -nologo
cp -R "$root/build/ConsumerCheck" "$work/apps"
cd "$work/apps"
options=(-nologo -p:GloroVersion="$version" -p:LibTorchPackage="libtorch-cpu-$rid" -p:LibTorchVersion="$libtorch" -p:RestoreAdditionalProjectSources="$work/feed" -p:TreatWarningsAsErrors=true)

expect() { # expect TEXT COMMAND...: the command succeeds and prints the text
  local text=$1 output
  shift
  output=$("$@" 2>&1) || { echo "$output" >&2; fail "failed: $*"; }
  grep -qF "$text" <<<"$output" || { echo "$output" >&2; fail "no '$text' in the output of: $*"; }
  local program=${*: -1}
  echo "  ok: ${program#"$work/"}: $(grep -F "$text" <<<"$output" | head -n 1 | cut -c 1-100)"
}
without_libtorch() { # without_libtorch FOLDER
  local found
  found=$(find "$1" \( -iname '*torch_cpu*' -o -iname '*libtorch.*' -o -iname 'c10*' -o -iname 'libc10*' \))
  [ -z "$found" ] || fail "libtorch in the output of an application that only scores: $found"
}

export GLORO_CHECK_MODEL="$work/model.zip"

quietly dotnet build Train -c Release "${options[@]}"
for framework in net8.0 net10.0; do
  expect "trained: VRA" dotnet "Train/bin/Release/$framework/Train.dll"
done

# In other processes, from the file alone.
quietly dotnet build Score -c Release "${options[@]}"
for framework in net8.0 net10.0; do
  expect "scored: radius" dotnet "Score/bin/Release/$framework/Score.dll"
  expect "refused: Training needs libtorch" dotnet "Score/bin/Release/$framework/Score.dll"
  without_libtorch "Score/bin/Release/$framework" # After running: TorchSharp, left alone, copies libtorch there from the NuGet cache.
done
quietly dotnet build Serve -c Release "${options[@]}"
for framework in net8.0 net10.0; do
  expect "served: east within" dotnet "Serve/bin/Release/$framework/Serve.dll"
  without_libtorch "Serve/bin/Release/$framework"
done
rm -rf Train/bin

# From here on MSBuild links what it would copy into bin, as an application may choose to: publishing must copy all the same.
options+=(-p:CreateHardLinksForCopyLocalIfPossible=true)
quietly dotnet publish Train -c Release -f net10.0 -o "$work/published" "${options[@]}"
mv "$work/published" "$work/moved" # Published files are real and can be moved.
expect "trained: VRA" dotnet "$work/moved/Train.dll"
[ -z "$(find "$work/moved" -type l -o -type f -links +1)" ] || fail "links in a published folder"
rm -rf "$work/moved" Train/bin

quietly dotnet publish Train -c Release -f net10.0 -r "$rid" --self-contained false -p:PublishSingleFile=true -o "$work/single" "${options[@]}"
expect "trained: VRA" "$work/single/Train"
rm -rf "$work/single" Train/bin

quietly dotnet publish Serve -c Release -f net10.0 -r "$rid" --self-contained false -p:PublishSingleFile=true -o "$work/serve" "${options[@]}"
expect "served: east within" "$work/serve/Serve"
without_libtorch "$work/serve"

# Self-contained, so that it runs on .NET 8 itself whatever is installed.
quietly dotnet publish Score -c Release -f net8.0 -r "$rid" --self-contained true -o "$work/score" "${options[@]}"
expect "scored: radius" "$work/score/Score"
without_libtorch "$work/score"
echo "consumer check: passed"
