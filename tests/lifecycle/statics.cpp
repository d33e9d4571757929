// C++ objects whose destructors use and free clients: statics and thread_locals, made before and after the library's
// first use, destroyed by main's end, by exit, on other threads and on the callback thread.
#include "scene.h"

#include <matrix_capi.hpp>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>
#include <unistd.h>

namespace {

int descriptors;

/// Throws as it must, with a reason where the thread still has it.
void be_refused_in_cpp(matrix::Client& client) {
    bool refused = false;
    try {
        static_cast<void>(client.call(std::string_view("\xff", 1)));
    } catch (const matrix::Refused& error) {
        refused = error.status() == matrix::Status::invalid_utf8;
    }
    NEED(refused);
    be_refused();
}

/// Owns clients; its destructor uses them as an application may, and frees them.
class Owner {
public:
    Owner() = default;
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;

    void open() {
        descriptors = open_descriptors();
        client_.emplace(answering);
        stuck_.emplace(hanging);
        NEED(client_->get_versions().get().ok());
        be_refused_in_cpp(*client_);
        static_cast<void>(stuck_->get_versions([this](matrix::Result result) {
            cancelled_ = result.status() == matrix::Status::cancelled;
        }));
    }

    /// The program has ended as promised once this has been destroyed.
    void is_last() { last_ = true; }

    /// No waiting for results: the callback thread would wait for itself.
    void is_destroyed_inside_a_callback() { inside_ = true; }

    ~Owner() {
        if (!client_) {
            return;
        }
        be_refused_in_cpp(*client_);
        if (!inside_) {
            NEED(client_->get_versions().get().ok());
        }
        stuck_.reset();
        NEED(cancelled_);
        client_.reset();
        if (!inside_) {
            NEED(matrix::debug_live_objects() == 0);
            come_and_go();
            need_no_trace(descriptors);
        }
        if (last_) {
            _exit(AS_PROMISED);
        }
        tell("destroyed");
    }

private:
    std::optional<matrix::Client> client_;
    std::optional<matrix::Client> stuck_;
    bool cancelled_ = false;
    bool last_ = false;
    bool inside_ = false;
};

Owner older_than_main;

void a_static_from_before_the_first_use() {
    older_than_main.open();
    older_than_main.is_last();
    std::exit(1);
}

void a_static_from_after_the_first_use() {
    come_and_go();
    static Owner owner;
    owner.open();
    owner.is_last();
    std::exit(1);
}

thread_local Owner of_the_thread;

void a_thread_local_of_main_from_before_the_first_use() {
    of_the_thread.open();
    of_the_thread.is_last();
    std::exit(1);
}

void a_thread_local_of_main_from_after_the_first_use() {
    come_and_go();
    be_refused();
    of_the_thread.open();
    of_the_thread.is_last();
    std::exit(1);
}

void a_thread_local_of_a_thread_from_before_the_first_use() {
    std::thread([] { of_the_thread.open(); }).join();
    wait_until_told("destroyed");
    need_no_trace(descriptors);
}

void a_thread_local_of_a_thread_from_after_the_first_use() {
    std::thread([] {
        come_and_go();
        be_refused();
        of_the_thread.open();
    }).join();
    wait_until_told("destroyed");
    need_no_trace(descriptors);
}

struct RefusedAtTheEnd {
    ~RefusedAtTheEnd() {
        be_refused();
        tell("refused at the end");
    }
    void touch() {}
};

/// Destroyed when the last client's free joins the callback thread.
void a_thread_local_of_the_callback_thread() {
    descriptors = open_descriptors();
    {
        matrix::Client client(answering);
        static_cast<void>(client.get_versions([](matrix::Result) {
            thread_local RefusedAtTheEnd at_the_end;
            at_the_end.touch();
            be_refused();
        }));
    }
    wait_until_told("refused at the end");
    need_no_trace(descriptors);
}

/// Exit inside a callback runs the statics' destructors on the callback thread.
void a_static_that_is_destroyed_inside_a_callback() {
    older_than_main.open();
    older_than_main.is_destroyed_inside_a_callback();
    older_than_main.is_last();
    matrix::Client client(answering);
    static_cast<void>(client.get_versions([](matrix::Result) { std::exit(1); }));
    for (;;) {
        pause_ms(1000);
    }
}

/// What callbacks use, and whether it is still there.
struct Seen {
    int results = 0;
    bool destroyed = false;
    ~Seen() {
        destroyed = true;
        NEED(results == 10);
        _exit(AS_PROMISED);
    }
};

/// The order that the documentation asks for: first what callbacks use, then the client.
void a_static_client_that_is_younger_than_what_its_callbacks_use() {
    static Seen seen;
    static matrix::Client client(answering);
    for (int i = 0; i < 10; i++) {
        static_cast<void>(client.get_versions([](matrix::Result) {
            pause_ms(5);
            NEED(!seen.destroyed);
            seen.results++;
        }));
    }
    std::exit(1);
}

const scene scenes[] = {
    {"a-static-from-before-the-first-use", a_static_from_before_the_first_use},
    {"a-static-from-after-the-first-use", a_static_from_after_the_first_use},
    {"a-thread-local-of-main-from-before-the-first-use",
     a_thread_local_of_main_from_before_the_first_use},
    {"a-thread-local-of-main-from-after-the-first-use",
     a_thread_local_of_main_from_after_the_first_use},
    {"a-thread-local-of-a-thread-from-before-the-first-use",
     a_thread_local_of_a_thread_from_before_the_first_use},
    {"a-thread-local-of-a-thread-from-after-the-first-use",
     a_thread_local_of_a_thread_from_after_the_first_use},
    {"a-thread-local-of-the-callback-thread", a_thread_local_of_the_callback_thread},
    {"a-static-that-is-destroyed-inside-a-callback", a_static_that_is_destroyed_inside_a_callback},
    {"a-static-client-that-is-younger-than-what-its-callbacks-use",
     a_static_client_that_is_younger_than_what_its_callbacks_use},
    {nullptr, nullptr},
};

} // namespace

int main(int argc, char** argv) { return play_scene(scenes, argc, argv); }
