// How an operation ended if it did not end with an answer: one class for each status of the library's.
// Generated from the library's own tables by bindings/generate; do not edit.
package matrix.capi

import kotlinx.serialization.json.JsonElement
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** Why there is no answer. The [message] is one line for developers' logs, and holds no secret of the request. */
public sealed class MatrixException private constructor(private val outcome: Outcome) : RuntimeException(outcome.message) {
    /** The status's name in C, such as "MX_ERR_TLS". */
    public val status: String
        get() = Mx.mx_status_name(outcome.status).text()

    /** The HTTP status of the last answer; 0 if none came. */
    public val httpStatus: Int
        get() = outcome.httpStatus

    /** The server's errcode as it came, such as "M_THREEPID_NOT_FOUND". */
    public val errcode: String?
        get() = outcome.errcode

    /** How long the server asks to wait before the next try. */
    @get:JvmSynthetic
    public val retryAfter: Duration?
        get() = outcome.retryAfterMs?.milliseconds

    /** [retryAfter] for Java. */
    public val retryAfterMillis: Long?
        get() = outcome.retryAfterMs

    /** A header of the answer: see [MatrixResult.header]. */
    public fun header(name: String): String? = outcome.header(name)

    /** The answer's body as text; null if no answer came. It need not be JSON. */
    public val body: String?
        get() = outcome.text()

    /** The same as JSON; null if it is none. */
    public val json: JsonElement?
        get() = outcome.json()

    /** Refused: a parameter that is not nullable is NULL. */
    public class NullArgument internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** Refused: a string is not UTF-8. */
    public class InvalidUtf8 internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** Refused: a callback for a client with a queue, or a call from where it is not allowed. */
    public class Misuse internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** Refused: the client is being freed; or that of this password reset has been. */
    public class Closed internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** Refused: this process was forked while clients or queues were alive. */
    public class Forked internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** Refused: there is no such operation pending; it has finished, or never was. */
    public class NotFound internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** Never thrown: only the queue says it. */
    public class Timeout internal constructor(outcome: Outcome) : MatrixException(outcome)

    /**
     * The spec, or this library, does not allow a value. Nothing was sent. The message says which
     * value and why. Setters and [MatrixClient] return it, too.
     */
    public class InvalidArgument internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** It was cancelled. The request may have reached the server all the same. */
    public class Cancelled internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** It had no outcome within the client's timeout. The request may have reached the server. */
    public class Deadline internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** The server could not be reached, or the connection broke before its answer came. */
    public class Connect internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** No secure connection: the certificate is not trusted, or the server speaks no TLS we accept. */
    public class Tls internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** The homeserver refused: see [errcode] and [httpStatus]. */
    public class Matrix internal constructor(outcome: Outcome) : MatrixException(outcome)

    /**
     * The answer is not what the spec defines: a proxy's HTML page, cut or ill-formed JSON, a missing
     * field, a redirect, too many bytes. [body] gives what came.
     */
    public class BadResponse internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** Password reset: the person has not confirmed the mail yet. */
    public class Pending internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** The accounts of this server live on a web page: open [accountManagementUri]. */
    public class WebRequired internal constructor(outcome: Outcome) : MatrixException(outcome) {
        /** The web page, if the server says so. */
        public val accountManagementUri: String? = outcome.accountManagementUri
    }

    /** The request may have been carried out, and its answer was lost. Sending it again is not safe. */
    public class UnknownOutcome internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** A failure inside the library or of the machine: no memory for a thread, a bug. */
    public class Internal internal constructor(outcome: Outcome) : MatrixException(outcome)

    /** A status that a later library has and this binding does not know. */
    public class Unknown internal constructor(outcome: Outcome) : MatrixException(outcome)

    internal companion object {
        fun of(outcome: Outcome): MatrixException =
            when (outcome.status) {
                MX_ERR_NULL_ARGUMENT -> NullArgument(outcome)
                MX_ERR_INVALID_UTF8 -> InvalidUtf8(outcome)
                MX_ERR_MISUSE -> Misuse(outcome)
                MX_ERR_CLOSED -> Closed(outcome)
                MX_ERR_FORKED -> Forked(outcome)
                MX_ERR_NOT_FOUND -> NotFound(outcome)
                MX_ERR_TIMEOUT -> Timeout(outcome)
                MX_ERR_INVALID_ARGUMENT -> InvalidArgument(outcome)
                MX_ERR_CANCELLED -> Cancelled(outcome)
                MX_ERR_DEADLINE -> Deadline(outcome)
                MX_ERR_CONNECT -> Connect(outcome)
                MX_ERR_TLS -> Tls(outcome)
                MX_ERR_MATRIX -> Matrix(outcome)
                MX_ERR_BAD_RESPONSE -> BadResponse(outcome)
                MX_PENDING -> Pending(outcome)
                MX_WEB_REQUIRED -> WebRequired(outcome)
                MX_UNKNOWN_OUTCOME -> UnknownOutcome(outcome)
                MX_ERR_INTERNAL -> Internal(outcome)
                else -> Unknown(outcome)
            }
    }
}
