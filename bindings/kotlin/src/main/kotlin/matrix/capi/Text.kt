// Turns Kotlin's values into C's, and C's text back.
package matrix.capi

import com.sun.jna.IntegerType
import com.sun.jna.Native
import com.sun.jna.Pointer
import java.nio.CharBuffer
import java.nio.charset.CharacterCodingException

/** C's `size_t`. */
internal class NativeSize(value: Long) : IntegerType(Native.SIZE_T_SIZE, value, true) {
    constructor() : this(0)

    // IntegerType is a Number, whose Byte and Short Kotlin asks for.
    override fun toByte(): Byte = toLong().toByte()

    override fun toShort(): Short = toLong().toShort()
}

/** The text as UTF-8 with a NUL behind it. A NUL inside it would cut it short in C, so it is refused. */
internal fun cString(name: String, text: String): ByteArray {
    if ('\u0000' in text) throw invalidArgument("$name holds U+0000, which a C string cannot carry")
    val encoded =
        try {
            Charsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text))
        } catch (_: CharacterCodingException) {
            throw refused(MX_ERR_INVALID_UTF8, "$name holds half a surrogate pair, which UTF-8 cannot carry")
        }
    return ByteArray(encoded.remaining() + 1).also { encoded.get(it, 0, encoded.remaining()) }
}

internal fun cBool(value: Boolean): Byte = if (value) 1 else 0

/** C's `uint32_t`, in the bits of an Int. */
internal fun cUInt32(name: String, value: Long): Int {
    if (value !in 0..UInt.MAX_VALUE.toLong()) throw invalidArgument("$name is $value: not within 32 bits")
    return value.toInt()
}

internal fun Pointer.text(): String = getString(0, "UTF-8")
