/*
 * The JSON of an answer, read in place: matrix::Value.
 *
 *     for (const matrix::Value room : result.value("/rooms/join")) {
 *         std::cout << room.name() << ": " << room["timeline"]["events"].size() << " events\n";
 *     }
 */
#ifndef MATRIX_CAPI_VALUE_HPP
#define MATRIX_CAPI_VALUE_HPP

#include <matrix_capi_text.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace matrix {

/// What a Value is.
enum class Type : std::int32_t {
    /// There is no value: the answer does not have it.
    none = MX_TYPE_NONE,
    null = MX_TYPE_NULL,
    boolean = MX_TYPE_BOOL,
    /// A number without fraction and exponent that fits into 64 bits.
    integer = MX_TYPE_INT,
    /// Any other number.
    number = MX_TYPE_DOUBLE,
    string = MX_TYPE_STRING,
    array = MX_TYPE_ARRAY,
    object = MX_TYPE_OBJECT,
};

namespace detail {

/// A JSON pointer as C takes it. "sid" in place of "/sid" would never find anything, so it is refused.
class Pointer {
public:
    explicit Pointer(std::string_view json_pointer) : text_("json_pointer", json_pointer) {
        if (!json_pointer.empty() && json_pointer.front() != '/') {
            refuse("json_pointer", R"(it must be "" or begin with "/", as "/sid" does)");
        }
    }

    const char* c_str() const noexcept { return text_.c_str(); }

private:
    Text text_;
};

/// The pointer to a member by its name.
inline std::string pointer_to(std::string_view name) {
    std::string pointer = "/";
    for (const char c : name) {
        if (c == '~' || c == '/') {
            pointer += c == '~' ? "~0" : "~1";
        } else {
            pointer += c;
        }
    }
    return pointer;
}

} // namespace detail

/// One JSON value of an answer, or none. It is a view, cheap to copy: it and what it gives are valid as
/// long as the Result lives that it was read from, wherever that is moved.
///
/// What is asked of no value gives no value, so that a long way down needs one check at its end:
/// value["content"]["name"].string(). Every method may be called from any thread.
class Value {
public:
    class Iterator;

    /// No value.
    Value() noexcept = default;

    /// A value of the C interface.
    explicit Value(const mx_value* value) noexcept : value_(value) {}

    Type type() const noexcept { return static_cast<Type>(mx_value_type(value_)); }

    /// Whether there is a value; null is one.
    explicit operator bool() const noexcept { return value_ != nullptr; }

    /// The member of an object, by its name as it is: value["m.homeserver"].
    Value operator[](std::string_view name) const {
        if (type() != Type::object) {
            return Value();
        }
        if (name.find('\0') != std::string_view::npos) {
            return member_with_nul(name);
        }
        return Value(mx_value_get(value_, detail::pointer_to(name).c_str()));
    }

    /// The element of an array, from 0.
    Value operator[](std::size_t index) const {
        if (type() != Type::array) {
            return Value();
        }
        return Value(mx_value_get(value_, detail::pointer_to(std::to_string(index)).c_str()));
    }

    /// The value that a JSON pointer (RFC 6901) names, from this one on: "/flows/0/type", or "" for this
    /// one. A name that holds "/" writes it as "~1", and "~" as "~0". Throws Refused for a pointer that
    /// does not begin with "/".
    Value get(std::string_view json_pointer) const {
        return Value(mx_value_get(value_, detail::Pointer(json_pointer).c_str()));
    }

    /// A string, decoded; none for anything else.
    std::optional<std::string_view> string() const noexcept {
        std::size_t length = 0;
        const char* text = mx_value_string(value_, &length);
        return text == nullptr ? std::nullopt : std::optional(std::string_view(text, length));
    }

    /// An integer; none for anything else, and for what does not fit.
    std::optional<std::int64_t> integer() const noexcept {
        std::int64_t value = 0;
        return mx_value_int(value_, &value) ? std::optional(value) : std::nullopt;
    }

    /// A number, integers included; none for anything else, and for what is beyond a double.
    std::optional<double> number() const noexcept {
        double value = 0;
        return mx_value_double(value_, &value) ? std::optional(value) : std::nullopt;
    }

    /// A boolean; none for anything else.
    std::optional<bool> boolean() const noexcept {
        bool value = false;
        return mx_value_bool(value_, &value) ? std::optional(value) : std::nullopt;
    }

    bool is_null() const noexcept { return type() == Type::null; }

    /// The name of a member of an object; empty for what is no member.
    std::string_view name() const noexcept {
        std::size_t length = 0;
        const char* text = mx_value_name(value_, &length);
        return text == nullptr ? std::string_view() : std::string_view(text, length);
    }

    /// How many elements an array has, or members an object; 0 for anything else.
    std::size_t size() const noexcept { return mx_value_count(value_); }
    bool empty() const noexcept { return size() == 0; }

    /// The elements of an array, or the members of an object with their name(); nothing for anything
    /// else.
    Iterator begin() const noexcept;
    Iterator end() const noexcept;

    /// The value's JSON as it came, for the JSON library of your choice; empty for no value.
    std::string_view json() const noexcept {
        std::size_t length = 0;
        const char* text = mx_value_json(value_, &length);
        return text == nullptr ? std::string_view() : std::string_view(text, length);
    }

private:
    /// No pointer in C can hold such a name.
    Value member_with_nul(std::string_view name) const noexcept;

    const mx_value* value_ = nullptr;
};

/// Goes from value to value of an array or object.
class Value::Iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using pointer = const Value*;
    using reference = Value;

    Iterator() noexcept = default;
    explicit Iterator(const mx_value* at) noexcept : value_(at) {}

    Value operator*() const noexcept { return value_; }
    const Value* operator->() const noexcept { return &value_; }

    Iterator& operator++() noexcept {
        value_ = Value(mx_value_next(value_.value_));
        return *this;
    }

    Iterator operator++(int) noexcept {
        const Iterator before = *this;
        ++*this;
        return before;
    }

    bool operator==(const Iterator& other) const noexcept {
        return value_.value_ == other.value_.value_;
    }
    bool operator!=(const Iterator& other) const noexcept { return !(*this == other); }

private:
    Value value_;
};

inline Value::Iterator Value::begin() const noexcept { return Iterator(mx_value_first(value_)); }
inline Value::Iterator Value::end() const noexcept { return Iterator(); }

inline Value Value::member_with_nul(std::string_view name) const noexcept {
    for (const Value member : *this) {
        if (member.name() == name) {
            return member;
        }
    }
    return Value();
}

} // namespace matrix

#endif /* MATRIX_CAPI_VALUE_HPP */
