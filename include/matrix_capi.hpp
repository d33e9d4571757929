/*
 * matrix-capi in C++17, header-only: the Matrix client-server API, and the whole way back into a
 * lost account.
 *
 *     matrix::Client client("https://matrix.example");
 *
 *     matrix::Result versions = client.get_versions().get();        // a std::future<Result>
 *     client.get_versions([](matrix::Result result) { ... });       // or any callable
 *     client.send(matrix::Request::custom("GET", path));            // any endpoint
 *
 * Refusals (a mistake in the program, a string that is not UTF-8) are thrown as matrix::Refused. How
 * an accepted call ended is the Result's status; Result::or_throw makes an exception of it, for those
 * who want one.
 *
 * A callable runs on the library's one callback thread, one at a time; it may call everything here,
 * must not wait for another result, and an exception that leaves it ends the program. Exactly one
 * result comes for every accepted call.
 *
 * Every object can be moved and not copied, unless it says otherwise. Methods may be called from any
 * thread; moving, closing and destroying are for one thread alone.
 */
#ifndef MATRIX_CAPI_HPP
#define MATRIX_CAPI_HPP

#include <matrix_capi_call.hpp>
#include <matrix_capi_library.hpp>
#include <matrix_capi_operations.hpp>
#include <matrix_capi_request.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace matrix {

/// What a client can be told; each has a default, described in matrix_capi.h under the setter of the
/// same name. In C++20: {.timeout = 10s, .access_token = token}.
struct ClientOptions {
    std::optional<std::chrono::milliseconds> timeout{};
    std::optional<std::chrono::milliseconds> connect_timeout{};
    std::optional<std::string> user_agent{};
    std::optional<std::string> access_token{};
    std::optional<std::string> proxy{};
    /// Certificate authorities to trust besides the public ones: PEM texts, not names of files.
    std::vector<std::string> root_pems{};
    std::optional<bool> bundled_roots{};
    std::optional<std::uint32_t> max_retries{};
    std::optional<std::chrono::milliseconds> retry_delay{};
    std::optional<std::chrono::milliseconds> max_rate_limit_wait{};
    std::optional<std::uint32_t> max_response_bytes{};
    std::optional<std::uint32_t> max_idle_connections{};
    std::optional<std::chrono::milliseconds> idle_timeout{};
    std::optional<bool> allow_plain_http{};
    std::optional<bool> malloc_trim{};
};

namespace detail {

using NativeOptions = std::unique_ptr<mx_client_options, Free<mx_client_options_free>>;

inline void set(mx_client_options* native, std::string_view parameter,
                const std::optional<std::chrono::milliseconds>& value,
                mx_status (*setter)(mx_client_options*, std::uint32_t)) {
    if (value) {
        if (value->count() < 0 || value->count() > UINT32_MAX) {
            refuse(parameter, "it is not from 0 to 4294967295 ms");
        }
        check(setter(native, static_cast<std::uint32_t>(value->count())));
    }
}

inline void set(mx_client_options* native, std::string_view parameter,
                const std::optional<std::string>& value,
                mx_status (*setter)(mx_client_options*, const char*)) {
    if (value) {
        check(setter(native, Text(parameter, *value).c_str()));
    }
}

template <class Value>
void set(mx_client_options* native, const std::optional<Value>& value,
         mx_status (*setter)(mx_client_options*, Value)) {
    if (value) {
        check(setter(native, *value));
    }
}

inline NativeOptions native(const ClientOptions& options) {
    mx_client_options* made = nullptr;
    check(mx_client_options_new(&made));
    NativeOptions native(made);
    set(made, "timeout", options.timeout, mx_client_options_set_timeout_ms);
    set(made, "connect_timeout", options.connect_timeout,
        mx_client_options_set_connect_timeout_ms);
    set(made, "user_agent", options.user_agent, mx_client_options_set_user_agent);
    set(made, "access_token", options.access_token, mx_client_options_set_access_token);
    set(made, "proxy", options.proxy, mx_client_options_set_proxy);
    for (const std::string& pem : options.root_pems) {
        check(mx_client_options_add_root_pem(made, Text("root_pems", pem).c_str()));
    }
    set(made, options.bundled_roots, mx_client_options_set_bundled_roots);
    set(made, options.max_retries, mx_client_options_set_max_retries);
    set(made, "retry_delay", options.retry_delay, mx_client_options_set_retry_delay_ms);
    set(made, "max_rate_limit_wait", options.max_rate_limit_wait,
        mx_client_options_set_max_rate_limit_wait_ms);
    set(made, options.max_response_bytes, mx_client_options_set_max_response_bytes);
    set(made, options.max_idle_connections, mx_client_options_set_max_idle_connections);
    set(made, "idle_timeout", options.idle_timeout, mx_client_options_set_idle_timeout_ms);
    set(made, options.allow_plain_http, mx_client_options_set_allow_plain_http);
    set(made, options.malloc_trim, mx_client_options_set_malloc_trim);
    return native;
}

} // namespace detail

