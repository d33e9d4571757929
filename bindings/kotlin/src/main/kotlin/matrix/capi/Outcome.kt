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
) : Serializable {
    /** The answer of an operation that ended with MX_OK; else how it ended, as an exception. */
    fun answer(): JsonObject {
        if (status != MX_OK) throw MatrixException.of(this)
        val json = body?.let { parsed(it, isChecked = true) }
        return checkNotNull(json) { "MX_OK without JSON" }.jsonObject
    }

    fun text(): String? = body?.toString(Charsets.UTF_8)

    fun json(): JsonElement? = if (mayBeJson) body?.let { parsed(it, isChecked = false) } else null

    companion object {
        private val whole = cString("pointer", "")
        private val accountManagementUri = cString("pointer", "/account_management_uri")

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
            )
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
    val outcome =
        try {
            Outcome.read(error)
        } finally {
            Mx.mx_result_free(error)
        }
    throw MatrixException.of(outcome)
}

internal fun refused(status: Int, message: String): MatrixException = MatrixException.of(Outcome(message, status))

internal fun invalidArgument(message: String): MatrixException = refused(MX_ERR_INVALID_ARGUMENT, message)
