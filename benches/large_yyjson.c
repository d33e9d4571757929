/* Parses a large answer by yyjson, and walks over it. */
#include "large.h"
#include "measure.h"

#include <yyjson.h>

static uint64_t walk(yyjson_val *value) {
    uint64_t seen = 0;
    size_t next;
    size_t count;
    yyjson_val *name;
    yyjson_val *inner;
    if (yyjson_is_str(value)) {
        return seen_text(yyjson_get_str(value), yyjson_get_len(value));
    }
    if (yyjson_is_int(value)) {
        return seen_int(yyjson_get_sint(value));
    }
    if (yyjson_is_arr(value)) {
        yyjson_arr_foreach(value, next, count, inner) {
            seen += walk(inner);
        }
        return seen;
    }
    if (yyjson_is_obj(value)) {
        yyjson_obj_foreach(value, next, count, name, inner) {
            seen += seen_text(yyjson_get_str(name), yyjson_get_len(name)) + walk(inner);
        }
        return seen;
    }
    return 1;
}

uint64_t look_into(const char *bytes, size_t length) {
    yyjson_doc *document = yyjson_read(bytes, length, 0);
    uint64_t seen;
    if (document == NULL) {
        fail("yyjson refuses the answer");
    }
    seen = walk(yyjson_doc_get_root(document));
    yyjson_doc_free(document);
    return seen;
}
