// What a result of the library's says, read at once so that the result can be freed.
package matrix.capi

import com.sun.jna.Pointer
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonObject
import java.io.Serializable

internal class Outcome(
    val message: String,
    val status: Int = 0,
    val httpStatus: Int = 0,
    val errcode: String? = null,
    val retryAfterMs: Long? = null,
    val body: ByteArray? = null,
    private val mayBeJson: Boolean = true,
    val accountManagementUri: String? = null,
    val headers: Map<String, String> = emptyMap(),
) : Serializable {
    /** The answer of an operation that ended with MX_OK; else how it ended, as an exception. */
    fun answer(): JsonObject {
        val json = checkOk().body?.let { parsed(it, isChecked = true) }
        return checkNotNull(json) { "MX_OK without JSON" }.jsonObject
    }

    /** This one, or how the operation ended, as an exception. */
    fun checkOk(): Outcome = if (status == MX_OK) this else throw MatrixException.of(this)

    fun text(): String? = body?.toString(Charsets.UTF_8)

    fun json(): JsonElement? = if (mayBeJson) body?.let { parsed(it, isChecked = false) } else null

    /** What it is to somebody who asked for JSON where there is none. */
    fun withoutJson(): Outcome =
        Outcome("the body of the answer is not JSON", MX_ERR_BAD_RESPONSE, httpStatus, body = body, headers = headers)

    /** A header that the library keeps, by its name in any case. */
    fun header(name: String): String? = headers[name.lowercase()]

    companion object {
        private val whole = cString("pointer", "")
        private val accountManagementUri = cString("pointer", "/account_management_uri")
        private val headers =
            listOf("content-type", "content-disposition", "location", "etag").map { it to cString("name", it) }

        /** Reads a result, which stays the caller's to free. */
        fun read(result: Pointer): Outcome {
            val number = LongArray(1)
            val status = Mx.mx_result_status(result)
            return Outcome(
                message = Mx.mx_result_message(result).text(),
                status = status,
                httpStatus = Mx.mx_result_http_status(result).toInt() and 0xffff,
                errcode = Mx.mx_result_errcode(result)?.text(),
                retryAfterMs = if (Mx.mx_result_retry_after_ms(result, number).toInt() != 0) number[0] else null,
                // A 32-bit size_t fills the lower half of the number, whose upper half must be 0.
                body = Mx.mx_result_body(result, number.apply { fill(0) })?.getByteArray(0, number[0].toInt()),
                // Of a failure the library is asked, which knows whether the body was cut off. Of an answer it is not: its
                // own tree would be made for nothing.
                mayBeJson = status == MX_OK || Mx.mx_result_value(result, whole) != null,
                accountManagementUri =
                    if (status == MX_OK) null else Mx.mx_result_string(result, accountManagementUri)?.text(),
                headers = headersOf(result),
            )
        }

        /** Reads a result and frees it. */
        fun take(result: Pointer): Outcome =
            try {
                read(result)
            } finally {
                Mx.mx_result_free(result)
            }

        private fun headersOf(result: Pointer): Map<String, String> =
            buildMap {
                for ((name, inC) in headers) Mx.mx_result_header(result, inC)?.let { put(name, it.text()) }
            }
    }
}

/** Throws if the function that was just called, on this thread, did not answer MX_OK. */
internal fun checkAccepted(status: Int) {
    if (status != MX_OK) throw refused(status, Mx.mx_refusal_message().text())
}

/** The same for a function that explains itself by a result. */
internal fun checkMade(status: Int, error: Pointer?) {
    if (error == null) return checkAccepted(status)
    throw MatrixException.of(Outcome.take(error))
}

internal fun refused(status: Int, message: String): MatrixException = MatrixException.of(Outcome(message, status))

internal fun invalidArgument(message: String): MatrixException = refused(MX_ERR_INVALID_ARGUMENT, message)
