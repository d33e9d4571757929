/* The servers as child processes: pipes, and the little HTTP that controls the scripted one. */
#include "support.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

std::string in_project(std::string_view path) {
    return std::string(PROJECT_ROOT "/").append(path);
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr) {
        throw std::runtime_error(std::string(name) + " is not set: run tests/cpp/test.sh");
    }
    return value;
}

Child::Child(const std::vector<std::string>& command, const std::vector<std::string>& variables) {
    int in[2];
    int out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        throw std::runtime_error("no pipe");
    }
    std::vector<char*> words;
    for (const std::string& word : command) {
        words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    std::vector<char*> env;
    for (const std::string& variable : variables) {
        env.push_back(const_cast<char*>(variable.c_str()));
    }
    for (char** variable = environ; *variable != nullptr; ++variable) {
        env.push_back(*variable);
    }
    env.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    const int error =
        posix_spawnp(&pid_, words[0], &actions, nullptr, words.data(), env.data());
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    input_ = fdopen(in[1], "w");
    output_ = fdopen(out[0], "r");
    if (error != 0) {
        throw std::runtime_error(command[0] + " cannot be started");
    }
}

Child::~Child() {
    std::string ignored;
    if (pid_ > 0) {
        finish(ignored);
    }
    fclose(output_);
}

void Child::write(std::string_view text) {
    fwrite(text.data(), 1, text.size(), input_);
    fflush(input_);
}

std::string Child::read_line() {
    std::string line;
    for (int c = getc(output_); c != EOF && c != '\n'; c = getc(output_)) {
        line.push_back(static_cast<char>(c));
    }
    return line;
}

int Child::finish(std::string& printed) {
    fclose(input_);
    for (int c = getc(output_); c != EOF; c = getc(output_)) {
        printed.push_back(static_cast<char>(c));
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

namespace {

/// The one scripted server of this process.
int scripted_port() {
    static Child server({"python3", in_project("tests/scripted/server.py")});
    static const int port = server.read_json().at("port");
    return port;
}

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

json control(const std::string& method, const std::string& name, const std::string& body = "") {
    const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(scripted_port());
    if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("the scripted server is gone");
    }
    const std::string request = method + " /_control/" + name +
                                " HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
                                "content-length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body;
    std::size_t sent = 0;
    while (sent < request.size()) {
        const ssize_t more = send(connection, request.data() + sent, request.size() - sent,
                                  MSG_NOSIGNAL);
        if (more <= 0) {
            throw std::runtime_error("the scripted server does not read");
        }
        sent += static_cast<std::size_t>(more);
    }
    // The server keeps the connection: the answer ends where its content-length says.
    std::string answer;
    std::size_t end = std::string::npos;
    while (answer.size() < end) {
        char buffer[65536];
        const ssize_t got = recv(connection, buffer, sizeof buffer, 0);
        if (got <= 0) {
            throw std::runtime_error("the scripted server does not answer");
        }
        answer.append(buffer, static_cast<std::size_t>(got));
        const std::size_t head = answer.find("\r\n\r\n");
        const std::size_t length = answer.find("content-length: ");
        if (head != std::string::npos) {
            end = head + 4 + (length < head ? std::stoul(answer.substr(length + 16)) : 0);
        }
    }
    close(connection);
    const std::size_t head = answer.find("\r\n\r\n");
    if (answer.compare(0, 10, "HTTP/1.1 2") != 0 || head == std::string::npos) {
        throw std::runtime_error("the scripted server says: " + answer);
    }
    const std::string text = answer.substr(head + 4);
    return text.empty() ? json() : json::parse(text);
}

} // namespace

Script::Script(Whole, const json& replies) {
    static std::atomic<int> count{0};
    name_ = "cpp-" + std::to_string(++count);
    url_ = "http://127.0.0.1:" + std::to_string(scripted_port()) + "/" + name_;
    replace(replies);
}

Script::~Script() { control("DELETE", name_); }

void Script::replace(const json& replies) const { control("PUT", name_, replies.dump()); }

json Script::state() const { return control("GET", name_); }

bool Script::wait_for_requests(std::size_t count) const {
    return within(std::chrono::seconds(30),
                  [&] { return state().at("requests").size() >= count; });
}

RefusedPort::RefusedPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket_, any, size) != 0 || getsockname(socket_, any, &size) != 0) {
        throw std::runtime_error("no port");
    }
    port_ = ntohs(address.sin_port);
}

RefusedPort::~RefusedPort() { close(socket_); }

std::string RefusedPort::url() const { return "http://127.0.0.1:" + std::to_string(port_); }
