/*
 * How a call starts, and how its result comes: by std::future, or to a callable.
 */
#ifndef MATRIX_CAPI_CALL_HPP
#define MATRIX_CAPI_CALL_HPP

#include <matrix_capi_result.hpp>

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace matrix {
namespace detail {

/// The client behind a Client, which Ops may outlive.
class ClientHandle {
public:
    explicit ClientHandle(mx_client* client) noexcept : client_(client) {}
    ClientHandle(const ClientHandle&) = delete;
    ClientHandle& operator=(const ClientHandle&) = delete;
    ~ClientHandle() { close(); }

    // No lock here: a forked child must be told so, not wait for a thread that it does not have.
    mx_client* open() const {
        mx_client* client = client_.load();
        if (client == nullptr) {
            throw Refused(Status::closed, "the client has been closed");
        }
        return client;
    }

    bool cancel(mx_op op) noexcept {
        const std::lock_guard<std::mutex> not_closing(mutex_);
        mx_client* client = client_.load();
        return client != nullptr && mx_client_cancel(client, op) == MX_OK;
    }

    void close() noexcept {
        mx_client* client = nullptr;
        {
            const std::lock_guard<std::mutex> not_cancelling(mutex_);
            client = client_.exchange(nullptr);
        }
        mx_client_free(client);
    }

private:
    std::atomic<mx_client*> client_;
    std::mutex mutex_;
};

using Handle = std::shared_ptr<ClientHandle>;

inline mx_client* open(const Handle& handle) {
    if (handle == nullptr) {
        throw Refused(Status::closed, "the client has been moved away");
    }
    return handle->open();
}

} // namespace detail

/// A call that was accepted. It may be copied, dropped, and outlive its client.
class Op {
public:
    Op(detail::Handle client, mx_op id) noexcept : client_(std::move(client)), id_(id) {}

    /// What Result::op of its result will be.
    std::uint64_t id() const noexcept { return id_; }

    /// Asks the call to end; from any thread, as often as you like. Its result still comes:
    /// Status::cancelled, or its true outcome if that was first. False if it has its outcome
    /// already. A cancelled request may have reached the server.
    bool cancel() const noexcept { return client_ != nullptr && client_->cancel(id_); }

private:
    detail::Handle client_;
    mx_op id_;
};

/// A call whose result comes by future: a std::future<Result> that can be cancelled. Dropping it
/// neither waits nor cancels.
class [[nodiscard]] Call : public std::future<Result>, public Op {
public:
    Call(std::future<Result> result, Op op) noexcept
        : std::future<Result>(std::move(result)), Op(std::move(op)) {}
};

/// What `then` is when it is left out: the result comes by future.
struct UseFuture {};

/// What a method returns: a Call, or an Op where a callable is given.
template <class Then>
using Started = std::conditional_t<std::is_same_v<Then, UseFuture>, Call, Op>;

namespace detail {

struct Continuation {
    virtual ~Continuation() = default;
    virtual void run(Result result) = 0;
};

template <class Then>
struct ContinuationOf final : Continuation {
    explicit ContinuationOf(Then&& given) : then(std::move(given)) {}
    void run(Result result) override { std::move(then)(std::move(result)); }

    Then then;
};

// noexcept: an exception must not go on into the library, so it ends the program as one that leaves
// a thread does.
extern "C" inline void matrix_capi_deliver(mx_result* result, void* continuation) noexcept {
    const std::unique_ptr<Continuation> owned(static_cast<Continuation*>(continuation));
    owned->run(Result(result));
}

/// Runs `begin(callback, user_data, op)`, a function of the C interface, with a callable.
template <class Then, class Begin>
Op start_then(const Handle& client, Then then, const Begin& begin) {
    std::unique_ptr<Continuation> continuation =
        std::make_unique<ContinuationOf<Then>>(std::move(then));
    mx_op op = 0;
    check(begin(matrix_capi_deliver, continuation.get(), &op));
    // It may have run and be gone by now: once accepted, it is the callback's.
    static_cast<void>(continuation.release());
    return Op(client, op);
}

template <class Then, class Begin>
Started<Then> start(const Handle& client, Then then, const Begin& begin) {
    if constexpr (std::is_same_v<Then, UseFuture>) {
        std::promise<Result> promise;
        std::future<Result> future = promise.get_future();
        auto keep = [promise = std::move(promise)](Result result) mutable {
            promise.set_value(std::move(result));
        };
        return Call(std::move(future), start_then(client, std::move(keep), begin));
    } else {
        static_assert(std::is_invocable_v<Then, Result>,
                      "`then` must be callable with a matrix::Result");
        return start_then(client, std::move(then), begin);
    }
}

} // namespace detail
} // namespace matrix

#endif /* MATRIX_CAPI_CALL_HPP */
