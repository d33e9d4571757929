// Turns Kotlin's and Java's maps, lists and values into JSON, and an answer's bytes into JSON elements.
package matrix.capi

import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException

/** The parameters that have a value: an optional one without is left out, while null in a map is sent as null. */
internal fun given(vararg params: Pair<String, Any?>): Map<String, Any> =
    buildMap { for ((name, value) in params) if (value != null) put(name, value) }

internal fun json(value: Any?): JsonElement =
    when (value) {
        null -> JsonNull
        is JsonElement -> value
        is String -> JsonPrimitive(value)
        is Boolean -> JsonPrimitive(value)
        is Number -> JsonPrimitive(finite(value))
        is Map<*, *> -> JsonObject(value.entries.associate { (name, member) -> name(name) to json(member) })
        is Iterable<*> -> JsonArray(value.map(::json))
        is Array<*> -> JsonArray(value.map(::json))
        else -> throw invalidArgument("JSON has no form for a ${value.javaClass.name}")
    }

private fun finite(number: Number): Number {
    val isFinite = (number as? Double)?.isFinite() ?: (number as? Float)?.isFinite() ?: true
    return if (isFinite) number else throw invalidArgument("JSON has no form for the number $number")
}

private fun name(name: Any?): String =
    name as? String ?: throw invalidArgument("a name in JSON must be a string, not a ${name?.javaClass?.name}")

/**
 * What the library takes for JSON, read as it reads it; null for anything else.
 *
 * @param isChecked whether the library has found it to be JSON
 */
internal fun parsed(body: ByteArray, isChecked: Boolean): JsonElement? =
    try {
        // A decoder of its own, since String's puts U+FFFD in the place of what is not UTF-8.
        val text = Charsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString()
        Json.parseToJsonElement(withoutHalfPairs(text)).takeIf { isChecked || it.isStrict() }
    } catch (_: CharacterCodingException) {
        null
    } catch (_: SerializationException) {
        null
    }

/** Puts U+FFFD in the place of each escaped half of a surrogate pair, as the library's own getters do. */
private fun withoutHalfPairs(text: String): String {
    if (!text.contains("\\ud", ignoreCase = true)) return text
    return escapes.replace(text) { found -> if (found.groups[1] == null) found.value else "\\ufffd" }
}

private val escapes =
    Regex("""\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)|\\.""", RegexOption.DOT_MATCHES_ALL)

/**
 * Whether each value without quotes is true, false, null or a number, and nothing is nested deeper than the library takes:
 * the parser takes any word, and more depth.
 */
private fun JsonElement.isStrict(depth: Int = 128): Boolean =
    when (this) {
        is JsonObject -> depth > 0 && values.all { it.isStrict(depth - 1) }
        is JsonArray -> depth > 0 && all { it.isStrict(depth - 1) }
        is JsonPrimitive -> isString || unquoted.matches(content)
    }

private val unquoted = Regex("""true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?""")
