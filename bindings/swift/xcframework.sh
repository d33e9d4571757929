#!/bin/sh
# Makes CMatrix.xcframework beside Package.swift, which then uses it: the static library for macOS, iOS and the iOS simulator.
# Needs macOS with Xcode, and Rust by rustup. PROFILE names the cargo profile (default release).
set -eu

say() { printf '%s\n' "$*" >&2; }
fail() { say "xcframework.sh: $*"; exit 1; }

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
project=$(CDPATH='' cd -- "$here/../.." && pwd)
framework=$here/CMatrix.xcframework
profile=${PROFILE:-release}
cd "$project"
target=${CARGO_TARGET_DIR:-target}

[ "$(uname -s)" = Darwin ] || fail 'an XCFramework is made on macOS'
for command in xcodebuild lipo cargo rustup; do
  command -v "$command" >/dev/null 2>&1 || fail "there is no $command"
done

# As in Package.swift.
export MACOSX_DEPLOYMENT_TARGET=13.0 IPHONEOS_DEPLOYMENT_TARGET=16.0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# library NAME TARGET...: one library of all the targets' architectures, $work/NAME/libmatrix_capi.a.
library() {
  name=$1
  shift
  mkdir -p "$work/$name"
  built=
  for triple in "$@"; do
    say "Building for $triple"
    rustup target add "$triple" >&2
    cargo rustc --locked --lib --crate-type staticlib --profile "$profile" --target "$triple" >&2
    cp "$target/$triple/$profile/libmatrix_capi.a" "$work/$name/$triple.a"
    built="$built $name/$triple.a"
  done
  # The names hold no spaces.
  # shellcheck disable=SC2086
  (cd "$work" && lipo -create $built -output "$name/libmatrix_capi.a")
}

library macos aarch64-apple-darwin x86_64-apple-darwin
library ios aarch64-apple-ios
library ios-simulator aarch64-apple-ios-sim x86_64-apple-ios

# In a folder of the module's name: Xcode puts the headers of all frameworks of an app into one folder.
mkdir -p "$work/include/CMatrix"
cp include/matrix_capi.h "$work/include/CMatrix"
cat >"$work/include/CMatrix/module.modulemap" <<'MAP'
module CMatrix {
  header "matrix_capi.h"
  link framework "Security"
  link framework "CoreFoundation"
  link "iconv"
  export *
}
MAP

rm -rf "$framework"
xcodebuild -create-xcframework \
  -library "$work/macos/libmatrix_capi.a" -headers "$work/include" \
  -library "$work/ios/libmatrix_capi.a" -headers "$work/include" \
  -library "$work/ios-simulator/libmatrix_capi.a" -headers "$work/include" \
  -output "$framework" >&2
printf '%s\n' "$framework"
