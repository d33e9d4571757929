/*
 * Resets a forgotten Matrix password: reset_password [--save FILE] SERVER EMAIL
 *
 * SERVER is a Matrix ID, a server name or a URL. FILE keeps the reset between two runs: it holds a
 * secret, is readable by its owner only, and is removed when the password has been changed.
 */
#include <matrix_capi.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// The answer to a question; none at the end of the input.
std::optional<std::string> ask(const std::string& question) {
    std::cout << question << std::flush;
    std::string line;
    return std::getline(std::cin, line) ? std::optional(line) : std::nullopt;
}

/// What the person can do about a failure.
void explain(const matrix::Result& result) {
    switch (result.status()) {
    case matrix::Status::pending:
        std::cout << "Not confirmed yet, or the link has expired.\n";
        return;
    case matrix::Status::web_required:
        std::cout << "Accounts of this server are managed on the web: "
                  << result.string("/account_management_uri").value_or("ask its administrator")
                  << '\n';
        return;
    case matrix::Status::unknown_outcome:
        std::cout << "The answer was lost. Try to log in with the new password.\n";
        return;
    default:
        break;
    }
    if (const auto delay = result.retry_after()) {
        std::cout << "The server asks to wait " << delay->count() / 1000 + 1 << " s.\n";
    }
    std::cerr << matrix::name(result.status()) << ": " << result.message() << '\n';
}

/// The base URL of the homeserver, if it resets passwords by mail.
std::optional<std::string> discover(const std::string& server) {
    matrix::Client client = matrix::Client::for_discovery();
    const matrix::Result found = client.discover(server).get();
    if (!found) {
        explain(found);
    } else if (found.string("/reset") == "web") {
        std::cout << "Accounts of this server are managed on the web: "
                  << found.string("/account_management_uri").value_or("?") << '\n';
    } else if (found.string("/reset") != "email") {
        std::cout << "This server has no login by password.\n";
    } else {
        return std::string(found.string("/base_url").value_or(""));
    }
    return std::nullopt;
}

/// Writes a file that only its owner can read.
void save(const fs::path& file, const matrix::PasswordReset& reset) {
    if (!file.empty()) {
        std::ofstream(file).flush();
        fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
        std::ofstream(file) << reset.save();
    }
}

/// Takes up the reset of an earlier run.
matrix::PasswordReset restore(const matrix::Client& client, const fs::path& file) {
    std::ifstream stream(file);
    return matrix::PasswordReset::restore(
        client, std::string(std::istreambuf_iterator<char>(stream), {}));
}

/// Asks for the mail; for another one, too.
bool send(matrix::PasswordReset& reset, const fs::path& file) {
    const matrix::Result sent = reset.send().get();
    if (!sent) {
        explain(sent);
        return false;
    }
    std::cout << "If the address belongs to an account, a mail is on its way.\n";
    save(file, reset);
    return true;
}

/// Waits until the person has confirmed the mail; false to give up.
bool confirm(matrix::PasswordReset& reset, const fs::path& file) {
    if (reset.stage() == matrix::Stage::awaits_link) {
        const auto line = ask("Open the link in the mail and confirm there, then press Enter"
                              " (r: send again): ");
        return line && (*line != "r" || (send(reset, file) && confirm(reset, file)));
    }
    while (reset.stage() == matrix::Stage::awaits_token) {
        const auto token = ask("The token in the mail: ");
        if (!token) {
            return false;
        }
        const matrix::Result accepted = reset.submit_token(*token).get();
        if (!accepted) {
            explain(accepted);
        }
    }
    return true;
}

bool change_password(matrix::PasswordReset& reset, const fs::path& file) {
    for (;;) {
        const auto password = ask("New password (it is shown): ");
        const auto logout = ask("End all sessions of the account, too? They lose encryption keys"
                                " that were not backed up (yes/no): ");
        if (!password || !logout) {
            return false;
        }
        const matrix::Result changed = reset.finish(*password, *logout == "yes", 5s).get();
        if (changed) {
            std::cout << "Your password has been changed.\n";
            return true;
        }
        explain(changed);
        save(file, reset);
        if (changed.status() == matrix::Status::pending && !confirm(reset, file)) {
            return false;
        }
    }
}

bool run(const fs::path& file, const std::string& server, const std::string& email) {
    const auto base_url = discover(server);
    if (!base_url) {
        return false;
    }
    matrix::Client client(*base_url);
    matrix::PasswordReset reset = fs::exists(file) ? restore(client, file)
                                                   : matrix::PasswordReset(client, email);
    if (reset.stage() == matrix::Stage::new_ && !send(reset, file)) {
        return false;
    }
    if (!confirm(reset, file) || !change_password(reset, file)) {
        return false;
    }
    fs::remove(file);
    return true;
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    fs::path file;
    if (words.size() > 2 && words[0] == "--save") {
        file = words[1];
        words.erase(words.begin(), words.begin() + 2);
    }
    const bool resumes = fs::exists(file);
    if (words.size() != 2 && !(words.size() == 1 && resumes)) {
        std::cerr << "usage: reset_password [--save FILE] SERVER EMAIL\n"
                     "       reset_password --save FILE SERVER    (to go on later)\n";
        return 2;
    }
    try {
        return run(file, words[0], resumes ? "" : words[1]) ? 0 : 1;
    } catch (const matrix::Refused& refused) {
        std::cerr << refused.what() << '\n';
        return 2;
    }
}
