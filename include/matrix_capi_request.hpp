/*
 * Any operation with its fields, and endpoints that the library does not know: matrix::Request.
 *
 *     client.send(matrix::Request("login")
 *                     .set("type", "m.login.password")
 *                     .set("identifier", matrix::Json(R"({"type": "m.id.user", "user": "alice"})"))
 *                     .set("password", password));
 */
#ifndef MATRIX_CAPI_REQUEST_HPP
#define MATRIX_CAPI_REQUEST_HPP

#include <matrix_capi_text.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace matrix {

class Client;

namespace detail {

/// A number: not bool, and not a character, which would be sent as its code.
template <class T>
constexpr bool is_integer =
    std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char> &&
    !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>;

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

} // namespace detail

/// An operation with its fields, for Client::send. A field has the spec's name, wherever it travels: in
/// the path, the query or the body. Names with a dot, of vendors and of proposals (MSCs), are taken by
/// every operation. Where the spec leaves the whole body open, it is the field "body".
///
/// What the operation does not allow throws Refused at once, with the reason: no such field, a wrong type,
/// a value outside its grammar. What is missing is found when the request is sent, as the result's status.
///
/// It can be moved, not copied; sent as often as you like, changed in between, and destroyed while its
/// calls run. Methods that change it are for one thread alone.
class Request {
public:
    /// A request without fields, by the spec's operationId.
    explicit Request(std::string_view operation_id) {
        const detail::Text id("operation_id", operation_id);
        mx_request* made = nullptr;
        detail::check(mx_request_new(id.c_str(), &made));
        request_.reset(made);
    }

    /// A request to an endpoint that the library does not know: "GET", "POST", "PUT" or "DELETE", and a
    /// path below "/_matrix/", in which "{name}" stands for the field "name":
    /// "/_matrix/client/unstable/org.example/rooms/{roomId}/things?dir={dir}".
    ///
    /// Other fields go into the query of a GET or DELETE, and into the body of a POST or PUT; the field
    /// "body" is the whole body. The access token travels with it if the client has one. Any HTTP status
    /// from 200 to 299 is Status::ok, whatever the body is.
    static Request custom(std::string_view method, std::string_view path) {
        const detail::Text verb("method", method);
        const detail::Text template_("path", path);
        mx_request* made = nullptr;
        detail::check(mx_request_new_custom(verb.c_str(), template_.c_str(), &made));
        return Request(made);
    }

    /// Sets a field to a string, an integer, a floating-point number, a bool, a Json, or to null
    /// (nullptr). Setting it again replaces it, except that a string for a list of strings is one more.
    /// A std::optional without a value leaves the field out again.
    template <class T>
    Request& set(std::string_view name, const T& value) & {
        assign(name, value);
        return *this;
    }
    template <class T>
    Request set(std::string_view name, const T& value) && {
        assign(name, value);
        return std::move(*this);
    }

    /// Sets a field to a JSON text, which is sent byte for byte.
    Request& set_json(std::string_view name, std::string_view json) & {
        assign_json(name, json);
        return *this;
    }
    Request set_json(std::string_view name, std::string_view json) && {
        assign_json(name, json);
        return std::move(*this);
    }

    /// Leaves a field out again.
    Request& unset(std::string_view name) & {
        remove(name);
        return *this;
    }
    Request unset(std::string_view name) && {
        remove(name);
        return std::move(*this);
    }

    /// How long the whole call may take, in place of the client's timeout: at least 1 ms. std::nullopt is
    /// the client's again.
    Request& timeout(std::optional<std::chrono::milliseconds> timeout) & {
        set_timeout(timeout);
        return *this;
    }
    Request timeout(std::optional<std::chrono::milliseconds> timeout) && {
        set_timeout(timeout);
        return std::move(*this);
    }

    /// The URL of the request, for a browser: some endpoints, such as those that begin a login by SSO,
    /// set cookies there. Nothing is sent. Throws Refused for what is no GET or needs an access token.
    std::string url(const Client& client) const;

private:
    friend class Client;

    explicit Request(mx_request* owned) noexcept : request_(owned) {}

    template <class T>
    void assign(std::string_view name, const T& value) {
        const detail::Text field("name", name);
        if constexpr (std::is_null_pointer_v<T>) {
            detail::check(mx_request_set_json(request_.get(), field.c_str(), "null"));
        } else if constexpr (std::is_same_v<T, bool>) {
            detail::check(mx_request_set_bool(request_.get(), field.c_str(), value));
        } else if constexpr (detail::is_integer<T>) {
            if constexpr (std::is_unsigned_v<T>) {
                if (static_cast<std::uint64_t>(value) > static_cast<std::uint64_t>(INT64_MAX)) {
                    detail::refuse(name, "it is above 9223372036854775807");
                }
            }
            detail::check(mx_request_set_int(request_.get(), field.c_str(),
                                             static_cast<std::int64_t>(value)));
        } else if constexpr (std::is_floating_point_v<T>) {
            detail::check(mx_request_set_double(request_.get(), field.c_str(),
                                                static_cast<double>(value)));
        } else if constexpr (std::is_same_v<T, Json>) {
            assign_json(name, value.text);
        } else if constexpr (detail::is_optional<T>) {
            if (value) {
                assign(name, *value);
            } else {
                remove(name);
            }
        } else {
            static_assert(std::is_convertible_v<const T&, std::string_view>,
                          "a field is a string, an integer, a floating-point number, a bool, a "
                          "matrix::Json, nullptr, or a std::optional of these");
            const detail::Text text(name, std::string_view(value));
            detail::check(mx_request_set_string(request_.get(), field.c_str(), text.c_str()));
        }
    }

    void assign_json(std::string_view name, std::string_view json) {
        const detail::Text field("name", name);
        const detail::Text text(name, json);
        detail::check(mx_request_set_json(request_.get(), field.c_str(), text.c_str()));
    }

    void remove(std::string_view name) {
        const detail::Text field("name", name);
        detail::check(mx_request_set_string(request_.get(), field.c_str(), nullptr));
    }

    void set_timeout(std::optional<std::chrono::milliseconds> timeout) {
        if (timeout && (timeout->count() < 1 || timeout->count() > UINT32_MAX)) {
            detail::refuse("timeout", "it is not from 1 to 4294967295 ms");
        }
        const auto ms = timeout.value_or(std::chrono::milliseconds(0)).count();
        detail::check(mx_request_set_timeout_ms(request_.get(), static_cast<std::uint32_t>(ms)));
    }

    std::unique_ptr<mx_request, detail::Free<mx_request_free>> request_;
};

} // namespace matrix

#endif /* MATRIX_CAPI_REQUEST_HPP */
