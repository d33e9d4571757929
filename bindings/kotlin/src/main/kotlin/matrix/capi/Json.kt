// Turns Kotlin's and Java's maps, lists and values into JSON.
package matrix.capi

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** The parameters that have a value: an optional one without is left out, while null in a map is sent as null. */
internal fun given(vararg params: Pair<String, Any?>): Map<String, Any> =
    buildMap { for ((name, value) in params) if (value != null) put(name, value) }

internal fun json(value: Any?): JsonElement =
    when (value) {
        null -> JsonNull
        is JsonElement -> value
        is String -> JsonPrimitive(value)
        is Boolean -> JsonPrimitive(value)
        is Number -> JsonPrimitive(value)
        is Map<*, *> -> JsonObject(value.entries.associate { (name, member) -> name(name) to json(member) })
        is Iterable<*> -> JsonArray(value.map(::json))
        is Array<*> -> JsonArray(value.map(::json))
        else -> throw invalidArgument("params hold a ${value.javaClass.name}, which JSON has no form for")
    }

private fun name(name: Any?): String =
    name as? String ?: throw invalidArgument("params hold the name $name, and JSON's names are strings")
