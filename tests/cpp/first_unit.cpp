/* Includes the header as second_unit.cpp does, for both must link; needs no run-time type information. */
#include <matrix_capi.hpp>
// Once more, for it must guard itself.
#include <matrix_capi.hpp>

#include <cstdio>

int second_unit();

int main() {
    using namespace std::chrono_literals;
#if __cplusplus >= 202002L
    const matrix::ClientOptions options{.timeout = 10s, .max_retries = 0};
#else
    matrix::ClientOptions options;
    options.timeout = 10s;
    options.max_retries = 0;
#endif
    bool refused = false;
    try {
        matrix::Client("not a URL", options);
    } catch (const matrix::Error& error) {
        refused = error.status() == matrix::Status::invalid_argument;
    }
    bool failed = false;
    {
        matrix::Client client("https://localhost", options);
        try {
            const matrix::Result never = client.call("noSuchOperation").get().or_throw();
        } catch (const matrix::Failure& failure) {
            failed = failure.status() == matrix::Status::invalid_argument;
        }
    }
    const bool second = second_unit() == 1;
    const bool nothing_left = matrix::debug_live_objects() == 0;
    std::printf("refused %d, failed %d, second unit %d, nothing left %d\n", refused, failed, second,
                nothing_left);
    return refused && failed && second && nothing_left ? 0 : 1;
}
