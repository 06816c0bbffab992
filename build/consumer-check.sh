#!/usr/bin/env bash
# Packs the library, then builds, runs and publishes applications that take the package as a stranger would: outside the repository, from a folder feed.
# The first three run on net8.0 (rolling forward if there is no .NET 8) and net10.0:
#                     C#   what it does                                                                          also published as
#   Train             14   trains through TrainLibrary, a class library in C# 12, and saves a pipeline of our      a folder that is moved; one file
#                          transformer between ML.NET's own
#   Score             12   loads it and predicts; has no TorchSharp and no native ONNX Runtime, and is told so     self-contained for .NET 8; for any
#                          by Fit and by Real                                                                      platform and for one, with sizes
#   Serve             14   loads it, predicts by class names, and again WithGuarantee                              one file
#   BesideTorchSharp  12   the model beside Microsoft.ML.TorchSharp, with its TorchSharp and with ours
#   BesideOnnxGpu     12   the model beside ONNX Runtime's GPU build, which must stay what it is (Linux x64)
# Last, the programs of README.md and docs/start.md: pasted into new projects, as their readers do, and run on images that this script draws.
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
torchsharp=$(property TorchSharpVersion)

work=$(mktemp -d)
packages=$(dotnet nuget locals global-packages --list --force-english-output | sed 's/^global-packages: //')
trap '[ -z "${server:-}" ] || kill "$server" 2>/dev/null || true; rm -rf "$work" "${packages%/}/microsoft.ml.gloro/$version"' EXIT

fail() { echo "consumer check: $*" >&2; exit 1; }
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "failed: $*"; }; }

quietly dotnet pack "$root/src/Microsoft.ML.Gloro" -c Release -p:Version="$version" -p:PackageOutputPath="$work/feed" -nologo
cp -R "$root/build/ConsumerCheck" "$work/apps"
cd "$work/apps"
options=(-nologo -p:GloroVersion="$version" -p:LibTorchPackage="libtorch-cpu-$rid" -p:LibTorchVersion="$libtorch" -p:TorchSharpVersion="$torchsharp" -p:RestoreAdditionalProjectSources="$work/feed"
  -p:TreatWarningsAsErrors=true -p:WarningsNotAsErrors=NU1603) # NU1603: a feed without the exact version that some package asks for.

expect() { # expect TEXT COMMAND...: the command succeeds and prints the text
  local text=$1 output
  shift
  output=$("$@" 2>&1) || { echo "$output" >&2; fail "failed: $*"; }
  grep -qF "$text" <<<"$output" || { echo "$output" >&2; fail "no '$text' in the output of: $*"; }
  local program=${*: -1}
  echo "  ok: ${program#"$work/"}: $(grep -F "$text" <<<"$output" | head -n 1 | cut -c 1-100)"
}
without_libtorch() { # without_libtorch FOLDER: neither half of TorchSharp, and no native ONNX Runtime
  local found
  found=$(find "$1" \( -iname '*torch*' -o -iname 'c10*' -o -iname 'libc10*' -o -iname '*onnxruntime.so*' -o -iname 'onnxruntime.dll' -o -iname '*onnxruntime*.dylib' \) ! -name "BesideTorchSharp*")
  [ -z "$found" ] || fail "libtorch or ONNX Runtime in the output of an application that only scores: $found"
}
smaller() { # smaller MEGABYTES FOLDER
  local size
  size=$(du -sm --apparent-size "$2" 2>/dev/null | cut -f 1) || size=$(du -sm "$2" | cut -f 1)
  [ "$size" -lt "$1" ] || fail "${2#"$work/"} takes $size MB, and may take $1 MB"
  echo "  ok: ${2#"$work/"} takes $size MB (below $1)"
}
graph() { # graph APP: the packages of its restore, with their versions, without our own
  grep -oE '^    "[^"/]+/[0-9][^"]*": \{' "$1/obj/project.assets.json" | tr -d ' "{:' | grep -vi '^microsoft.ml.gloro/' | sort -u
}
warns() { # warns COUNT CODE APP OPTION...: the build targets give the warning so often
  local count=$1 code=$2 app=$3 found
  shift 3
  found=$(dotnet msbuild "$app" -restore -t:ResolvePackageAssets "${options[@]}" -p:TargetFramework=net8.0 -p:TreatWarningsAsErrors=false "$@" | grep -c "warning $code" || true)
  [ "$found" -eq "$count" ] || fail "$found warnings $code instead of $count: $app $*"
  echo "  ok: $app: $found warning(s) $code"
}
backend() { # backend VALUE PLATFORM PACKAGES: what -p:TorchBackend=VALUE references
  local found
  found=$(dotnet msbuild "$root/examples/Quickstart/Quickstart.csproj" -p:TorchBackend="$1" -p:_GloroTorchPlatform="$2" -getItem:PackageReference |
    { grep -oE '"Identity": "[^"]*[Tt]orch[^"]*"' || true; } | cut -d '"' -f 4 | sort | tr '\n' ' ')
  [ "${found% }" = "$3" ] || fail "TorchBackend=$1 on $2 references '$found' instead of '$3'"
  echo "  ok: TorchBackend=$1 on $2: ${3:-nothing}"
}

