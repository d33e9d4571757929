#!/bin/sh
# Builds and runs everything of the C++ header, given the release library; needs g++, cmake, make, doctest and nlohmann-json,
# and what the real homeserver needs. clang++ is used, too, where it is installed. Builds into build/cpp.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
build=$root/build/cpp
prefix=$build/prefix
passed=0
failed=0
skipped=0

# check NAME COMMAND...: one test; its output is shown only if it fails.
check() {
    name=$1
    shift
    if "$@" >"$build/check.log" 2>&1 </dev/null; then
        echo "ok: $name"
        passed=$((passed + 1))
    else
        echo "FAILED: $name"
        cat "$build/check.log"
        failed=$((failed + 1))
    fi
}

end() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

# skip WHY: counts what cannot be tested here, as a failure if nothing may be skipped.
skip() {
    echo "$1"
    if [ "${REQUIRE_ALL:-0}" = 1 ]; then failed=$((failed + 1)); else skipped=$((skipped + 1)); fi
}

strict='-O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fno-rtti'

# units COMPILER STANDARD: two units that include the header compile, link and run.
units() {
    program=$build/units-$1-$2
    # shellcheck disable=SC2086  # the flags are words
    "$1" "-std=$2" $strict "-I$prefix/include" tests/cpp/first_unit.cpp tests/cpp/second_unit.cpp \
        -o "$program" "-L$prefix/lib" "-Wl,-rpath,$prefix/lib" -lmatrix_capi -pthread &&
        "$program"
}

# every_header COMPILER: each header can be included alone.
every_header() {
    for header in "$prefix"/include/matrix_capi*.hpp; do
        # shellcheck disable=SC2086  # the flags are words
        echo "#include <${header##*/}>" |
            "$1" -std=c++17 $strict "-I$prefix/include" -fsyntax-only -x c++ - || return 1
    done
}

# configure_and_build SOURCE BUILD OPTION...
configure_and_build() {
    source=$1
    into=$2
    shift 2
    cmake -S "$source" -B "$into" "-Dmatrix_capi_DIR=$prefix/lib/cmake/matrix_capi" "$@" &&
        cmake --build "$into" --parallel 2
}

# excerpt LANGUAGE N: the N-th block of that language in README.md.
excerpt() {
    awk -v "fence=\`\`\`$1" -v "wanted=$2" '
        /^```/ { inside = !inside && $0 == fence && ++number == wanted; next }
        inside' bindings/cpp/README.md
}

# readme PROGRAM CMAKE_BLOCK CPP_BLOCK OPTION...: builds a program as README.md says.
readme() {
    app=$1
    folder=$build/readme/$app
    mkdir -p "$folder"
    excerpt cmake "$2" >"$folder/CMakeLists.txt"
    excerpt cpp "$3" >"$folder/app.cpp"
    shift 3
    configure_and_build "$folder" "$folder/build" "$@" && ln -sf "$folder/build/app" "$build/programs/$app"
}

# suite NAME: runs the test program of build/cpp/NAME and adds up its tests.
suite() {
    echo "Running the tests built with $1"
    "$build/$1/cpp_tests" --no-version </dev/null | tee "$build/$1.log"
    # "[doctest] test cases: 40 | 40 passed | 0 failed | 0 skipped"
    totals=$(sed -n 's/^\[doctest\] test cases: *[0-9]* | *\([0-9]*\) passed | *\([0-9]*\) failed .*/\1 \2/p' "$build/$1.log")
    if [ -z "$totals" ]; then
        echo "FAILED: the tests built with $1 did not come to their end"
        failed=$((failed + 1))
        return
    fi
    passed=$((passed + ${totals% *}))
    failed=$((failed + ${totals#* }))
}

mkdir -p "$build/programs"
for header in doctest/doctest.h nlohmann/json.hpp; do
    if ! echo "#include <$header>" | g++ -std=c++17 -fsyntax-only -x c++ - 2>"$build/check.log"; then
        skip "There is no <$header>: install doctest-dev and nlohmann-json3-dev"
        end
    fi
done

echo "Installing the release library into $prefix"
make install "PREFIX=$prefix" || { failed=1 && end; }
MATRIX_CAPI_PYTHON=$(tests/homeserver/venv.sh | tail -n 1)/bin/python
MATRIX_CAPI_PROGRAMS=$build/programs
# Freed memory is held back to find its use; a little is enough, and leaves the memory flat.
ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64
export MATRIX_CAPI_PYTHON MATRIX_CAPI_PROGRAMS ASAN_OPTIONS

compilers='g++ clang++'
if ! command -v clang++ >/dev/null 2>&1; then
    compilers=g++
    skip 'There is no clang++'
fi
second=${compilers##* }
echo "Compilers: $compilers"

for compiler in $compilers; do
    check "each header can be included alone, by $compiler" every_header "$compiler"
    for standard in c++17 c++20; do
        check "two units link and run without RTTI, by $compiler -std=$standard" units "$compiler" "$standard"
    done
done

check 'README.md: five lines, by find_package' readme readme-1 1 1
check 'README.md: the full reset' readme readme-2 1 2
check 'README.md: errors and cancellation' readme readme-3 1 3
check 'README.md: requests and answers' readme readme-4 1 4
check 'README.md: five lines, by FetchContent' readme readme-fetched 2 1 "-DFETCHCONTENT_SOURCE_DIR_MATRIX_CAPI=$root"
check 'examples/cpp, by find_package' configure_and_build examples/cpp "$build/example"
check 'examples/cpp, by FetchContent' configure_and_build examples/cpp "$build/example-fetched" -DFETCH=ON
ln -sf "$build/example/reset_password" "$build/programs/reset_password"

echo "Building the tests with g++ and sanitizers, and with $second"
check 'the tests compile with g++ -std=c++17' configure_and_build tests/cpp "$build/sanitized" \
    -DCMAKE_CXX_COMPILER=g++ -DCMAKE_CXX_STANDARD=17 -DCMAKE_CXX_EXTENSIONS=OFF -DSANITIZE=ON
check "the tests compile with $second -std=c++20" configure_and_build tests/cpp "$build/plain-$second" \
    "-DCMAKE_CXX_COMPILER=$second" -DCMAKE_CXX_STANDARD=20 -DCMAKE_CXX_EXTENSIONS=OFF
[ "$failed" -eq 0 ] || end
suite sanitized
suite "plain-$second"
end
