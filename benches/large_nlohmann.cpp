/* Parses a large answer by nlohmann::json, and walks over it. */
#include "large.h"

#include <nlohmann/json.hpp>

using nlohmann::json;

static uint64_t walk(const json &value) {
    uint64_t seen = 0;
    if (value.is_string()) {
        const auto &text = value.get_ref<const std::string &>();
        return seen_text(text.data(), text.size());
    }
    if (value.is_number_integer()) {
        return seen_int(value.get<int64_t>());
    }
    if (value.is_array()) {
        for (const json &inner : value) {
            seen += walk(inner);
        }
        return seen;
    }
    if (value.is_object()) {
        for (const auto &member : value.get_ref<const json::object_t &>()) {
            seen += seen_text(member.first.data(), member.first.size()) + walk(member.second);
        }
        return seen;
    }
    return 1;
}

uint64_t look_into(const char *bytes, size_t length) {
    return walk(json::parse(bytes, bytes + length));
}
