/*
 * How one operation ended: matrix::Result, and matrix::Failure for those who like exceptions.
 */
#ifndef MATRIX_CAPI_RESULT_HPP
#define MATRIX_CAPI_RESULT_HPP

#include <matrix_capi_text.hpp>
#include <matrix_capi_value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace matrix {

/// How one operation ended, and what the server said. It can be moved, not copied. Every getter may be
/// called from any thread.
///
/// Views and Values are valid as long as the result lives, wherever it is moved. So that none outlives
/// it, a result that nobody keeps gives copies of its texts, and no Value:
/// client.login(...).get().string("/user_id") is a std::string.
class [[nodiscard]] Result {
public:
    /// Takes over a result of the C interface.
    explicit Result(mx_result* owned) noexcept : result_(owned) {}

    Status status() const noexcept {
        return static_cast<Status>(mx_result_status(result_.get()));
    }

    bool ok() const noexcept { return status() == Status::ok; }
    explicit operator bool() const noexcept { return ok(); }

    /// The HTTP status of the last answer; 0 if none came.
    std::uint16_t http_status() const noexcept { return mx_result_http_status(result_.get()); }

    /// The server's errcode as it came, such as "M_LIMIT_EXCEEDED"; only with Status::matrix.
    std::optional<std::string_view> errcode() const& noexcept {
        return view(mx_result_errcode(result_.get()));
    }
    std::optional<std::string> errcode() const&& { return copy(errcode()); }

    /// What happened, in one line for developers' logs; no secret of the request is in it.
    std::string_view message() const& noexcept {
        return view(mx_result_message(result_.get())).value_or("");
    }
    std::string message() const&& { return std::string(message()); }

    /// How long the server asks to wait before the next try.
    std::optional<std::chrono::milliseconds> retry_after() const noexcept {
        std::uint64_t ms = 0;
        if (!mx_result_retry_after_ms(result_.get(), &ms)) {
            return std::nullopt;
        }
        const auto longest = std::chrono::milliseconds::max();
        const bool fits = ms <= static_cast<std::uint64_t>(longest.count());
        return fits ? std::chrono::milliseconds(ms) : longest;
    }

    /// The answer's body as it came. It need be neither JSON nor UTF-8; if it was cut off, this is what
    /// arrived. None if no answer came.
    std::optional<std::string_view> body() const& noexcept {
        std::size_t length = 0;
        const void* bytes = mx_result_body(result_.get(), &length);
        return bytes == nullptr
                   ? std::nullopt
                   : std::optional(std::string_view(static_cast<const char*>(bytes), length));
    }
    std::optional<std::string> body() const&& { return copy(body()); }

    /// A header of the answer: "content-type", "content-disposition", "location" or "etag", in any case.
    /// None if it was not sent, is not UTF-8, or is not one of these.
    std::optional<std::string_view> header(std::string_view name) const& {
        const detail::Text text("name", name);
        return view(mx_result_header(result_.get(), text.c_str()));
    }
    std::optional<std::string> header(std::string_view name) const&& { return copy(header(name)); }

    /// A value of the answer by its JSON pointer: "/flows/0/type", or "" for the whole. It lets you walk
    /// lists and members; none if it is absent, or if the answer is not JSON.
    ///
    /// Not of a result that nobody keeps, for a Value does not outlive its result: give it a name first.
    ///
    /// Here and below, a name in a pointer writes "/" as "~1" and "~" as "~0", and a pointer that does
    /// not begin with "/" is refused: "/sid", not "sid".
    Value value(std::string_view json_pointer = "") const& {
        const detail::Pointer pointer(json_pointer);
        return Value(mx_result_value(result_.get(), pointer.c_str()));
    }
    Value value(std::string_view json_pointer = "") const&& = delete;

    /// A string in the answer, by its JSON pointer: "/sid". None if it is absent, is no string, or
    /// holds U+0000, which value() gives.
    std::optional<std::string_view> string(std::string_view json_pointer) const& {
        const detail::Pointer pointer(json_pointer);
        return view(mx_result_string(result_.get(), pointer.c_str()));
    }
    std::optional<std::string> string(std::string_view json_pointer) const&& {
        return copy(string(json_pointer));
    }

    /// An integer in the answer. None if it is absent, is no integer, or does not fit.
    std::optional<std::int64_t> integer(std::string_view json_pointer) const {
        return value(json_pointer).integer();
    }

    /// A boolean in the answer. None if it is absent or no boolean.
    std::optional<bool> boolean(std::string_view json_pointer) const {
        return value(json_pointer).boolean();
    }

    /// The id of the call that ended: Op::id.
    std::uint64_t op() const noexcept { return mx_result_op(result_.get()); }

    /// The result itself if its status is Status::ok; else it is thrown, inside a Failure:
    /// `client.get_versions().get().or_throw()`.
    Result or_throw() &&;

private:
    static std::optional<std::string_view> view(const char* text) noexcept {
        return text == nullptr ? std::nullopt : std::optional(std::string_view(text));
    }

    static std::optional<std::string> copy(std::optional<std::string_view> text) {
        return text ? std::optional<std::string>(*text) : std::nullopt;
    }

    std::unique_ptr<mx_result, detail::Free<mx_result_free>> result_;
};

/// What Result::or_throw throws: the whole result.
class Failure : public Error {
public:
    explicit Failure(Result result)
        : Error(result.status(),
                std::string(name(result.status())).append(": ").append(result.message())),
          result_(std::make_shared<const Result>(std::move(result))) {}

    const Result& result() const noexcept { return *result_; }
    std::uint16_t http_status() const noexcept { return result_->http_status(); }
    std::optional<std::string_view> errcode() const noexcept { return result_->errcode(); }

    std::optional<std::chrono::milliseconds> retry_after() const noexcept {
        return result_->retry_after();
    }

private:
    // Shared, because the language copies exceptions and a result cannot be.
    std::shared_ptr<const Result> result_;
};

inline Result Result::or_throw() && {
    if (!ok()) {
        throw Failure(std::move(*this));
    }
    return std::move(*this);
}

} // namespace matrix

#endif /* MATRIX_CAPI_RESULT_HPP */
