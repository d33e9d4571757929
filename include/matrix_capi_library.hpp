/*
 * What concerns the whole library and no client: client secrets, versions, the log.
 */
#ifndef MATRIX_CAPI_LIBRARY_HPP
#define MATRIX_CAPI_LIBRARY_HPP

#include <matrix_capi_text.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace matrix {

/// A new client_secret: 256 bits from the system's random source.
inline std::string generate_client_secret() {
    char secret[MX_CLIENT_SECRET_SIZE];
    detail::check(mx_generate_client_secret(secret, sizeof secret));
    return secret;
}

/// The version of the library, such as "0.2.0".
inline std::string_view version() noexcept { return mx_version(); }

/// The number of the library's binary interface.
inline std::int32_t abi_version() noexcept { return mx_abi_version(); }

/// The operations that the library knows, as JSON for tools.
inline std::string_view operations() noexcept { return mx_operations(); }

/// How many objects were handed out and are not yet freed: 0 at the end of a test.
inline std::int64_t debug_live_objects() noexcept { return mx_debug_live_objects(); }

enum class LogLevel : std::int32_t {
    error = MX_LOG_ERROR,
    warn = MX_LOG_WARN,
    info = MX_LOG_INFO,
    debug = MX_LOG_DEBUG,
};

namespace detail {

struct LogSink {
    virtual ~LogSink() = default;
    virtual void write(LogLevel level, std::string_view line) = 0;
};

template <class Sink>
struct LogSinkOf final : LogSink {
    explicit LogSinkOf(Sink&& given) : sink(std::move(given)) {}
    void write(LogLevel level, std::string_view line) override { sink(level, line); }

    Sink sink;
};

extern "C" inline void matrix_capi_log(std::int32_t level, const char* message,
                                       void* sink) noexcept {
    static_cast<LogSink*>(sink)->write(static_cast<LogLevel>(level), message);
}

inline void replace_log(LogLevel level, std::unique_ptr<LogSink> next) {
    static std::mutex mutex;
    // Not destroyed at exit: the library's threads may still be writing to it.
    static LogSink* current = nullptr;
    const std::lock_guard<std::mutex> lock(mutex);
    check(mx_log_set(static_cast<std::int32_t>(level), next ? matrix_capi_log : nullptr,
                     next.get()));
    delete std::exchange(current, next.release());
}

} // namespace detail

/// Sends the log of the whole process to sink(level, line), and destroys the sink before. Lines that
/// matter less than `level` are not made. The sink may be called from several threads at once, must
/// not call this library, and an exception that leaves it ends the program.
template <class Sink>
void set_log(LogLevel level, Sink sink) {
    static_assert(std::is_invocable_v<Sink&, LogLevel, std::string_view>,
                  "the sink must be callable with a matrix::LogLevel and a std::string_view");
    detail::replace_log(level, std::make_unique<detail::LogSinkOf<Sink>>(std::move(sink)));
}

/// Silences the log.
inline void clear_log() { detail::replace_log(LogLevel::error, nullptr); }

} // namespace matrix

#endif /* MATRIX_CAPI_LIBRARY_HPP */