# Exactly what scoring takes: everything else is the application's choice.
dependencies=$(unzip -p "$work"/feed/*.nupkg Microsoft.ML.Gloro.nuspec | grep -oE '<dependency id="[^"]+"' | cut -d '"' -f 2 | sort | tr '\n' ' ')
[ "$dependencies" = "Microsoft.ML Microsoft.ML.ImageAnalytics Microsoft.ML.OnnxRuntime.Managed " ] || fail "the package depends on: $dependencies"
echo "  ok: the package depends on $dependencies"

backend cpu linux-x64 "TorchSharp libtorch-cpu-linux-x64"
backend cpu win-arm64 "TorchSharp libtorch-cpu-win-arm64"
backend cuda-linux linux-x64 "TorchSharp-cuda-linux"
backend cuda-windows win-x64 "TorchSharp-cuda-windows"
backend none linux-x64 ""
! dotnet msbuild "$root/examples/Quickstart/Quickstart.csproj" -t:GloroCheckTorchBackend -p:TorchBackend=gpu >"$work/log" 2>&1 && grep -q GLORO0011 "$work/log" || fail "TorchBackend=gpu is not refused"

export GLORO_CHECK_MODEL="$work/model.zip"

quietly dotnet build Train -c Release "${options[@]}"
for framework in net8.0 net10.0; do
  expect "trained: VRA" dotnet "Train/bin/Release/$framework/Train.dll"
done

# In other processes, from the file alone.
quietly dotnet build Score -c Release "${options[@]}"
for framework in net8.0 net10.0; do
  expect "scored: radius" dotnet "Score/bin/Release/$framework/Score.dll"
  expect "types:" dotnet "Score/bin/Release/$framework/Score.dll"
  expect "refused: Training needs TorchSharp, and this application does not have it. Add" dotnet "Score/bin/Release/$framework/Score.dll"
  expect "refused: An audit attacks along gradients" dotnet "Score/bin/Release/$framework/Score.dll"
  expect "refused: CertificateArithmetic.Real needs the native ONNX Runtime" dotnet "Score/bin/Release/$framework/Score.dll"
  without_libtorch "Score/bin/Release/$framework"
done
quietly dotnet build Serve -c Release "${options[@]}"
for framework in net8.0 net10.0; do
  expect "served: east within" dotnet "Serve/bin/Release/$framework/Serve.dll"
  without_libtorch "Serve/bin/Release/$framework"
done
rm -rf Train/bin

# Beside Microsoft.ML.TorchSharp: no version of its graph is another one because of us.
quietly dotnet restore BesideTorchSharp "${options[@]}" -p:WithGloro=false
graph BesideTorchSharp >"$work/alone"
quietly dotnet build BesideTorchSharp -c Release "${options[@]}"
graph BesideTorchSharp >"$work/together"
changed=$(comm -23 "$work/alone" "$work/together" | tr '\n' ' ')
[ -z "$changed" ] || fail "the package changes versions beside Microsoft.ML.TorchSharp: $changed"
added=$(comm -13 "$work/alone" "$work/together" | tr '\n' ' ')
echo "  ok: beside Microsoft.ML.TorchSharp the package adds only $added"
expect "scored: class 1" dotnet BesideTorchSharp/bin/Release/net8.0/BesideTorchSharp.dll
expect "refused: Training needs " dotnet BesideTorchSharp/bin/Release/net8.0/BesideTorchSharp.dll # TorchSharp $torchsharp, or libtorch if the feed gave that.
grep -q "^TorchSharp/$torchsharp" "$work/together" || warns 0 GLORO0021 BesideTorchSharp
rm -rf BesideTorchSharp/bin
quietly dotnet build BesideTorchSharp -c Release "${options[@]}" -p:WithTorchSharp="$torchsharp" -p:NoWarn=GLORO0021
expect "scored: class 1" dotnet BesideTorchSharp/bin/Release/net8.0/BesideTorchSharp.dll
expect "trained: VRA" dotnet BesideTorchSharp/bin/Release/net8.0/BesideTorchSharp.dll
warns 1 GLORO0021 BesideTorchSharp -p:WithTorchSharp="$torchsharp"
warns 0 GLORO0021 BesideTorchSharp -p:WithTorchSharp="$torchsharp" -p:NoWarn=GLORO0021
rm -rf BesideTorchSharp/bin

# Half of TorchSharp, and an older TorchSharp; a SkiaSharp that ML.NET cannot use; two halves of ONNX Runtime that do not fit.
quietly dotnet build Score -c Release -f net10.0 "${options[@]}" -p:WithTorchSharp="$torchsharp"
expect "refused: Training needs libtorch" dotnet Score/bin/Release/net10.0/Score.dll
rm -rf Score/bin
quietly dotnet build Score -c Release -f net10.0 "${options[@]}" -p:WithOldTorchSharp=true
expect "scored: radius" dotnet Score/bin/Release/net10.0/Score.dll
expect "refused: Training needs TorchSharp $torchsharp or later, and this application has 0.102.7" dotnet Score/bin/Release/net10.0/Score.dll
rm -rf Score/bin
warns 1 GLORO0022 Score -p:WithSkiaSharp=3.119.4
warns 1 GLORO0023 Score -p:WithOnnxRuntime=1.31.1
warns 0 'GLORO002.' Score

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

# What an application that scores carries: for every platform (72 MB of it are SkiaSharp's native code, which ML.NET's images bring), for the
# platforms that it names, and for one.
quietly dotnet publish Score -c Release -f net8.0 --self-contained false -o "$work/portable" "${options[@]}"
smaller 90 "$work/portable"
quietly dotnet publish Score -c Release -f net8.0 --self-contained false -o "$work/named" "${options[@]}" -p:GloroPortablePlatforms="\"$rid;win-x64;osx-arm64\""
smaller 60 "$work/named"
expect "scored: radius" dotnet --roll-forward Major "$work/named/Score.dll"
! dotnet msbuild Score -t:ResolvePackageAssets "${options[@]}" -p:TargetFramework=net8.0 -p:GloroPortablePlatforms=linux64 >"$work/log" 2>&1 && grep -q GLORO0024 "$work/log" || fail "GloroPortablePlatforms=linux64 is not refused"
quietly dotnet publish Score -c Release -f net8.0 -r "$rid" --self-contained false -o "$work/native" "${options[@]}"
smaller 30 "$work/native"

# Self-contained, so that it runs on .NET 8 itself whatever is installed.
quietly dotnet publish Score -c Release -f net8.0 -r "$rid" --self-contained true -o "$work/score" "${options[@]}"
expect "scored: radius" "$work/score/Score"
without_libtorch "$work/score"

if [ "$rid" = linux-x64 ]; then
  quietly dotnet restore BesideOnnxGpu "${options[@]}" -p:WithGloro=false
  graph BesideOnnxGpu >"$work/alone"
  quietly dotnet build BesideOnnxGpu -c Release "${options[@]}"
  graph BesideOnnxGpu >"$work/together"
  changed=$(comm -23 "$work/alone" "$work/together" | tr '\n' ' ')
  [ -z "$changed" ] || fail "the package changes versions beside ONNX Runtime's GPU build: $changed"
  expect "CUDAExecutionProvider" dotnet BesideOnnxGpu/bin/Release/net8.0/BesideOnnxGpu.dll
  expect "on CUDA: " dotnet BesideOnnxGpu/bin/Release/net8.0/BesideOnnxGpu.dll
fi

# The programs of the documents.
program() { # program DOCUMENT HEADING: the first C# under the heading
  awk -v heading="## $2" '$0 == heading { under = 1 } under && /^```csharp$/ { code = 1; next } code && /^```$/ { exit } code' "$root/$1"
}
paste() { # paste NAME TEMPLATE DOCUMENT HEADING PACKAGE...: a new project with the packages and the program
  local name=$1 template=$2 document=$3 heading=$4 package
  shift 4
  quietly dotnet new "$template" -o "$name" --no-restore
  for package in "Microsoft.ML.Gloro@$version" "$@"; do quietly dotnet add "$name" package "${package%@*}" --version "${package#*@}"; done
  program "$document" "$heading" >"$name/Program.cs"
  [ -s "$name/Program.cs" ] || fail "no C# under '$heading' in $document"
  quietly dotnet build "$name" -c Release -nologo -p:TreatWarningsAsErrors=true -p:WarningsNotAsErrors=NU1603
}
draw() { # draw FILE BLUE GREEN RED SEED: 32 x 32 pixels around a color, as a BMP file
  local pixels
  pixels=$(awk -v blue="$2" -v green="$3" -v red="$4" -v seed="$5" 'BEGIN {
    srand(seed)
    for (i = 0; i < 1024; i++) printf "\\%03o\\%03o\\%03o", blue + int(40 * rand()), green + int(40 * rand()), red + int(40 * rand())
  }')
  printf 'BM\066\014\0\0\0\0\0\0\066\0\0\0\050\0\0\0\040\0\0\0\040\0\0\0\001\0\030\0\0\0\0\0\0\014\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >"$1"
  # shellcheck disable=SC2059 # The pixels are escapes.
  printf "$pixels" >>"$1"
}
mkdir -p images/Field images/Lake images/Town
for i in $(seq 20); do
  draw "images/Field/$i.bmp" 40 140 60 "$i"
  draw "images/Lake/$i.bmp" 150 70 30 "$i"
  draw "images/Town/$i.bmp" 120 120 130 "$i"
done
awk 'BEGIN {
  srand(1)
  print "Length,Width,Count,Grade"
  for (i = 0; i < 300; i++) { grade = 1 + i % 3; printf "%.3f,%.3f,%d,%d\n", 3 + grade + rand(), 2 + grade / 2 + rand(), 2 * grade + int(2 * rand()), grade }
}' >table.csv
cat >nuget.config <<EOF
<configuration><packageSources><add key="check" value="$work/feed" /></packageSources></configuration>
EOF
export OMP_WAIT_POLICY=passive # Threads that spin for each other make a busy machine slow.
training=("TorchSharp@$torchsharp" "libtorch-cpu-$rid@$libtorch")

# A newcomer's first program, with a newcomer's empty package cache.
NUGET_PACKAGES="$work/cache" paste First console README.md "A first program" "${training[@]}"
rm -rf "$work/cache"
expect "verified-robust accuracy (VRA)" dotnet First/bin/Release/net10.0/First.dll images
paste Named console docs/start.md "Score images with the saved model"
expect "proved: {Lake" dotnet Named/bin/Release/net10.0/Named.dll images/Lake
without_libtorch Named/bin/Release/net10.0
paste Few console docs/start.md "Few images: start from a trained network" "${training[@]}"
expect "VRA under the guarantee" dotnet Few/bin/Release/net10.0/Few.dll "$root/examples/TinyImageNet/models/tiny-imagenet.zip" images
paste Table console docs/start.md "Your own table" "${training[@]}"
expect "clean accuracy" dotnet Table/bin/Release/net10.0/Table.dll
paste Endpoint web docs/start.md "A web endpoint"
dotnet Endpoint/bin/Release/net10.0/Endpoint.dll --urls http://127.0.0.1:0 >server.txt 2>&1 &
server=$!
for _ in $(seq 60); do
  address=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' server.txt | head -n 1) || true
  [ -z "$address" ] || break
  sleep 0.5
done
expect '"predictedLabel":"Lake"' curl -sS --fail --data-binary @images/Lake/1.bmp "$address/certify"
expect "are no image that can be decoded" curl -sS --data-binary @table.csv "$address/certify"
kill "$server"
wait "$server" 2>/dev/null || true
server=
echo "consumer check: passed"