/// The way to one homeserver: one method for each operation of the spec, by its name in snake_case
/// (matrix_capi_operations.hpp), and those below. Fields that the spec does not require are members
/// of a struct behind the required ones; the last argument, `then`, is a callable, or left out.
///
/// Destroying it cancels what is pending and delivers every result: no callable of this client runs
/// afterwards. Do not hold a lock that one of them takes.
class Client : public Operations<Client> {
public:
    /// Makes a client; nothing is sent yet. Throws Refused for a URL or an option that is not taken.
    explicit Client(std::string_view homeserver_url, const ClientOptions& options = {}) {
        const detail::Text url("homeserver_url", homeserver_url);
        mx_client* made = nullptr;
        detail::check(mx_client_new(url.c_str(), detail::native(options).get(), &made, nullptr));
        keep(made);
    }

    /// A client without a homeserver, for discover().
    static Client for_discovery(const ClientOptions& options = {}) {
        mx_client* made = nullptr;
        detail::check(
            mx_client_new_for_discovery(detail::native(options).get(), &made, nullptr));
        Client client;
        client.keep(made);
        return client;
    }

    Client(Client&&) noexcept = default;

    Client& operator=(Client&& other) noexcept {
        if (this != &other) {
            close();
            handle_ = std::move(other.handle_);
        }
        return *this;
    }

    ~Client() { close(); }

    /// What destroying does, now: later calls are refused with Status::closed.
    void close() noexcept {
        if (handle_ != nullptr) {
            handle_->close();
        }
    }

    /// Changes the access token for the calls that are started from now on; none after logging out.
    void set_access_token(std::optional<std::string_view> access_token) {
        const detail::Text token("access_token", access_token);
        detail::check(mx_client_set_access_token(detail::open(handle_), token.c_str()));
    }

    /// The short form of send(): any operation by the spec's operationId. `params` is one flat JSON object
    /// with its path, query and body fields.
    template <class Then = UseFuture>
    Started<Then> call(std::string_view operation_id, std::string_view params = "{}",
                       Then then = {}) {
        const detail::Text id("operation_id", operation_id);
        const detail::Text text("params", params);
        mx_client* client = detail::open(handle_);
        return detail::start(handle_, std::move(then), [&](auto... delivery) {
            return mx_call(client, id.c_str(), text.c_str(), delivery...);
        });
    }

    /// Sends a request, which may be changed, sent again or destroyed at once. A field that is missing is
    /// the result's status, Status::invalid_argument, with a message that names it.
    template <class Then = UseFuture>
    Started<Then> send(const Request& request, Then then = {}) {
        mx_client* client = detail::open(handle_);
        return detail::start(handle_, std::move(then), [&](auto... delivery) {
            return mx_client_send(client, request.request_.get(), delivery...);
        });
    }

    /// Finds a homeserver by a Matrix ID, a server name or a URL: "/base_url", and in "/reset" how
    /// passwords are reset there: "email", "web" or "unavailable".
    template <class Then = UseFuture>
    Started<Then> discover(std::string_view server, Then then = {}) {
        const detail::Text text("server", server);
        mx_client* client = detail::open(handle_);
        return detail::start(handle_, std::move(then), [&](auto... delivery) {
            return mx_discover(client, text.c_str(), delivery...);
        });
    }

    /// Hands in the token of a mail or text message, where the request for it answered with
    /// "/submit_url". PasswordReset::submit_token does it for a reset.
    template <class Then = UseFuture>
    Started<Then> submit_token(std::string_view submit_url, std::string_view sid,
                               std::string_view client_secret, std::string_view token,
                               Then then = {}) {
        const detail::Text url("submit_url", submit_url);
        const detail::Text session("sid", sid);
        const detail::Text secret("client_secret", client_secret);
        const detail::Text typed("token", token);
        mx_client* client = detail::open(handle_);
        return detail::start(handle_, std::move(then), [&](auto... delivery) {
            return mx_submit_token(client, url.c_str(), session.c_str(), secret.c_str(),
                                   typed.c_str(), delivery...);
        });
    }

private:
    friend class PasswordReset;
    friend class Request;

