/*
 * Text on its way into the library: checked for what C would cut, wiped after use; and the
 * exceptions that say why something was refused.
 */
#ifndef MATRIX_CAPI_TEXT_HPP
#define MATRIX_CAPI_TEXT_HPP

#include <matrix_capi_constants.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace matrix {

/// What every exception of this header is.
class Error : public std::runtime_error {
public:
    Error(Status status, const std::string& message)
        : std::runtime_error(message), status_(status) {}

    Status status() const noexcept { return status_; }

private:
    Status status_;
};

/// A call that was not accepted: nothing was started, and no result will come.
class Refused : public Error {
public:
    using Error::Error;
};

/// A JSON value as text, where the spec wants an object or an array: Json(R"({"type": "..."})").
struct Json {
    explicit Json(std::string_view json) : text(json) {}

    std::string text;
};

/// The constant's name, such as "MX_ERR_TLS".
inline std::string_view name(Status status) noexcept {
    return mx_status_name(static_cast<mx_status>(status));
}

namespace detail {

/// Throws if the library refused.
inline void check(mx_status status) {
    if (status != MX_OK) {
        throw Refused(static_cast<Status>(status), mx_refusal_message());
    }
}

[[noreturn]] inline void refuse(std::string_view parameter, std::string_view why) {
    throw Refused(Status::invalid_argument,
                  std::string(parameter).append(": ").append(why));
}

inline void refuse_nul(std::string_view parameter, std::string_view value) {
    if (value.find('\0') != std::string_view::npos) {
        refuse(parameter, "it holds U+0000");
    }
}

/// Overwrites what it gives back: passwords and tokens pass through here.
template <class T>
struct Wiping {
    using value_type = T;

    Wiping() = default;
    template <class Other>
    Wiping(const Wiping<Other>&) noexcept {}

    T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }

    void deallocate(T* memory, std::size_t count) noexcept {
        for (std::size_t i = 0; i < count; ++i) {
            const_cast<volatile T*>(memory)[i] = T();
        }
        std::allocator<T>().deallocate(memory, count);
    }

    friend bool operator==(const Wiping&, const Wiping&) { return true; }
    friend bool operator!=(const Wiping&, const Wiping&) { return false; }
};

/// A vector and no string: a short string would lie in the object itself, and stay there.
using Bytes = std::vector<char, Wiping<char>>;

/// A copy that ends with NUL, as C wants it; nothing gives NULL.
class Text {
public:
    Text(std::string_view parameter, std::optional<std::string_view> value) {
        if (value) {
            refuse_nul(parameter, *value);
            bytes_.reserve(value->size() + 1);
            bytes_.assign(value->begin(), value->end());
            bytes_.push_back('\0');
        }
    }

    const char* c_str() const noexcept { return bytes_.empty() ? nullptr : bytes_.data(); }

private:
    Bytes bytes_;
};

/// Whether text pasted between other members of an object stays one value: the library checks that
/// it is JSON, but cannot know which members came from where.
inline bool stays_one_value(std::string_view json) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (quoted) {
            i += c == '\\' ? 1 : 0;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']' || c == ',') {
            if (depth == 0) {
                return false;
            }
            depth -= c == ',' ? 0 : 1;
        }
    }
    return depth == 0 && !quoted;
}

/// Writes the one flat object that mx_call takes.
class Params {
public:
    void add(std::string_view name, std::string_view value) {
        refuse_nul(name, value);
        begin(name);
        write_string(value);
    }

    void add(std::string_view name, std::int64_t value) {
        begin(name);
        write(std::to_string(value));
    }

    void add(std::string_view name, bool value) {
        begin(name);
        write(value ? "true" : "false");
    }

    void add(std::string_view name, const Json& value) {
        if (!stays_one_value(value.text)) {
            refuse(name, "it is not one JSON value");
        }
        begin(name);
        write(value.text);
    }

    template <class Value>
    void add(std::string_view name, const std::optional<Value>& value) {
        if (value) {
            add(name, *value);
        }
    }

    /// The object; nothing can be added any more.
    std::string_view json() {
        write(json_.empty() ? "{}" : "}");
        return std::string_view(json_.data(), json_.size());
    }

private:
    void begin(std::string_view name) {
        json_.push_back(json_.empty() ? '{' : ',');
        write_string(name);
        json_.push_back(':');
    }

    void write(std::string_view text) { json_.insert(json_.end(), text.begin(), text.end()); }

    void write_string(std::string_view text) {
        static constexpr char digits[] = "0123456789abcdef";
        json_.push_back('"');
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20) {
                write("\\u00");
                json_.push_back(digits[byte >> 4]);
                json_.push_back(digits[byte & 15]);
                continue;
            }
            if (c == '"' || c == '\\') {
                json_.push_back('\\');
            }
            json_.push_back(c);
        }
        json_.push_back('"');
    }

    Bytes json_;
};

/// Gives an object back to the library.
template <auto free>
struct Free {
    template <class Object>
    void operator()(Object* object) const noexcept {
        free(object);
    }
};

} // namespace detail
} // namespace matrix

#endif /* MATRIX_CAPI_TEXT_HPP */