    Client() = default;

    void keep(mx_client* made) {
        std::unique_ptr<mx_client, detail::Free<mx_client_free>> owned(made);
        handle_ = std::make_shared<detail::ClientHandle>(made);
        static_cast<void>(owned.release());
    }

    detail::Handle handle_;
};

inline std::string Request::url(const Client& client) const {
    mx_result* made = nullptr;
    detail::check(mx_request_url(detail::open(client.handle_), request_.get(), &made));
    return Result(made).string("/url").value_or("");
}

/// The whole way from "forgot password" to a new one. One step runs at a time; a step out of turn is
/// refused with Status::misuse, and any step with Status::closed when the client is gone. It holds a
/// secret: with it and a confirmed mail, anyone can take the account.
///
/// Destroying it while a step runs does not end that step: cancel it first if it must not go on.
class PasswordReset {
public:
    /// Makes a reset; nothing is sent. The person is led to `next_link` after confirming.
    PasswordReset(const Client& client, std::string_view email,
                  std::optional<std::string_view> next_link = std::nullopt)
        : client_(client.handle_) {
        const detail::Text address("email", email);
        const detail::Text link("next_link", next_link);
        mx_password_reset* made = nullptr;
        detail::check(mx_password_reset_new(detail::open(client_), address.c_str(), link.c_str(),
                                            &made));
        reset_.reset(made);
    }

    /// Restores what save() gave, for a client of the same homeserver. Throws Refused for text that
    /// this library does not understand.
    static PasswordReset restore(const Client& client, std::string_view saved) {
        const detail::Text text("saved", saved);
        mx_password_reset* made = nullptr;
        detail::check(mx_password_reset_restore(detail::open(client.handle_), text.c_str(), &made,
                                                nullptr));
        return PasswordReset(client.handle_, made);
    }

    /// Asks the homeserver for the mail; once more for another one. Status::ok never says that the
    /// address has an account.
    template <class Then = UseFuture>
    Started<Then> send(Then then = {}) {
        return detail::start(client_, std::move(then), [&](auto... delivery) {
            return mx_password_reset_send(reset_.get(), delivery...);
        });
    }

    /// Hands in the token of the mail, where the stage is Stage::awaits_token.
    template <class Then = UseFuture>
    Started<Then> submit_token(std::string_view token, Then then = {}) {
        const detail::Text typed("token", token);
        return detail::start(client_, std::move(then), [&](auto... delivery) {
            return mx_password_reset_submit_token(reset_.get(), typed.c_str(), delivery...);
        });
    }

    /// Changes the password. Status::pending: the mail is not confirmed yet, call it again later, or
    /// give a time to `wait` for it. Status::unknown_outcome: the answer was lost, and the password
    /// may have been changed. `logout_devices` ends all sessions of the account: ask the person.
    template <class Then = UseFuture>
    Started<Then> finish(std::string_view new_password, bool logout_devices,
                         std::chrono::milliseconds wait = {}, Then then = {}) {
        const detail::Text password("new_password", new_password);
        return detail::start(client_, std::move(then), [&](auto... delivery) {
            return mx_password_reset_finish(reset_.get(), password.c_str(), logout_devices,
                                            wait.count(), delivery...);
        });
    }

    /// What must happen next.
    Stage stage() const noexcept {
        return static_cast<Stage>(mx_password_reset_stage(reset_.get()));
    }

    /// JSON for restore(), in this process or another. It holds a secret.
    std::string save() const {
        mx_result* saved = nullptr;
        detail::check(mx_password_reset_save(reset_.get(), &saved));
        return Result(saved).body().value_or("");
    }

private:
    PasswordReset(detail::Handle client, mx_password_reset* owned) noexcept
        : client_(std::move(client)), reset_(owned) {}

    detail::Handle client_;
    std::unique_ptr<mx_password_reset, detail::Free<mx_password_reset_free>> reset_;
};

} // namespace matrix

#endif /* MATRIX_CAPI_HPP */
